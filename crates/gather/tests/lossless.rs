//! The bundle holds exactly what the server's own export holds, exact copies once.

#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

mod support;

use std::time::Duration;

use gather::{ExportRequest, Selection, TransportChoice};
use support::{export_lines, request};
use testkit::seed::{cluster, infinities, odd_series};
use testkit::{VmServer, VmVersion, canonical, diff};
use vmformat::native::{Encoder, Layout, StreamHeader, write_frame, write_name};

const START_MS: i64 = 1_700_000_000_000;
const FLAGS: &[&str] = &["-retentionPeriod=100y"];

/// Both transports, in slices of automatic length and of these, in seconds.
fn ways(windows: &[u64]) -> Vec<(TransportChoice, Option<Duration>)> {
    [TransportChoice::Native, TransportChoice::Json]
        .into_iter()
        .flat_map(|transport| {
            let lengths = windows
                .iter()
                .map(|&length| Some(Duration::from_secs(length)));
            std::iter::once(None)
                .chain(lengths)
                .map(move |window| (transport, window))
        })
        .collect()
}

fn assert_same(server: &VmServer, range: (i64, i64), windows: &[u64]) {
    let truth = canonical(&server.export_json_lines(testkit::EVERYTHING, range.0, range.1));
    for (transport, window) in ways(windows) {
        let staging = tempfile::tempdir().unwrap();
        let (lines, report) = export_lines(ExportRequest {
            transport,
            window,
            ..request(&server.url(), range, staging.path())
        });
        let way = format!(
            "{:?}, {transport:?}, {window:?}, {range:?}",
            server.version()
        );
        let exported = canonical(&lines);
        if let Some(difference) = diff(&truth, &exported) {
            panic!("{way}: server | bundle: {difference}");
        }
        let samples: usize = truth.values().map(Vec::len).sum();
        let metadata = &report.metadata;
        assert_eq!(metadata.sample_count, Some(samples as u64), "{way}");
        assert_eq!(metadata.series_count, Some(truth.len() as u64), "{way}");
        let written = lines.iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(metadata.metrics_count, written as u64, "{way}");
        assert_eq!(
            std::fs::read_dir(staging.path()).unwrap().count(),
            0,
            "{way}"
        );
    }
}

#[test]
fn a_cluster_is_exported_as_the_server_exports_it() {
    let lines = cluster(400, 120, START_MS, 15_000);
    for version in VmVersion::all() {
        let server = VmServer::start(version, FLAGS);
        server.load(&lines);
        let hour_ms = 3_600_000;
        for range in [
            (START_MS, START_MS + hour_ms),
            // On scrape instants, one beside them, and with fractions of a second.
            (START_MS + 300_000, START_MS + 600_000),
            (START_MS + 300_001, START_MS + 599_999),
            (START_MS + 123_456, START_MS + 654_321),
            (START_MS + 15_000, START_MS + 15_001),
            // Nothing.
            (START_MS - hour_ms, START_MS - 1),
        ] {
            assert_same(&server, range, &[15, 60, 437]);
        }
    }
}

const STALE: &str = "odd_stale_markers";

/// A native stream with a series that ends in a stale marker, and goes on: JSON cannot carry those.
fn stale_markers(version: VmVersion) -> Vec<u8> {
    let layout = match version {
        VmVersion::V1_79 => Layout::A,
        VmVersion::V1_112 => Layout::B,
    };
    let timestamps = [START_MS, START_MS + 15_000, START_MS + 30_000];
    let mantissas = [11, vmformat::number::STALE_MANTISSA, 12];
    let mut block = Vec::new();
    Encoder::new()
        .encode(layout, &timestamps, &mantissas, -1, &mut block)
        .unwrap();
    let mut name = Vec::new();
    write_name(&mut name, [(&b"__name__"[..], STALE.as_bytes())]);
    let mut stream = Vec::new();
    StreamHeader {
        start_ms: START_MS,
        end_ms: START_MS + 60_000,
    }
    .write(&mut stream);
    write_frame(&mut stream, &name, &block).unwrap();
    stream
}

#[test]
fn replicas_are_kept_once_and_counted() {
    let version = demo::Version::V1_150;
    let end_ms = START_MS + 3_600_000;
    let export = |replicas| {
        let mut options = demo::Options::new(demo::Personality::Cluster, version, end_ms);
        options.replicas = replicas;
        let demo = demo::Demo::start(options).unwrap();
        let url = format!("http://127.0.0.1:{}/select/0/prometheus", demo.port());
        let staging = tempfile::tempdir().unwrap();
        export_lines(request(&url, (START_MS, end_ms), staging.path()))
    };
    let (single, _) = export(1);
    let (double, report) = export(2);
    assert_eq!(diff(&canonical(&single), &canonical(&double)), None);
    let metadata = report.metadata;
    assert_eq!(metadata.duplicate_samples_removed, metadata.sample_count);
    let samples: usize = canonical(&single).values().map(Vec::len).sum();
    assert_eq!(metadata.sample_count, Some(samples as u64));
}

