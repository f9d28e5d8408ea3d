//! What labels become, case by case.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeSet;

use privacy::{Collector, Error, Key, Map, Rewriter, Rules, UNKNOWN_JOB};
use secrecy::ExposeSecret;

fn map() -> Map {
    Map::new(Key::from_hex(&"00".repeat(32)).unwrap()).unwrap()
}

fn reload(map: &Map) -> Map {
    Map::from_json(map.to_json().expose_secret()).unwrap()
}

fn everything() -> Rules {
    Rules::builder()
        .instance(true)
        .job(true)
        .custom_labels(["zone"])
        .drop_labels(["env"])
        .build()
        .unwrap()
}

fn rewriter_with(map: Map, labels: &[(&str, &str)]) -> Rewriter {
    finish(Collector::new(&everything(), map), labels).unwrap()
}

fn finish(collector: Collector, labels: &[(&str, &str)]) -> Result<Rewriter, Error> {
    collector.finish(|| {
        let labels = labels.iter();
        labels.map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    })
}

fn clean(rewriter: &Rewriter, name: &str, value: &str) -> String {
    let label = rewriter
        .label(name.as_bytes(), value.as_bytes())
        .unwrap()
        .unwrap();
    assert_eq!(label.name(), name.as_bytes());
    String::from_utf8(label.value().to_vec()).unwrap()
}

fn instances(values: &[&str]) -> Vec<String> {
    instances_with(map(), values)
}

fn instances_with(map: Map, values: &[&str]) -> Vec<String> {
    let labels: Vec<(&str, &str)> = values.iter().map(|value| ("instance", *value)).collect();
    let rewriter = rewriter_with(map, &labels);
    values
        .iter()
        .map(|value| clean(&rewriter, "instance", value))
        .collect()
}

#[test]
fn ports_of_one_host_share_its_pseudonym() {
    let clean = instances(&[
        "db7.corp.example:8482",
        "db7.corp.example:9100",
        "db7.corp.example",
    ]);
    assert_eq!(
        clean,
        ["777.777.1.1:8482", "777.777.1.1:9100", "777.777.1.1"]
    );
}

#[test]
fn spellings_of_one_host_share_its_pseudonym() {
    let clean = instances(&["[2001:db8::1]:80", "[2001:DB8:0::1]:81", "2001:db8:0:0::1"]);
    assert_eq!(clean, ["777.777.1.1:80", "777.777.1.1:81", "777.777.1.1"]);
    let clean = instances(&["DB7.example:80", "db7.example:81"]);
    assert_eq!(clean, ["777.777.1.1:80", "777.777.1.1:81"]);
}

#[test]
fn spellings_that_would_merge_two_instances_are_hosts_of_their_own() {
    let also_in_the_map = rewriter_with(map(), &[("instance", "h"), ("instance", "::1")]);
    for values in [
        &["h:80", "H:80"][..],
        &["HOST:80", "Host:80", "Host:81"],
        &["::1", "[::1]", "0::1"],
        &["[::1]:80", "[0::1]:80"],
        &["http://h/", "http://H/"],
    ] {
        let clean = instances(values);
        let distinct: BTreeSet<&String> = clean.iter().collect();
        assert_eq!(distinct.len(), values.len(), "{values:?} became {clean:?}");
        let clean = instances_with(reload(also_in_the_map.map()), values);
        let distinct: BTreeSet<&String> = clean.iter().collect();
        assert_eq!(distinct.len(), values.len(), "{values:?} became {clean:?}");
    }
}

#[test]
fn a_spelling_keeps_its_pseudonym_when_another_comes_to_stand_beside_it() {
    let before = rewriter_with(map(), &[("instance", "[::1]:80")]);
    let after = rewriter_with(
        reload(before.map()),
        &[("instance", "[::1]:80"), ("instance", "[0::1]:80")],
    );
    assert_eq!(clean(&after, "instance", "[::1]:80"), "777.777.1.1:80");
    assert_eq!(clean(&after, "instance", "[0::1]:80"), "777.777.1.2:80");
}

