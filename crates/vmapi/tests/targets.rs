//! Imports into real single nodes of two generations, and into one behind a real vmauth.

// The lint allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use testkit::{Answer, EVERYTHING, Fault, FaultProxy, VmAuth, VmServer, VmVersion};
use vmapi::{
    Backoff, Connection, Error, ExportParams, ImportFormat, Importer, Retention, RetryPolicy,
    Selector, ServerKind, Target, Timeouts,
};
use vmformat::native::Layout;

const VISIBLE: Duration = Duration::from_secs(60);

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn importer_of(connection: &Connection) -> Importer {
    Importer::new(Target::new(connection).unwrap(), Timeouts::VALIDATE).unwrap()
}

fn importer(url: &str) -> Importer {
    importer_of(&Connection {
        url: url.to_owned(),
        ..Connection::default()
    })
}

/// A line of three samples, the middle one as given.
fn line(metric: &str, value: &str) -> String {
    let time = now_ms() - 60_000;
    format!(
        "{{\"metric\":{{\"__name__\":\"{metric}\"}},\"values\":[1,{value},3],\"timestamps\":[{time},{},{}]}}\n",
        time + 1_000,
        time + 2_000
    )
}

fn gzip(text: &str) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap().into()
}

async fn import(importer: &Importer, body: impl Into<Bytes>) -> Result<(), Error> {
    importer
        .import(ImportFormat::JsonLines, body.into(), false)
        .await
}

async fn exported(importer: &Importer) -> String {
    let params = ExportParams {
        matches: vec![Selector::everything()],
        start_ms: 0,
        end_ms: now_ms(),
        max_rows_per_line: None,
        route: Default::default(),
    };
    let mut body = importer.reader().export_json_lines(&params).await.unwrap();
    let mut text = Vec::new();
    while let Some(piece) = body.chunk().await.unwrap() {
        text.extend_from_slice(&piece);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_single_node_says_what_it_drops_and_reads() {
    for (version, layout, labels) in [
        (VmVersion::V1_79, Layout::A, 30),
        (VmVersion::V1_112, Layout::B, 40),
    ] {
        let flags = [
            "-retentionPeriod=1.5y",
            "-import.maxLineLen=1MiB",
            "-dedup.minScrapeInterval=90s",
        ];
        let server = VmServer::start(version, &flags);
        for path in ["", "/prometheus", "/api/v1/import"] {
            let importer = importer(&format!("{}{path}", server.url()));
            let checked = importer.check().await.unwrap();
            assert_eq!(checked.server, ServerKind::Single, "{version:?}");
            assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
            let limits = importer.limits().await;
            assert_eq!(limits.retention, Retention::parse("1.5y").ok());
            assert_eq!(limits.max_labels, Some(labels));
            assert_eq!(limits.max_line_bytes, Some(1 << 20));
            assert_eq!(limits.dedup_interval_ms, Some(90_000));
            assert!(limits.notes.is_empty(), "{:?}", limits.notes);
            assert_eq!(limits.dialect.native_layout(), Some(layout));
            assert_eq!(limits.dialect, importer.dialect().await);
        }
    }
}

#[tokio::test]
async fn special_values_arrive_in_the_spelling_of_the_dialect() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let importer = importer(&server.url());
        let reads_all = importer.dialect().await.reads_special_values();
        let special = ["null", "\"Infinity\"", "\"-Infinity\"", "\"NaN\""];
        let common = ["Inf", "-Inf", "+Inf", "NaN", "1e400"];
        let named = |prefix: &str, values: &[&str]| {
            let lines = values.iter().enumerate();
            let lines = lines.map(|(at, value)| line(&format!("{prefix}_{at}"), value));
            lines.collect::<String>()
        };
        import(&importer, named("common", &common)).await.unwrap();
        import(&importer, named("special", &special)).await.unwrap();
        import(&importer, line("last", "2")).await.unwrap();
        server.wait_for_samples(EVERYTHING, 17);
        let text = exported(&importer).await;
        let count = |prefix| text.lines().filter(|line| line.contains(prefix)).count();
        assert_eq!(count("\"common_"), common.len(), "{version:?}: {text}");
        let expected = if reads_all { special.len() } else { 0 };
        assert_eq!(count("\"special_"), expected, "{version:?}: {text}");
    }
}

#[tokio::test]
async fn compressed_and_native_data_arrive() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let importer = importer(&server.url());
        let body = gzip(&line("zipped", "2"));
        let sent = importer.import(ImportFormat::JsonLines, body, true).await;
        sent.unwrap();
        server.wait_for_samples(EVERYTHING, 3);
        let native = server.export_native(EVERYTHING, 0, now_ms());
        let second = VmServer::start(version, &[]);
        let importer = self::importer(&second.url());
        let sent = importer
            .import(ImportFormat::Native, native.into(), false)
            .await;
        sent.unwrap();
        second.wait_for_samples(EVERYTHING, 3);
        assert!(exported(&importer).await.contains("\"zipped\""));
    }
}

