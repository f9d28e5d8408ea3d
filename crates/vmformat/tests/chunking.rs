//! Readers give the same for every way to cut their input into pieces.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod support;

use proptest::prelude::*;
use support::{OwnedFrame, VERSIONS, folder, lines, native_files};
use vmformat::json_line::{
    LineReader, LineSink, MAX_CHUNK_VALUES, ParsedLine, ValueChunk, parse_line,
};
use vmformat::native::{FrameSplitter, StreamHeader};
use vmformat::{Error, Tail};

/// Everything that a stream gives, and how it ends.
fn split_in(pieces: &[&[u8]]) -> (Option<StreamHeader>, Vec<OwnedFrame>, String) {
    let mut splitter = FrameSplitter::new();
    let mut frames = Vec::new();
    for piece in pieces {
        splitter.push(piece);
        loop {
            match splitter.next_frame() {
                Ok(Some(frame)) => frames.push((frame.name.to_vec(), frame.block.to_vec())),
                Ok(None) => break,
                Err(error) => return (splitter.header(), frames, error.to_string()),
            }
        }
    }
    let end = splitter
        .finish()
        .map_or_else(|error| error.to_string(), |()| String::new());
    (splitter.header(), frames, end)
}

/// What a reader told its sink.
#[derive(Debug, Clone, PartialEq)]
enum Event {
    Metric(Vec<(Vec<u8>, Vec<u8>)>),
    Values(String, usize),
    Timestamps(Vec<i64>),
    EndLine,
    Failed(String, String, Option<String>),
}

#[derive(Default)]
struct Recorder(Vec<Event>);

