use std::fmt::Write as _;

use gather::discover::{
    DiscoverError, EstimateBasis, discover_selector, estimate, jobs_of_components,
};
use gather::{Selection, TimeRange};
use testkit::{VmServer, VmVersion};
use vmapi::Selector;

use super::{client, discover, outline, run, warnings};

const START_MS: i64 = 1_700_000_000_000;
const MINUTE_MS: i64 = 60_000;

/// An hour of a sample a minute, as lines of the Prometheus text format.
#[derive(Default)]
struct Text(String);

impl Text {
    /// A series from the first minute to the last, both included.
    fn series(&mut self, minutes: (i64, i64), name: &str, labels: &str, value: f64) {
        for minute in minutes.0..=minutes.1 {
            let time_ms = START_MS + minute * MINUTE_MS;
            writeln!(self.0, "{name}{{{labels}}} {value} {time_ms}").unwrap();
        }
    }

    /// A target's series: metrics, then names of flags.
    fn target(&mut self, minutes: (i64, i64), target: &str, metrics: &[&str], flags: &[&str]) {
        for metric in metrics {
            let (name, labels) = metric.split_once('{').unwrap_or((metric, "}"));
            let labels = labels.trim_end_matches('}');
            let comma = if labels.is_empty() { "" } else { "," };
            self.series(minutes, name, &format!("{target}{comma}{labels}"), 1.0);
        }
        for flag in flags {
            let labels = format!(r#"{target},name="{flag}",value="x",is_set="true""#);
            self.series(minutes, "flag", &labels, 1.0);
        }
    }
}

fn hour() -> TimeRange {
    TimeRange::new(START_MS, START_MS + 60 * MINUTE_MS).unwrap()
}

const WHOLE: (i64, i64) = (0, 60);
const VERSION: &str = "vm_app_version{short_version=\"\"}";

fn with_servers(text: &Text, check: impl Fn(&VmServer)) {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        server.load_prometheus_text(text.0.as_bytes());
        check(&server);
    }
}

