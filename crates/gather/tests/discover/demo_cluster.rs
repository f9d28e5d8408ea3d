use demo::{Demo, Fault, Installation, Options, Order, Personality, Refusal, Request, Version};
use gather::discover::{
    DiscoverError, EstimateBasis, discover_all_tenants, discover_selector, discover_tenants,
    estimate, jobs_of_components,
};
use gather::{Selection, TimeRange};
use vmapi::{Selector, Tenant};

use super::{client, discover, number, outline, run, warnings};

const NOW_MS: i64 = 1_795_000_000_000;
const VERSIONS: [Version; 3] = [Version::V1_79, Version::V1_112, Version::V1_150];

/// The components of tenant 0; vmagent-us died half-way, vmalert tells no version.
const TENANT_0: [&str; 6] = [
    "vmagent vmagent-eu:1 vmagent-us:1",
    "vmalert vmalert:1",
    "vmauth vm-edge:1",
    "vminsert vm-edge:2",
    "vmselect vmselect:2",
    "vmstorage vmstorage:3",
];

fn hour() -> TimeRange {
    TimeRange::new(NOW_MS - 3_600_000, NOW_MS).unwrap()
}

fn start(personality: Personality, version: Version) -> Demo {
    Demo::start(Options::new(personality, version, NOW_MS)).unwrap()
}

fn cluster() -> Demo {
    start(Personality::Cluster, Version::V1_150)
}

fn tenant(demo: &Demo, tenant: &str) -> String {
    format!("{}/select/{tenant}/prometheus", demo.url())
}

fn queries(demo: &Demo) -> Vec<String> {
    let query = |request: &Request| request.param("query").unwrap().to_owned();
    demo.requests().iter().map(query).collect()
}

#[test]
fn every_component_is_found_in_every_version() {
    for version in VERSIONS {
        let demo = start(Personality::Cluster, version);
        let found = discover(&tenant(&demo, "0"), hour()).unwrap();
        assert_eq!(outline(&found), TENANT_0, "{version:?}");
        assert_eq!(found, discover(&tenant(&demo, "0"), hour()).unwrap());

        let demo = start(Personality::Single, version);
        let found = discover(&demo.url(), hour()).unwrap();
        let mut all = TENANT_0.to_vec();
        all.insert(5, "vmsingle monitoring.single:1");
        assert_eq!(outline(&found), all, "{version:?}");
    }
}

#[test]
fn series_are_those_that_are_there_and_a_shared_job_is_divided() {
    let demo = cluster();
    let url = tenant(&demo, "0");
    let found = discover(&url, hour()).unwrap();
    let mut in_edge = 0;
    for component in &found.components {
        for job in &component.jobs {
            in_edge += u64::from(job.name == "vm-edge") * job.series.unwrap();
        }
    }
    for job in ["vmagent-us", "vm-edge", "vmalert"] {
        let expression = format!("count(last_over_time({{job=\"{job}\"}}[1h]))");
        let there = number(&url, &expression, hour()) as u64;
        let jobs = found.components.iter().flat_map(|c| &c.jobs);
        let jobs: Vec<_> = jobs.filter(|found| found.name == job).collect();
        let series: u64 = jobs.iter().map(|job| job.series.unwrap()).sum();
        let targets: u64 = jobs.iter().map(|job| job.instances.unwrap()).sum();
        // The demo's scraper adds a series less to a target than the newest ones do.
        assert_eq!(series, there + targets, "{job}");
    }
    let edge = number(&url, "count(last_over_time({job=\"vm-edge\"}[1h]))", hour());
    assert_eq!(in_edge, edge as u64 + 3);
    assert!(warnings(&found).contains("the job `vm-edge` holds `vmauth`, `vminsert`"));
}

