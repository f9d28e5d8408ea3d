use demo::{Demo, Options, Personality, Version};
use serde_json::{Value, json};

use crate::harness::{NOW_MS, Place, Said, single_node};

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
