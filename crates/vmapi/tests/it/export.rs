//! Exports that end well, and the many ways in which they do not.

use std::io::Write as _;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use vmapi::{Client, ConnectFailure, Endpoint, Error, ExportRoute, Framing, Timeouts};

use crate::server::{Reply, Server, client, connection, params, read};

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn client_with(url: &str, timeouts: Timeouts) -> Client {
    Client::new(Endpoint::new(&connection(url)).unwrap(), timeouts).unwrap()
}

/// What a JSON lines export makes of one reply.
async fn export(reply: Reply) -> (Framing, Vec<u8>, Result<(), Error>) {
    let server = Server::start([reply]).await;
    let body = client(&server.url)
        .export_json_lines(&params())
        .await
        .unwrap();
    let framing = body.framing();
    let (data, end) = read(body).await;
    (framing, data, end)
}

async fn refused(reply: Reply) -> Error {
    let server = Server::start([reply]).await;
    client(&server.url)
        .export_native(&params())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn parameters_travel_as_a_form() {
    let server = Server::start([Reply::ok("x"), Reply::ok("y")]).await;
    let client = client(&format!("{}/prometheus", server.url));
    let json = client.export_json_lines(&params()).await.unwrap();
    assert_eq!(read(json).await.0, b"x");
    let native = client.export_native(&params()).await.unwrap();
    assert_eq!(read(native).await.0, b"y");
    let [json, native] = &server.requests()[..] else {
        panic!("not two requests");
    };
    assert_eq!(json.line, "POST /prometheus/api/v1/export");
    assert_eq!(
        json.header("content-type"),
        Some("application/x-www-form-urlencoded")
    );
    assert_eq!(
        json.parameter("match[]"),
        [r#"{job="a\"b"}"#, r#"{__name__!=""}"#]
    );
    assert_eq!(json.parameter("start"), ["1700000000.001"]);
    assert_eq!(json.parameter("end"), ["1700000060.000"]);
    assert_eq!(json.parameter("max_rows_per_line"), ["8192"]);
    assert!(json.parameter("reduce_mem_usage").is_empty());
    assert_eq!(native.line, "POST /prometheus/api/v1/export/native");
    assert!(native.parameter("max_rows_per_line").is_empty());
    // A server on the same machine need not compress.
    assert_eq!(json.header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn exports_leave_the_rw_path_unless_told() {
    let server = Server::start([Reply::ok(""), Reply::ok("")]).await;
    let client = client(&format!("{}/1011/rw/prometheus?x=1", server.url));
    let mut params = params();
    client.export_native(&params).await.unwrap();
    params.route = ExportRoute::AsGiven;
    client.export_native(&params).await.unwrap();
    let lines: Vec<_> = server.requests().into_iter().map(|r| r.line).collect();
    assert_eq!(
        lines,
        [
            "POST /1011/prometheus/api/v1/export/native?x=1",
            "POST /1011/rw/prometheus/api/v1/export/native?x=1"
        ]
    );
}

#[tokio::test]
async fn complete_bodies_end_cleanly() {
    let (framing, data, end) = export(Reply::ok("a\nb\n")).await;
    assert_eq!((framing, &data[..]), (Framing::Length, &b"a\nb\n"[..]));
    assert!(end.is_ok() && framing.proves_completeness());
    let (framing, data, end) = export(Reply::chunks("", "2\r\na\n\r\n2\r\nb\n\r\n0\r\n\r\n")).await;
    assert_eq!((framing, &data[..]), (Framing::Chunked, &b"a\nb\n"[..]));
    assert!(end.is_ok() && framing.proves_completeness());
}

#[tokio::test]
async fn a_body_without_a_length_proves_nothing() {
    let reply = Reply::raw("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\na\n");
    let (framing, data, end) = export(reply).await;
    assert_eq!((framing, &data[..]), (Framing::UntilClose, &b"a\n"[..]));
    assert!(end.is_ok() && !framing.proves_completeness());
}

#[tokio::test]
async fn unclean_ends_are_errors() {
    let raw_line = "\nthe connection has been aborted; see the last line in the response and/or in the server log for the reason\n";
    let cut = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let compressed = gzip(b"a\nb\n");
    let gzip_chunk = |data: &[u8]| {
        let mut chunk = format!("{:x}\r\n", data.len()).into_bytes();
        chunk.extend_from_slice(data);
        chunk.extend_from_slice(b"\r\n0\r\n\r\n");
        Reply::chunks("Content-Encoding: gzip\r\n", chunk)
    };
    for (what, reply) in [
        ("no last chunk", Reply::chunks("", "2\r\na\n\r\n")),
        ("cut in a chunk", Reply::chunks("", "5\r\na\n")),
        ("cut in a chunk header", Reply::chunks("", "2\r\na\n\r\n2")),
        (
            "cut before the last line end",
            Reply::chunks("", "2\r\na\n\r\n0\r\n"),
        ),
        (
            "raw text in place of a chunk",
            Reply::chunks("", format!("2\r\na\n\r\n{raw_line}")),
        ),
        (
            "shorter than its length",
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na\n"),
        ),
        ("cut gzip", gzip_chunk(&cut(&compressed))),
        ("gzip of nothing", gzip_chunk(&compressed[..3])),
        (
            "text behind the gzip stream",
            gzip_chunk(&[&compressed[..], raw_line.as_bytes()].concat()),
        ),
        (
            "cut gzip by length",
            Reply::new(200, "Content-Encoding: gzip\r\n", cut(&compressed)),
        ),
    ] {
        let (_, _, end) = export(reply).await;
        let error = end.expect_err(what);
        assert!(matches!(error, Error::Aborted { .. }), "{what}: {error:?}");
        assert!(error.is_retryable(), "{what}");
    }
}

#[tokio::test]
async fn gzip_is_taken_off() {
    let data: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
    let reply = Reply::new(200, "Content-Encoding: gzip\r\n", gzip(&data));
    let (framing, read, end) = export(reply).await;
    end.unwrap();
    assert_eq!(framing, Framing::Length);
    assert!(read == data);
}

#[tokio::test]
async fn an_encoding_nobody_asked_for_is_an_error() {
    let error = refused(Reply::new(200, "Content-Encoding: zstd\r\n", "x")).await;
    assert!(matches!(&error, Error::Unexpected { problem, .. } if problem.contains("zstd")));
}

#[tokio::test]
async fn silence_within_a_body_is_an_error() {
    let server = Server::start([Reply::chunks("", "2\r\na\n\r\n").then_hold()]).await;
    let timeouts = Timeouts {
        stall: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let client = client_with(&server.url, timeouts);
    let body = client.export_native(&params()).await.unwrap();
    let (data, end) = read(body).await;
    assert_eq!(data, b"a\n");
    let error = end.unwrap_err();
    assert!(matches!(error, Error::Stalled { .. }) && error.is_retryable());
}

#[tokio::test]
async fn silence_before_the_reply_is_an_error() {
    let server = Server::start([Reply::raw("").then_hold()]).await;
    let timeouts = Timeouts {
        reply: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let client = client_with(&server.url, timeouts);
    let error = client.export_native(&params()).await.unwrap_err();
    assert!(matches!(error, Error::Stalled { .. }), "{error:?}");
}

#[tokio::test]
async fn a_connection_lost_before_the_reply_is_worth_a_retry() {
    let error = refused(Reply::raw("")).await;
    assert!(matches!(error, Error::Aborted { .. }), "{error:?}");
    assert!(error.is_retryable());
}

#[tokio::test]
async fn only_200_is_success() {
    for status in [201, 204, 206, 304, 400, 404, 500] {
        let error = refused(Reply::raw(format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\n\r\n"
        )))
        .await;
        assert_eq!(error.status(), Some(status), "{error:?}");
    }
}

#[tokio::test]
async fn refusals_carry_the_text_and_the_waiting_time() {
    let text = "remoteAddr: \"10.0.0.7:59372\"; requestURI: /api/v1/export; couldn't start executing the request in 2.000 seconds, since -search.maxConcurrentRequests=1 concurrent requests are executed\n";
    let error = refused(Reply::new(429, "Retry-After: 10\r\n", text)).await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(10)));
    assert!(error.is_retryable() && error.limit().is_none());
    let shown = error.to_string();
    assert!(shown.contains("answered 429: couldn't start"), "{shown}");
    assert!(!shown.contains("10.0.0.7"), "{shown}");
}

#[tokio::test]
async fn an_endless_error_text_is_cut() {
    let endless = Reply::raw([b"HTTP/1.1 400 X\r\n\r\n".to_vec(), vec![b'x'; 1 << 20]].concat());
    let error = refused(endless.then_hold()).await;
    assert!(error.to_string().len() < 9_000);
}

#[tokio::test]
async fn web_pages_are_named_as_such() {
    let page = "<!DOCTYPE html><title>Sign in</title>";
    let error = refused(Reply::new(
        200,
        "Content-Type: text/html; charset=utf-8\r\n",
        page,
    ))
    .await;
    assert!(matches!(error, Error::Html { .. }), "{error:?}");
    assert!(error.to_string().contains("an HTML page titled `Sign in`"));
    assert!(error.hint().unwrap().contains("login"));
    let error = refused(Reply::new(404, "Content-Type: text/html\r\n", page)).await;
    assert!(error.to_string().contains("an HTML page titled `Sign in`"));
    assert!(!error.to_string().contains('<'));
}

#[tokio::test]
async fn a_closed_port_is_named_in_error_and_hint() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = client(&address).export_native(&params()).await.unwrap_err();
    let Error::Connect { failure, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*failure, ConnectFailure::Refused);
    assert_eq!(error.to_string(), format!("cannot connect to `{address}`"));
    assert!(error.hint().unwrap().contains(&address));
    assert!(error.is_retryable());
}

#[tokio::test]
async fn localhost_is_reached_at_127_0_0_1() {
    let server = Server::start([Reply::ok("x")]).await;
    let url = server.url.replace("127.0.0.1", "localhost");
    let body = client(&url).export_native(&params()).await.unwrap();
    assert_eq!(read(body).await.0, b"x");
    let host = url.trim_start_matches("http://");
    assert_eq!(server.requests()[0].header("host"), Some(host));
}
