//! What is written is read back, in both layouts, and floats become the decimals that servers
//! store.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::{Rows, VERSIONS, decode, native_files, read, split};
use vmformat::native::{
    Block, Decoder, Encoder, Encoding, Layout, MAX_ROWS_WRITTEN, SeriesName, StreamHeader,
    write_frame, write_name,
};
use vmformat::number::floats_to_decimals;
use vmformat::{EncodeDefect, Error};

#[test]
fn recorded_rows_survive_encoding_in_both_layouts() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    for version in VERSIONS {
        for (name, stream) in native_files(version) {
            for (_, rows) in read(&stream).unwrap().frames {
                for layout in Layout::ALL {
                    let mut block = Vec::new();
                    encoder
                        .encode(
                            layout,
                            &rows.timestamps,
                            &rows.mantissas,
                            rows.scale,
                            &mut block,
                        )
                        .unwrap();
                    decoder
                        .validate(&Block::parse(&block, layout).unwrap())
                        .unwrap();
                    let decoded = decode(&block, layout, &mut decoder).unwrap();
                    assert_eq!(decoded, rows, "{version}/{name}");
                }
            }
        }
    }
}

fn uncompressed(encoding: Encoding) -> Encoding {
    match encoding {
        Encoding::ZstdDelta => Encoding::Delta,
        Encoding::ZstdDeltaOfDelta => Encoding::DeltaOfDelta,
        plain => plain,
    }
}

#[test]
fn encodings_are_chosen_as_servers_do() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    for version in VERSIONS {
        for (name, stream) in native_files(version) {
            if name == "precision10" || name == "empty" {
                continue;
            }
            let stream = read(&stream).unwrap();
            let layout = stream.layout.unwrap();
            for ((series, theirs), rows) in stream.frames {
                let mut ours = Vec::new();
                encoder
                    .encode(
                        layout,
                        &rows.timestamps,
                        &rows.mantissas,
                        rows.scale,
                        &mut ours,
                    )
                    .unwrap();
                let ours = Block::parse(&ours, layout).unwrap();
                let theirs = Block::parse(&theirs, layout).unwrap();
                let series = String::from_utf8_lossy(&series);
                for (ours, theirs) in [
                    (ours.timestamps_type, theirs.timestamps_type),
                    (ours.values_type, theirs.values_type),
                ] {
                    assert_eq!(
                        uncompressed(ours),
                        uncompressed(theirs),
                        "{version} {series}"
                    );
                    // Servers built without the C library compress a little worse, so give it up
                    // more often.
                    if !version.starts_with("v1.150.0") {
                        assert_eq!(ours, theirs, "{version} {series}");
                    }
                }
                decoder.validate(&ours).unwrap();
            }
        }
    }
}

#[test]
fn converting_to_the_other_layout_and_back_is_the_identity() {
    let (mut encoder, mut decoder) = (Encoder::new(), Decoder::new());
    let mut convert = |block: &[u8], from, to| {
        let mut out = Vec::new();
        encoder
            .convert(block, from, to, &mut decoder, &mut out)
            .unwrap();
        out
    };
    for version in VERSIONS {
        for (name, stream) in native_files(version) {
            let stream = read(&stream).unwrap();
            let Some(from) = stream.layout else { continue };
            let to = if from == Layout::A {
                Layout::B
            } else {
                Layout::A
            };
            for ((_, block), rows) in stream.frames {
                let other = convert(&block, from, to);
                let misread = Block::parse(&other, from);
                let misread = misread.and_then(|block| Decoder::new().validate(&block));
                assert!(misread.is_err(), "{version}/{name}");
                let back = convert(&other, to, from);
                if from == Layout::A || name != "precision10" {
                    assert_eq!(back, block, "{version}/{name}");
                }
                assert_eq!(decode(&other, to, &mut Decoder::new()).unwrap(), rows);
                assert_eq!(decode(&back, from, &mut Decoder::new()).unwrap(), rows);
                assert_eq!(convert(&block, from, from), block);
            }
        }
    }
}

#[test]
fn recorded_names_survive() {
    for version in VERSIONS {
        for stream in native_files(version).values() {
            for (name, _) in split(stream).unwrap().1 {
                let mut written = Vec::new();
                write_name(&mut written, SeriesName::parse(&name).unwrap().iter());
                assert_eq!(written, name);
            }
        }
    }
}

#[test]
fn a_rewritten_stream_is_the_recorded_one() {
    for version in VERSIONS {
        for stream in native_files(version).values() {
            let (header, frames) = split(stream).unwrap();
            let mut written = Vec::new();
            header.write(&mut written);
            for (name, block) in frames {
                write_frame(&mut written, &name, &block).unwrap();
            }
            assert_eq!(&written, stream);
        }
    }
}

