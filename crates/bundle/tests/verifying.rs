//! Verifying and inspecting: a good bundle passes, and each kind of damage is found and named.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use bundle::{
    Archive, Digest, Error, FORMAT_VERSION, Format, Leftover, METADATA_ENTRY, METRICS_ENTRY,
    Metadata, Method, NATIVE_ENTRY, ObfuscationLevel, ObfuscationSummary, Outcome, PendingFile,
    README_ENTRY, Replaced, RequestedRange, SeriesCount, Subject, VerifyReport, Warning, inspect,
    readme, verify,
};
use tempfile::TempDir;
use vmformat::native::{Encoder, Layout, StreamHeader, write_frame, write_name};

const LINES: &str = r#"{"metric":{"__name__":"up","job":"a","instance":"777.777.1.1:8428"},"values":[1,1],"timestamps":[1000,2000]}
{"metric":{"__name__":"up","job":"a","instance":"777.777.1.2:8428"},"values":[1,0],"timestamps":[1000,2000]}
{"metric":{"__name__":"up","job":"a","instance":"777.777.1.1:8428"},"values":[1],"timestamps":[3000]}
{"metric":{"__name__":"vm_rows","job":"b"},"values":[7],"timestamps":[2500]}
"#;

fn metadata(lines: &str) -> Metadata {
    Metadata {
        format_version: FORMAT_VERSION,
        export_id: "export-1-a".into(),
        export_date: "1970-01-01T00:01:00Z".parse().unwrap(),
        time_range: RequestedRange {
            start: "1970-01-01T00:00:01Z".parse().unwrap(),
            end: "1970-01-01T00:00:03Z".parse().unwrap(),
        },
        components: vec![],
        jobs: vec!["a".into(), "b".into()],
        metrics_count: 4,
        series_count: Some(3),
        sample_count: Some(6),
        duplicate_samples_removed: Some(0),
        method: Some(Method::Export),
        metric_step_seconds: None,
        format: Format::Jsonl,
        obfuscated: false,
        obfuscation: None,
        map_id: None,
        audit: None,
        warnings: vec![],
        metrics_sha256: Some(Digest::of(lines.as_bytes()).unwrap().sha256),
        case: None,
        note: None,
        vmgather_version: "dev".into(),
    }
}

struct Sealed {
    folder: TempDir,
}

impl Sealed {
    fn new(lines: &str, metadata: &Metadata) -> Self {
        Self::of(METRICS_ENTRY, lines.as_bytes(), metadata)
    }

    fn of(entry: &str, data: &[u8], metadata: &Metadata) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = PendingFile::create(&folder.path().join("a.zip"), Leftover::Refuse).unwrap();
        let mut archive = Archive::new(file, metadata.export_date);
        archive.entry(entry, data).unwrap();
        archive
            .entry(METADATA_ENTRY, &metadata.to_json().unwrap())
            .unwrap();
        archive
            .entry(README_ENTRY, readme(metadata).as_bytes())
            .unwrap();
        archive.finish().unwrap().commit().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a.zip")
    }

    fn verify(&self) -> VerifyReport {
        verify(&self.path(), |_| {}).unwrap()
    }
}

/// Subjects that failed, with what was wrong.
fn failures(report: &VerifyReport) -> Vec<(Subject, String)> {
    let failed = report
        .checks
        .iter()
        .filter_map(|check| match &check.outcome {
            Outcome::Failed { problem } => Some((check.subject, problem.clone())),
            _ => None,
        });
    failed.collect()
}

/// What fails in a bundle of `lines` whose metadata describe them but for `change`.
fn failures_of(lines: &str, change: impl FnOnce(&mut Metadata)) -> Vec<(Subject, String)> {
    let mut metadata = metadata(lines);
    change(&mut metadata);
    let report = Sealed::new(lines, &metadata).verify();
    assert_eq!(report.is_ok(), failures(&report).is_empty());
    failures(&report)
}

