//! What is covered outside of `job` and `instance`, and what stays.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use privacy::{Collector, Error, Key, Level, Map, Revealer, Rewriter, Rules, RulesBuilder};
use secrecy::ExposeSecret;

fn map() -> Map {
    Map::new(Key::from_hex(&"00".repeat(32)).unwrap()).unwrap()
}

fn standard() -> RulesBuilder {
    Rules::builder().instance(true).job(true)
}

fn strict() -> RulesBuilder {
    standard().level(Level::Strict)
}

fn rewriter(rules: RulesBuilder, labels: &[(&str, &str)]) -> Rewriter {
    with_targets(rules, &[], labels)
}

fn with_targets(rules: RulesBuilder, targets: &[&str], labels: &[(&str, &str)]) -> Rewriter {
    let mut collector = Collector::new(&rules.build().unwrap(), map());
    collector.target_labels(targets.iter().copied());
    let pairs = || {
        let labels = labels.iter();
        labels.map(|(name, value)| (name.as_bytes(), value.as_bytes()))
    };
    let rewriter = collector.finish(pairs).unwrap();
    // Whatever the rules: every label leads back, and a saved map is as good as a fresh one.
    let saved = Map::from_json(rewriter.map().to_json().expose_secret()).unwrap();
    let revealer = Revealer::new(&saved);
    for (name, value) in pairs() {
        let Some(clean) = rewriter.label(name, value).unwrap() else {
            continue;
        };
        let back = revealer.value(clean.value());
        // Only a spelling may differ; as far as it was seen itself, it means the same.
        if back != value
            && let Ok(Some(again)) = rewriter.label(name, &back)
        {
            assert_eq!(again.value(), clean.value());
        }
        assert_eq!(revealer.label_name(clean.name()), name);
    }
    rewriter
}

fn clean(rewriter: &Rewriter, name: &str, value: &str) -> String {
    let label = rewriter.label(name.as_bytes(), value.as_bytes());
    String::from_utf8(label.unwrap().unwrap().value().to_vec()).unwrap()
}

/// What becomes of one value beside the instance `10.1.2.3:8482` of the job `billing-eu`.
fn becomes(name: &str, value: &str) -> String {
    let labels = [
        ("instance", "10.1.2.3:8482"),
        ("job", "billing-eu"),
        (name, value),
    ];
    clean(&rewriter(standard(), &labels), name, value)
}

#[test]
fn a_known_host_has_its_pseudonym_in_every_form() {
    for (name, value, expected) in [
        ("addr", "10.1.2.3:8400", "777.777.1.1:8400"),
        (
            "url",
            "http://10.1.2.3:8480/insert/0/prometheus/api/v1/write",
            "http://777.777.1.1:8480/insert/0/prometheus/api/v1/write",
        ),
        ("url", "1:secret-url", "1:secret-url"),
        (
            "value",
            "10.1.2.3:8400,10.1.2.3:8401",
            "777.777.1.1:8400,777.777.1.1:8401",
        ),
        ("type", "from 10.1.2.3/32", "from 777.777.1.1/32"),
        (
            "type",
            "http%3A%2F%2F10.1.2.3%3A80",
            "http%3A%2F%2F777.777.1.1%3A80",
        ),
        ("type", "10%252E1.2.3", "777.777.1.1"),
        (
            "type",
            r#"{\"host\":\"10.1.2.3\"}"#,
            r#"{\"host\":\"777.777.1.1\"}"#,
        ),
        (
            "type",
            "http:\\/\\/10.1.2.3\\/x",
            "http:\\/\\/777.777.1.1\\/x",
        ),
        ("type", "::ffff:10.1.2.3", "777.777.1.1"),
        ("type", "[::ffff:a01:203]:80", "777.777.1.1:80"),
        ("type", "ip-10-1-2-3", "ip-777-777-1-1"),
        ("node", "10-1-2-3.ns-acme.pod", "777-777-1-1.domain-1"),
        ("job_name", "billing-eu", "job-1"),
    ] {
        assert_eq!(becomes(name, value), expected, "{name}={value}");
    }
}

#[test]
fn other_spellings_of_an_original_are_covered_and_told_apart() {
    let labels = [("job", "billing-eu"), ("type", "BILLING-EU-shard")];
    let rewriter = rewriter(standard(), &labels);
    let other = clean(&rewriter, "type", "BILLING-EU-shard");
    assert!(
        other.starts_with("job-") && other.ends_with("-shard"),
        "{other}"
    );
    assert_ne!(other, format!("{}-shard", rewriter.job("billing-eu")));
}

