//! Which series, how many samples, and the plan before anything is fetched.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::{NOW_MS, Place, export_args, single_node, with};

/// The lines of an export with these options.
fn lines(more: &[&str]) -> Vec<Value> {
    let demo = single_node();
    let more = [&["--stdout", "--plain"], more].concat();
    let said = Place::new().run(&with(export_args(&demo, 5), &more)).done();
    let lines = said.stdout().lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn values(lines: &[Value], label: &str) -> BTreeSet<String> {
    let values = lines
        .iter()
        .filter_map(|line| line["metric"][label].as_str());
    values.map(str::to_owned).collect()
}

fn timestamps(line: &Value) -> Vec<i64> {
    let timestamps = line["timestamps"].as_array().unwrap();
    timestamps.iter().map(|at| at.as_i64().unwrap()).collect()
}

#[test]
fn instances_narrow_whatever_else_is_chosen() {
    let instances = values(&lines(&[]), "instance");
    let mut all = instances.iter().map(String::as_str);
    let (one, two) = (all.next().unwrap(), all.next().unwrap());
    let chosen = values(&lines(&["--instance", one, "--instance", two]), "instance");
    assert_eq!(chosen, BTreeSet::from([one.to_owned(), two.to_owned()]));
    let up = lines(&["--selector", "up", "--instance", two]);
    assert_eq!(values(&up, "__name__"), BTreeSet::from(["up".to_owned()]));
    assert_eq!(values(&up, "instance"), BTreeSet::from([two.to_owned()]));
}

#[test]
fn a_query_that_is_a_selector_exports_stored_samples() {
    let by_selector = lines(&["--selector", "up{job=\"shop-checkout\"}"]);
    assert!(!by_selector.is_empty());
    assert_eq!(
        by_selector,
        lines(&["--query", "up{job=\"shop-checkout\"}"])
    );
}

#[test]
fn a_query_that_is_none_exports_its_results_at_the_step() {
    let results = lines(&["--query", "sum(up) by (job)", "--step", "60s"]);
    assert!(values(&results, "job").contains("shop-checkout"));
    for line in &results {
        let expected: Vec<i64> = (0..=5).map(|n| NOW_MS - 300_000 + n * 60_000).collect();
        assert_eq!(timestamps(line), expected);
    }
}

#[test]
fn query_range_asks_for_the_values_of_a_selector() {
    let results = lines(&["--selector", "up", "--transport", "query-range"]);
    assert_eq!(
        values(&results, "__name__"),
        BTreeSet::from(["up".to_owned()])
    );
    // Thirty seconds is the step of a range so short.
    assert_eq!(timestamps(&results[0]).len(), 11);
}

#[test]
fn thinning_keeps_stored_samples_one_per_interval() {
    let whole = lines(&["--selector", "up{job=\"shop-checkout\"}"]);
    let thin = lines(&["--selector", "up{job=\"shop-checkout\"}", "--thin", "1m"]);
    assert_eq!(whole.len(), thin.len());
    for line in &thin {
        let kept = timestamps(line);
        let all = whole.iter().find(|whole| whole["metric"] == line["metric"]);
        let all = timestamps(all.unwrap());
        assert!(kept.len() < all.len() && kept.iter().all(|at| all.contains(at)));
        let intervals: BTreeSet<i64> = kept.iter().map(|at| (at + 59_999) / 60_000).collect();
        assert_eq!(intervals.len(), kept.len());
    }
}

#[test]
fn an_empty_export_is_a_failure_if_the_person_says_so() {
    let demo = single_node();
    let place = Place::new();
    let args = with(export_args(&demo, 1), &["--job", "nothing"]);
    let said = place.run(&args).done();
    assert!(said.stderr.contains("warning: No series has a sample"));
    let said = place.run(&with(args, &["--fail-empty"]));
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .contains("error: no series has a sample in the time range\n")
    );
}

#[test]
fn a_dry_run_shows_the_plan_and_leaves_nothing() {
    let demo = single_node();
    let place = Place::new();
    let args = with(
        export_args(&demo, 5),
        &[
            "--job",
            "shop-checkout",
            "--component",
            "vmagent",
            "--dry-run",
        ],
    );
    let said = place.run(&args).done();
    for wanted in [
        "transport    native\n",
        "about        ",
        "privacy      obfuscated\n",
        "{job=\"shop-checkout\"}",
        "{job=\"vmagent-eu\"}",
    ] {
        assert!(
            said.stdout().contains(wanted),
            "{wanted}: {}",
            said.stdout()
        );
    }
    let said = place.run(&with(args, &["--json"])).done();
    let events = said.events();
    let [plan] = &events[..] else {
        panic!("{events:?}");
    };
    assert_eq!(
        (&plan["type"], &plan["transport"]),
        (&"plan".into(), &"native".into())
    );
    assert!(plan["samples"].as_u64().is_some_and(|samples| samples > 0));
    assert_eq!(plan["obfuscated"], true);
    let queries: Vec<&Value> = plan["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| &request["queries"][0])
        .collect();
    assert!(
        queries.contains(&&"{job=\"shop-checkout\"}".into()),
        "{queries:?}"
    );
    assert_eq!(place.names("."), Vec::<String>::new());
}

#[test]
fn an_export_that_would_be_too_large_is_not_started() {
    let demo = single_node();
    let place = Place::new();
    let said = place.run(&with(export_args(&demo, 5), &["--max-bytes", "1KB"]));
    assert_eq!(said.code, 1);
    let last = said.stderr.lines().find(|line| line.starts_with("error: "));
    let last = last.unwrap();
    assert!(
        last.starts_with("error: the bundle would have about ")
            && last.ends_with("more than the 1000 B of `--max-bytes`"),
        "{last}"
    );
    assert_eq!(place.names("exports"), Vec::<String>::new());
    let args = with(export_args(&demo, 5), &["--max-bytes", "1GiB"]);
    place.run(&args).done();
    place.only("exports", ".zip");
    let said = place.run(&with(
        export_args(&demo, 5),
        &["--query", "sum(up)", "--max-bytes", "1GiB"],
    ));
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("cannot be estimated"),
        "{}",
        said.stderr
    );
}