#[test]
fn a_good_bundle_passes_every_check() {
    let sealed = Sealed::new(LINES, &metadata(LINES));
    let mut progress = Vec::new();
    let report = verify(&sealed.path(), |p| progress.push(p)).unwrap();
    assert!(report.is_ok());
    let all = [
        Subject::ChecksumFile,
        Subject::Archive,
        Subject::Metadata,
        Subject::Entries,
        Subject::MetricsSha256,
        Subject::Lines,
        Subject::LineCount,
        Subject::SeriesCount,
        Subject::SampleCount,
        Subject::TimeRange,
        Subject::Copies,
    ];
    for subject in all {
        assert_eq!(
            report.outcome(subject),
            Some(&Outcome::Passed),
            "{subject:?}"
        );
    }
    assert_eq!(report.checks.len(), all.len());
    let last = progress.last().unwrap();
    assert_eq!(
        (last.bytes_done, last.bytes_total),
        (LINES.len() as u64, LINES.len() as u64)
    );
}

#[test]
fn wrong_counts_are_told_with_both_numbers() {
    let found = failures_of(LINES, |metadata| {
        metadata.metrics_count = 5;
        metadata.series_count = Some(4);
        metadata.sample_count = Some(7);
        metadata.metrics_sha256 = Some("00".repeat(32));
    });
    let subjects: Vec<Subject> = found.iter().map(|(subject, _)| *subject).collect();
    assert_eq!(
        subjects,
        [
            Subject::MetricsSha256,
            Subject::LineCount,
            Subject::SeriesCount,
            Subject::SampleCount
        ]
    );
    assert_eq!(found[1].1, "the metadata say 5, found 4");
}

#[test]
fn a_broken_line_is_told_with_its_number() {
    let lines = LINES.replacen("[1],\"timestamps\":[3000]", "[1,\"timestamps\":[3000]", 1);
    let found = failures_of(&lines, |_| {});
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, Subject::Lines);
    assert!(
        found[0].1.contains("metrics.jsonl") && found[0].1.contains("line 3"),
        "{found:?}"
    );
}

#[test]
fn samples_outside_the_range_are_told() {
    let lines = LINES.replace("[2500]", "[3001]");
    let found = failures_of(&lines, |_| {});
    assert_eq!(found[0].0, Subject::TimeRange);
    assert_eq!(
        found[0].1,
        "line 4 has a sample at 3001, the range is 1000 to 3000"
    );

    let shifted = failures_of(&lines, |metadata| {
        metadata.obfuscation = Some(ObfuscationSummary {
            level: ObfuscationLevel::Strict,
            replaced: [(Replaced::ScrapePhases, 1)].into(),
        });
    });
    assert_eq!(shifted, [], "strict obfuscation moves timestamps");
}

#[test]
fn a_sample_in_two_lines_is_found_wherever_they_stand() {
    let copy = r#"{"metric":{"instance":"777.777.1.1:8428","job":"a","__name__":"up"},"values":[1],"timestamps":[2000]}"#;
    let other_value = copy.replace("[1]", "[5]");
    let with = |line: &str| format!("{LINES}{line}\n");
    let counted = |metadata: &mut Metadata| {
        metadata.metrics_count = 5;
        metadata.sample_count = Some(7);
    };
    let found = failures_of(&with(copy), counted);
    assert_eq!(
        found,
        [(
            Subject::Copies,
            "1 samples are copies of others, in 1 series whose lines or blocks overlap".to_owned()
        )]
    );
    assert_eq!(failures_of(&with(&other_value), counted), []);
    // Where dropped labels made series the same, both had the sample.
    let merged = failures_of(&with(copy), |metadata| {
        counted(metadata);
        metadata.warnings = vec![Warning::SeriesMerged];
    });
    assert_eq!(merged, []);
}