#[test]
fn imported_number_text_becomes_the_recorded_decimals() {
    for version in ["v1.79.5", "v1.112.0", "v1.150.0"] {
        let mut checked = 0;
        for ((name, _), rows) in read(&native_files(version)["values"]).unwrap().frames {
            let name = SeriesName::parse(&name).unwrap();
            let labels: BTreeMap<&[u8], &[u8]> = name.iter().collect();
            let Some(source) = labels.get(&b"src"[..]) else {
                continue;
            };
            let source: f64 = std::str::from_utf8(source).unwrap().parse().unwrap();
            let mut mantissas = Vec::new();
            let scale = floats_to_decimals(&[source], &mut mantissas);
            assert_eq!(
                (mantissas, scale),
                (rows.mantissas, rows.scale),
                "{version} {source:e}"
            );
            checked += 1;
        }
        assert_eq!(checked, 208, "{version}");
    }
}

#[test]
fn columns_that_no_server_accepts_are_refused() {
    let mut encoder = Encoder::new();
    let mut out = Vec::new();
    let mut defect = |timestamps: &[i64], mantissas: &[i64]| {
        let result = encoder.encode(Layout::B, timestamps, mantissas, 0, &mut out);
        assert!(out.is_empty());
        match result {
            Err(Error::Encode(defect)) => defect,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(defect(&[], &[]), EncodeDefect::Rows(0)));
    assert!(matches!(
        defect(&[1], &[]),
        EncodeDefect::Lengths {
            timestamps: 1,
            values: 0
        }
    ));
    assert!(matches!(defect(&[2, 1], &[0, 0]), EncodeDefect::Unsorted));
    let many = [7; MAX_ROWS_WRITTEN + 1];
    assert!(matches!(defect(&many, &many), EncodeDefect::Rows(8193)));
}

#[test]
fn parts_above_the_limit_are_not_written() {
    let mut out = Vec::new();
    let long = vec![1; 1_048_577];
    assert!(write_frame(&mut out, &long, &[]).is_err());
    assert!(write_frame(&mut out, &[], &long).is_err());
    assert!(out.is_empty());
    write_frame(&mut out, &long[1..], &long[1..]).unwrap();
    StreamHeader {
        start_ms: 0,
        end_ms: 0,
    }
    .write(&mut out);
}

/// Columns that lead to each of the six encodings, with both ends of the range.
fn column() -> impl Strategy<Value = Vec<i64>> {
    let rows = 1..400usize;
    prop_oneof![
        prop::collection::vec(any::<i64>(), rows.clone()),
        prop::collection::vec(
            prop_oneof![Just(i64::MIN), Just(i64::MAX), -3i64..3],
            rows.clone()
        ),
        (any::<i64>(), rows.clone()).prop_map(|(value, rows)| vec![value; rows]),
        (any::<i64>(), any::<i64>(), rows.clone()).prop_map(|(first, step, rows)| (0..rows as i64)
            .map(|i| first.wrapping_add(step.wrapping_mul(i)))
            .collect()),
        prop::collection::vec(0i64..50, rows.clone()).prop_map(|steps| steps
            .iter()
            .scan(0i64, |sum, step| {
                *sum += step;
                Some(*sum)
            })
            .collect()),
        prop::collection::vec(-1000i64..1000, rows),
    ]
}

proptest! {
    #[test]
    fn any_columns_survive(
        mut timestamps in column(), mut mantissas in column(), scale: i16, in_a: bool,
    ) {
        let rows = timestamps.len().min(mantissas.len());
        timestamps.truncate(rows);
        mantissas.truncate(rows);
        timestamps.sort_unstable();
        let layout = if in_a { Layout::A } else { Layout::B };
        let mut block = Vec::new();
        Encoder::new().encode(layout, &timestamps, &mantissas, scale, &mut block).unwrap();
        let mut decoder = Decoder::new();
        decoder.validate(&Block::parse(&block, layout).unwrap()).unwrap();
        let decoded = decode(&block, layout, &mut decoder).unwrap();
        prop_assert_eq!(decoded, Rows { timestamps, mantissas, scale });
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>) {
        let mut decoder = Decoder::new();
        for layout in Layout::ALL {
            let _ = decode(&bytes, layout, &mut decoder);
        }
        let _ = SeriesName::parse(&bytes);
        let _ = read(&bytes);
    }

    #[test]
    fn no_damage_makes_a_reader_panic(at: prop::sample::Index, byte: u8, version in 0..4usize) {
        for (_, mut stream) in native_files(VERSIONS[version]) {
            if stream.len() < 4000 {
                let at = at.index(stream.len());
                stream[at] = byte;
                let _ = read(&stream);
            }
        }
    }
}
