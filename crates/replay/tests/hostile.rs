//! Sources that are broken or made to hurt: a clear error or a counted line, nothing sent, nothing
//! left behind.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod world;

use std::io::Write as _;

use replay::{Ending, Error, Fit, Outcome, SkipReason};
use testkit::{FaultProxy, VmServer, VmVersion};
use world::{START_MS, World, line};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

struct Place {
    _server: VmServer,
    proxy: FaultProxy,
    world: World,
}

impl Place {
    fn new() -> Self {
        let server = VmServer::start(VmVersion::all()[1], &[]);
        let proxy = FaultProxy::start(&server.url());
        let world = World::new(&proxy.url());
        Self {
            _server: server,
            proxy,
            world,
        }
    }

    fn import(&self, bytes: &[u8]) -> Result<Outcome, Error> {
        self.world
            .import(&self.world.file("source", bytes), Fit::default())
    }

    /// The source is refused before anything is sent.
    fn refused(&self, what: &str, bytes: &[u8]) -> String {
        let error = match self.import(bytes) {
            Err(error) => error,
            Ok(outcome) => match outcome.ending {
                Ending::Failed(error) => error,
                other => panic!("{what}: {other:?}"),
            },
        };
        assert!(
            self.proxy.requests("POST /api/v1/import").is_empty(),
            "{what}"
        );
        let left = std::fs::read_dir(self.world.spool().root());
        assert_eq!(left.map_or(0, Iterator::count), 0, "{what}");
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            text.push_str(&format!(": {error}"));
            cause = error.source();
        }
        text
    }
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn good_line() -> Vec<u8> {
    line("m", &[(START_MS, "1")])
}

#[test]
fn archives_that_are_broken_or_hostile_are_refused() {
    let place = Place::new();
    let lines = good_line().repeat(2_000);
    let good = zip(&[("metrics.jsonl", &lines)]);
    let inner = zip(&[("metrics.jsonl", &good)]);
    let mut wrong_crc = good.clone();
    let directory = wrong_crc
        .windows(4)
        .rposition(|four| four == b"PK\x01\x02")
        .unwrap();
    wrong_crc[directory + 16] ^= 1;
    let mut damaged = good.clone();
    damaged[60] ^= 0x55;
    let mut encrypted = good.clone();
    for signature in [b"PK\x03\x04", b"PK\x01\x02"] {
        let at = encrypted
            .windows(4)
            .position(|four| four == signature)
            .unwrap();
        let flags = at + if signature == b"PK\x03\x04" { 6 } else { 8 };
        encrypted[flags] |= 1;
    }
    for (what, bytes, wanted) in [
        ("cut in the middle", &good[..good.len() / 2], ""),
        ("only its start", &good[..20], ""),
        ("without its last byte", &good[..good.len() - 1], ""),
        ("an archive in an archive", &inner, "once more"),
        ("a wrong checksum", &wrong_crc, ""),
        ("a damaged byte", &damaged, ""),
        ("encrypted", &encrypted, "encrypted"),
        (
            "an unsafe name",
            &zip(&[("../metrics.jsonl", &lines)]),
            "name",
        ),
        ("no series", &zip(&[("notes.txt", b"hello")]), ""),
        ("nothing", &zip(&[]), ""),
    ] {
        let message = place.refused(what, bytes);
        assert!(message.contains(wanted), "{what}: {message}");
    }
}

#[test]
fn other_files_are_refused_by_their_content() {
    let place = Place::new();
    let gz = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let whole = gz(&good_line().repeat(1_000));
    let zst = zstd::encode_all(&good_line().repeat(1_000)[..], 1).unwrap();
    let mut tar = vec![0; 1024];
    tar[..5].copy_from_slice(b"a.txt");
    tar[257..262].copy_from_slice(b"ustar");
    for (what, bytes, wanted) in [
        ("empty", &b""[..], "empty"),
        ("blank", b" \n\r\n", "empty"),
        ("a page", b"<!DOCTYPE html><html></html>", "page"),
        (
            "text",
            b"just some text\nand more\n",
            "no line that can be used",
        ),
        ("a gzip that is cut", &whole[..whole.len() - 9], ""),
        ("a zstd that is cut", &zst[..zst.len() - 3], ""),
        ("a compressed tar", &gz(&tar), "tar"),
        ("compressed twice", &gz(&whole), "once more"),
    ] {
        let message = place.refused(what, bytes);
        assert!(message.contains(wanted), "{what}: {message}");
    }
}

#[test]
fn lines_that_are_made_to_hurt_are_counted() {
    let place = Place::new();
    let deep = [
        br#"{"metric":"#.to_vec(),
        br#"{"a":"#.repeat(200_000),
        b"\n".to_vec(),
    ]
    .concat();
    let many_labels = {
        let mut line = br#"{"metric":{"#.to_vec();
        for i in 0..200_000 {
            line.extend_from_slice(format!("\"l{i}\":\"v\",").as_bytes());
        }
        line.extend_from_slice(b"\"z\":\"v\"},\"values\":[1],\"timestamps\":[1]}\n");
        line
    };
    let text = [
        good_line(),
        deep,
        b"{\"metric\":{\"a\":\"\x00\"},\"values\":[1],\"timestamps\":[1]}\n".to_vec(),
        b"\x00\x00\x00\n".to_vec(),
        b"\xff\xfe\n".to_vec(),
        many_labels,
        [b"x".repeat(20 << 20), b"\n".to_vec()].concat(),
        b"{\"metric\":{\"a\":\"b\"},\"values\":[1],\"timestamps\":[99999999999999999999]}\n"
            .to_vec(),
        good_line(),
    ]
    .concat();
    let outcome = place.import(&text).unwrap();
    assert!(matches!(outcome.ending, Ending::Complete), "{outcome:?}");
    let tally = &outcome.report.tally;
    assert_eq!((tally.lines, tally.good_lines), (9, 2), "{tally:#?}");
    assert_eq!(tally.skipped[&SkipReason::NotALine], 7);
}

