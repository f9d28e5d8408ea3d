//! A network and a server that fail: the bundle is right, or there is none.

#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod support;

use std::sync::Arc;
use std::time::Duration;

use gather::{EventSink, ExportRequest, Outcome, Selection, TransportChoice};
use support::{Recorder, Shared, request, resume_only, run};
use testkit::seed::cluster;
use testkit::{Answer, CanonicalSeries, Fault, FaultProxy, VmServer, VmVersion, canonical, diff};
use tokio_util::sync::CancellationToken;

const START_MS: i64 = 1_700_000_000_000;
const RANGE: (i64, i64) = (START_MS, START_MS + 3_600_000);
const NATIVE: &str = "/api/v1/export/native";
const JSON: &str = "/api/v1/export";

struct Setup {
    server: VmServer,
    truth: CanonicalSeries,
}

impl Setup {
    fn new(version: VmVersion) -> Self {
        let server = VmServer::start(version, &["-retentionPeriod=100y"]);
        server.load(&cluster(600, 200, START_MS, 15_000));
        let truth = canonical(&server.export_json_lines(testkit::EVERYTHING, RANGE.0, RANGE.1));
        Self { server, truth }
    }

    /// Exports through a proxy that does `faults` to the first requests of slices, and passes on
    /// the rest. Probes are left alone: they come first and are small.
    fn export(
        &self,
        transport: TransportChoice,
        faults: Vec<Fault>,
    ) -> Result<Recorder, gather::Error> {
        let proxy = FaultProxy::start(&self.server.url());
        let path = match transport {
            TransportChoice::Json => JSON,
            _ => NATIVE,
        };
        let faults = std::iter::once(Fault::Pass).chain(faults);
        proxy.order(path, faults, Fault::Pass);
        let staging = tempfile::tempdir().unwrap();
        let events = Arc::new(Recorder::default());
        let lines = Shared::default();
        let outcome = run(gather::export(
            ExportRequest {
                transport,
                ..request(&proxy.url(), RANGE, staging.path())
            },
            Some(Box::new(lines.clone())),
            events.clone(),
            CancellationToken::new(),
        ))?;
        assert!(matches!(outcome, Outcome::Done(_)));
        assert_eq!(diff(&self.truth, &canonical(&lines.take())), None);
        assert_eq!(proxy.orders_left(), 0, "a fault was never met");
        Ok(Arc::into_inner(events).unwrap())
    }
}

#[test]
fn every_passing_failure_is_repeated_and_loses_nothing() {
    let status = |status| Fault::Answer(Answer::new(status, "not now"));
    let faults = [
        Fault::Refuse,
        Fault::too_many_requests(Duration::from_secs(1)),
        status(500),
        status(502),
        status(503),
        Fault::ResetAfter(0),
        Fault::ResetAfter(5000),
        Fault::CloseAfter(7001),
        Fault::abort_after(3000),
        Fault::EndWithText {
            bytes: 4001,
            text: b"remoteAddr: \"127.0.0.1:1\"; error: cannot read data from storage\n".to_vec(),
        },
    ];
    for version in VmVersion::all() {
        let setup = Setup::new(version);
        for transport in [TransportChoice::Native, TransportChoice::Json] {
            for fault in &faults {
                let events = setup
                    .export(transport, vec![fault.clone()])
                    .unwrap_or_else(|error| {
                        panic!("{version:?} {transport:?} {fault:?}: {error:?}")
                    });
                assert_eq!(events.retries(), 1, "{version:?} {transport:?} {fault:?}");
            }
        }
    }
}

#[test]
fn a_limit_of_the_server_divides_the_slice() {
    let setup = Setup::new(VmVersion::V1_112);
    for transport in [TransportChoice::Native, TransportChoice::Json] {
        for fault in [
            Fault::too_many_series(),
            Fault::timeout_exceeded(),
            Fault::deadline_text_after(2000),
        ] {
            let events = setup.export(transport, vec![fault.clone()]).unwrap();
            assert_eq!(events.splits(), 1, "{transport:?} {fault:?}");
        }
    }
}

#[test]
fn a_real_series_limit_is_met_by_smaller_slices() {
    let server = VmServer::start(
        VmVersion::V1_112,
        &["-retentionPeriod=100y", "-search.maxExportSeries=100"],
    );
    let lines = cluster(600, 50, START_MS, 15_000);
    server.import_json_lines(&lines);
    server.flush();
    let staging = tempfile::tempdir().unwrap();
    let events = Arc::new(Recorder::default());
    let written = Shared::default();
    let jobs = [
        "vmstorage-prod",
        "vmselect-prod",
        "vminsert-prod",
        "vmagent-prod",
    ];
    let outcome = run(gather::export(
        ExportRequest {
            selection: Selection::Jobs(jobs.map(str::to_owned).to_vec()),
            ..request(&server.url(), RANGE, staging.path())
        },
        Some(Box::new(written.clone())),
        events.clone(),
        CancellationToken::new(),
    ))
    .unwrap();
    assert!(matches!(outcome, Outcome::Done(_)));
    assert!(events.splits() > 0);
    assert_eq!(diff(&canonical(&lines), &canonical(&written.take())), None);
}

