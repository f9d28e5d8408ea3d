//! Native blocks and JSON lines of the same series.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod client;

use std::collections::BTreeMap;

use client::{get_with, post};
use demo::{Demo, Installation, Options, Personality, Version};
use vmformat::json_line::write_metric;
use vmformat::native::{Block, Decoder, FrameSplitter, Layout, SeriesName, StreamHeader};
use vmformat::number::{INFINITY_MANTISSA, STALE_MANTISSA, write_decimal};

const NOW_MS: i64 = 1_795_000_000_000;
const EVERYTHING: &str = "{__name__!=\"\"}";

/// Metric object to (timestamp, value text).
type Rows = BTreeMap<String, Vec<(i64, String)>>;

fn start(version: Version, change: impl FnOnce(&mut Options)) -> Demo {
    let mut options = Options::new(Personality::Single, version, NOW_MS);
    change(&mut options);
    Demo::start(options).unwrap()
}

fn decode(body: &[u8], layout: Layout) -> (StreamHeader, Rows, usize) {
    let mut splitter = FrameSplitter::new();
    splitter.push(body);
    let mut decoder = Decoder::new();
    let (mut rows, mut blocks) = (Rows::new(), 0);
    let (mut timestamps, mut mantissas) = (Vec::new(), Vec::new());
    while let Some(frame) = splitter.next_frame().unwrap() {
        blocks += 1;
        let name = SeriesName::parse(frame.name).unwrap();
        let mut metric = Vec::new();
        write_metric(&mut metric, name.iter());
        let block = Block::parse(frame.block, layout).unwrap();
        decoder.decode_timestamps(&block, &mut timestamps).unwrap();
        decoder.decode_mantissas(&block, &mut mantissas).unwrap();
        let series = rows.entry(String::from_utf8(metric).unwrap()).or_default();
        for (timestamp, mantissa) in timestamps.iter().zip(&mantissas) {
            let mut text = Vec::new();
            match *mantissa {
                STALE_MANTISSA => text.extend_from_slice(b"null"),
                INFINITY_MANTISSA => text.extend_from_slice(b"\"Infinity\""),
                other => write_decimal(&mut text, other, block.scale),
            }
            series.push((*timestamp, String::from_utf8(text).unwrap()));
        }
    }
    splitter.finish().unwrap();
    (splitter.header().unwrap(), rows, blocks)
}

fn lines(text: &str) -> Rows {
    let mut rows = Rows::new();
    for line in text.lines() {
        let rest = line.strip_prefix("{\"metric\":").unwrap();
        let (metric, rest) = rest.split_once(",\"values\":[").unwrap();
        let (values, rest) = rest.split_once("],\"timestamps\":[").unwrap();
        let timestamps = rest.strip_suffix("]}").unwrap();
        let pairs = timestamps.split(',').map(|t| t.parse().unwrap());
        rows.entry(metric.to_owned())
            .or_default()
            .extend(pairs.zip(values.split(',').map(spelled_as_json)));
    }
    rows
}

/// The oldest version writes specials that are not JSON.
fn spelled_as_json(value: &str) -> String {
    match value {
        "NaN" => "null".to_owned(),
        "+Inf" => "\"Infinity\"".to_owned(),
        other => other.to_owned(),
    }
}

#[test]
fn native_blocks_hold_exactly_the_samples_of_the_json_lines() {
    for (version, layout) in [(Version::V1_79, Layout::A), (Version::V1_150, Layout::B)] {
        let demo = start(version, |options| options.rows_per_block = 100);
        let params = [("match[]", EVERYTHING), ("start", "0")];
        let native = post(&demo, "/api/v1/export/native", &params);
        assert_eq!(
            native.header("content-type"),
            Some("VictoriaMetrics/native")
        );
        let (header, rows, blocks) = decode(&native.body, layout);
        assert_eq!(header.start_ms, 0);
        assert!(blocks > 2 * rows.len(), "three blocks a series");
        let json = post(&demo, "/api/v1/export", &params);
        assert_eq!(
            json.text().contains("\"Infinity\""),
            version == Version::V1_150
        );
        assert!(rows == lines(json.text()));
        let mut values = rows.values().flatten().map(|(_, value)| value.as_str());
        assert!(values.clone().any(|value| value == "null"));
        assert!(values.any(|value| value == "\"Infinity\""));
    }
}

