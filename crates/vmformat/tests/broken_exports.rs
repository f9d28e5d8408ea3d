//! Broken native exports are refused, and the reason that an old server appended is found.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use support::{decode, native_files, read, split};
use vmformat::native::{Block, Decoder, FrameSplitter, Layout, SeriesName};
use vmformat::{BlockDefect, ColumnName, Error, NameDefect, StreamPart};

fn error(name: &str) -> Error {
    match read(&native_files("broken")[name]) {
        Err(error) => error,
        Ok(_) => panic!("{name} was accepted"),
    }
}

#[test]
fn every_broken_stream_is_refused() {
    for name in native_files("broken").keys() {
        error(name);
    }
}

#[test]
fn a_stream_cut_anywhere_is_refused() {
    for (part, name) in [
        (StreamPart::Header, "truncated_in_header"),
        (StreamPart::NameLength, "truncated_in_name_length"),
        (StreamPart::Name, "truncated_in_name"),
        (StreamPart::BlockLength, "truncated_in_block_length"),
        (StreamPart::Block, "truncated_in_block"),
    ] {
        let stream = &native_files("broken")[name];
        match split(stream) {
            Err(
                error @ Error::Truncated {
                    part: found,
                    offset,
                    ..
                },
            ) => {
                assert_eq!((found, offset), (part, stream.len() as u64));
                assert!(error.is_truncated());
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn a_cut_at_a_frame_border_is_the_only_one_that_passes() {
    let stream = &native_files("v1.150.0")["special"];
    let whole = (0..=stream.len())
        .filter(|length| split(&stream[..*length]).is_ok())
        .count();
    assert_eq!(whole, split(stream).unwrap().1.len() + 1);
}

#[test]
fn lengths_above_the_limit_are_refused_before_they_are_read() {
    for (name, part) in [
        ("name_length_over_1MiB", StreamPart::Name),
        ("block_length_over_1MiB", StreamPart::Block),
    ] {
        match error(name) {
            Error::TooLong {
                part: found,
                length: 1_048_577,
                ..
            } => assert_eq!(found, part),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn broken_names_are_refused() {
    for (name, expected) in [
        ("name_bad_escape", NameDefect::Escape),
        ("name_key_without_value", NameDefect::MissingValue),
        ("name_without_terminator", NameDefect::Unterminated),
    ] {
        match error(name) {
            Error::Name { defect, .. } => assert_eq!(defect, expected),
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn broken_blocks_are_refused_for_what_is_wrong_with_them() {
    let defect = |name: &str| {
        let (_, frames) = split(&native_files("broken")[name]).unwrap();
        let block = &frames.last().unwrap().1;
        let mut decoder = Decoder::new();
        let result = Block::parse(block, Layout::B).and_then(|block| decoder.validate(&block));
        match result {
            Err(Error::Block { defect, .. }) => defect,
            other => panic!("{name}: {other:?}"),
        }
    };
    assert!(matches!(
        defect("bad_zstd"),
        BlockDefect::Zstd(ColumnName::Values, _)
    ));
    assert!(matches!(
        defect("delta2_single_row"),
        BlockDefect::SingleRow(ColumnName::Values, _)
    ));
    assert!(matches!(
        defect("marshal_type_0"),
        BlockDefect::MarshalType(ColumnName::Timestamps, 0)
    ));
    assert!(matches!(
        defect("marshal_type_7"),
        BlockDefect::MarshalType(ColumnName::Timestamps, 7)
    ));
    assert!(matches!(
        defect("max_before_min_lossy"),
        BlockDefect::MaxBeforeMin
    ));
    assert!(matches!(
        defect("precision_bits_0"),
        BlockDefect::PrecisionBits(0)
    ));
    assert!(matches!(defect("rows_16385"), BlockDefect::Rows(16_385)));
    assert!(matches!(defect("rows_zero"), BlockDefect::Rows(0)));
    assert!(matches!(
        defect("timestamps_decrease"),
        BlockDefect::Unsorted
    ));
    assert!(matches!(
        defect("too_few_deltas"),
        BlockDefect::ColumnLength(ColumnName::Values, 3)
    ));
    assert!(matches!(
        defect("too_many_deltas"),
        BlockDefect::ColumnLength(ColumnName::Values, 3)
    ));
    assert!(matches!(
        defect("trailing_byte_in_block"),
        BlockDefect::Surplus(1)
    ));
    assert!(matches!(defect("varint_overflow"), BlockDefect::Header));
}

/// Reads as an application does: stops at the first error and keeps the rest of the body for its
/// reason.
fn read_in_pieces(stream: &[u8], size: usize) -> Error {
    let mut pieces = stream.chunks(size);
    let mut splitter = FrameSplitter::new();
    let mut decoder = Decoder::new();
    let mut take_frames = |splitter: &mut FrameSplitter| {
        while let Some(frame) = splitter.next_frame()? {
            SeriesName::parse(frame.name)?;
            decode(frame.block, Layout::A, &mut decoder)?;
        }
        Ok(())
    };
    for piece in pieces.by_ref() {
        splitter.push(piece);
        if let Err(error) = take_frames(&mut splitter) {
            let mut tail = splitter.into_tail();
            pieces.for_each(|piece| tail.push(piece));
            return Error::with_tail(error, &tail);
        }
    }
    splitter.finish().unwrap_err()
}

#[test]
fn the_reason_of_an_old_server_is_found_wherever_it_cuts() {
    for name in [
        "error_text_after_whole_frame_v1.79",
        "error_text_inside_block_v1.79",
        "error_text_inside_name_v1.79",
    ] {
        let stream = &native_files("broken")[name];
        for size in [1, 2, 7, 100, 180, 1000] {
            let error = read_in_pieces(stream, size);
            let text = error.server_text().unwrap();
            assert!(
                text.starts_with("remoteAddr: \"10.0.0.7:59372\"; requestURI: /api/v1/"),
                "{name}"
            );
            assert!(
                text.ends_with("with `-search.maxExportDuration` command-line flag"),
                "{name}"
            );
            assert!(!error.to_string().contains("remoteAddr"));
            assert!(!format!("{error:?}").contains("remoteAddr"));
        }
    }
}

#[test]
fn a_zstd_bomb_stops_at_what_the_rows_can_need() {
    let bomb = zstd::bulk::compress(&vec![0; 100_000_000], 1).unwrap();
    let block = |data: &[u8], rows: u32| {
        let mut bytes = Vec::new();
        Block {
            min_ts: 0,
            max_ts: Some(0),
            first_value: 0,
            rows,
            scale: 0,
            timestamps_type: vmformat::native::Encoding::Constant,
            values_type: vmformat::native::Encoding::ZstdDelta,
            precision_bits: 64,
            timestamps_data: &[],
            values_data: data,
        }
        .write(&mut bytes);
        bytes
    };
    let mut decoder = Decoder::new();
    let mut refuses = |data: &[u8], rows| {
        let result = decode(&block(data, rows), Layout::B, &mut decoder);
        assert!(matches!(result, Err(Error::Block { .. })), "{result:?}");
    };
    refuses(&bomb, 16_384);
    refuses(&bomb, 2);
    refuses(&[], 1);
    let mut trailing = zstd::bulk::compress(&[2, 2], 1).unwrap();
    trailing.push(0);
    refuses(&trailing, 3);
}

#[test]
fn several_zstd_frames_are_one_payload() {
    let mut data = zstd::bulk::compress(&[2, 2], 1).unwrap();
    data.extend_from_slice(&zstd::bulk::compress(&[4], 19).unwrap());
    let block = Block {
        min_ts: 5,
        max_ts: Some(9),
        first_value: 1,
        rows: 4,
        scale: 0,
        timestamps_type: vmformat::native::Encoding::ZstdDelta,
        values_type: vmformat::native::Encoding::ZstdDelta,
        precision_bits: 64,
        timestamps_data: &data,
        values_data: &data,
    };
    let (mut timestamps, mut mantissas) = (Vec::new(), Vec::new());
    let mut decoder = Decoder::new();
    decoder.decode_timestamps(&block, &mut timestamps).unwrap();
    decoder.decode_mantissas(&block, &mut mantissas).unwrap();
    assert_eq!(timestamps, [5, 6, 7, 9]);
    assert_eq!(mantissas, [1, 2, 3, 5]);
}