#[test]
fn builds_without_a_version_are_recognised_and_dead_ones_listed() {
    let mut text = Text::default();
    text.target(
        WHOLE,
        r#"job="single",instance="a:8428""#,
        &[
            VERSION,
            "vm_data_size_bytes{type=\"storage/big\"}",
            "vm_data_size_bytes{type=\"indexdb\"}",
            "vm_concurrent_select_capacity",
        ],
        &[
            "storageDataPath",
            "search.latencyOffset",
            "maxLabelsPerTimeseries",
        ],
    );
    // As v1.79.5 has it: only the flag tells that it is a vmauth.
    text.target(
        WHOLE,
        r#"job="edge",instance="b:8427""#,
        &[VERSION, "go_goroutines"],
        &["auth.config"],
    );
    text.target(
        WHOLE,
        r#"job="edge",instance="b:8429""#,
        &[VERSION, "vmagent_remotewrite_queues", "go_goroutines"],
        &["remoteWrite.tmpDataPath", "maxLabelsPerTimeseries"],
    );
    text.target(
        WHOLE,
        r#"job="inserts",instance="c:8480""#,
        &[
            VERSION,
            "vm_rpc_vmstorage_is_reachable{name=\"vminsert\",addr=\"x\"}",
        ],
        &[],
    );
    text.target(
        (5, 25),
        r#"job="stores",instance="d:8482""#,
        &[
            "vm_app_version{version=\"vmstorage-20260101-120000-tags-v1.150.0-cluster-0-g01ab\"}",
            "go_goroutines",
        ],
        &[],
    );
    text.target(WHOLE, r#"job="odd",instance="e:1""#, &[VERSION], &[]);
    text.target(
        WHOLE,
        r#"job="shop",instance="f:1""#,
        &["go_goroutines"],
        &[],
    );
    let scraped = "scrape_samples_post_metric_relabeling";
    text.series(WHOLE, scraped, r#"job="edge",instance="b:8429""#, 640.0);
    with_servers(&text, |server| {
        let found = discover(&server.url(), hour()).unwrap();
        assert_eq!(
            outline(&found),
            [
                "unknown odd:1",
                "vmagent edge:1",
                "vmauth edge:1",
                "vminsert inserts:1",
                "vmsingle single:1",
                "vmstorage stores:1",
            ],
            "{}",
            server.version()
        );
        let series: Vec<_> = found.components.iter().map(|c| c.series).collect();
        // Counted by the scraper where it did, else one by one.
        let expected = [1, 647, 3, 2, 7, 2].map(Some);
        assert_eq!(series, expected, "{}", server.version());
        assert!(warnings(&found).contains("1 with metrics of VictoriaMetrics"));
        let half = TimeRange::new(START_MS + 26 * MINUTE_MS, hour().end_ms).unwrap();
        let later = discover(&server.url(), half).unwrap();
        assert_eq!(later.components.len(), 5, "it died before this range");
        let names = ["vmstorage".to_owned(), "vmauth".to_owned()];
        let jobs = run(jobs_of_components(&client(&server.url()), &names, hour())).unwrap();
        assert_eq!(jobs.jobs, ["edge", "stores"]);
    });
}

#[test]
fn installations_without_vm_app_version_are_found_too() {
    let mut text = Text::default();
    text.target(
        WHOLE,
        r#"job="alerts",instance="a:8880""#,
        &["vmalert_config_last_reload_successful"],
        &[],
    );
    text.target(
        WHOLE,
        r#"job="stores",instance="b:8482""#,
        &["vm_vmselect_conns", "vm_data_size_bytes{type=\"indexdb\"}"],
        &["storageDataPath"],
    );
    text.target(
        WHOLE,
        r#"job="shop",instance="f:1""#,
        &["go_goroutines"],
        &[],
    );
    with_servers(&text, |server| {
        let found = discover(&server.url(), hour()).unwrap();
        assert_eq!(outline(&found), ["vmalert alerts:1", "vmstorage stores:1"]);
        let before = TimeRange::new(1_600_000_000_000, 1_600_000_100_000).unwrap();
        let error = discover(&server.url(), before).unwrap_err();
        assert!(error.is_not_found(), "{error}");
    });
}

#[test]
fn series_without_a_job_are_warned_about() {
    let mut text = Text::default();
    let version = "vm_app_version{version=\"vmagent-20260101-120000-tags-v1.150.0-0-g01ab\"}";
    text.target(
        WHOLE,
        r#"instance="a:8429""#,
        &[version, "go_goroutines"],
        &[],
    );
    with_servers(&text, |server| {
        let found = discover(&server.url(), hour()).unwrap();
        assert_eq!(outline(&found), ["vmagent"]);
        assert_eq!(found.components[0].instances, Some(1));
        assert_eq!(found.components[0].series, None);
        assert!(warnings(&found).contains("1 of vmagent without a `job` label"));
        let client = client(&server.url());
        let selector = Selector::parse_user("go_goroutines").unwrap();
        let error = run(discover_selector(&client, &selector, hour())).unwrap_err();
        assert!(matches!(error, DiscoverError::NoJobs(_)), "{error}");
        let names = ["vmagent".to_owned()];
        let error = run(jobs_of_components(&client, &names, hour())).unwrap_err();
        assert!(
            matches!(error, DiscoverError::NoSuchComponent { .. }),
            "{error}"
        );
    });
}

#[test]
fn estimates_of_scraped_and_other_jobs_add_up() {
    let mut text = Text::default();
    let scraped = "scrape_samples_post_metric_relabeling";
    text.series(WHOLE, scraped, r#"job="a",instance="a:1""#, 93.0);
    text.target(
        WHOLE,
        r#"job="b",instance="b:1""#,
        &["go_goroutines", "go_threads"],
        &[],
    );
    with_servers(&text, |server| {
        let jobs = vec!["a".to_owned(), "b".to_owned()];
        let selection = Selection::Jobs(jobs);
        let found = run(estimate(&client(&server.url()), &selection, hour())).unwrap();
        assert_eq!(found.basis, EstimateBasis::ScrapeCounts);
        assert_eq!(found.series, Some(93 + 7 + 2));
        let there = 61.0 * 102.0;
        let off = (found.samples.unwrap() as f64 - there).abs() / there;
        assert!(off < 0.02, "{found:?}");
    });
}