impl LineSink for Recorder {
    type Error = Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
        self.0.push(Event::Metric(labels.to_vec()));
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Error> {
        let text = String::from_utf8(chunk.text.to_vec()).unwrap();
        assert_eq!(text.split(',').count(), chunk.count);
        assert!((1..=MAX_CHUNK_VALUES).contains(&chunk.count));
        self.0.push(Event::Values(text, chunk.count));
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Error> {
        assert!((1..=MAX_CHUNK_VALUES).contains(&timestamps.len()));
        self.0.push(Event::Timestamps(timestamps.to_vec()));
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Error> {
        self.0.push(Event::EndLine);
        Ok(())
    }
}

fn read_in(pieces: &[&[u8]]) -> Vec<Event> {
    let mut reader = LineReader::new();
    let mut recorder = Recorder::default();
    let mut read = || {
        for piece in pieces {
            reader.push(piece, &mut recorder)?;
        }
        reader.finish()
    };
    if let Err(error) = read() {
        let defect = std::error::Error::source(&error).unwrap().to_string();
        let text = error.server_text().map(str::to_owned);
        recorder
            .0
            .push(Event::Failed(error.to_string(), defect, text));
    }
    recorder.0
}

fn cut<'a>(input: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut borders: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    borders.extend([0, input.len()]);
    borders.sort_unstable();
    borders
        .windows(2)
        .map(|pair| &input[pair[0]..pair[1]])
        .collect()
}

/// Lines of all kinds, whole and broken, with and without a server's reason behind the cut.
const TEXTS: &[&str] = &[
    "{\"metric\":{\"__name__\":\"up\",\"job\":\"a\\u0041\\n\\\"}\"},\"values\":[1,-0.5,1e5],\"timestamps\":[1700000000000,1700000015000,-5]}\n{\"metric\":{},\"values\":[],\"timestamps\":[]}",
    "\n \r\n{ \"metric\" : { \"a\" : \"b\" , \"a\":\"c\" } , \"timestamps\" : [ 1 , 2 ] , \"values\" : [ NaN , +Inf ] } \r\n\n",
    "{\"metric\":{\"a\":\"b\"},\"values\":[null,\"NaN\",\"Infinity\",-Inf,\"-Infinity\"],\"timestamps\":[1,2,3,4,5]}\n",
    "{\"metric\":{\"__name__\":\"up\"},\"values\":[1,2remoteAddr: \"10.0.0.7:59372\"; requestURI: /x; error: timeout\n",
    "{\"metric\":{\"__name__\":\"up\",\"inremoteAddr: \"10.0.0.7:59372\"; requestURI: /x; error: timeout\n",
    "{\"metric\":{\"__name__\":\"up\"},\"valremoteAddr: \"10.0.0.7:59372\"; requestURI: /x; error: timeout\n",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[1]}\nremoteAddr: \"10.0.0.7:59372\"; requestURI: /x; error: timeout\n",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[17000error when exporting data: timeout exceeded\n",
    "cannot fetch\n",
    "{\"status\":\"error\",\"errorType\":\"422\",\"error\":\"the reason of it\"}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1,2],\"timestamps\":[1]}\n",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[1]} {\n",
    "{\"metric\":{\"a\":\"b\\",
    "{\"metric\":{\"a\":\"b\\\n\"}",
    "{\"metric\":{\"a\":\"b\",},\"values\":[]}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1,,2]}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1,]}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[01]}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1,2}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[9223372036854775808]}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1],\"values\":[1]}",
    "{\"values\":[1],\"timestamps\":[1],\"metric\":{}}",
    "{\"metric\":{\"a\":\"b\"},\"values\":[1]}",
    "{\"metric\":{\"a\":1}}",
    "{}",
];

#[test]
fn every_single_cut_of_every_text_gives_the_same() {
    for text in TEXTS {
        let text = text.as_bytes();
        let whole = read_in(&[text]);
        for at in 0..=text.len() {
            assert_eq!(read_in(&[&text[..at], &text[at..]]), whole, "cut at {at}");
        }
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(read_in(&bytes), whole);
    }
}

#[test]
fn recorded_lines_are_read_alike_in_pieces_of_every_size() {
    for version in VERSIONS {
        for name in native_files(version).into_keys() {
            let text = std::fs::read(folder(version).join(format!("{name}.jsonl"))).unwrap();
            let whole = read_in(&[&text]);
            assert!(!whole.iter().any(|event| matches!(event, Event::Failed(..))));
            for size in [1, 13, 1021, 65_536] {
                let pieces: Vec<&[u8]> = text.chunks(size).collect();
                assert!(
                    read_in(&pieces) == whole,
                    "{version}/{name} in pieces of {size}"
                );
            }
        }
    }
}

/// A line with these timestamps, as text.
fn line_at(times: &str) -> String {
    let count = times.split(',').filter(|time| !time.is_empty()).count();
    let values = vec!["1"; count].join(",");
    format!("{{\"metric\":{{\"a\":\"b\"}},\"values\":[{values}],\"timestamps\":[{times}]}}\n")
}

proptest! {
    #[test]
    fn timestamps_that_come_again_are_read_as_if_they_were_new(
        lines in prop::collection::vec(
            prop::sample::select(vec![
                "1700000000000,1700000015000",
                "1700000000000,1700000015000,1700000030000",
                "1700000000000 ,1700000015000",
                "1700000000000, 1700000015000",
                "1700000015000",
                "170000001500",
                "1,2",
                "1,2,-3",
                "2",
                "",
            ]),
            1..12,
        ),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let lines: Vec<String> = lines.into_iter().map(line_at).collect();
        let expected: Vec<Event> = lines.iter().flat_map(|line| read_in(&[line.as_bytes()])).collect();
        let text = lines.concat();
        prop_assert_eq!(read_in(&cut(text.as_bytes(), &cuts)), expected);
    }
}

/// One line with so many samples that they come in several chunks.
fn long_line(count: usize, value: &str, blank: &str) -> Vec<u8> {
    let values = vec![value; count].join(&format!("{blank},{blank}"));
    let timestamps: Vec<String> = (0..count)
        .map(|i| (1_700_000_000_000 + i as i64 * 15).to_string())
        .collect();
    let timestamps = timestamps.join(",");
    format!("{{\"metric\":{{}},\"values\":[{values}],\"timestamps\":[{timestamps}]}}\n")
        .into_bytes()
}

#[test]
fn long_lines_come_in_chunks_that_do_not_depend_on_the_pieces() {
    let digits = "7".repeat(500);
    for (count, value) in [
        (8191, "0"),
        (8192, "12.5"),
        (8193, "-3"),
        (20_000, "1"),
        (3000, &digits),
    ] {
        let whole = read_in(&[&long_line(count, value, "")]);
        let chunks = whole
            .iter()
            .filter(|event| matches!(event, Event::Values(..)))
            .count();
        let expected = (count * (value.len() + 1))
            .div_ceil(256 * 1024)
            .max(count.div_ceil(8192));
        assert_eq!(chunks, expected);
        for blank in ["", " "] {
            let line = long_line(count, value, blank);
            for size in [1, 11, 4096] {
                let pieces: Vec<&[u8]> = line.chunks(size).collect();
                assert!(
                    read_in(&pieces) == whole,
                    "{count} of {value} in pieces of {size}"
                );
            }
        }
    }
}

#[test]
fn limits_hold_for_any_pieces() {
    let metric = |bytes: usize| {
        let value = "x".repeat(bytes - "{\"a\":\"\"}".len());
        format!("{{\"metric\":{{\"a\":\"{value}\"}},\"values\":[],\"timestamps\":[]}}\n")
    };
    let number = |bytes| long_line(1, &"1".repeat(bytes), "");
    for (text, fails) in [
        (metric(1 << 20).into_bytes(), false),
        (metric((1 << 20) + 1).into_bytes(), true),
        (number(2048), false),
        (number(2049), true),
    ] {
        let whole = read_in(&[&text]);
        assert_eq!(matches!(whole.last(), Some(Event::Failed(..))), fails);
        for size in [7, 4096, 1 << 20] {
            let pieces: Vec<&[u8]> = text.chunks(size).collect();
            assert!(read_in(&pieces) == whole);
        }
    }
}

#[test]
fn the_reason_of_an_old_server_is_found_in_lines() {
    let reason = |text: &str| match read_in(&[text.as_bytes()]).pop() {
        Some(Event::Failed(_, _, text)) => text,
        other => panic!("{other:?}"),
    };
    let full = "remoteAddr: \"10.0.0.7:59372\"; requestURI: /x; error: timeout";
    let with_reason: Vec<&&str> = TEXTS.iter().filter(|text| text.contains(full)).collect();
    assert_eq!(with_reason.len(), 4);
    for text in with_reason {
        assert_eq!(reason(text).unwrap(), full);
    }
    assert_eq!(reason("cannot fetch\n").unwrap(), "cannot fetch");
    assert_eq!(
        reason("{\"metric\":{\"a\":\"b\"},\"values\":[1,error when exporting: timeout exceeded\n")
            .unwrap(),
        "error when exporting: timeout exceeded"
    );
    assert_eq!(
        reason("{\"metric\":{\"a\":\"b\"},\"values\":[1,oops]"),
        None
    );
}

#[test]
fn the_tail_of_a_body_does_not_replace_what_the_line_told() {
    let text = b"cannot fetch\n{\"metric\":{\"a\":\"b c\"}}\n";
    let error = LineReader::new()
        .push(text, &mut Recorder::default())
        .unwrap_err();
    let mut tail = Tail::default();
    tail.push(text);
    assert_eq!(error.with_tail(&tail).server_text(), Some("cannot fetch"));
}

#[test]
fn errors_say_line_and_byte() {
    let text =
        "{\"metric\":{},\"values\":[],\"timestamps\":[]}\n\n{\"metric\":{},\"values\":[1,x]}";
    let mut reader = LineReader::new();
    let mut recorder = Recorder::default();
    let error = reader
        .push(text.as_bytes(), &mut recorder)
        .and_then(|()| reader.finish())
        .unwrap_err();
    assert!(matches!(error, Error::Line { line: 3, .. }));
    let Error::Line { offset, .. } = error else {
        unreachable!()
    };
    assert_eq!(&text[offset as usize..], "x]}");
}

#[test]
fn odd_spellings_of_old_servers_become_those_of_new_ones() {
    let new: Vec<ParsedLine> = lines("v1.150.0", "special")
        .iter()
        .map(|line| parse_line(line).unwrap())
        .collect();
    let old: Vec<ParsedLine> = lines("v1.79.5", "special")
        .iter()
        .map(|line| parse_line(line).unwrap())
        .collect();
    assert_eq!(new.len(), old.len());
    assert!(old.iter().all(|line| new.contains(line)));
    let control = |version| {
        let lines = lines(version, "labels");
        let line = lines
            .iter()
            .find(|line| line.starts_with(b"{\"metric\":{\"__name__\":\"l_ctrl\""));
        parse_line(line.unwrap()).unwrap()
    };
    assert_eq!(control("v1.79.5"), control("v1.150.0"));
}

#[test]
fn one_line_is_one_line() {
    let line = "{\"metric\":{\"a\":\"b\",\"a\":\"c\"},\"values\":[1,2.50],\"timestamps\":[3,4]}";
    let parsed = parse_line(line.as_bytes()).unwrap();
    assert_eq!(parsed.labels, [(b"a".to_vec(), b"c".to_vec())]);
    assert_eq!(
        parsed.value_texts().collect::<Vec<_>>(),
        [&b"1"[..], b"2.50"]
    );
    assert_eq!(parsed.timestamps, [3, 4]);
    let empty = parse_line(b"{\"metric\":{},\"values\":[],\"timestamps\":[]}\n").unwrap();
    assert_eq!(empty.value_texts().count(), 0);
    assert!(parse_line(b"").is_err());
    assert!(parse_line(format!("{line}\n{line}\n").as_bytes()).is_err());
}

proptest! {
    #[test]
    fn streams_are_split_alike(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12), version in 0..5usize,
    ) {
        let version = ["v1.79.5", "v1.112.0", "v1.150.0", "v1.150.0-cluster", "broken"][version];
        for (name, stream) in native_files(version) {
            prop_assert_eq!(split_in(&cut(&stream, &cuts)), split_in(&[&stream]), "{}", name);
        }
    }

    #[test]
    fn lines_are_read_alike(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        texts in prop::collection::vec(prop::sample::select(TEXTS), 1..4),
    ) {
        let text = texts.concat();
        prop_assert_eq!(read_in(&cut(text.as_bytes(), &cuts)), read_in(&[text.as_bytes()]));
    }

    #[test]
    fn damaged_lines_are_read_alike(
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        text in prop::sample::select(TEXTS),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut text = text.as_bytes().to_vec();
        for (at, byte) in damage {
            let at = at.index(text.len());
            text[at] = byte;
        }
        prop_assert_eq!(read_in(&cut(&text, &cuts)), read_in(&[&text]));
    }
}
