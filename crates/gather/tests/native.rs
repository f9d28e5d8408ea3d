//! Bundles of native blocks hold what bundles of lines hold, and servers take them as they are.

#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod support;

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bundle::{Bundle, Format, Metadata, NATIVE_ENTRY};
use gather::convert::{cat_bundle, convert_bundle};
use gather::reveal::{RevealedForm, reveal_bundle};
use gather::{Destination, ExportRequest, NoEvents, Outcome, TransportChoice};
use privacy::{Key, Level, Map, Rules};
use support::{export_lines, request, run};
use testkit::seed::{cluster, infinities, odd_series};
use testkit::{VmServer, VmVersion, canonical, diff};
use tokio_util::sync::CancellationToken;
use vmformat::native::{Encoder, Layout, StreamHeader, write_frame, write_name};

const START_MS: i64 = 1_700_000_000_000;
const FLAGS: &[&str] = &["-retentionPeriod=100y"];
const TRANSPORTS: [TransportChoice; 2] = [TransportChoice::Native, TransportChoice::Json];

/// Exports into a bundle of native blocks at `path`, and proves that it is whole.
fn export_native(path: &Path, request: ExportRequest) -> Metadata {
    let outcome = run(gather::export(
        ExportRequest {
            format: Format::Native,
            destination: Destination::File(path.to_owned()),
            ..request
        },
        None,
        Arc::new(NoEvents),
        CancellationToken::new(),
    ));
    let Outcome::Done(report) = outcome.unwrap() else {
        panic!("nobody cancelled");
    };
    let verified = bundle::verify(path, |_| ()).unwrap();
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!(report.metadata.format, Format::Native);
    report.metadata
}

fn cat(path: &Path) -> Vec<u8> {
    let mut lines = Vec::new();
    cat_bundle(path, &mut lines).unwrap();
    lines
}

fn native_entry(path: &Path) -> Vec<u8> {
    let bundle = Bundle::open(path).unwrap();
    let entry = bundle.find(NATIVE_ENTRY).unwrap();
    let mut stream = Vec::new();
    bundle
        .read(entry)
        .unwrap()
        .read_to_end(&mut stream)
        .unwrap();
    stream
}

/// A series whose samples overlap, are stored twice and share times.
fn overlapping(server: &VmServer) {
    let part = |from: i64, to: i64, step: i64, offset: f64| {
        let list =
            |number: &dyn Fn(i64) -> String| (from..to).map(number).collect::<Vec<_>>().join(",");
        format!(
            "{{\"metric\":{{\"__name__\":\"m\",\"job\":\"a\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
            list(&|i| (i as f64 + offset).to_string()),
            list(&|i| (START_MS + i * step).to_string())
        )
    };
    for lines in [
        part(0, 20_000, 1000, 0.0),
        part(0, 20_000, 1000, 0.0),
        part(9_000, 9_500, 1000, 0.125),
        part(0, 3_000, 7_777, 0.75),
    ] {
        server.import_json_lines(lines.as_bytes());
        server.flush();
    }
    server.wait_for_samples("m", 43_500);
}

/// A native stream with a stale marker, which JSON cannot carry.
fn stale(version: VmVersion) -> Vec<u8> {
    let layout = match version {
        VmVersion::V1_79 => Layout::A,
        VmVersion::V1_112 => Layout::B,
    };
    let timestamps = [START_MS, START_MS + 15_000, START_MS + 30_000];
    let mantissas = [11, vmformat::number::STALE_MANTISSA, 12];
    let (mut block, mut name, mut stream) = (Vec::new(), Vec::new(), Vec::new());
    Encoder::new()
        .encode(layout, &timestamps, &mantissas, -1, &mut block)
        .unwrap();
    write_name(&mut name, [(&b"__name__"[..], &b"stale"[..])]);
    let (start_ms, end_ms) = (START_MS, START_MS + 60_000);
    StreamHeader { start_ms, end_ms }.write(&mut stream);
    write_frame(&mut stream, &name, &block).unwrap();
    stream
}

#[test]
fn a_fresh_server_holds_what_the_source_held() {
    for version in VmVersion::all() {
        let source = VmServer::start(version, FLAGS);
        source.load(&cluster(300, 200, START_MS, 15_000));
        overlapping(&source);
        source.import_native(&stale(version));
        source.wait_for_samples("stale", 2);
        for range in [
            (START_MS, START_MS + 24_000_000),
            (START_MS + 123_456, START_MS + 1_234_567),
        ] {
            let truth = canonical(&source.export_json_lines(testkit::EVERYTHING, range.0, range.1));
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("a.zip");
            let staging = tempfile::tempdir().unwrap();
            export_native(&path, request(&source.url(), range, staging.path()));

            let target = VmServer::start(VmVersion::V1_112, FLAGS);
            target.import_native(&native_entry(&path));
            target.flush();
            let samples: usize = truth.values().map(Vec::len).sum();
            let markers = truth
                .values()
                .flatten()
                .filter(|(_, value)| value == "null");
            target.wait_for_samples(testkit::EVERYTHING, samples - markers.count());
            // Everything, for nothing outside of the range may have come along.
            let held = target.export_json_lines(testkit::EVERYTHING, 0, START_MS * 2);
            assert_eq!(
                diff(&truth, &canonical(&held)),
                None,
                "{version:?} {range:?}"
            );
        }
    }
}