#[test]
fn urls_keep_all_but_their_host() {
    let clean = instances(&[
        "http://shop.example:8080/health?x=1",
        "https://shop.example/",
    ]);
    assert_eq!(
        clean,
        ["http://777.777.1.1:8080/health?x=1", "https://777.777.1.1/"]
    );
}

#[test]
fn instances_that_are_not_clear_leave_nothing_of_their_host() {
    for (value, expected) in [
        ("user:pw@h:80", "user:user-1@777.777.1.1:80"),
        ("http://anna:pw@h/", "http://user-1:token-1@777.777.1.1/"),
        ("h:http", "777.777.1.1:http"),
        ("/run/x.sock", "/run/777.777.1.1"),
        ("vmagent:8429", "777.777.1.1:8429"),
    ] {
        assert_eq!(instances(&[value]), [expected], "{value}");
    }
    let labels: [(&[u8], &[u8]); 2] = [(b"instance", b"h\xff"), (b"instance", b"\xfe:80")];
    let collector = Collector::new(&everything(), map());
    let rewriter = collector.finish(|| labels.into_iter()).unwrap();
    for ((name, value), suffix) in labels.into_iter().zip([&b""[..], b":80"]) {
        let label = rewriter.label(name, value).unwrap().unwrap();
        assert!(label.value().starts_with(b"777.777.1.") && label.value().ends_with(suffix));
    }
}

/// The expected order is that of `openssl dgst -sha256 -mac HMAC` over `host`, 0, the host.
#[test]
fn numbers_follow_the_key_and_not_the_alphabet() {
    let clean = instances(&["a", "b", "c", "d", "e"]);
    assert_eq!(
        clean,
        [
            "777.777.1.5",
            "777.777.1.1",
            "777.777.1.3",
            "777.777.1.2",
            "777.777.1.4"
        ]
    );
}

#[test]
fn jobs_carry_their_component_only_if_it_is_a_known_one() {
    let mut collector = Collector::new(&everything(), map());
    let jobs: [(&str, &str); 4] = [
        ("a", "vmstorage"),
        ("b", "billing"),
        ("c", "vmselect"),
        ("vmauth", "vmauth"),
    ];
    for (job, component) in jobs {
        collector.job_component(job.as_bytes(), component);
    }
    collector.job_component(b"c", "vmstorage");
    let rewriter = finish(collector, &jobs.map(|(job, _)| ("job", job))).unwrap();
    assert_eq!(rewriter.job("a"), "vmstorage-job-1");
    assert_eq!(rewriter.job("vmauth"), "vmauth-job-1");
    let mut unknown = [rewriter.job("b"), rewriter.job("c")];
    unknown.sort();
    assert_eq!(unknown, ["job-1", "job-2"]);
}

#[test]
fn numbers_that_would_give_an_original_or_a_value_beside_it_are_skipped() {
    let rewriter = rewriter_with(
        map(),
        &[
            ("job", "job-1"),
            ("instance", "777.777.1.1:80"),
            ("url", "http://777.777.1.2:8428/x"),
            ("zone", "fra"),
            ("path", "/data/zone-1/zone-3."),
            ("zone", "zone-2"),
        ],
    );
    assert_eq!(clean(&rewriter, "job", "job-1"), "job-2");
    let mut hosts = [
        clean(&rewriter, "instance", "777.777.1.1:80"),
        clean(&rewriter, "url", "http://777.777.1.2:8428/x"),
    ];
    hosts.sort();
    assert!(
        hosts == ["777.777.1.3:80", "http://777.777.1.4:8428/x"]
            || hosts == ["777.777.1.4:80", "http://777.777.1.3:8428/x"],
        "{hosts:?}"
    );
    let mut zones = [
        clean(&rewriter, "zone", "fra"),
        clean(&rewriter, "zone", "zone-2"),
    ];
    zones.sort();
    assert_eq!(zones, ["zone-4", "zone-5"]);
}

