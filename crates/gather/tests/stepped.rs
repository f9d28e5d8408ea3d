//! Exports through `query_range`: points of one grid, each once, and said to be no stored samples.
#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use bundle::{Method, Warning};
use demo::{Demo, Fault as DemoFault, Installation, Options, Order, Personality, Version};
use gather::{ExportRequest, Outcome, Selection, TransportChoice};
use support::{Recorder, Shared, export_lines, request, run};
use testkit::seed::cluster;
use testkit::{Answer, Fault, FaultProxy, VmServer, VmVersion, canonical, diff};
use tokio_util::sync::CancellationToken;

const START_MS: i64 = 1_700_000_000_000;
const RANGE: (i64, i64) = (START_MS + 7, START_MS + 3_600_000);

fn server(version: VmVersion) -> VmServer {
    let server = VmServer::start(version, &["-retentionPeriod=100y"]);
    server.load(&cluster(200, 240, START_MS, 15_000));
    server
}

#[test]
fn windows_of_any_length_give_the_points_of_one_grid() {
    for version in VmVersion::all() {
        let server = server(version);
        // Functions with a window of their own: others guess one from the range that is asked.
        let expression = "sum(count_over_time({job=~\".+\"}[5m])) by (job) or last_over_time({job=\"vmagent-prod\"}[1m])";
        let export = |window: Option<u64>| {
            let staging = tempfile::tempdir().unwrap();
            export_lines(ExportRequest {
                selection: Selection::Expression(expression.to_owned()),
                step: Some(Duration::from_secs(37)),
                window: window.map(Duration::from_secs),
                ..request(&server.url(), RANGE, staging.path())
            })
        };
        let (lines, report) = export(None);
        let whole = canonical(&lines);
        assert!(!whole.is_empty());
        for samples in whole.values() {
            for (ms, _) in samples {
                assert_eq!((ms - RANGE.0) % 37_000, 0);
            }
        }
        assert_eq!(report.metadata.method, Some(Method::QueryRange));
        assert_eq!(report.metadata.metric_step_seconds, Some(37.0));
        assert!(report.metadata.warnings.contains(&Warning::QueryResults));
        for window in [37, 60, 1000] {
            let (lines, windowed) = export(Some(window));
            let parts = canonical(&lines);
            assert_eq!(
                diff(&whole, &parts),
                None,
                "{version:?}, windows of {window} s"
            );
            assert_eq!(windowed.metadata.sample_count, report.metadata.sample_count);
            assert_eq!(windowed.metadata.series_count, report.metadata.series_count);
        }
    }
}

#[test]
fn where_no_export_is_routed_the_selection_is_queried() {
    let server = server(VmVersion::V1_112);
    let proxy = FaultProxy::start(&server.url());
    let missing = Answer::new(400, "user legacy missing route for \"/api/v1/export\"");
    proxy.order("/api/v1/export", [], Fault::Answer(missing));
    let staging = tempfile::tempdir().unwrap();
    let (lines, report) = export_lines(ExportRequest {
        selection: Selection::Jobs(vec!["vmstorage-prod".to_owned()]),
        ..request(&proxy.url(), RANGE, staging.path())
    });
    assert_eq!(report.metadata.method, Some(Method::QueryRange));
    let (asked, _) = export_lines(ExportRequest {
        selection: Selection::Jobs(vec!["vmstorage-prod".to_owned()]),
        transport: TransportChoice::QueryRange,
        ..request(&server.url(), RANGE, staging.path())
    });
    assert_eq!(diff(&canonical(&asked), &canonical(&lines)), None);
}

#[test]
fn a_demanded_transport_is_not_replaced() {
    let server = server(VmVersion::V1_112);
    let proxy = FaultProxy::start(&server.url());
    let missing = Answer::new(400, "unsupported path requested: \"/api/v1/export/native\"");
    proxy.order("/api/v1/export", [], Fault::Answer(missing));
    for transport in [TransportChoice::Native, TransportChoice::Json] {
        let staging = tempfile::tempdir().unwrap();
        let outcome = run(gather::export(
            ExportRequest {
                transport,
                ..request(&proxy.url(), RANGE, staging.path())
            },
            Some(Box::new(Shared::default())),
            Arc::new(Recorder::default()),
            CancellationToken::new(),
        ));
        assert!(
            matches!(outcome, Err(gather::Error::Plan(_))),
            "{outcome:?}"
        );
    }
}

#[test]
fn partial_data_of_a_cluster_is_no_answer() {
    let now_ms = START_MS + 3_600_000;
    let version = Version::V1_150;
    let demo = Demo::start(Options {
        installation: Installation::demo(version, now_ms),
        ..Options::new(Personality::Cluster, version, now_ms)
    })
    .unwrap();
    demo.orders()
        .add(Order::new(DemoFault::Partial).on("/query_range"));
    let staging = tempfile::tempdir().unwrap();
    let events = Arc::new(Recorder::default());
    let lines = Shared::default();
    let url = format!("{}/select/0/prometheus", demo.url());
    let outcome = run(gather::export(
        ExportRequest {
            selection: Selection::Expression("count(up) by (job)".to_owned()),
            ..request(&url, (START_MS, now_ms), staging.path())
        },
        Some(Box::new(lines.clone())),
        events.clone(),
        CancellationToken::new(),
    ));
    assert!(matches!(outcome, Ok(Outcome::Done(_))), "{outcome:?}");
    assert_eq!(events.retries(), 1);
    assert!(!canonical(&lines.take()).is_empty());
}