#[test]
fn originals_are_known_by_their_form() {
    for (value, expected) in [
        (
            "http://db7.acme.example:80/metrics",
            "http://777.777.2.1:80/metrics",
        ),
        (
            "https://anna:s3cret@vm.acme.example/write",
            "https://user-1:token-1@777.777.2.1/write",
        ),
        (
            "http://u:p/a%40ss@10.9.9.9/",
            "http://user-1:token-1@777.777.2.1/",
        ),
        ("anna.smith@acme.example", "user-1@777.777.2.1"),
        ("root@db7", "user-1@777.777.2.1"),
        ("[fe80::1%eth0]:8482", "777.777.2.1:8482"),
        ("2001:DB8:0::1", "777.777.2.1"),
        ("00:1b:44:11:3a:b7", "mac-1"),
        ("001b.4411.3ab7", "mac-1"),
        ("550e8400-e29b-41d4-a716-446655440000", "id-1"),
        (
            "bearer_token:hash:0A1B2C3D4E5F6071",
            "bearer_token:hash:hash-1",
        ),
        ("1_5F1B8C2D9A3E4071", "1_hash-1"),
        (
            "/q/persistent-queue/1_5F1B8C2D9A3E4071",
            "/q/persistent-queue/1_hash-1",
        ),
        ("Bearer abc123XYZ", "Bearer token-1"),
        (
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-DEF_123",
            "token-1",
        ),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "token-1"),
        ("db7.acme.example", "777.777.2.1"),
        ("größe.example:80", "777.777.2.1:80"),
        ("db7:9100", "777.777.2.1:9100"),
        ("x 192.168.7.9, y", "x 777.777.2.1, y"),
        (
            "https://docs.victoriametrics.com/x",
            "https://docs.victoriametrics.com/x",
        ),
    ] {
        let labels = [("instance", "10.1.2.3:8482"), ("type", value)];
        let found = clean(&rewriter(standard(), &labels), "type", value);
        // The order of the two blocks follows the key.
        assert_eq!(
            found.replace("777.777.1.", "777.777.2."),
            expected,
            "{value}"
        );
    }
}

#[test]
fn what_should_stay_stays() {
    for (name, value) in [
        ("le", "0.005"),
        ("le", "+Inf"),
        ("quantile", "0.99"),
        ("vmrange", "1.000e-09...1.136e-09"),
        ("version", "v1.2.3.4"),
        ("version", "1.2.3.4"),
        (
            "version",
            "vmstorage-20250101-123456-tags-v1.150.0-cluster-0-gabcdef0123",
        ),
        ("short_version", "v1.150.0"),
        ("type", "storage/tsid"),
        ("name", "remoteWrite.url"),
        ("name", "search.maxUniqueTimeseries"),
        ("value", "33554432"),
        ("value", "30d"),
        ("value", "secret"),
        ("path", "/api/v1/write"),
        ("path", "/insert/{}/prometheus/api/v1/write"),
        (
            "location",
            "VictoriaMetrics/lib/httpserver/httpserver.go:148",
        ),
        ("goversion", "go1.22.3"),
        ("time", "12:30:45"),
        ("type", "std::vector"),
        ("type", "lib/x.go:123"),
        ("action", "acme"),
        ("zone", "a"),
        ("namespace", "monitoring"),
        ("type", "2026-11-21-10"),
    ] {
        assert_eq!(becomes(name, value), value, "{name}");
    }
}

#[test]
fn labels_of_targets_and_names_are_covered_unless_public() {
    let labels = [
        ("instance", "h:80"),
        ("customer", "Acme Corp"),
        ("lane", "acme-7"),
        ("namespace", "team-a"),
        ("alertname", "Disk full at Acme"),
        ("file", "/etc/vmalert/acme-rules.yml"),
        ("path", "/data/acme/vm"),
        ("type", "x/acme-7/y"),
        ("le", "acme-7"),
    ];
    let rewriter = with_targets(standard(), &["lane"], &labels);
    let clean = |name: &str, value: &str| clean(&rewriter, name, value);
    assert_eq!(clean("customer", "Acme Corp"), "customer-1");
    assert_eq!(clean("lane", "acme-7"), "lane-1");
    assert_eq!(clean("type", "x/acme-7/y"), "x/lane-1/y");
    assert_eq!(clean("namespace", "team-a"), "namespace-1");
    assert_eq!(
        clean("file", "/etc/vmalert/acme-rules.yml"),
        "/etc/vmalert/file-1"
    );
    assert_eq!(clean("path", "/data/acme/vm"), "/data/path-1/vm");
    assert!(clean("alertname", "Disk full at Acme").starts_with("alertname-"));
}