#[test]
fn pseudonyms_are_unique_across_kinds() {
    let rules = Rules::builder()
        .custom_labels(["a/b", "a_b", "a:b"])
        .build()
        .unwrap();
    let labels = ["a/b", "a_b", "a:b"].map(|label| (label, "x"));
    let rewriter = finish(Collector::new(&rules, map()), &labels).unwrap();
    let mut values = ["a/b", "a_b", "a:b"].map(|label| clean(&rewriter, label, "x"));
    values.sort();
    assert_eq!(values, ["a_b-1", "a_b-2", "a_b-3"]);
    assert_eq!(reload(rewriter.map()).id(), rewriter.map().id());
}

#[test]
fn a_map_whose_pseudonym_is_an_original_here_is_refused() {
    let earlier = rewriter_with(map(), &[("job", "billing")]);
    assert_eq!(earlier.job("billing"), "job-1");
    let collector = Collector::new(&everything(), reload(earlier.map()));
    assert!(
        matches!(finish(collector, &[("zone", "job-1")]), Err(Error::PseudonymTaken { kind }) if kind == "job")
    );
}

#[test]
fn a_map_that_ran_out_of_numbers_is_refused_rather_than_saved() {
    let json = rewriter_with(map(), &[("job", "a")]).map().to_json();
    let text = String::from_utf8(json.expose_secret().to_vec()).unwrap();
    let full = text.replace("job-1", "job-9999999999");
    let collector = Collector::new(&everything(), Map::from_json(full.as_bytes()).unwrap());
    assert!(matches!(
        finish(collector, &[("job", "b")]),
        Err(Error::MapContent { .. })
    ));
}

#[test]
fn empty_values_stay_empty_and_other_labels_stay_whole() {
    let rewriter = rewriter_with(map(), &[("__name__", "up"), ("instance", ""), ("job", "")]);
    for (name, value) in [
        ("instance", ""),
        ("job", ""),
        ("zone", ""),
        ("__name__", "up"),
    ] {
        assert_eq!(clean(&rewriter, name, value), value);
    }
    assert!(!rewriter.replaced().any());
    assert!(rewriter.map().is_empty());
}

#[test]
fn dropped_labels_go_also_when_nothing_is_replaced() {
    let collector = Collector::new(&Rules::off(["env", "job"]).unwrap(), map());
    let rewriter = finish(collector, &[("instance", "h:80")]).unwrap();
    assert_eq!(rewriter.label(b"env", b"prod").unwrap(), None);
    assert_eq!(clean(&rewriter, "instance", "h:80"), "h:80");
    assert!(rewriter.map().is_empty() && !rewriter.replaced().any());
    assert_eq!(rewriter.job("billing"), UNKNOWN_JOB);
}

#[test]
fn values_never_observed_are_errors_and_jobs_unknown() {
    let rewriter = rewriter_with(map(), &[("job", "a"), ("zone", "a"), ("instance", "a:80")]);
    for name in ["job", "zone", "instance"] {
        let error = rewriter.label(name.as_bytes(), b"secret").unwrap_err();
        assert!(matches!(&error, Error::Unseen { label } if label == name));
        assert!(!error.to_string().contains("secret"));
    }
    assert_eq!(rewriter.job("secret"), UNKNOWN_JOB);
}

#[test]
fn counts_tell_what_this_data_held() {
    let earlier = rewriter_with(map(), &[("job", "x"), ("instance", "old")]);
    let rewriter = rewriter_with(
        reload(earlier.map()),
        &[
            ("instance", "h:1"),
            ("instance", "h:2"),
            ("instance", "g"),
            ("zone", "z"),
        ],
    );
    let replaced = rewriter.replaced();
    assert_eq!(
        (replaced.hosts, replaced.jobs, replaced.label_values),
        (2, 0, 1)
    );
    assert!(replaced.any());
}
