//! Queries, series, labels and statistics over HTTP.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod client;

use client::{get, post};
use demo::{Demo, Fault, Installation, Options, Order, Personality, Version};

const NOW_MS: i64 = 1_795_000_000_000;

fn demo() -> Demo {
    Demo::start(Options::new(Personality::Single, Version::V1_150, NOW_MS)).unwrap()
}

fn query(demo: &Demo, query: &str) -> String {
    let reply = post(
        demo,
        "/api/v1/query",
        &[("query", query), ("time", "1795000000.000")],
    );
    assert_eq!(reply.status, 200, "{}", reply.text());
    let result = reply.text().split_once("\"result\":").unwrap().1;
    result.strip_suffix("}}").unwrap().to_owned()
}

#[test]
fn a_number_is_a_vector_without_labels() {
    assert_eq!(
        query(&demo(), "1"),
        r#"[{"metric":{},"value":[1795000000,"1"]}]"#
    );
}

#[test]
fn counts_are_grouped_and_sorted_by_label() {
    let demo = demo();
    assert_eq!(
        query(&demo, "count(up{job=~\"vm(select|storage)\"}) by (job)"),
        "[{\"metric\":{\"job\":\"vmselect\"},\"value\":[1795000000,\"2\"]},\
         {\"metric\":{\"job\":\"vmstorage\"},\"value\":[1795000000,\"3\"]}]"
    );
    let by_job = query(
        &demo,
        "sum(count_over_time(up{job=\"vmselect\"}[1h])) by (job)",
    );
    assert!(by_job.contains("\"480\""), "{by_job}");
}

#[test]
fn a_dead_component_is_seen_only_by_looking_back() {
    let demo = demo();
    assert_eq!(query(&demo, "up{job=\"vmagent-us\"}"), "[]");
    assert!(
        query(
            &demo,
            "last_over_time(vm_app_version{job=\"vmagent-us\"}[1h])"
        )
        .contains("\"__name__\":\"vm_app_version\"")
    );
}

#[test]
fn a_range_selector_returns_raw_samples_without_its_lower_end() {
    let demo = demo();
    let all = query(&demo, "up{job=\"vmalert\"}[1m]");
    assert_eq!(all.matches("\"1\"").count(), 4, "{all}");
    let first: f64 = all
        .split_once("\"values\":[[")
        .unwrap()
        .1
        .split(',')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let params = [
        ("query", "up{job=\"vmalert\"}[1m]"),
        ("time", &format!("{:.3}", first + 60.0)),
    ];
    let later = post(&demo, "/api/v1/query", &params);
    assert!(!later.text().contains(&format!("[{first},")));
}

