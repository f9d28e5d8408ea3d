//! Faults as ordered, seen from the other end of the wire.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;

use client::{End, get, get_faulty, get_with, send};
use demo::{Demo, Ending, Fault, Gate, Options, Order, Personality, Refusal, Version};
use vmformat::native::FrameSplitter;

const NOW_MS: i64 = 1_795_000_000_000;
const EXPORT: &str = "/api/v1/export/native?match[]={__name__!=%22%22}";

fn start(version: Version) -> Demo {
    Demo::start(Options::new(Personality::Single, version, NOW_MS)).unwrap()
}

fn broken(after_bytes: u64, ending: Ending) -> Fault {
    Fault::Break {
        after_bytes,
        ending,
    }
}

#[test]
fn a_break_sends_exactly_the_ordered_bytes_of_the_right_answer() {
    let demo = start(Version::V1_150);
    let whole = get(&demo, EXPORT).body;
    for after_bytes in [0, 1, 70_000, 200_000] {
        for (ending, end) in [
            (Ending::Clean, End::Complete),
            (Ending::Close, End::Broken(Vec::new())),
        ] {
            let reply = get_faulty(&demo, EXPORT, broken(after_bytes, ending));
            assert_eq!(reply.status, 200);
            assert_eq!(reply.end, end, "{ending:?} after {after_bytes}");
            assert_eq!(reply.body, whole[..after_bytes as usize]);
        }
    }
    assert_eq!(
        get(&demo, EXPORT).body,
        whole,
        "the next request is not hit"
    );
}

#[test]
fn new_versions_write_a_raw_line_where_a_chunk_should_begin() {
    let demo = start(Version::V1_112);
    let reply = get_faulty(&demo, EXPORT, broken(100_000, Ending::AsVersion));
    assert_eq!(reply.body.len(), 100_000);
    let End::Broken(raw) = reply.end else {
        panic!("{:?}", reply.end);
    };
    assert_eq!(
        String::from_utf8(raw).unwrap(),
        "\nthe connection has been aborted; see the last line in the response and/or in the \
         server log for the reason\n"
    );
}

#[test]
fn the_oldest_version_appends_its_error_and_ends_cleanly() {
    let demo = start(Version::V1_79);
    let reply = get_faulty(&demo, EXPORT, broken(50_001, Ending::AsVersion));
    assert_eq!(reply.end, End::Complete);
    let text = String::from_utf8_lossy(&reply.body[50_001..]);
    assert!(text.starts_with("remoteAddr: \"127.0.0.1:"));
    assert!(text.contains("timeout exceeded while fetching data block"));
    assert!(text.ends_with("command-line flag\n"));
    let mut splitter = FrameSplitter::new();
    splitter.push(&reply.body);
    let outcome = loop {
        match splitter.next_frame() {
            Ok(Some(_)) => {}
            Ok(None) => break splitter.finish(),
            Err(error) => break Err(error),
        }
    };
    assert!(outcome.is_err());
}

#[test]
fn an_error_text_stands_inside_a_complete_gzip_stream() {
    let demo = start(Version::V1_79);
    demo.orders()
        .add(Order::new(broken(1_000, Ending::ErrorText)));
    let reply = get_with(&demo, EXPORT, "Accept-Encoding: gzip\r\n");
    assert_eq!(reply.end, End::Complete);
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(reply.body.as_slice())
        .read_to_end(&mut body)
        .unwrap();
    assert!(body[1_000..].starts_with(b"remoteAddr"));
}

#[test]
fn a_reset_is_a_reset() {
    let demo = start(Version::V1_150);
    let reply = get_faulty(&demo, EXPORT, broken(0, Ending::Reset));
    assert_eq!(reply.end, End::Reset);
}

#[test]
fn hanging_up_gives_no_answer_at_all() {
    let demo = start(Version::V1_150);
    demo.orders().add(Order::new(Fault::HangUp));
    let request = "GET /health HTTP/1.1\r\nHost: demo\r\n\r\n";
    assert!(send(&demo, request).is_none());
}

#[test]
fn a_stalled_answer_goes_on_when_its_gate_opens() {
    let demo = start(Version::V1_150);
    let whole = get(&demo, EXPORT).body;
    let gate = Gate::new();
    demo.orders().add(Order::new(Fault::Stall {
        after_bytes: 1_000,
        gate: gate.clone(),
    }));
    let mut stream = TcpStream::connect(("127.0.0.1", demo.port())).unwrap();
    let request = format!("GET {EXPORT} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(gate.reached());
    // While this one stands still, others are answered.
    assert_eq!(get(&demo, "/health").text(), "OK");
    gate.open();
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw).unwrap();
    let reply = client::parse(&raw, None).unwrap();
    assert_eq!((reply.body, reply.end), (whole, End::Complete));
}

