//! What the audit finds, before a bundle is written and afterwards.

use std::fs;
use std::path::Path;

use demo::Demo;
use serde_json::Value;

use crate::harness::{Place, Said, entry, export_args, single_node, with};

/// Exports the last two minutes.
fn export(place: &Place, demo: &Demo, more: &[&str]) -> Said {
    place.run(&with(export_args(demo, 2), more))
}

fn json(said: &Said) -> Value {
    serde_json::from_slice(&said.stdout).unwrap()
}

fn metadata(bundle: &Path) -> Value {
    serde_json::from_str(&entry(bundle, "metadata.json")).unwrap()
}

/// An export that stopped because the name of its bundle is that of a customer.
fn stopped(place: &Place, demo: &Demo, more: &[&str]) {
    let said = export(place, demo, &[&["-o", "acme-gmbh.zip"], more].concat());
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains(
            "known label value in file name: 1 text, 1 occurrence; covered by another name with -o"
        ),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr.contains("hint: resume with an option"),
        "{}",
        said.stderr
    );
    assert!(
        !place
            .names(".")
            .iter()
            .any(|name| name.starts_with("acme-gmbh"))
    );
}

#[test]
fn a_finding_stops_the_export_and_its_acceptance_is_recorded() {
    let demo = single_node();
    let place = Place::new();
    stopped(&place, &demo, &[]);
    let before = demo.requests().len();
    let said = place.run(&["resume"]);
    assert_eq!(said.code, 1, "nothing has changed: {}", said.stderr);
    place.run(&["resume", "--accept-audit"]).done();
    assert_eq!(demo.requests().len(), before, "nothing is fetched again");
    let metadata = metadata(&place.path("acme-gmbh.zip"));
    assert_eq!(metadata["audit"]["accepted"]["original"], 1, "{metadata}");
    let warnings = metadata["warnings"].to_string();
    assert!(warnings.contains("audit_findings_accepted"), "{warnings}");
    assert_eq!(place.names("staging"), Vec::<String>::new());

    let said = place.run(&["verify", "--audit", "acme-gmbh.zip"]);
    assert_eq!(said.code, 1, "accepted or not, it is in there");
    assert!(
        said.stdout()
            .contains("FOUND    known label value in file name: 1 distinct, 1 times;"),
        "{}",
        said.stdout()
    );
}

#[test]
fn findings_can_be_accepted_before() {
    let demo = single_node();
    let place = Place::new();
    let accepted = &["-o", "acme-gmbh.zip", "--accept-audit"];
    export(&place, &demo, accepted).done();
    let metadata = metadata(&place.path("acme-gmbh.zip"));
    assert_eq!(metadata["audit"]["accepted"]["original"], 1, "{metadata}");
}