#[tokio::test]
async fn counters_tell_what_was_skipped() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let importer = importer(&server.url());
        let before = importer.row_counters().await.unwrap();
        import(&importer, line("good", "2") + "not a line\n")
            .await
            .unwrap();
        let deadline = Instant::now() + VISIBLE;
        let counted = loop {
            let counted = importer.row_counters().await.unwrap().since(&before);
            let counted = counted.unwrap();
            if counted.inserted > 0 || Instant::now() > deadline {
                break counted;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!((counted.inserted, counted.invalid), (3, 1), "{version:?}");
    }
}

#[tokio::test]
async fn a_single_node_has_no_tenants() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let importer = importer_of(&Connection {
            url: server.url(),
            tenant_id: "7".to_owned(),
            ..Connection::default()
        });
        let check = importer.check().await.unwrap_err();
        let sent = import(&importer, line("m", "2")).await.unwrap_err();
        for error in [check, sent] {
            assert_eq!(error.status(), Some(400));
            assert!(
                error
                    .hint()
                    .unwrap()
                    .contains("a single node has no tenants")
            );
        }
    }
}

#[tokio::test]
async fn a_refusal_in_the_middle_of_a_large_body_is_read() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &["-import.maxLineLen=100000"]);
        let long = format!(
            "{{\"metric\":{{\"__name__\":\"{}\"}}}}\n",
            "x".repeat(200_000)
        );
        let lines = line("m", "2").repeat(200_000);
        let body = Bytes::from(format!("{}{long}{lines}", line("first", "2")));
        for _ in 0..5 {
            let error = import(&importer(&server.url()), body.clone())
                .await
                .unwrap_err();
            assert_eq!(error.status(), Some(400), "{version:?}: {error:?}");
            assert!(error.hint().unwrap().contains("-import.maxLineLen"));
        }
    }
}

#[tokio::test]
async fn a_full_disk_is_waited_for_and_explained() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &["-storage.minFreeDiskSpaceBytes=100000GB"]);
        let importer = importer(&server.url());
        let deadline = Instant::now() + VISIBLE;
        // The server looks at its disk some time after its start.
        let error = loop {
            match import(&importer, line("m", "2")).await {
                Err(error) => break error,
                Ok(()) => assert!(Instant::now() < deadline),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert!(error.is_retryable(), "{error:?}");
        assert!(error.hint().unwrap().contains("disk"), "{error:?}");
        let checked = importer.check().await.unwrap();
        assert!(
            checked.warnings[0].contains("disk"),
            "{:?}",
            checked.warnings
        );
    }
}

#[tokio::test]
async fn lost_connections_and_gateway_errors_are_retried_within_seconds() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = FaultProxy::start(&server.url());
    let no_backend = Fault::Answer(Answer::new(502, "no backend"));
    proxy.order("", [Fault::Refuse], no_backend);
    let importer = importer(&proxy.url());
    let mut backoff = Backoff::new(RetryPolicy::BRIEF);
    let mut waited = Duration::ZERO;
    let error = loop {
        let error = import(&importer, line("m", "2")).await.unwrap_err();
        match backoff.wait_after(&error) {
            // Nobody needs to sleep to know how long it would take.
            Some(wait) => waited += wait,
            None => break error,
        }
    };
    assert_eq!(error.status(), Some(502));
    assert!(waited < Duration::from_secs(9), "{waited:?}");
}

#[tokio::test]
async fn a_gateway_does_not_pass_for_its_storage() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let config = format!(
        "unauthorized_user:\n  url_map:\n  - src_paths: [\"/7/prometheus/.*\"]\n    url_prefix: \"{}\"\n    drop_src_path_prefix_parts: 2\n",
        server.url()
    );
    let gateway = VmAuth::start(VmVersion::V1_112, &config);
    let importer = importer_of(&Connection {
        url: format!("{}/7/prometheus", gateway.url()),
        tenant_id: "7".to_owned(),
        ..Connection::default()
    });
    let checked = importer.check().await.unwrap();
    assert_eq!(checked.server, ServerKind::Unknown);
    assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
    import(&importer, line("m", "2")).await.unwrap();
    server.wait_for_samples(EVERYTHING, 3);
    assert!(exported(&importer).await.contains("\"m\""));
    let limits = importer.limits().await;
    assert_eq!(limits.retention, None);
    assert!(limits.notes[0].contains("a vmauth"), "{:?}", limits.notes);
    assert_eq!(limits.dialect.native_layout(), Some(Layout::B));
    assert_eq!(importer.row_counters().await, None);
}