#[test]
fn a_refused_request_is_not_repeated() {
    let setup = Setup::new(VmVersion::V1_112);
    for status in [400, 401, 403] {
        let fault = Fault::Answer(Answer::new(status, "no"));
        let error = setup
            .export(TransportChoice::Native, vec![fault])
            .err()
            .expect("refused");
        assert!(matches!(error, gather::Error::Fetch { .. }), "{error:?}");
    }
}

#[test]
fn what_was_fetched_before_a_failure_is_not_fetched_again() {
    let setup = Setup::new(VmVersion::V1_79);
    let proxy = FaultProxy::start(&setup.server.url());
    // The probe and two slices pass, then the server refuses.
    let refused = Fault::Answer(Answer::new(403, "no"));
    proxy.order(
        NATIVE,
        [Fault::Pass, Fault::Pass, Fault::Pass, refused],
        Fault::Pass,
    );
    let staging = tempfile::tempdir().unwrap();
    let first = run(gather::export(
        request(&proxy.url(), RANGE, staging.path()),
        Some(Box::new(Shared::default())),
        Arc::new(Recorder::default()),
        CancellationToken::new(),
    ));
    assert!(first.is_err());
    let before = proxy.requests(NATIVE).len();
    let interrupted = gather::interrupted(staging.path()).unwrap();
    assert_eq!(interrupted[0].slices_done, 2);
    let open = interrupted[0].slices_total - interrupted[0].slices_done;

    let lines = Shared::default();
    let outcome = resume_only(
        staging.path(),
        Some(Box::new(lines.clone())),
        Arc::new(Recorder::default()),
    );
    assert!(matches!(outcome, Ok(Outcome::Done(_))));
    assert_eq!(proxy.requests(NATIVE).len() - before, open);
    assert_eq!(diff(&setup.truth, &canonical(&lines.take())), None);
    assert!(gather::interrupted(staging.path()).unwrap().is_empty());
}

/// Cancels when the `after`-th event of any kind arrives.
struct CancelAfter {
    after: std::sync::atomic::AtomicUsize,
    token: CancellationToken,
}

impl EventSink for CancelAfter {
    fn event(&self, _: &gather::Event) {
        use std::sync::atomic::Ordering;
        if self.after.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.token.cancel();
        }
    }
}

#[test]
fn cancelled_anywhere_and_resumed_it_loses_nothing() {
    let setup = Setup::new(VmVersion::V1_112);
    for transport in [TransportChoice::Native, TransportChoice::Json] {
        for after in (1..60).step_by(4) {
            let staging = tempfile::tempdir().unwrap();
            let token = CancellationToken::new();
            let lines = Shared::default();
            let sink = CancelAfter {
                after: after.into(),
                token: token.clone(),
            };
            let outcome = run(gather::export(
                ExportRequest {
                    transport,
                    ..request(&setup.server.url(), RANGE, staging.path())
                },
                Some(Box::new(lines.clone())),
                Arc::new(sink),
                token,
            ))
            .unwrap();
            if let Outcome::Cancelled { resumable } = outcome {
                assert!(resumable.is_some());
                lines.take();
                let resumed = resume_only(
                    staging.path(),
                    Some(Box::new(lines.clone())),
                    Arc::new(Recorder::default()),
                );
                assert!(matches!(resumed, Ok(Outcome::Done(_))), "{resumed:?}");
            }
            assert_eq!(
                diff(&setup.truth, &canonical(&lines.take())),
                None,
                "{transport:?}, cancelled after {after} events"
            );
        }
    }
}

#[test]
fn without_a_native_route_json_lines_are_fetched() {
    let setup = Setup::new(VmVersion::V1_112);
    let proxy = FaultProxy::start(&setup.server.url());
    let missing = Answer::new(
        400,
        "user legacy missing route for \"/api/v1/export/native\"",
    );
    proxy.order(NATIVE, [], Fault::Answer(missing));
    let staging = tempfile::tempdir().unwrap();
    let lines = Shared::default();
    let outcome = run(gather::export(
        request(&proxy.url(), RANGE, staging.path()),
        Some(Box::new(lines.clone())),
        Arc::new(Recorder::default()),
        CancellationToken::new(),
    ));
    let Ok(Outcome::Done(report)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(report.metadata.method, Some(bundle::Method::Export));
    assert_eq!(diff(&setup.truth, &canonical(&lines.take())), None);
}