#[test]
fn one_original_has_one_pseudonym_in_all_labels() {
    let labels = [
        ("customer", "acme"),
        ("tenant", "acme"),
        ("path", "/data/acme"),
        ("value", "-external.label=customer=acme"),
        ("acme_team", "x7"),
        ("__name__", "acme_orders_total"),
        ("__name__", "vm_rows_total"),
    ];
    let rewriter = rewriter(standard(), &labels);
    let one = clean(&rewriter, "customer", "acme");
    assert_eq!(clean(&rewriter, "tenant", "acme"), one);
    assert_eq!(
        clean(&rewriter, "path", "/data/acme"),
        format!("/data/{one}")
    );
    assert!(clean(&rewriter, "value", labels[3].1).ends_with(&one));
    assert_eq!(
        clean(&rewriter, "__name__", "acme_orders_total"),
        "metric_1"
    );
    assert_eq!(
        clean(&rewriter, "__name__", "vm_rows_total"),
        "vm_rows_total"
    );
    let label = rewriter.label(b"acme_team", b"x7").unwrap().unwrap();
    assert_eq!(label.name(), b"label_1");
}

#[test]
fn words_patterns_and_kept_values_are_obeyed() {
    let labels = [
        ("type", "AcmeCloud storage"),
        ("type", "ticket-4711 open"),
        ("type", "db.acme.example"),
        ("addr", "keep.example:80"),
        ("addr", "10.0.0.1:80"),
        ("__name__", "acme_total"),
        ("customer", "public-one"),
    ];
    let rules = standard()
        .words(["acme"])
        .patterns([r"ticket-\d+"])
        .keep_values(["keep.example", "10.0.0.1", "public-one"]);
    let rewriter = rewriter(rules, &labels);
    let clean = |name: &str, value: &str| clean(&rewriter, name, value);
    assert!(clean("type", "AcmeCloud storage").ends_with(" storage"));
    assert!(!clean("type", "AcmeCloud storage").contains("Acme"));
    assert!(clean("type", "ticket-4711 open").starts_with("word-"));
    assert_eq!(clean("type", "db.acme.example"), "777.777.1.1");
    assert_eq!(clean("addr", "keep.example:80"), "keep.example:80");
    assert_eq!(clean("addr", "10.0.0.1:80"), "10.0.0.1:80");
    assert_eq!(clean("customer", "public-one"), "public-one");
    assert_eq!(clean("__name__", "acme_total"), "metric_1");
}

#[test]
fn strict_keeps_only_what_is_known_to_be_public() {
    let labels = [
        ("__name__", "vm_http_requests_total"),
        ("__name__", "orders_total"),
        ("instance", "10.0.0.1:8482"),
        ("instance", "10.0.0.1:8400"),
        ("instance", "10.0.0.2:8400"),
        ("path", "/api/v1/write"),
        ("colour", "deep red"),
        ("le", "0.5"),
        ("version", "v1.150.0"),
    ];
    let rewriter = rewriter(strict(), &labels);
    let clean = |name: &str, value: &str| clean(&rewriter, name, value);
    assert_eq!(
        clean("__name__", "vm_http_requests_total"),
        "vm_http_requests_total"
    );
    assert_eq!(clean("__name__", "orders_total"), "metric_1");
    let hosts = ["10.0.0.1:8482", "10.0.0.1:8400", "10.0.0.2:8400"].map(|i| clean("instance", i));
    assert!(
        hosts.iter().all(|host| host.contains(":port-")),
        "{hosts:?}"
    );
    assert_eq!(
        hosts[1].split_once(':').unwrap().1,
        hosts[2].split_once(':').unwrap().1
    );
    assert_eq!(clean("path", "/api/v1/write"), "/api/v1/write");
    let colour = rewriter.label(b"colour", b"deep red").unwrap().unwrap();
    assert!(colour.name().starts_with(b"label_") && colour.value().starts_with(b"word-"));
    assert_eq!(
        (clean("le", "0.5"), clean("version", "v1.150.0")),
        ("0.5".into(), "v1.150.0".into())
    );
}