#[test]
fn range_queries_are_computed_at_every_step() {
    let demo = demo();
    let params = [
        (
            "query",
            "sum(rate(vm_rows_inserted_total{type=\"promremotewrite\"}[5m]))",
        ),
        ("start", "1794998000.000"),
        ("end", "1794999000.000"),
        ("step", "100s"),
        ("nocache", "1"),
    ];
    let reply = post(&demo, "/api/v1/query_range", &params);
    let values = reply.text().split_once("\"values\":[[").unwrap().1;
    let rates: Vec<f64> = values
        .split("],[")
        .map(|point| point.split('"').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(rates.len(), 11);
    // Two vminsert with 480,000 a minute each.
    assert!(
        rates.iter().all(|rate| (rate - 16_000.0).abs() < 1_500.0),
        "{rates:?}"
    );
}

#[test]
fn too_many_points_are_refused() {
    let path = "/api/v1/query_range?query=up&start=1794000000&end=1795000000&step=1";
    let reply = get(&demo(), path);
    assert_eq!(reply.status, 400);
    assert!(
        reply
            .text()
            .contains("-search.maxPointsPerTimeseries=30000")
    );
}

#[test]
fn series_and_labels_honour_selector_range_and_limit() {
    let demo = demo();
    let series = get(&demo, "/api/v1/series?match[]=up{job=\"vmselect\"}");
    assert_eq!(series.text().matches("\"__name__\":\"up\"").count(), 2);
    let limited = get(&demo, "/api/v1/series?match[]=up&limit=3");
    assert_eq!(limited.text().matches("__name__").count(), 3);
    assert_eq!(get(&demo, "/api/v1/series").status, 400);
    let long_ago = "&start=1700000000&end=1700003600";
    let nothing = get(&demo, &format!("/api/v1/series?match[]=up{long_ago}"));
    assert!(nothing.text().ends_with("\"data\":[]}"));
    let jobs = get(
        &demo,
        "/api/v1/label/job/values?match[]=up{job=~\"vm-.*|shop.*\"}",
    );
    assert!(
        jobs.text()
            .ends_with("\"data\":[\"shop-checkout\",\"vm-edge\"]}")
    );
    let names = get(&demo, "/api/v1/labels?match[]=up{job=\"vmagent-eu\"}");
    assert!(
        names
            .text()
            .ends_with("\"data\":[\"__name__\",\"instance\",\"job\"]}")
    );
    let none = get(&demo, &format!("/api/v1/labels?match[]=up{long_ago}"));
    assert!(none.text().ends_with("\"data\":[]}"));
}

#[test]
fn extra_labels_and_filters_narrow_every_selector() {
    let demo = demo();
    let count = |extra: &str| {
        let path = format!("/api/v1/export?match[]=up&{extra}");
        get(&demo, &path).text().lines().count()
    };
    assert_eq!(count("extra_label=job=vmstorage"), 3);
    assert_eq!(
        count("extra_filters[]={job=\"vmalert\"}&extra_filters[]={job=\"vmselect\"}"),
        3
    );
}

#[test]
fn statistics_count_series_by_metric_name() {
    let demo = demo();
    let reply = get(
        &demo,
        "/api/v1/status/tsdb?match[]={job=\"vmselect\"}&topN=1",
    );
    assert!(
        reply
            .text()
            .contains("\"seriesCountByMetricName\":[{\"name\":\"")
    );
    let total = reply.text().split_once("\"totalSeries\":").unwrap().1;
    let total: usize = total.split(',').next().unwrap().parse().unwrap();
    assert!((300..500).contains(&total), "{total}");
}

#[test]
fn a_cluster_owns_up_to_partial_answers() {
    let options = Options::new(Personality::Cluster, Version::V1_150, NOW_MS);
    let demo = Demo::start(options).unwrap();
    let path = "/select/0/prometheus/api/v1/query?query=count({job=\"vmselect\"})";
    let whole = get(&demo, path);
    assert!(whole.text().contains("\"isPartial\":false"));
    demo.orders().add(Order::new(Fault::Partial));
    let partial = get(&demo, path);
    assert!(partial.text().contains("\"isPartial\":true"));
    assert_ne!(
        whole.text().split_once("result"),
        partial.text().split_once("result")
    );
}

#[test]
fn a_large_installation_is_counted_without_being_held() {
    let mut options = Options::new(Personality::Single, Version::V1_150, NOW_MS);
    options.installation = Installation::scaled(Version::V1_150, NOW_MS, 200, 150_000);
    let demo = Demo::start(options).unwrap();
    let counted = query(
        &demo,
        "sum(count(last_over_time({__name__!=\"\"}[1h])) by (job))",
    );
    assert!(counted.contains("\"150000\""), "{counted}");
    let nodes = query(&demo, "count(count(vm_app_version) by (instance))");
    assert!(nodes.contains("\"200\""), "{nodes}");
    let refused = get(&demo, "/api/v1/series?match[]={__name__!=\"\"}&limit=1");
    assert_eq!(refused.status, 422);
    assert!(
        refused
            .text()
            .contains("the number of matching timeseries exceeds 30000")
    );
}

#[test]
fn or_adds_what_the_left_side_has_not() {
    let demo = demo();
    let both = query(
        &demo,
        "count(up{job=\"vmselect\"} or up{job=\"vmstorage\"} or up{job=\"vmselect\"}) by (job)",
    );
    assert!(
        both.contains("\"job\":\"vmselect\"},\"value\":[1795000000,\"2\"]"),
        "{both}"
    );
    assert!(
        both.contains("\"job\":\"vmstorage\"},\"value\":[1795000000,\"3\"]"),
        "{both}"
    );
    let same_labels = query(
        &demo,
        "count(up{job=\"vmselect\"} or scrape_duration_seconds{job=\"vmselect\"})",
    );
    assert!(
        same_labels.contains("\"2\""),
        "metric names do not count: {same_labels}"
    );
}