#[test]
fn labels_that_are_not_utf8_reach_the_target() {
    let place = Place::new();
    let text = b"{\"metric\":{\"__name__\":\"m\",\"a\":\"\xff\xfe\"},\"values\":[1],\"timestamps\":[1700000000000]}\n";
    let outcome = place.import(text).unwrap();
    assert_eq!(outcome.report.sent.samples, 1);
    assert!(outcome.report.verification.unwrap().verified);
}

#[test]
fn a_bomb_is_read_as_a_stream() {
    let place = Place::new();
    // A gigabyte of blanks in a megabyte, with one line at its end.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&blanks).unwrap();
    }
    encoder.write_all(b"\n").unwrap();
    encoder.write_all(&good_line()).unwrap();
    let outcome = place.import(&encoder.finish().unwrap()).unwrap();
    assert_eq!(outcome.report.tally.good_lines, 1);
}

#[test]
fn a_long_line_is_read_as_a_short_one_however_it_is_spelled() {
    let place = Place::new();
    let samples = 200_000i64;
    let times = |quote: &str| {
        let times: Vec<String> = (0..samples)
            .map(|at| format!("{quote}{}{quote}", START_MS + at * 1_000))
            .collect();
        times.join(",")
    };
    let mut values: Vec<String> = (0..samples).map(|at| format!("{at}.5")).collect();
    let plain = values.join(",");
    // Far behind the point where a line counts as long.
    values[150_000] = "\"7.25\"".to_owned();
    let late = values.join(", ");
    let label = |name: &str| format!(r#""metric":{{"__name__":"{name}","job":"j"}}"#);
    let text = [
        format!(
            r#"{{"timestamps":[{}],"values":[{plain}],{}}}"#,
            times(""),
            label("first")
        ),
        format!(
            r#"{{ {}, "values":[{plain}], "timestamps": [{}]}}"#,
            label("spaces"),
            times("")
        ),
        format!(
            r#"{{{},"values":[{late}],"timestamps":[{}]}}"#,
            label("late"),
            times("")
        ),
        format!(
            r#"{{"unit":{{"x":[1]}},"values":[{plain}],{},"timestamps":[{}]}}"#,
            label("other_keys"),
            times("\"")
        ),
        format!(
            r#"{{"timestamps":[{}],"values":[{plain},1],{}}}"#,
            times(""),
            label("counts")
        ),
    ];
    let outcome = place.import((text.join("\n") + "\n").as_bytes()).unwrap();
    let report = outcome.report;
    let tally = &report.tally;
    assert_eq!((tally.lines, tally.good_lines), (5, 4), "{tally:#?}");
    assert_eq!(tally.divided_lines, 4);
    assert_eq!(report.sent.samples, 4 * samples as u64);
    let verification = report.verification.unwrap();
    assert!(verification.verified, "{verification:#?}");
    assert_eq!(verification.series_compared, 4);
}

#[test]
fn archives_of_every_layout_are_read() {
    let place = Place::new();
    let lines = good_line().repeat(2_000);
    let zip64 = {
        let mut zip = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default().large_file(true);
        zip.start_file("metrics.jsonl", options).unwrap();
        zip.write_all(&lines).unwrap();
        zip.finish().unwrap().into_inner()
    };
    // What is written to a pipe has its sizes behind the data.
    let streamed = {
        let mut zip = ZipWriter::new_stream(Vec::new());
        zip.start_file("metrics.jsonl", SimpleFileOptions::default())
            .unwrap();
        zip.write_all(&lines).unwrap();
        zip.finish().unwrap().into_inner()
    };
    assert!(streamed[6] & 8 != 0, "it has a data descriptor");
    let several = zip(&[
        ("b.jsonl", &lines[..lines.len() / 2]),
        ("a.jsonl", &lines[lines.len() / 2..]),
    ]);
    let named = zip(&[("other.jsonl", b"no series\n"), ("metrics.jsonl", &lines)]);
    let mut gzip = Vec::new();
    for half in lines.chunks(lines.len() / 2 - 7) {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(half).unwrap();
        gzip.extend(encoder.finish().unwrap());
    }
    for (what, bytes) in [
        ("zip64", zip64),
        ("data descriptor", streamed),
        ("two entries", several),
        ("an entry beside the data", named),
        ("gzip of several members", gzip),
    ] {
        let outcome = place.import(&bytes).unwrap();
        assert!(matches!(outcome.ending, Ending::Complete), "{what}");
        assert_eq!(outcome.report.tally.good_lines, 2_000, "{what}");
        assert_eq!(outcome.report.tally.skipped_lines(), 0, "{what}");
        assert_eq!(outcome.report.sent.samples, 2_000, "{what}");
    }
}