#[test]
fn a_large_cluster_takes_few_requests_that_touch_few_series() {
    let mut options = Options::new(Personality::Cluster, Version::V1_150, NOW_MS);
    options.installation = Installation::scaled(Version::V1_150, NOW_MS, 200, 150_000);
    let demo = Demo::start(options).unwrap();
    let url = tenant(&demo, "0");
    let range = TimeRange::new(NOW_MS - 600_000, NOW_MS).unwrap();
    let found = discover(&url, range).unwrap();

    assert_eq!(found.components.len(), 7);
    let instances: u64 = found.components.iter().filter_map(|c| c.instances).sum();
    assert_eq!(instances, 200);
    let series: u64 = found.components.iter().filter_map(|c| c.series).sum();
    assert!((150_000..=150_200).contains(&series), "{series}");

    let queries = queries(&demo);
    assert_eq!(queries.len(), 3, "{queries:#?}");
    assert!(queries[0].contains(r#"last_over_time({__name__="vm_app_version"}["#));
    // Only the job that tells no version is looked at more closely.
    assert_eq!(queries[1].matches("job=\"vmalert\"").count(), 2);
    assert_eq!(queries[1].matches("last_over_time").count(), 2);
    let touched = |query: &str| {
        let counted = query.split_once(" by (").unwrap().0;
        number(&url, &counted.replace("max(max_", "count(max_"), range)
    };
    let touched: Vec<f64> = queries.iter().map(|query| touched(query)).collect();
    assert_eq!(touched[0], 200.0, "one per process");
    assert!(touched[1] < 100.0, "{touched:?}");
    assert_eq!(touched[2], 200.0, "one per target");
}

#[test]
fn tenants_read_at_once_are_kept_apart() {
    let demo = cluster();
    let found = discover(&tenant(&demo, "multitenant"), hour()).unwrap();
    let mut expected: Vec<String> = TENANT_0
        .iter()
        .map(|line| line.replacen(' ', " (0) ", 1))
        .collect();
    expected.insert(5, "vmsingle (1011) monitoring.single:1".to_owned());
    assert_eq!(outline(&found), expected);
    assert!(
        warnings(&found).contains("2 tenants"),
        "{}",
        warnings(&found)
    );
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["components"][5]["tenant"], "1011:0");
}

#[test]
fn named_tenants_are_asked_one_by_one_and_kept_apart() {
    let demo = cluster();
    let range = hour();
    let named = [
        "1011:0".parse().unwrap(),
        "0".parse().unwrap(),
        "5".parse().unwrap(),
    ];
    let found = run(discover_tenants(
        &client(&tenant(&demo, "0")),
        &named,
        range,
    ))
    .unwrap();
    assert_eq!(found.components.len(), 7);
    assert_eq!(outline(&found)[5], "vmsingle (1011) monitoring.single:1");
    let all = discover(&tenant(&demo, "multitenant"), range).unwrap();
    assert_eq!(
        found, all,
        "in which order and which way tenants are asked changes nothing"
    );
    let paths = demo.requests();
    assert!(
        paths
            .iter()
            .any(|request| request.path.starts_with("/select/1011/"))
    );

    let everything = [Tenant::All];
    let everything = run(discover_tenants(
        &client(&tenant(&demo, "0")),
        &everything,
        range,
    ));
    assert_eq!(everything.unwrap(), all);
}

#[test]
fn all_tenants_are_read_at_once_where_the_server_can() {
    let demo = cluster();
    let client = client(&tenant(&demo, "0"));
    let all = run(discover_all_tenants(&client, hour())).unwrap();
    assert_eq!(all.components.len(), 7);
    assert_eq!(demo.requests().len(), 4, "the list, and three questions");

    // Servers before v1.104 answer so.
    let text = "unsupported multitenant prefix: \"multitenant\"".to_owned();
    let refusal = Refusal::Plain { status: 400, text };
    let order = Order::new(Fault::Refuse(refusal)).on("/select/multitenant/");
    demo.orders().add(order);
    assert_eq!(run(discover_all_tenants(&client, hour())).unwrap(), all);
    assert_eq!(demo.orders().waiting(), 0, "the order was carried out");

    let single = start(Personality::Single, Version::V1_150);
    let error = run(discover_all_tenants(&super::client(&single.url()), hour())).unwrap_err();
    assert!(matches!(error, DiscoverError::NoTenantList), "{error}");
}

#[test]
fn a_tenant_without_components_is_an_error_and_no_other_one_is_tried() {
    let demo = cluster();
    let error = discover(&tenant(&demo, "5"), hour()).unwrap_err();
    assert!(
        matches!(error, DiscoverError::NothingFound { .. }),
        "{error}"
    );
    assert!(error.is_not_found());
    assert!(error.hint().unwrap().contains("tenant `5`"));
    let requests = demo.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|r| r.path.starts_with("/select/5/")));
}

#[test]
fn a_path_without_tenant_is_refused_and_not_guessed() {
    let demo = start(Personality::Cluster, Version::V1_112);
    let error = discover(&demo.url(), hour()).unwrap_err();
    assert!(matches!(error, DiscoverError::Ask(_)), "{error}");
    assert!(error.hint().unwrap().contains("/select/"), "{error}");
}

#[test]
fn refused_counts_are_unknown_and_said_so() {
    let demo = cluster();
    let refusal = Refusal::Plain {
        status: 422,
        text: "too heavy".to_owned(),
    };
    demo.orders().add(Order::new(Fault::Refuse(refusal)).nth(3));
    let found = discover(&tenant(&demo, "0"), hour()).unwrap();
    assert_eq!(outline(&found), TENANT_0);
    assert!(
        found
            .components
            .iter()
            .all(|component| component.series.is_none())
    );
    assert!(warnings(&found).contains("too heavy"));
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["components"][0]["metrics_count_estimate"], -1);
    assert_eq!(json["components"][0]["instance_count"], 2);
    assert!(json["components"][0].get("job_metrics").is_none());
}

