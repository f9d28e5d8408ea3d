use demo::{Demo, Options, Personality, Version};
use serde_json::{Value, json};

use crate::harness::{NOW_MS, Place, Said, entry, export_args, single_node, with};

/// The hour of the demo's data.
fn discover(url: &str, more: &[&str]) -> Said {
    let (start, end) = ((NOW_MS - 3_600_000).to_string(), NOW_MS.to_string());
    let args = ["discover", "--url", url, "--start", &start, "--end", &end];
    Place::new().run(&[&args, more].concat())
}

fn document(said: &Said) -> Value {
    serde_json::from_str(said.stdout()).unwrap()
}

fn names(document: &Value) -> Vec<&str> {
    let components = document["components"].as_array().unwrap();
    components
        .iter()
        .map(|component| component["component"].as_str().unwrap())
        .collect()
}

#[test]
fn the_table_lists_components_jobs_and_counts() {
    let demo = single_node();
    let said = discover(&demo.url(), &[]).done();
    let table = said.stdout();
    assert!(
        table.starts_with("component  job                instances  series\n"),
        "{table}"
    );
    assert!(
        table.contains("\nvmagent    vmagent-us                 1  "),
        "{table}"
    );
    assert!(
        table.contains("\ntotal                                12  "),
        "{table}"
    );
    assert!(table.contains("\nestimate  about "), "{table}");
    assert!(
        said.stderr
            .contains("warning: the job `vm-edge` holds `vmauth`, `vminsert`")
    );
    assert_eq!(demo.requests().len(), 5, "two of them for the estimate");
}

#[test]
fn json_has_the_documented_fields() {
    let demo = single_node();
    let said = discover(&demo.url(), &["--json", "--component", "vmalert"]).done();
    assert_eq!(said.stderr, "", "warnings are in the document");
    let document = document(&said);
    assert_eq!(document["time_range"]["end"], "2026-05-28T20:26:40Z");
    assert_eq!(
        names(&document),
        [
            "vmagent",
            "vmalert",
            "vmauth",
            "vminsert",
            "vmselect",
            "vmsingle",
            "vmstorage"
        ]
    );
    let alert = &document["components"][1];
    assert_eq!(alert["jobs"], json!(["vmalert"]));
    assert_eq!(alert["job_instances"], json!({"vmalert": 1}));
    assert_eq!(alert["instance_count"], 1);
    assert_eq!(
        document["estimate"]["series"],
        alert["metrics_count_estimate"]
    );
    assert_eq!(document["estimate"]["basis"], "scrape_counts");
    assert_eq!(document["warnings"].as_array().unwrap().len(), 1);
}

#[test]
fn tenants_are_listed_apart() {
    let demo = Demo::start(Options::new(Personality::Cluster, Version::V1_150, NOW_MS)).unwrap();
    let all = document(&discover(&demo.url(), &["--json", "--tenant", "all"]).done());
    assert_eq!(names(&all).len(), 7);
    let one = document(&discover(&demo.url(), &["--json", "--tenant", "1011"]).done());
    assert_eq!(names(&one), ["vmsingle"]);
    assert_eq!(one["components"][0]["tenant"], "1011:0");
    assert!(one["estimate"].is_null());
    let none = discover(&demo.url(), &["--tenant", "5"]);
    assert_eq!(none.code, 1);
    assert!(
        none.stderr
            .contains("error: no component of VictoriaMetrics was seen")
    );
}

