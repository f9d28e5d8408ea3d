//! Forms with bundles, and a server that takes them.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Answer, Page, Running, Setup};

const BOUNDARY: &str = "a-boundary-that-is-in-no-bundle";

pub(crate) fn setup() -> Setup {
    Setup {
        page: Page::Import {
            max_upload_bytes: None,
        },
        max_jobs: 2,
        ..Setup::default()
    }
}

pub(crate) fn start() -> Running {
    Running::with(setup())
}

pub(crate) fn at(place: &Arc<TempDir>) -> Running {
    Running::at(setup(), place.clone())
}

/// A part of a form: its name, a file name, its content.
pub(crate) type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

/// The body of a form.
pub(crate) fn body(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file
            .map(|file| format!("; filename=\"{file}\""))
            .unwrap_or_default();
        write!(
            body,
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n"
        )
        .unwrap();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body
}

pub(crate) fn content_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

pub(crate) fn send(server: &Running, path: &str, parts: &[Part<'_>]) -> Answer {
    let request = format!("POST {path}");
    let kind = content_type();
    server.send(&request, &[("Content-Type", &kind)], &body(parts))
}

pub(crate) fn upload(server: &Running, config: &Value, name: &str, bundle: &[u8]) -> Answer {
    let config = config.to_string();
    send(
        server,
        "/api/upload",
        &[
            ("config", None, config.as_bytes()),
            ("bundle", Some(name), bundle),
        ],
    )
}

pub(crate) fn analyze(server: &Running, config: &Value, bundle: &[u8], full: bool) -> Answer {
    let config = config.to_string();
    let full: &[u8] = if full { b"on" } else { b"" };
    send(
        server,
        "/api/analyze",
        &[
            ("config", None, config.as_bytes()),
            ("full_collection", None, full),
            ("bundle", Some("b.zip"), bundle),
        ],
    )
}

/// Uploads, and waits for the end.
#[track_caller]
pub(crate) fn import(server: &Running, config: &Value, bundle: &[u8]) -> Value {
    let accepted = upload(server, config, "lines.jsonl", bundle).ok();
    ended(server, accepted["job_id"].as_str().unwrap())
}

/// The status of a job that has ended, which the end of its events tells.
#[track_caller]
pub(crate) fn ended(server: &Running, id: &str) -> Value {
    let events = server.get(&format!("/api/import/events?id={id}"));
    assert_eq!(events.status, 200, "{}", events.text());
    server.get(&format!("/api/import/status?id={id}")).ok()
}

/// Lines of `series` series with `samples` samples each, a minute apart, that begin at `start_ms`.
pub(crate) fn lines(series: usize, samples: usize, start_ms: i64) -> Vec<u8> {
    let mut text = String::new();
    for series in 0..series {
        let labels = json!({"__name__": "up", "job": "demo", "instance": format!("h:{series}")});
        let values: Vec<usize> = (0..samples).map(|at| at + series).collect();
        let times: Vec<i64> = (0..samples as i64)
            .map(|at| start_ms + at * 60_000)
            .collect();
        // In the order in which servers write them.
        let line =
            format!("{{\"metric\":{labels},\"values\":{values:?},\"timestamps\":{times:?}}}\n");
        text += &line.replace(", ", ",");
    }
    text.into_bytes()
}

/// A ZIP with these entries.
pub(crate) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Names of everything below the folder of copies.
pub(crate) fn left_over(server: &Running) -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            found.push(entry.path().display().to_string());
            walk(&entry.path(), found);
        }
    }
    let mut found = Vec::new();
    walk(&server.path("imports"), &mut found);
    found
}

/// Waits until nothing is left of what a client that went away had sent.
#[track_caller]
pub(crate) fn wait_until_empty(server: &Running) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !left_over(server).is_empty() {
        assert!(
            std::time::Instant::now() < deadline,
            "{:?}",
            left_over(server)
        );
        std::thread::yield_now();
    }
}

/// Now, on a whole minute.
pub(crate) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond() / 60_000 * 60_000
}