#[test]
fn another_name_or_another_option_goes_on_with_what_was_fetched() {
    let demo = single_node();
    let place = Place::new();
    stopped(&place, &demo, &[]);
    let before = demo.requests().len();
    place
        .run(&[
            "resume",
            "-o",
            "case.zip",
            "--obfuscate-label",
            "env",
            "--obfuscate-word",
            "checkout",
            "--obfuscate-regex",
            "go1[.][0-9]+",
            "--drop-label",
            "namespace",
        ])
        .done();
    assert_eq!(demo.requests().len(), before, "nothing is fetched again");
    let lines = entry(&place.path("case.zip"), "metrics.jsonl");
    assert!(lines.contains(r#""env":"env-1""#));
    for gone in ["heckout", "go1.", r#""namespace":"#, r#""env":"prod""#] {
        assert!(!lines.contains(gone), "{gone}");
    }
    place.run(&["verify", "--audit", "case.zip"]).done();
}

#[test]
fn a_resume_may_go_on_in_strict_level() {
    let demo = single_node();
    let place = Place::new();
    stopped(&place, &demo, &[]);
    place.run(&["resume", "-o", "case.zip", "--strict"]).done();
    let metadata = metadata(&place.path("case.zip"));
    assert_eq!(metadata["obfuscation"]["level"], "strict", "{metadata}");
    let lines = entry(&place.path("case.zip"), "metrics.jsonl");
    assert!(!lines.contains("shop_orders_total"));
}

#[test]
fn mistakes_of_a_resume_are_bad_usage_and_nothing_is_lost() {
    let demo = single_node();
    let place = Place::new();
    stopped(&place, &demo, &[]);
    place.file("there.zip", "");
    for (more, message) in [
        (&["-o", "there.zip"][..], "`there.zip` exists already"),
        (&["-o", "none/a.zip"], "does not exist"),
        (&["--obfuscate-word", "x"], "x"),
        (&["--obfuscate-regex", "("], "("),
        (&["--obfuscate-label", "a b"], "a b"),
        (
            &["--discard", "-o", "a.zip"],
            "`--discard` writes no bundle",
        ),
    ] {
        let said = place.run(&[&["resume"], more].concat());
        assert_eq!(said.code, 2, "{more:?}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{more:?}: {}", said.stderr);
    }
    place.run(&["resume", "-o", "case.zip"]).done();
}

#[test]
fn the_report_of_the_audit_is_private_and_replaces_nothing() {
    let demo = single_node();
    let place = Place::new();
    stopped(&place, &demo, &["--audit-report", "stopped.json"]);
    let report: Value =
        serde_json::from_slice(&fs::read(place.path("stopped.json")).unwrap()).unwrap();
    assert_eq!(report["stopped"], true);
    assert_eq!(report["hits"][0]["place"], "file name");
    assert_eq!(report["hits"][0]["examples"][0], "acme-gmbh.zip");
    assert_eq!(report["stayed"]["env"]["values"][0], "prod");

    export(&place, &demo, &["--stdout", "--audit-report", "lines.json"]).done();
    let report: Value =
        serde_json::from_slice(&fs::read(place.path("lines.json")).unwrap()).unwrap();
    assert_eq!(report["stopped"], false);
    assert_eq!(report["hits"], Value::Array(Vec::new()));
    assert_eq!(report["stayed"]["env"]["more"], 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let found = fs::metadata(place.path("lines.json")).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600);
    }

    for (more, message) in [
        (
            &["--audit-report", "lines.json"][..],
            "`lines.json` exists already",
        ),
        (&["--audit-report", "none/r.json"], "does not exist"),
        (
            &["--plain", "--audit-report", "r.json"],
            "there is no audit to report",
        ),
        (
            &["--dry-run", "--audit-report", "r.json"],
            "`--dry-run` writes nothing",
        ),
    ] {
        let before = demo.requests().len();
        let said = export(&place, &demo, more);
        assert_eq!(said.code, 2, "{more:?}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{more:?}: {}", said.stderr);
        assert_eq!(demo.requests().len(), before);
    }
}

#[test]
fn an_export_tells_what_stayed_and_verify_lists_it() {
    let demo = single_node();
    let place = Place::new();
    let said = export(&place, &demo, &["-o", "a.zip"]).done();
    let path = place.path("a.zip");
    let told = said
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("stayed       "))
        .unwrap();
    let (counts, command) = told.split_once("; list them with ").unwrap();
    assert_eq!(
        command,
        format!("`vmgather verify --audit --values {}`", path.display())
    );

    let said = place
        .run(&["verify", "--audit", "--values", "a.zip"])
        .done();
    let text = said.stdout();
    assert!(text.contains(&format!("\nstayed   {counts}\n")), "{text}");
    assert!(text.contains("\nenv (1)\n  prod\n"), "{text}");
    assert!(
        text.ends_with("\nnothing was found that must not leave\n"),
        "{text}"
    );
    assert!(text.contains(" originals and for what is shaped"), "{text}");

    let said = place.run(&["verify", "--audit", "--json", "a.zip"]).done();
    let document = json(&said);
    assert_eq!(document["ok"], true);
    let audit = &document["audit"];
    assert_eq!(audit["hits"], Value::Array(Vec::new()));
    assert_eq!(audit["stayed"]["env"]["values"][0], "prod");
    assert_eq!(audit["obfuscated"], true);
    let originals = metadata(&path)["audit"]["originals"].clone();
    assert_eq!(audit["originals"], originals);

    let said = export(&place, &demo, &["--json", "-o", "b.zip"]).done();
    let done = said.events().pop().unwrap();
    assert!(counts.starts_with(&format!("{} ", done["values_stayed"])));
    assert!(done["labels_stayed"].as_u64().unwrap() > 5);
}

#[test]
fn without_the_map_only_shapes_are_searched_for_and_it_says_so() {
    let demo = single_node();
    let place = Place::new();
    export(&place, &demo, &["-o", "a.zip", "--no-map"]).done();
    let said = place.run(&["verify", "--audit", "a.zip"]).done();
    assert!(
        said.stdout().contains(
            "only for what is shaped like an address, and for no originals: no map of this \
             bundle was ever kept"
        ),
        "{}",
        said.stdout()
    );
    let said = place.run(&["verify", "--audit", "--json", "a.zip"]).done();
    assert!(json(&said)["audit"]["originals"].is_null());

    export(&place, &demo, &["-o", "b.zip"]).done();
    let map = place.only(".vmgather/maps", ".json");
    let elsewhere = place.path("map.json");
    fs::rename(map, &elsewhere).unwrap();
    let said = place.run(&["verify", "--audit", "b.zip"]).done();
    assert!(said.stdout().contains("for no originals: the map `"));
    let said = place
        .run(&["verify", "--audit", "--map", "map.json", "b.zip"])
        .done();
    assert!(said.stdout().contains(" originals and for what"));
    let said = place.run(&["verify", "--audit", "--map", "map.json", "a.zip"]);
    assert_eq!(said.code, 0, "a bundle that names no map may be of any");
}