#[test]
fn odd_job_names_are_quoted() {
    let odd = r#"a"b\c.+(){}"#;
    let mut options = Options::new(Personality::Single, Version::V1_79, NOW_MS);
    options.installation = options.installation.rename_job("vmalert", odd);
    let demo = Demo::start(options).unwrap();
    let found = discover(&demo.url(), hour()).unwrap();
    let alert = &found.components[1];
    assert_eq!(alert.program.as_str(), "vmalert");
    assert_eq!(alert.jobs[0].name, odd);
    assert!(alert.series.unwrap() > 100);
}

#[test]
fn components_lead_to_their_jobs() {
    let demo = cluster();
    let client = client(&tenant(&demo, "0"));
    let jobs = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        run(jobs_of_components(&client, &names, hour()))
    };
    let found = jobs(&["vmauth", "vmagent", "vmsingle", "vmalert"]).unwrap();
    assert_eq!(
        found.jobs,
        ["vm-edge", "vmagent-eu", "vmagent-us", "vmalert"]
    );
    assert_eq!(found.missing, ["vmsingle"]);
    let error = jobs(&["vmsingle", "vmbackup"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no job of `vmsingle`, `vmbackup` was seen in the time range"
    );
    assert!(error.hint().unwrap().contains("`vmstorage`"));
}

#[test]
fn a_selector_leads_to_its_jobs() {
    let demo = cluster();
    let client = client(&tenant(&demo, "0"));
    let of = |text: &str| {
        let selector = Selector::parse_user(text).unwrap();
        run(discover_selector(&client, &selector, hour()))
    };
    let found = of(r#"up{job=~"vmagent-.*|vm-edge"}"#).unwrap();
    let jobs: Vec<_> = found
        .jobs
        .iter()
        .map(|job| (job.name.as_str(), job.instances, job.series))
        .collect();
    assert_eq!(
        jobs,
        [
            ("vm-edge", Some(3), 3),
            ("vmagent-eu", Some(1), 1),
            ("vmagent-us", Some(1), 1)
        ]
    );
    assert_eq!(demo.requests().len(), 1);
    assert!(matches!(
        of("nothing_like_it"),
        Err(DiscoverError::NoSeries(_))
    ));
}

#[test]
fn estimates_come_close_to_what_is_there() {
    let demo = cluster();
    let url = tenant(&demo, "0");
    let close = |selection: Selection, selector: &str, requests: usize, basis: EstimateBasis| {
        let before = demo.requests().len();
        let found = run(estimate(&client(&url), &selection, hour())).unwrap();
        assert_eq!(demo.requests().len() - before, requests, "{selector}");
        assert_eq!(found.basis, basis, "{selector}");
        for (estimated, expression) in [
            (
                found.series,
                format!("count(last_over_time({selector}[1h]))"),
            ),
            (
                found.samples,
                format!("sum(count_over_time({selector}[1h]))"),
            ),
        ] {
            let (estimated, there) = (estimated.unwrap() as f64, number(&url, &expression, hour()));
            let off = (estimated - there).abs() / there;
            assert!(off < 0.02, "{selector}: {estimated} for {there}");
        }
    };
    let jobs = vec!["vm-edge".to_owned(), "vmagent-us".to_owned()];
    close(
        Selection::Jobs(jobs.clone()),
        r#"{job=~"vm-edge|vmagent-us"}"#,
        2,
        EstimateBasis::ScrapeCounts,
    );
    close(
        Selection::Everything,
        r#"{__name__!=""}"#,
        2,
        EstimateBasis::ScrapeCounts,
    );
    let selector = Selector::parse_user(r#"{__name__=~"vm_.*"}"#).unwrap();
    let narrowed = Selection::Selector {
        selector,
        jobs: vec!["vmselect".to_owned()],
    };
    close(
        narrowed,
        r#"{__name__=~"vm_.*",job="vmselect"}"#,
        2,
        EstimateBasis::LastMinutes,
    );
    let dead = Selection::Selector {
        selector: Selector::job("vmagent-us"),
        jobs: Vec::new(),
    };
    close(dead, r#"{job="vmagent-us"}"#, 3, EstimateBasis::LastMinutes);
    let nothing = Selection::Jobs(vec!["no such job".to_owned()]);
    let nothing = run(estimate(&client(&url), &nothing, hour())).unwrap();
    assert_eq!(nothing.samples, Some(0));
    assert_eq!(nothing.basis, EstimateBasis::Nothing);
}