#[test]
fn damage_anywhere_ends_in_a_report_that_fails() {
    let sealed = Sealed::new(LINES, &metadata(LINES));
    let good = fs::read(sealed.path()).unwrap();
    for position in 0..good.len() {
        let mut bad = good.clone();
        bad[position] ^= 0x10;
        fs::write(sealed.path(), bad).unwrap();
        assert!(!sealed.verify().is_ok(), "byte {position}");
    }
}

#[test]
fn damaged_data_fail_without_a_checksum_file_too() {
    let sealed = Sealed::new(LINES, &metadata(LINES));
    fs::remove_file(bundle::checksum_path(&sealed.path())).unwrap();
    assert!(sealed.verify().is_ok());
    let mut bytes = fs::read(sealed.path()).unwrap();
    bytes[60] ^= 1;
    fs::write(sealed.path(), &bytes).unwrap();
    let report = sealed.verify();
    assert!(matches!(
        report.outcome(Subject::ChecksumFile),
        Some(Outcome::Skipped { .. })
    ));
    assert_eq!(failures(&report)[0].0, Subject::Entries);
    bytes.truncate(bytes.len() / 2);
    fs::write(sealed.path(), &bytes).unwrap();
    assert_eq!(failures(&sealed.verify())[0].0, Subject::Archive);
}

#[test]
fn a_missing_file_is_an_error_not_a_report() {
    let error = verify("/nowhere/a.zip".as_ref(), |_| {}).unwrap_err();
    assert!(matches!(error, Error::Io { .. }));
}

#[test]
fn inspection_counts_series_once_however_many_lines_they_have() {
    let sealed = Sealed::new(LINES, &metadata(LINES));
    let found = inspect(&sealed.path(), 1).unwrap();
    assert_eq!((found.lines, found.series, found.samples), (4, 3, 6));
    assert_eq!(found.first_sample.unwrap().as_millisecond(), 1000);
    assert_eq!(found.last_sample.unwrap().as_millisecond(), 3000);
    assert_eq!(found.metadata, Some(metadata(LINES)));
    let labels: Vec<_> = found
        .labels
        .iter()
        .map(|label| (label.name.as_str(), label.series, label.values))
        .collect();
    assert_eq!(
        labels,
        [("__name__", 3, 2), ("job", 3, 2), ("instance", 2, 2)]
    );
    let count = |name: &str, series| SeriesCount {
        name: name.into(),
        series,
    };
    assert_eq!(found.top_metrics, [count("up", 2)]);
    assert_eq!(found.metric_names, 2);
    assert_eq!(found.jobs, [count("a", 2), count("b", 1)]);
    assert!(!found.capped);
    let names: Vec<_> = found
        .entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect();
    assert_eq!(names, [METRICS_ENTRY, METADATA_ENTRY, README_ENTRY]);
}

