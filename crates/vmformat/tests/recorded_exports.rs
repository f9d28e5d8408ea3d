//! Recorded native exports, decoded, give the JSON lines that the same server printed.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use support::{VERSIONS, lines, native_files, read};
use vmformat::json_line::{ParsedLine, parse_line, write_metric};
use vmformat::native::{Layout, SeriesName};
use vmformat::number::{
    STALE_MANTISSA, decimal_to_float, write_decimal, write_decimals, write_timestamps,
};

#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    timestamp: i64,
    mantissa: i64,
    scale: i16,
}

impl Sample {
    fn is_stale(&self) -> bool {
        self.mantissa == STALE_MANTISSA
    }

    fn value(&self) -> f64 {
        decimal_to_float(self.mantissa, self.scale)
    }
}

/// The samples of a native stream by series name: in range, in order of time.
fn series(stream: &[u8]) -> BTreeMap<Vec<u8>, Vec<Sample>> {
    let stream = read(stream).unwrap();
    let range = stream.header.start_ms..=stream.header.end_ms;
    let mut series: BTreeMap<Vec<u8>, Vec<Sample>> = BTreeMap::new();
    for ((name, _), rows) in stream.frames {
        let samples = rows.timestamps.iter().zip(&rows.mantissas);
        let samples = samples
            .filter(|(timestamp, _)| range.contains(timestamp))
            .map(|(&timestamp, &mantissa)| Sample {
                timestamp,
                mantissa,
                scale: rows.scale,
            });
        series.entry(name).or_default().extend(samples);
    }
    series.retain(|_, samples| !samples.is_empty());
    for samples in series.values_mut() {
        samples.sort_by_key(|sample| sample.timestamp);
    }
    series
}

/// Keeps the last sample of each interval `((k - 1) * interval_ms, k * interval_ms]`; of several
/// with that timestamp the largest, stale markers before numbers if `stale_wins`.
fn deduplicate(samples: &mut Vec<Sample>, interval_ms: i64, stale_wins: bool) {
    let rank = |sample: &Sample| {
        let key = if sample.is_stale() == stale_wins {
            1
        } else {
            0
        };
        (
            sample.timestamp,
            key,
            if sample.is_stale() {
                0.0
            } else {
                sample.value()
            },
        )
    };
    let interval = |sample: &Sample| (sample.timestamp + interval_ms - 1).div_euclid(interval_ms);
    let mut kept: Vec<Sample> = Vec::new();
    for sample in samples.drain(..) {
        match kept.last_mut() {
            Some(last) if interval(last) == interval(&sample) => {
                if rank(&sample) > rank(last) {
                    *last = sample;
                }
            }
            _ => kept.push(sample),
        }
    }
    *samples = kept;
}

fn format(name: &[u8], samples: &[Sample]) -> Vec<u8> {
    let mut line = b"{\"metric\":".to_vec();
    write_metric(&mut line, SeriesName::parse(name).unwrap().iter());
    line.extend_from_slice(b",\"values\":[");
    if samples
        .iter()
        .all(|sample| sample.scale == samples[0].scale)
    {
        let mantissas: Vec<i64> = samples.iter().map(|sample| sample.mantissa).collect();
        write_decimals(&mut line, &mantissas, samples[0].scale);
    } else {
        for (i, sample) in samples.iter().enumerate() {
            if i > 0 {
                line.push(b',');
            }
            write_decimal(&mut line, sample.mantissa, sample.scale);
        }
    }
    line.extend_from_slice(b"],\"timestamps\":[");
    let timestamps: Vec<i64> = samples.iter().map(|sample| sample.timestamp).collect();
    write_timestamps(&mut line, &timestamps);
    line.extend_from_slice(b"]}\n");
    line
}

fn formatted(version: &str, name: &str, stream: &[u8]) -> BTreeSet<Vec<u8>> {
    let interval_ms = match name {
        "dedup60s" => 60_000,
        "replicated_dedup1ms" => 1,
        _ => 0,
    };
    let mut lines = BTreeSet::new();
    for (series, mut samples) in series(stream) {
        if interval_ms > 0 {
            deduplicate(&mut samples, interval_ms, version == "v1.112.0");
        }
        lines.insert(format(&series, &samples));
    }
    lines
}

/// The line with samples of equal timestamps in the order of their text.
fn canonical(line: &[u8]) -> ParsedLine {
    let mut line = parse_line(line).unwrap();
    let mut samples: Vec<(i64, Vec<u8>)> = line
        .timestamps
        .iter()
        .copied()
        .zip(line.value_texts().map(<[u8]>::to_vec))
        .collect();
    assert_eq!(samples.len(), line.timestamps.len());
    samples.sort();
    line.timestamps = samples.iter().map(|(timestamp, _)| *timestamp).collect();
    line.values = samples
        .into_iter()
        .map(|(_, text)| text)
        .collect::<Vec<_>>()
        .join(&b","[..]);
    line
}