#[test]
fn originals_in_a_bundle_are_found_wherever_they_stand() {
    let demo = single_node();
    let place = Place::new();
    export(&place, &demo, &["-o", "a.zip"]).done();
    // The same data in clear, with the metadata of the obfuscated bundle.
    export(&place, &demo, &["-o", "p.zip", "--plain"]).done();
    let clear = entry(&place.path("p.zip"), "metrics.jsonl");
    let mut metadata = metadata(&place.path("a.zip"));
    metadata["note"] = "see customer globex".into();
    let mut archive = bundle::Archive::new(Vec::new(), jiff::Timestamp::UNIX_EPOCH);
    archive.entry("metrics.jsonl", clear.as_bytes()).unwrap();
    archive
        .entry("metadata.json", metadata.to_string().as_bytes())
        .unwrap();
    archive.entry("README.txt", b"10.9.8.7 is slow\n").unwrap();
    archive.entry("globex.txt", b"not for audits").unwrap();
    place.file("mixed.zip", archive.finish().unwrap());

    let said = place.run(&["verify", "--audit", "--json", "mixed.zip"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    let audit = &json(&said)["audit"];
    let hits = audit["hits"].as_array().unwrap();
    let has = |place: &str, kind: &str| {
        hits.iter()
            .any(|hit| hit["place"] == place && hit["kind"] == kind)
    };
    assert!(has("instance", "known host"), "{hits:#?}");
    assert!(has("job", "known job"), "{hits:#?}");
    assert!(has("customer", "known label value"), "{hits:#?}");
    assert!(has("metadata.json", "known label value"), "{hits:#?}");
    assert!(has("README.txt", "IP address"), "{hits:#?}");
    assert!(has("entry name", "known label value"), "{hits:#?}");
    assert_eq!(audit["unsearched"], serde_json::json!(["globex.txt"]));
    let said = place.run(&["verify", "--audit", "mixed.zip"]);
    assert!(
        said.stdout()
            .contains("not searched: the content of `globex.txt`")
    );
}

#[test]
fn a_bundle_in_clear_is_searched_and_said_to_be_one() {
    let demo = single_node();
    let place = Place::new();
    export(&place, &demo, &["-o", "p.zip", "--plain"]).done();
    let said = place.run(&["verify", "--audit", "p.zip"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stdout().contains("the bundle is not obfuscated"),
        "{}",
        said.stdout()
    );
    assert!(said.stdout().contains("FOUND    IP address in instance: "));
}

#[test]
fn a_kept_value_is_no_finding_if_it_is_named() {
    let demo = single_node();
    let place = Place::new();
    let kept = "10.60.7.14:9100";
    export(&place, &demo, &["-o", "a.zip", "--keep-value", kept]).done();
    assert!(entry(&place.path("a.zip"), "metrics.jsonl").contains(kept));
    let said = place.run(&["verify", "--audit", "a.zip"]);
    assert_eq!(said.code, 1, "{}", said.stdout());
    let keeping = ["verify", "--audit", "--keep-value", kept, "a.zip"];
    place.run(&keeping).done();
}

#[test]
fn what_is_for_an_audit_needs_one_and_damage_is_a_failure() {
    let place = Place::new();
    for option in [
        &["--values"][..],
        &["--map", "m.json"],
        &["--keep-value", "a"],
    ] {
        let said = place.run(&[&["verify", "a.zip"], option].concat());
        assert_eq!(said.code, 2);
        assert!(
            said.stderr
                .contains(&format!("`{}` is for `--audit`", option[0]))
        );
    }
    let mut archive = bundle::Archive::new(Vec::new(), jiff::Timestamp::UNIX_EPOCH);
    let line = br#"{"metric":{"__name__":"up"},"values":["acme"],"timestamps":[1]}"#;
    archive.entry("metrics.jsonl", line).unwrap();
    place.file("b.zip", archive.finish().unwrap());
    let said = place.run(&["verify", "--audit", "b.zip"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .contains("error: line 1 of `metrics.jsonl` cannot be audited: expected"),
        "{}",
        said.stderr
    );
    assert!(said.stdout().contains("FAILED"), "{}", said.stdout());
}