#[test]
fn native_sends_whole_blocks_and_json_only_the_range() {
    let demo = start(Version::V1_150, |_| {});
    let params = [
        ("match[]", "up{job=\"vmselect\"}"),
        ("start", "1794999000.001"),
        ("end", "1794999060.000"),
    ];
    let native = post(&demo, "/api/v1/export/native", &params);
    let (header, rows, _) = decode(&native.body, Layout::B);
    assert_eq!(
        (header.start_ms, header.end_ms),
        (1_794_999_000_001, 1_794_999_060_000)
    );
    assert_eq!(rows.len(), 2);
    assert!(rows.values().all(|rows| rows.len() > 200));
    let json = lines(post(&demo, "/api/v1/export", &params).text());
    for rows in json.values() {
        assert_eq!(rows.len(), 4);
        let inside = 1_794_999_000_001..=1_794_999_060_000;
        assert!(rows.iter().all(|(t, _)| inside.contains(t)));
    }
}

#[test]
fn the_same_request_gets_the_same_bytes() {
    let ask = || {
        let demo = start(Version::V1_150, |_| {});
        let params = [("match[]", EVERYTHING)];
        let first = post(&demo, "/api/v1/export/native", &params).body;
        assert_eq!(first, post(&demo, "/api/v1/export/native", &params).body);
        first
    };
    assert_eq!(ask(), ask());
}

#[test]
fn nothing_matched_is_a_lone_header_and_an_empty_body() {
    let demo = start(Version::V1_150, |_| {});
    let params = [("match[]", "no_such_metric"), ("start", "1"), ("end", "2")];
    assert_eq!(post(&demo, "/api/v1/export/native", &params).body.len(), 16);
    assert_eq!(post(&demo, "/api/v1/export", &params).body.len(), 0);
}

#[test]
fn the_header_shows_how_old_servers_misread_milliseconds() {
    let params = [
        ("match[]", "up"),
        ("start", "1794999000001"),
        ("end", "1794999060000"),
    ];
    for (version, layout, start_ms) in [
        (Version::V1_79, Layout::A, 9_223_372_036_854),
        (Version::V1_112, Layout::B, 1_794_999_000_001),
    ] {
        let demo = start(version, |_| {});
        let reply = post(&demo, "/api/v1/export/native", &params);
        let (header, _, _) = decode(&reply.body, layout);
        assert_eq!(header.start_ms, start_ms);
    }
}

#[test]
fn replicas_double_blocks_and_samples() {
    let demo = start(Version::V1_150, |options| options.replicas = 2);
    let params = [("match[]", "up{job=\"vmalert\"}")];
    let native = post(&demo, "/api/v1/export/native", &params);
    assert_eq!(decode(&native.body, Layout::B).2, 2);
    let json = lines(post(&demo, "/api/v1/export", &params).text());
    let rows = json.values().next().unwrap();
    assert!(rows.chunks(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn lines_are_cut_by_rows_or_by_blocks() {
    let demo = start(Version::V1_150, |options| options.rows_per_block = 50);
    let count = |name, value| {
        let params = [("match[]", "up{job=\"vmalert\"}"), (name, value)];
        post(&demo, "/api/v1/export", &params)
            .text()
            .lines()
            .count()
    };
    assert_eq!(count("x", "y"), 1);
    assert_eq!(count("max_rows_per_line", "100"), 3);
    assert_eq!(count("reduce_mem_usage", "1"), 5);
}

#[test]
fn gzip_holds_the_same_bytes() {
    use std::io::Read;
    let demo = start(Version::V1_150, |_| {});
    let path = "/api/v1/export?match[]=up";
    let plain = get_with(&demo, path, "");
    let packed = get_with(&demo, path, "Accept-Encoding: gzip, zstd\r\n");
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < plain.body.len());
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(packed.body.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
}

#[test]
fn renamed_jobs_and_long_spans_are_exported() {
    let demo = start(Version::V1_150, |options| {
        options.installation = Installation::demo(Version::V1_150, NOW_MS)
            .lasting(3 * 86_400_000)
            .rename_job("vmalert", "a\"b\\c");
    });
    let reply = post(
        &demo,
        "/api/v1/export/native",
        &[("match[]", r#"up{job="a\"b\\c"}"#)],
    );
    let (_, rows, blocks) = decode(&reply.body, Layout::B);
    assert_eq!(
        (rows.len(), blocks),
        (1, 3),
        "17,280 samples in blocks of 8,192"
    );
}
