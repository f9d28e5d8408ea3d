//! Exports from a config.

use demo::Demo;

use crate::harness::{NOW_MS, Place, SHOP, entry, rfc3339, single_node};

/// A config for the last two minutes of the demo's data.
fn config(demo: &Demo, more: &str) -> String {
    format!(
        r#"{{"connection":{{"url":"{}"}},"time_range":{{"start":"{}","end":"{}"}}{more}}}"#,
        demo.url(),
        rfc3339(NOW_MS - 120_000),
        rfc3339(NOW_MS)
    )
}

#[test]
fn the_config_decides_whether_anything_is_obfuscated() {
    let demo = single_node();
    let place = Place::new();
    let text = |file: &str, config: &str, more: &[&str]| {
        place.file("config.json", config);
        let args = [&["export", "--config", "config.json", "-o", file], more].concat();
        place.run(&args).done();
        entry(&place.path(file), "metrics.jsonl")
    };
    let plain = text("a.zip", &config(&demo, ""), &[]);
    assert!(plain.contains(SHOP));
    let on = config(&demo, r#","obfuscation":{"enabled":true}"#);
    let obfuscated = text("b.zip", &on, &[]);
    assert!(obfuscated.contains("777.777.") && !obfuscated.contains(SHOP));
    assert!(text("c.zip", &on, &["--plain"]).contains(SHOP));
}

#[test]
fn a_config_is_read_from_stdin() {
    let demo = single_node();
    let place = Place::new();
    let config = config(&demo, r#","jobs":["shop-checkout"]"#);
    let args = ["export", "--config", "-", "--stdout"];
    let said = place.run_with_stdin(&args, config.as_bytes()).done();
    assert!(said.stdout().lines().count() > 0);
    assert!(
        said.stdout()
            .lines()
            .all(|line| line.contains(r#""job":"shop-checkout""#))
    );
}

#[test]
fn options_override_the_config() {
    let demo = single_node();
    let place = Place::new();
    let other = format!(
        r#"{{"connection":{{"url":"http://127.0.0.1:1","auth":{{"type":"basic","username":"u"}}}},
            "time_range":{{"start":"{}","end":"{}"}},"jobs":["none"],
            "obfuscation":{{"drop_labels":["namespace"]}}}}"#,
        rfc3339(0),
        rfc3339(1000)
    );
    place.file("config.json", other);
    let url = demo.url();
    let start = rfc3339(NOW_MS - 60_000);
    let end = rfc3339(NOW_MS);
    let said = place
        .run(&[
            "export",
            "--config",
            "config.json",
            "--url",
            &url,
            "--start",
            &start,
            "--end",
            &end,
            "--job",
            "vmagent-eu",
            "--drop-label",
            "pod",
            "--stdout",
        ])
        .done();
    assert!(said.stdout().lines().count() > 0, "{}", said.stderr);
    for line in said.stdout().lines() {
        assert!(line.contains(r#""job":"vmagent-eu""#), "{line}");
        assert!(
            !line.contains("\"namespace\":") && !line.contains("\"pod\":"),
            "{line}"
        );
    }
}

#[test]
fn fields_without_effect_are_warned_about() {
    let demo = single_node();
    let place = Place::new();
    place.file(
        "config.json",
        config(&demo, r#","staging_file":"/etc/passwd""#),
    );
    let said = place.run(&["export", "--config", "config.json"]).done();
    assert!(
        said.stderr
            .contains("warning: config: `staging_file` is ignored"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_config_names_the_staging_folder() {
    let demo = single_node();
    let place = Place::new();
    place.file(
        "config.json",
        config(&demo, r#","staging_dir":"unfinished""#),
    );
    place.run(&["export", "--config", "config.json"]).done();
    assert!(place.path("unfinished").is_dir());
    assert!(!place.path("exports/staging").exists());
}

#[test]
fn the_results_of_a_query_are_exported_at_the_step_of_the_config() {
    let demo = single_node();
    let place = Place::new();
    let query = r#","mode":"custom","query":"sum(up) by (job)","metric_step_seconds":30"#;
    place.file("config.json", config(&demo, query));
    let args = ["export", "--config", "config.json", "--stdout"];
    let said = place.run(&args).done();
    let lines: Vec<&str> = said.stdout().lines().collect();
    assert!(!lines.is_empty());
    for line in lines {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            timestamps(&line),
            [0, 30, 60, 90, 120].map(|s| NOW_MS - 120_000 + s * 1000)
        );
    }
}

#[test]
fn components_without_jobs_export_the_jobs_that_the_server_names() {
    let demo = single_node();
    let place = Place::new();
    place.file("config.json", config(&demo, r#","components":["vmagent"]"#));
    let said = place
        .run(&["export", "--config", "config.json", "--stdout"])
        .done();
    let jobs: std::collections::BTreeSet<String> = said
        .stdout()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["metric"]["job"].as_str().unwrap().to_owned())
        .collect();
    assert!(jobs.contains("vmagent-eu"), "{jobs:?}");
    assert!(!jobs.contains("shop-checkout"), "{jobs:?}");

    place.file(
        "config.json",
        config(&demo, r#","components":["vmnothing"]"#),
    );
    let said = place.run(&["export", "--config", "config.json"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .starts_with("error: no job of `vmnothing` was seen in the time range\n"),
        "{}",
        said.stderr
    );
}

fn timestamps(line: &serde_json::Value) -> Vec<i64> {
    let timestamps = line["timestamps"].as_array().unwrap();
    timestamps.iter().map(|at| at.as_i64().unwrap()).collect()
}