#[test]
fn addresses_of_one_network_share_a_block_unless_strict() {
    let labels: Vec<(String, String)> = (0..40)
        .map(|n| ("instance".to_owned(), format!("10.0.{}.{n}:80", n % 4)))
        .collect();
    let labels: Vec<(&str, &str)> = labels
        .iter()
        .map(|(n, v)| (n.as_str(), v.as_str()))
        .collect();
    let blocks = |rules: RulesBuilder| {
        let rewriter = rewriter(rules, &labels);
        let mut blocks: Vec<_> = labels
            .iter()
            .map(|(name, value)| {
                let clean = clean(&rewriter, name, value);
                let network = value.rsplit_once('.').unwrap().0.to_owned();
                (network, clean.split('.').nth(2).unwrap().to_owned())
            })
            .collect();
        blocks.sort();
        blocks.dedup();
        blocks.len()
    };
    assert_eq!(blocks(standard()), 4);
    assert_eq!(blocks(strict()), 4, "one block for all four networks");
}

#[test]
fn ports_stay_whatever_they_are_and_numbers_are_not_looked_for() {
    let labels = [
        ("instance", "10.0.0.5:10250"),
        ("addr", "10.1.1.1:28431"),
        ("value", ":28431"),
        ("shard", "123456"),
        ("value", "27017"),
        ("type", "10250 bytes"),
        ("type", "size 123456"),
    ];
    let rewriter = with_targets(standard(), &["shard"], &labels);
    let clean = |name: &str, value: &str| clean(&rewriter, name, value);
    assert!(clean("instance", "10.0.0.5:10250").ends_with(":10250"));
    assert!(clean("addr", "10.1.1.1:28431").ends_with(":28431"));
    assert_eq!(clean("shard", "123456"), "shard-1");
    for (name, value) in [
        ("value", ":28431"),
        ("value", "27017"),
        ("type", "10250 bytes"),
        ("type", "size 123456"),
    ] {
        assert_eq!(clean(name, value), value);
    }
}

#[test]
fn host_names_of_public_words_are_hosts_and_public_projects_are_not() {
    let becomes = |value| becomes("addr", value);
    for host in [
        "vmstorage-0.vmstorage.monitoring.svc.cluster.local:8401",
        "vmstorage-0.vmstorage.monitoring.svc.cluster.local.:8401",
        "vmstorage-vmcluster-0.vmstorage-vmcluster.monitoring:8401",
    ] {
        let clean = becomes(host);
        assert!(
            clean.starts_with("777.777.") && clean.ends_with(":8401"),
            "{clean}"
        );
    }
    for value in [
        "node.kubernetes.io/not-ready",
        "v1beta1.metrics.k8s.io",
        "cluster.local",
        "x86_64",
    ] {
        assert_eq!(self::becomes("key", value), value);
    }
    assert_eq!(becomes("aarch64"), "aarch64");
}

#[test]
fn labels_are_known_with_what_exporters_put_around_them() {
    for name in [
        "exported_namespace",
        "kubernetes_pod_name",
        "k8s.pod.name",
        "tenant_id",
        "deployment",
        "vm_name",
    ] {
        assert_ne!(becomes(name, "acme-prod-7"), "acme-prod-7", "{name}");
    }
    assert_eq!(becomes("build_version", "2.7.18.1"), "2.7.18.1");
    assert!(!becomes("build_version", "token=abcdef12345678SECRET").contains("SECRET"));
    assert!(!becomes("type", "https://hq1.int/x;jsessionid=tqsecret1").contains("tqsecret1"));
    assert!(!becomes("type", "pass=Zz5pw user id=carla").contains("Zz5pw"));
}

#[test]
fn free_text_is_rewritten_and_hides_what_was_never_seen() {
    let rewriter = rewriter(
        standard(),
        &[("instance", "db7.acme.example:80"), ("job", "shop-eu")],
    );
    assert_eq!(
        rewriter.text("db7.acme.example of shop-eu hangs, see 10.9.8.7"),
        "777.777.1.1 of job-1 hangs, see hidden"
    );
}

#[test]
fn unusable_words_and_patterns_are_refused_by_name() {
    assert!(matches!(standard().words(["a"]).build(), Err(Error::Word(word)) if word == "a"));
    for pattern in ["(", "", "x*", "a{1000}{1000}{1000}"] {
        assert!(matches!(
            standard().patterns([pattern]).build(),
            Err(Error::Pattern { pattern: named, .. }) if named == pattern
        ));
    }
    assert!(matches!(
        standard().keep_values([""]).build(),
        Err(Error::EmptyKeep)
    ));
}