#[test]
fn inspection_keeps_no_more_of_endless_names_than_there_is_room_for() {
    let long = |i: usize| format!("{i:02}{}", "x".repeat(1_000_000));
    let samples = r#""values":[1],"timestamps":[1000]}"#;
    let mut lines = String::new();
    for i in 0..20 {
        let name = long(i);
        for labels in [
            format!(r#"{{"{name}":"a"}}"#),
            format!(r#"{{"__name__":"{name}"}}"#),
            format!(r#"{{"job":"{name}"}}"#),
        ] {
            lines += &format!("{{\"metric\":{labels},{samples}\n");
        }
    }
    lines += &format!(r#"{{"metric":{{"__name__":"up","job":"j"}},{samples}"#);
    let found = inspect(&Sealed::new(&lines, &metadata(&lines)).path(), 1_000).unwrap();
    assert_eq!((found.lines, found.series), (61, 61));
    assert!(found.capped);
    // As many as fit into 16 MiB, and the short ones behind them.
    assert_eq!(found.metric_names, 17);
    for names in [
        found.labels.iter().map(|label| &label.name).collect(),
        found.jobs.iter().map(|job| &job.name).collect(),
        found
            .top_metrics
            .iter()
            .map(|metric| &metric.name)
            .collect(),
    ] {
        let names: Vec<&String> = names;
        let bytes: usize = names.iter().map(|name| name.len()).sum();
        assert!((16_000_000..=16 << 20).contains(&bytes), "{bytes}");
        assert!(names.iter().any(|name| name.len() < 10));
    }
}

#[test]
fn inspection_of_an_empty_export_is_not_an_error() {
    let found = inspect(&Sealed::new("", &metadata("")).path(), 10).unwrap();
    assert_eq!(
        (found.lines, found.series, found.first_sample),
        (0, 0, None)
    );
}

#[test]
fn reports_are_flat_json() {
    let report = Sealed::new(LINES, &metadata(LINES)).verify();
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["checks"][0],
        serde_json::json!({"check": "checksum_file", "outcome": "passed"})
    );
}

/// The samples of `LINES` as a native stream that says so much of its range.
fn native(end_ms: i64) -> Vec<u8> {
    let mut stream = Vec::new();
    let start_ms = 1000;
    StreamHeader { start_ms, end_ms }.write(&mut stream);
    let blocks: [(&str, &[i64]); 4] = [
        ("a", &[1000, 2000]),
        ("b", &[1000, 2000]),
        ("a", &[3000]),
        ("c", &[2500]),
    ];
    for (name, times) in blocks {
        let (mut escaped, mut block) = (Vec::new(), Vec::new());
        write_name(&mut escaped, [(&b"__name__"[..], name.as_bytes())]);
        Encoder::new()
            .encode(Layout::B, times, times, -1, &mut block)
            .unwrap();
        write_frame(&mut stream, &escaped, &block).unwrap();
    }
    stream
}

/// What fails in a bundle of native blocks.
fn native_failures(stream: &[u8], change: impl FnOnce(&mut Metadata)) -> Vec<(Subject, String)> {
    let mut metadata = Metadata {
        format: Format::Native,
        metrics_sha256: Some(Digest::of(stream).unwrap().sha256),
        ..metadata("")
    };
    change(&mut metadata);
    failures(&Sealed::of(NATIVE_ENTRY, stream, &metadata).verify())
}

#[test]
fn native_blocks_are_counted_and_held_against_both_ranges() {
    assert_eq!(native_failures(&native(3000), |_| {}), []);
    assert_eq!(native_failures(&native(9000), |_| {}), []);
    let counted = native_failures(&native(3000), |metadata| {
        metadata.metrics_count = 5;
        metadata.series_count = Some(2);
        metadata.sample_count = Some(7);
    });
    let subjects: Vec<_> = counted.iter().map(|(subject, _)| *subject).collect();
    assert_eq!(
        subjects,
        [
            Subject::LineCount,
            Subject::SeriesCount,
            Subject::SampleCount
        ]
    );
    // Servers would drop the last sample, and nobody would see it.
    let hidden = native_failures(&native(2999), |_| {});
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0].0, Subject::TimeRange);
    let beyond = native_failures(&native(3000), |metadata| {
        metadata.time_range.end = "1970-01-01T00:00:02Z".parse().unwrap();
    });
    assert_eq!(
        beyond,
        [(
            Subject::TimeRange,
            "block 3 has a sample at 3000, the range is 1000 to 2000".to_owned()
        )]
    );
    let mut cut = native(3000);
    cut.pop();
    assert_eq!(native_failures(&cut, |_| {})[0].0, Subject::Lines);
}

#[test]
fn native_blocks_are_inspected_like_lines() {
    let stream = native(3000);
    let metadata = Metadata {
        format: Format::Native,
        ..metadata("")
    };
    let found = inspect(&Sealed::of(NATIVE_ENTRY, &stream, &metadata).path(), 2).unwrap();
    assert_eq!(found.format, Format::Native);
    assert_eq!((found.lines, found.series, found.samples), (4, 3, 6));
    assert_eq!(found.metric_names, 3);
}
