use std::io::Write as _;

use bundle::{Piece, PieceCompressor, verify};
use proptest::prelude::*;
use vmformat::json_line::parse_line;

use super::*;

/// A value as a line may have it.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        (-50i64..50).prop_map(|n| n.to_string()),
        (any::<i32>(), 0u32..6)
            .prop_map(|(n, places)| (f64::from(n) / 10f64.powi(places as i32)).to_string()),
        Just("null".to_owned()),
        Just("\"Infinity\"".to_owned()),
        Just("\"-Infinity\"".to_owned()),
        Just("1000000000000000000000000000000".to_owned()),
        Just("0.000000000012".to_owned()),
    ]
}

/// Lines of few series, whose samples need not be in order.
fn lines() -> impl Strategy<Value = String> {
    let samples = prop::collection::vec((0i64..100_000, value()), 0..20);
    let line = (0u8..4, samples).prop_map(|(series, samples)| {
        let (times, values): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
        let times: Vec<_> = times.iter().map(i64::to_string).collect();
        format!(
            "{{\"metric\":{{\"__name__\":\"m{series}\",\"job\":\"a\\\"b\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
            values.join(","),
            times.join(",")
        )
    });
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.concat())
}

/// All samples of lines, sorted: series, time, text of the value.
fn samples(lines: &[u8]) -> Vec<(String, i64, String)> {
    let mut samples = Vec::new();
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        let line = parse_line(line).unwrap();
        for (ms, value) in line.timestamps.iter().zip(line.value_texts()) {
            let value = String::from_utf8(value.to_vec()).unwrap();
            samples.push((format!("{:?}", line.labels), *ms, value));
        }
    }
    samples.sort();
    samples
}

fn pack(path: &Path, lines: &str) {
    let metadata =
        br#"{"format_version":1,"export_id":"export-1","export_date":"2026-01-23T13:00:00Z",
        "time_range":{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:02:00Z"},
        "case":"4711","vmgather_version":"1"}"#;
    let mut archive = Archive::new(
        std::fs::File::create(path).unwrap(),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let mut entry = archive.begin(METRICS_ENTRY).unwrap();
    let piece = PieceCompressor::new(1).compress(lines.as_bytes(), Piece::default());
    entry.push(&piece).unwrap();
    entry.end().unwrap();
    archive.entry(METADATA_ENTRY, metadata).unwrap();
    archive.finish().unwrap().flush().unwrap();
}

fn cat(path: &Path) -> Vec<u8> {
    let mut lines = Vec::new();
    cat_bundle(path, &mut lines).unwrap();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn there_and_back_is_the_same(lines in lines()) {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        pack(&path("a.zip"), &lines);
        let expected = samples(lines.as_bytes());

        let there = convert_bundle(&path("a.zip"), &path("b.zip"), Format::Native).unwrap();
        prop_assert_eq!(there.samples, expected.len() as u64);
        prop_assert_eq!(samples(&cat(&path("b.zip"))), expected.clone());
        let report = verify(&path("b.zip"), |_| ()).unwrap();
        let fails = |subject| matches!(report.outcome(subject), Some(bundle::Outcome::Failed { .. }));
        // Copies among random samples stay, and are told.
        prop_assert!(report.is_ok() || fails(bundle::Subject::Copies), "{:?}", report);

        let back = convert_bundle(&path("b.zip"), &path("c.zip"), Format::Jsonl).unwrap();
        prop_assert_eq!(back.stale_markers, there.stale_markers);
        prop_assert_eq!(samples(&cat(&path("c.zip"))), expected);
        let metadata = Bundle::open(&path("c.zip")).unwrap().metadata().unwrap().unwrap();
        prop_assert_eq!(metadata.case.as_deref(), Some("4711"));
        prop_assert_eq!(metadata.format, Format::Jsonl);
    }
}

#[test]
fn a_bundle_of_the_same_format_is_refused_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    pack(&path("a.zip"), "");
    let result = convert_bundle(&path("a.zip"), &path("b.zip"), Format::Jsonl);
    assert!(matches!(result, Err(ConvertError::SameFormat { .. })));
    pack(&path("c.zip"), "{\"metric\":{}");
    let result = convert_bundle(&path("c.zip"), &path("b.zip"), Format::Native);
    assert!(
        matches!(result, Err(ConvertError::Line { .. })),
        "{result:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

#[test]
fn data_that_were_changed_are_not_vouched_for() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.zip");
    let mut archive = Archive::new(
        std::fs::File::create(&path).unwrap(),
        jiff::Timestamp::UNIX_EPOCH,
    );
    let metadata = format!(
        r#"{{"format_version":1,"export_id":"export-1","export_date":"2026-01-23T13:00:00Z",
        "time_range":{{"start":"1970-01-01T00:00:00Z","end":"1970-01-01T00:02:00Z"}},
        "metrics_sha256":"{}","vmgather_version":"1"}}"#,
        "0".repeat(64)
    );
    let line = b"{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[1]}\n";
    archive.entry(METRICS_ENTRY, line).unwrap();
    archive.entry(METADATA_ENTRY, metadata.as_bytes()).unwrap();
    archive.finish().unwrap();
    let out = dir.path().join("b.zip");
    let error = convert_bundle(&path, &out, Format::Native).unwrap_err();
    assert!(matches!(error, ConvertError::OtherData { .. }), "{error:?}");
    assert!(!out.exists());
}