#[test]
fn every_way_leads_to_the_same_samples() {
    for version in VmVersion::all() {
        let source = VmServer::start(version, FLAGS);
        source.load(&cluster(100, 100, START_MS, 15_000));
        source.load(&odd_series(START_MS));
        source.load_prometheus_text(&infinities(START_MS));
        overlapping(&source);
        source.import_native(&stale(version));
        source.wait_for_samples("stale", 2);
        let range = (START_MS - 1000, START_MS + 7_200_000);
        let truth = canonical(&source.export_json_lines(testkit::EVERYTHING, range.0, range.1));
        for transport in TRANSPORTS {
            for window in [None, Some(Duration::from_secs(301))] {
                let way = format!("{version:?} {transport:?} {window:?}");
                let folder = tempfile::tempdir().unwrap();
                let path = |name: &str| folder.path().join(name);
                let staging = tempfile::tempdir().unwrap();
                let metadata = export_native(
                    &path("a.zip"),
                    ExportRequest {
                        transport,
                        window,
                        ..request(&source.url(), range, staging.path())
                    },
                );
                let samples: usize = truth.values().map(Vec::len).sum();
                assert_eq!(metadata.sample_count, Some(samples as u64), "{way}");
                assert_eq!(metadata.series_count, Some(truth.len() as u64), "{way}");
                let lines = canonical(&cat(&path("a.zip")));
                assert_eq!(diff(&truth, &lines), None, "{way}");

                let there = convert_bundle(&path("a.zip"), &path("b.zip"), Format::Jsonl).unwrap();
                assert_eq!(there.stale_markers, 1, "{way}");
                convert_bundle(&path("b.zip"), &path("c.zip"), Format::Native).unwrap();
                for name in ["b.zip", "c.zip"] {
                    assert_eq!(diff(&truth, &canonical(&cat(&path(name)))), None, "{way}");
                    let report = bundle::verify(&path(name), |_| ()).unwrap();
                    assert!(report.is_ok(), "{way} {report:?}");
                }
            }
        }
    }
}

#[test]
fn obfuscation_is_that_of_lines_and_can_be_revealed() {
    let source = VmServer::start(VmVersion::V1_112, FLAGS);
    source.load(&cluster(300, 60, START_MS, 15_000));
    let range = (START_MS + 1, START_MS + 600_000);
    let truth = canonical(&source.export_json_lines(testkit::EVERYTHING, range.0, range.1));
    for level in [Level::Standard, Level::Strict] {
        for thin in [None, Some(Duration::from_secs(60))] {
            let folder = tempfile::tempdir().unwrap();
            let path = |name: &str| folder.path().join(name);
            let staging = tempfile::tempdir().unwrap();
            let wish = || {
                let rules = Rules::builder().instance(true).job(true).level(level);
                ExportRequest {
                    rules: rules.build().unwrap(),
                    map: Map::new(Key::from_hex(&"5a".repeat(32)).unwrap()).unwrap(),
                    map_folder: Some(folder.path().join("maps")),
                    thin,
                    ..request(&source.url(), range, staging.path())
                }
            };
            let (lines, of_lines) = export_lines(wish());
            let metadata = export_native(&path("a.zip"), wish());
            assert_eq!(metadata.sample_count, of_lines.metadata.sample_count);
            assert_eq!(metadata.jobs, of_lines.metadata.jobs);
            let exported = canonical(&cat(&path("a.zip")));
            assert_eq!(
                diff(&canonical(&lines), &exported),
                None,
                "{level:?} {thin:?}"
            );

            let maps = std::fs::read_dir(folder.path().join("maps")).unwrap();
            let id = metadata.map_id.unwrap();
            let map = maps
                .map(|file| std::fs::read(file.unwrap().path()).unwrap())
                .map(|json| Map::from_json(&json).unwrap())
                .find(|map| map.id() == id)
                .unwrap();
            let audited =
                gather::bundle_audit::audit_bundle(&path("a.zip"), Some(&map), &[]).unwrap();
            assert!(audited.findings.is_clean(), "{audited:?}");
            assert!(audited.originals > 0 && audited.unsearched.is_empty());
            reveal_bundle(&path("a.zip"), &map, &path("b.zip"), RevealedForm::Bundle).unwrap();
            let report = bundle::verify(&path("b.zip"), |_| ()).unwrap();
            assert!(report.is_ok(), "{report:?}");
            if thin.is_none() {
                let revealed = canonical(&cat(&path("b.zip")));
                assert_eq!(diff(&truth, &revealed), None, "{level:?}");
            }
        }
    }
}

#[test]
fn replicas_are_kept_once() {
    let end_ms = START_MS + 3_600_000;
    let mut options = demo::Options::new(demo::Personality::Cluster, demo::Version::V1_150, end_ms);
    options.replicas = 2;
    let demo = demo::Demo::start(options).unwrap();
    let url = format!("http://127.0.0.1:{}/select/0/prometheus", demo.port());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let staging = tempfile::tempdir().unwrap();
    let (lines, _) = export_lines(request(&url, (START_MS, end_ms), staging.path()));
    let metadata = export_native(&path, request(&url, (START_MS, end_ms), staging.path()));
    assert_eq!(metadata.duplicate_samples_removed, metadata.sample_count);
    assert_eq!(diff(&canonical(&lines), &canonical(&cat(&path))), None);
}

#[test]
fn an_original_in_a_native_bundle_is_found() {
    let source = VmServer::start(VmVersion::V1_112, FLAGS);
    source.load(&cluster(60, 5, START_MS, 15_000));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let staging = tempfile::tempdir().unwrap();
    let range = (START_MS, START_MS + 600_000);
    export_native(&path, request(&source.url(), range, staging.path()));
    let audited = gather::bundle_audit::audit_bundle(&path, None, &[]).unwrap();
    assert!(!audited.findings.is_clean());
}