#[test]
fn dropping_the_demo_ends_what_is_stalled() {
    let demo = start(Version::V1_150);
    let gate = Gate::new();
    demo.orders().add(Order::new(Fault::Stall {
        after_bytes: 0,
        gate: gate.clone(),
    }));
    let mut stream = TcpStream::connect(("127.0.0.1", demo.port())).unwrap();
    let request = format!("GET {EXPORT} HTTP/1.1\r\nHost: demo\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(gate.reached());
    drop(demo);
    let mut raw = Vec::new();
    let _ = stream.read_to_end(&mut raw);
    assert!(client::parse(&raw, None).is_none_or(|reply| reply.end != End::Complete));
}

#[test]
fn a_slow_answer_is_whole() {
    let demo = start(Version::V1_150);
    let path = "/api/v1/query?query=1";
    let whole = get(&demo, path).body;
    let fault = Fault::Slow {
        bytes_per_second: 2_000,
    };
    assert_eq!(get_faulty(&demo, path, fault).body, whole);
}

#[test]
fn a_full_queue_is_429_or_503_by_version() {
    let refusal = || {
        Fault::Refuse(Refusal::QueueFull {
            retry_after_seconds: 10,
        })
    };
    let new = get_faulty(&start(Version::V1_150), EXPORT, refusal());
    assert_eq!((new.status, new.header("retry-after")), (429, Some("10")));
    assert!(
        new.text()
            .starts_with("couldn't start executing the request in")
    );
    let old = get_faulty(&start(Version::V1_79), EXPORT, refusal());
    assert_eq!((old.status, old.header("retry-after")), (503, None));
    assert!(
        old.text()
            .contains("cannot handle more than 8 concurrent search requests")
    );
}

#[test]
fn too_many_series_hits_only_requests_that_match_more() {
    let demo = start(Version::V1_150);
    demo.orders()
        .add(Order::new(Fault::Refuse(Refusal::TooManySeries { limit: 3 })).always());
    let ask = |selector: &str| get(&demo, &format!("/api/v1/export?match[]={selector}"));
    assert_eq!(ask("up{job=\"vmstorage\"}").status, 200);
    let refused = ask("up");
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .contains("the number of matching timeseries exceeds 3; ")
    );
    let query = get(&demo, "/api/v1/query?query=count(up)");
    assert_eq!(query.status, 422);
    assert!(
        query
            .text()
            .contains("the number of matching timeseries exceeds 3; ")
    );
}

#[test]
fn a_timeout_hits_only_ranges_that_are_too_long() {
    let demo = start(Version::V1_150);
    let fault = Fault::Refuse(Refusal::Timeout { longest_ms: 60_000 });
    demo.orders().add(Order::new(fault).on("/export").always());
    let ask = |end: &str| {
        let path = format!("/api/v1/export/native?match[]=up&start=1794999000&end={end}");
        get(&demo, &path)
    };
    assert_eq!(ask("1794999060").status, 200);
    let refused = ask("1794999060.001");
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("timeout exceeded"));
    assert!(refused.text().contains("-search.maxExportDuration"));
}

#[test]
fn refusals_answer_with_the_recorded_texts() {
    let demo = start(Version::V1_150);
    for (refusal, status, part) in [
        (Refusal::StorageDown, 503, "connect: connection refused"),
        (Refusal::BackendDown, 502, "are unavailable for proxying"),
        (
            Refusal::MissingRoute,
            400,
            "missing route for \"/api/v1/export/native?match[]=",
        ),
        (Refusal::Unauthorized, 401, "\n"),
        (Refusal::LoginPage, 200, "<form method=\"post\""),
        (
            Refusal::Plain {
                status: 500,
                text: "internal".into(),
            },
            500,
            "internal",
        ),
    ] {
        let reply = get_faulty(&demo, EXPORT, Fault::Refuse(refusal.clone()));
        assert_eq!(reply.status, status, "{refusal:?}");
        assert!(reply.text().contains(part), "{}", reply.text());
    }
}

#[test]
fn misread_times_show_in_the_native_header() {
    let demo = start(Version::V1_150);
    let path = "/api/v1/export/native?match[]=up&start=1794999000&end=1794999060";
    let reply = get_faulty(&demo, path, Fault::MisreadTimes { by_ms: 1 });
    let mut splitter = FrameSplitter::new();
    splitter.push(&reply.body);
    while splitter.next_frame().unwrap().is_some() {}
    assert_eq!(splitter.header().unwrap().start_ms, 1_794_999_000_001);
}

#[test]
fn orders_count_the_requests_of_their_path() {
    let demo = start(Version::V1_150);
    let fault = Fault::Refuse(Refusal::StorageDown);
    demo.orders().add(Order::new(fault).on("/query").nth(2));
    let status = |path: &str| get(&demo, path).status;
    assert_eq!(status("/api/v1/query?query=1"), 200);
    assert_eq!(status("/health"), 200);
    assert_eq!(status("/api/v1/query?query=1"), 503);
    assert_eq!(status("/api/v1/query?query=1"), 200);
}