#[test]
fn odd_series_keep_their_labels_and_values() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, FLAGS);
        server.load(&odd_series(START_MS));
        server.load_prometheus_text(&infinities(START_MS));
        server.import_native(&stale_markers(version));
        server.wait_for_samples(STALE, 2);
        assert_same(&server, (START_MS - 1000, START_MS + 7_200_000), &[301]);
    }
}

#[test]
fn overlapping_blocks_and_copies_become_each_sample_once() {
    let part = |from: i64, to: i64, step: i64, offset: f64| {
        let times: Vec<String> = (from..to)
            .map(|i| (START_MS + i * step).to_string())
            .collect();
        let values: Vec<String> = (from..to)
            .map(|i| (i as f64 + offset).to_string())
            .collect();
        format!(
            "{{\"metric\":{{\"__name__\":\"m\",\"job\":\"a\",\"instance\":\"h:1\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
            values.join(","),
            times.join(",")
        )
    };
    for version in VmVersion::all() {
        let server = VmServer::start(version, FLAGS);
        // The same twice, a shifted copy, other values at the same times, and a gap.
        for lines in [
            part(0, 20_000, 1000, 0.0),
            part(0, 20_000, 1000, 0.0),
            part(5_000, 26_000, 1000, 0.0),
            part(9_000, 9_500, 1000, 0.125),
            part(40_000, 40_100, 1000, 0.5),
            part(0, 3_000, 7_777, 0.75),
        ] {
            server.import_json_lines(lines.as_bytes());
            server.flush();
        }
        server.wait_for_samples("m", 64_000);
        assert_same(
            &server,
            (START_MS - 1, START_MS + 50_000_000),
            &[7200, 9_777],
        );
        assert_same(
            &server,
            (START_MS + 8_000_500, START_MS + 19_999_500),
            &[1800],
        );
    }
}