fn metric_name(line: &[u8]) -> String {
    let line = parse_line(line).unwrap();
    let label = line.labels.first().filter(|(name, _)| name == b"__name__");
    label.map_or_else(String::new, |(_, value)| {
        String::from_utf8_lossy(value).into_owned()
    })
}

/// The series whose lines the server spells or orders in another way, though they mean the same.
fn spelled_otherwise(version: &str, name: &str) -> &'static [&'static str] {
    match (version, name) {
        ("v1.79.5", "labels") => &["l_ctrl"],
        ("v1.79.5", "special") => &[
            "s_inf",
            "s_inf_frac",
            "s_inf_only",
            "s_neginf_only",
            "s_stale_first",
            "s_stale_inf_zero",
            "s_stale_only",
        ],
        ("v1.79.5", "dedup60s") => &[
            "s_inf",
            "s_inf_frac",
            "s_inf_only",
            "s_neginf_only",
            "s_stale_first",
            "s_stale_inf_zero",
            "s_stale_only",
        ],
        (_, "overlap") => &["o_dup_in_block", "o_same_ts_other_value"],
        ("v1.150.0-cluster", "replicated") => &["o_dup_in_block", "o_same_ts_other_value"],
        _ => &[],
    }
}

/// The series that cannot be reproduced: see the README of the recordings.
fn irreproducible(version: &str, name: &str) -> &'static [&'static str] {
    match (version, name) {
        ("v1.79.5", "dedup60s") => &["o_same_ts_other_value"],
        ("v1.79.5", "precision10") => &["v_counter_irregular_ms"],
        _ => &[],
    }
}

#[test]
fn every_recording_formats_to_the_lines_of_its_server() {
    for version in VERSIONS {
        for (name, stream) in native_files(version) {
            let ours = formatted(version, &name, &stream);
            let theirs: BTreeSet<Vec<u8>> = lines(version, &name).into_iter().collect();
            assert_eq!(ours.len(), theirs.len(), "{version}/{name}");
            let otherwise = spelled_otherwise(version, &name);
            let irreproducible = irreproducible(version, &name);

            let by_labels = |lines: &BTreeSet<Vec<u8>>| {
                let lines = lines.iter().map(|line| canonical(line));
                lines
                    .map(|line| (line.labels.clone(), line))
                    .collect::<BTreeMap<_, _>>()
            };
            for line in theirs.difference(&ours) {
                let series = metric_name(line);
                let series = series.as_str();
                assert!(
                    otherwise.contains(&series) || irreproducible.contains(&series),
                    "{version}/{name}: {}",
                    String::from_utf8_lossy(line)
                );
            }
            let mut ours = by_labels(&ours);
            let mut theirs = by_labels(&theirs);
            for excepted in irreproducible {
                let is_it = |labels: &Vec<(Vec<u8>, Vec<u8>)>| labels[0].1 == excepted.as_bytes();
                let our = ours
                    .extract_if(.., |labels, _| is_it(labels))
                    .next()
                    .unwrap()
                    .1;
                let their = theirs
                    .extract_if(.., |labels, _| is_it(labels))
                    .next()
                    .unwrap()
                    .1;
                match name.as_str() {
                    "precision10" => assert_eq!(our.values, their.values),
                    _ => assert_eq!(our.timestamps, their.timestamps),
                }
            }
            assert_eq!(ours, theirs, "{version}/{name}");
        }
    }
}

#[test]
fn an_export_of_nothing_is_the_header_alone() {
    for version in ["v1.79.5", "v1.112.0", "v1.150.0"] {
        let stream = read(&native_files(version)["empty"]).unwrap();
        assert!(stream.frames.is_empty());
        assert_eq!(stream.layout, None);
        assert_eq!(stream.header.start_ms, 1_700_000_000_000);
        assert_eq!(stream.header.end_ms, 1_700_000_001_000);
    }
}

#[test]
fn the_layout_is_found_in_every_recording() {
    for version in VERSIONS {
        let layout = if version == "v1.79.5" {
            Layout::A
        } else {
            Layout::B
        };
        for (name, stream) in native_files(version) {
            if name != "empty" {
                assert_eq!(
                    read(&stream).unwrap().layout,
                    Some(layout),
                    "{version}/{name}"
                );
            }
        }
    }
}