#[test]
fn with_obfuscation_no_job_is_told_and_the_map_leads_back() {
    let demo = single_node();
    let place = Place::new();
    let (start, end) = ((NOW_MS - 3_600_000).to_string(), NOW_MS.to_string());
    let url = demo.url();
    let run = |more: &[&str]| {
        let args = ["discover", "--url", &url, "--start", &start, "--end", &end];
        place.run(&[&args, more].concat()).done()
    };
    let plain = document(&run(&["--json"]));
    let jobs: Vec<String> = plain["components"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|component| component["jobs"].as_array().unwrap())
        .map(|job| job.as_str().unwrap().to_owned())
        .collect();
    let own = |job: &&String| job.contains('-');
    assert!(jobs.iter().filter(own).count() > 1, "{jobs:?}");

    let table = run(&["--obfuscate"]);
    let map = place.only(".vmgather/maps", ".json");
    let json = run(&["--obfuscate", "--json", "--map", map.to_str().unwrap()]);
    let host = url.trim_start_matches("http://");
    for said in [&table, &json] {
        for job in jobs.iter().filter(own) {
            assert!(!said.stdout().contains(job.as_str()), "{job}");
            assert!(!said.stderr.contains(job.as_str()), "{job}");
        }
        assert!(!said.stdout().contains(host) && !said.stderr.contains(host));
        assert!(said.stderr.starts_with("map  "), "{}", said.stderr);
    }
    assert!(table.stderr.contains(&format!("map  {} ", map.display())));
    assert!(table.stdout().contains("vmagent    vmagent-job-"));
    assert!(
        table.stderr.contains("warning: the job `job-"),
        "{}",
        table.stderr
    );
    assert_eq!(document(&json)["estimate"], plain["estimate"]);
    let said = place
        .run(&["reveal", "vmagent-job-1", "vmagent-job-2"])
        .done();
    let mut revealed: Vec<&str> = said.stdout().lines().collect();
    revealed.sort_unstable();
    assert_eq!(revealed, ["vmagent-eu", "vmagent-us"]);
}

#[test]
fn the_pseudonyms_are_those_of_the_bundle_whose_map_is_given() {
    let demo = single_node();
    let place = Place::new();
    let args = export_args(&demo, 60);
    place.run(&with(args, &["-o", "a.zip"])).done();
    let map = place.only(".vmgather/maps", ".json");
    let map = map.to_str().unwrap();
    let before = std::fs::read(map).unwrap();
    let mut args = export_args(&demo, 60);
    args[0] = "discover".to_owned();
    let more = ["--obfuscate", "--json", "--map", map];
    let document = document(&place.run(&with(args.clone(), &more)).done());
    let lines = entry(&place.path("a.zip"), "metrics.jsonl");
    for component in document["components"].as_array().unwrap() {
        for job in component["jobs"].as_array().unwrap() {
            assert!(lines.contains(&format!("\"job\":{job}")), "{job}");
        }
    }
    assert!(std::fs::read(map).unwrap() == before, "nothing was new");

    for more in [&["--map", map][..], &["--no-map"]] {
        let said = place.run(&with(args.clone(), more));
        assert_eq!(said.code, 2);
        assert!(
            said.stderr.contains("is for `--obfuscate`"),
            "{}",
            said.stderr
        );
    }
    let more = ["--obfuscate", "--no-map"];
    let said = place.run(&with(args, &more)).done();
    assert!(!said.stderr.contains("map  "), "{}", said.stderr);
    assert_eq!(place.names(".vmgather/maps").len(), 1);
}

#[test]
fn mistakes_are_bad_usage() {
    for (more, message) in [
        (&["--last", "1h"][..], "two ways to give the range"),
        (&["--tenant", "seven"], "`accountID`"),
        (
            &["--tenant", "all", "--tenant", "1"],
            "leave out the others",
        ),
        (&["--tenant", "1", "--job", "a"], "nothing is estimated"),
        (&["--selector", "up{"], "is not a selector"),
        (&["--demo"], "is its own server"),
    ] {
        let said = discover("http://127.0.0.1:1", more);
        assert_eq!(said.code, 2, "{more:?}: {}", said.stderr);
        assert!(said.stderr.contains(message), "{more:?}: {}", said.stderr);
    }
}

#[test]
fn an_unknown_component_is_an_error_that_lists_the_known() {
    let demo = single_node();
    let said = discover(&demo.url(), &["--component", "vmbackup"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("no job of `vmbackup`"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("`vmstorage`"), "{}", said.stderr);
}