#[test]
fn chosen_jobs_are_exported_and_no_others() {
    let lines = cluster(200, 20, START_MS, 15_000);
    let server = VmServer::start(VmVersion::V1_112, FLAGS);
    server.load(&lines);
    let awkward = r#"a "b" \ .+(c)"#;
    let line = format!(
        "{{\"metric\":{{\"__name__\":\"up\",\"job\":{}}},\"values\":[1],\"timestamps\":[{START_MS}]}}\n",
        serde_json::to_string(awkward).unwrap()
    );
    server.load(line.as_bytes());
    let all = canonical(&server.export_json_lines(testkit::EVERYTHING, 0, START_MS * 2));
    let job = |labels: &testkit::Labels| {
        let job = labels.iter().find(|(name, _)| name == "job");
        job.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let first = all
        .keys()
        .map(job)
        .find(|job| !job.is_empty() && job != awkward)
        .unwrap();
    let chosen = vec![first, awkward.to_owned()];
    let mut truth = all;
    truth.retain(|labels, _| chosen.contains(&job(labels)));
    for (transport, window) in ways(&[60, 599]) {
        let staging = tempfile::tempdir().unwrap();
        let (lines, _) = export_lines(ExportRequest {
            selection: Selection::Jobs(chosen.clone()),
            transport,
            window,
            ..request(
                &server.url(),
                (START_MS, START_MS + 600_000),
                staging.path(),
            )
        });
        assert_eq!(
            diff(&truth, &canonical(&lines)),
            None,
            "{transport:?} {window:?}"
        );
    }
}

#[test]
fn a_series_of_five_million_samples_is_complete() {
    const SAMPLES: i64 = 5_000_000;
    let server = VmServer::start(VmVersion::V1_112, FLAGS);
    for from in (0..SAMPLES).step_by(500_000) {
        let times: Vec<String> = (from..from + 500_000)
            .map(|i| (START_MS + i * 1000).to_string())
            .collect();
        let values: Vec<String> = (from..from + 500_000)
            .map(|i| (i % 1013).to_string())
            .collect();
        let line = format!(
            "{{\"metric\":{{\"__name__\":\"long\",\"job\":\"a\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
            values.join(","),
            times.join(",")
        );
        server.import_json_lines(line.as_bytes());
    }
    server.wait_for_samples("long", SAMPLES as usize);
    for transport in [TransportChoice::Native, TransportChoice::Json] {
        let staging = tempfile::tempdir().unwrap();
        let (lines, report) = export_lines(ExportRequest {
            transport,
            ..request(
                &server.url(),
                (START_MS, START_MS + SAMPLES * 1000),
                staging.path(),
            )
        });
        assert_eq!(report.metadata.sample_count, Some(SAMPLES as u64));
        let series = canonical(&lines);
        let samples = series.values().next().unwrap();
        assert_eq!(samples.len() as i64, SAMPLES);
        for (i, (ms, value)) in samples.iter().enumerate() {
            assert_eq!(*ms, START_MS + i as i64 * 1000);
            assert_eq!(*value, (i % 1013).to_string());
        }
    }
}

#[test]
fn fifty_thousand_series_are_complete() {
    let lines = cluster(50_000, 3, START_MS, 15_000);
    let server = VmServer::start(VmVersion::V1_79, FLAGS);
    server.load(&lines);
    let truth = canonical(&lines);
    for transport in [TransportChoice::Native, TransportChoice::Json] {
        let staging = tempfile::tempdir().unwrap();
        let (lines, report) = export_lines(ExportRequest {
            transport,
            ..request(&server.url(), (START_MS, START_MS + 60_000), staging.path())
        });
        assert_eq!(report.metadata.series_count, Some(50_000));
        assert_eq!(diff(&truth, &canonical(&lines)), None);
    }
}

#[test]
fn a_job_named_twice_is_exported_once() {
    let lines = cluster(60, 20, START_MS, 15_000);
    let server = VmServer::start(VmVersion::V1_112, FLAGS);
    server.load(&lines);
    let staging = tempfile::tempdir().unwrap();
    let job = "vmstorage-prod".to_owned();
    let (lines, report) = export_lines(ExportRequest {
        selection: Selection::Jobs(vec![job.clone(), job.clone()]),
        ..request(
            &server.url(),
            (START_MS, START_MS + 600_000),
            staging.path(),
        )
    });
    assert_eq!(report.metadata.jobs, [job]);
    let selector = r#"{job="vmstorage-prod"}"#;
    let truth = server.export_json_lines(selector, START_MS, START_MS + 600_000);
    let count = |lines: &[u8]| lines.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(count(&lines), count(&truth));
    assert_eq!(diff(&canonical(&truth), &canonical(&lines)), None);
}

#[test]
fn thinning_keeps_the_last_sample_of_each_interval() {
    // No multiple of it is one of the windows, nor of the alignment of windows.
    const INTERVAL_MS: i64 = 77_000;
    let server = VmServer::start(VmVersion::V1_112, FLAGS);
    server.load(&cluster(60, 200, START_MS, 15_000));
    let range = (START_MS, START_MS + 3_600_000);
    let mut truth = canonical(&server.export_json_lines(testkit::EVERYTHING, range.0, range.1));
    for samples in truth.values_mut() {
        let mut last = std::collections::BTreeMap::new();
        for (ms, value) in samples.drain(..) {
            last.insert((ms - 1).div_euclid(INTERVAL_MS), (ms, value));
        }
        samples.extend(last.into_values());
    }
    // A window that is shorter than an interval, too: no interval is cut in two.
    for (transport, window) in ways(&[50, 300]) {
        let staging = tempfile::tempdir().unwrap();
        let (lines, report) = export_lines(ExportRequest {
            thin: Some(Duration::from_millis(INTERVAL_MS as u64)),
            transport,
            window,
            ..request(&server.url(), range, staging.path())
        });
        assert_eq!(
            diff(&truth, &canonical(&lines)),
            None,
            "{transport:?} {window:?}"
        );
        assert!(report.metadata.warnings.contains(&bundle::Warning::Thinned));
    }
}

#[test]
fn chosen_instances_are_exported_and_no_others() {
    let server = VmServer::start(VmVersion::V1_79, FLAGS);
    server.load(&cluster(300, 20, START_MS, 15_000));
    let range = (START_MS, START_MS + 600_000);
    let all = canonical(&server.export_json_lines(testkit::EVERYTHING, range.0, range.1));
    let instance = |labels: &testkit::Labels| {
        let found = labels.iter().find(|(name, _)| name == "instance");
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let instances: std::collections::BTreeSet<String> = all.keys().map(instance).collect();
    let chosen: Vec<String> = instances.into_iter().take(2).collect();
    let mut truth = all;
    truth.retain(|labels, _| chosen.contains(&instance(labels)));
    for (transport, window) in ways(&[]) {
        let staging = tempfile::tempdir().unwrap();
        let (lines, _) = export_lines(ExportRequest {
            instances: chosen.clone(),
            transport,
            window,
            ..request(&server.url(), range, staging.path())
        });
        assert_eq!(diff(&truth, &canonical(&lines)), None, "{transport:?}");
    }
}
