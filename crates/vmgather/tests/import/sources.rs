//! What can be imported, and what is refused before anything is sent.

use std::io::{Cursor, Write as _};

use testkit::{VmServer, VmVersion, canonical, diff};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::harness::Place;
use crate::recorder::Recorder;
use crate::target::{START_MS, last_event, line, stored};

fn lines() -> Vec<u8> {
    (0..500)
        .map(|at| line(&format!("m{at}"), START_MS, &["1", "2"]))
        .collect::<String>()
        .into_bytes()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn every_kind_of_file_arrives_from_a_file_and_from_stdin() {
    let lines = lines();
    let expected = canonical(&lines);
    let kinds = [
        ("plain", lines.clone()),
        ("gzip", gzip(&lines)),
        (
            "gzip in two pieces",
            [gzip(&lines[..9_999]), gzip(&lines[9_999..])].concat(),
        ),
        ("zstd", zstd(&lines)),
        (
            "bundle",
            zipped(&[("metrics.jsonl", &lines), ("README.txt", b"read me")]),
        ),
        ("other name", zipped(&[("folder/some.jsonl", &lines)])),
    ];
    for version in VmVersion::all() {
        for (what, bytes) in &kinds {
            let target = VmServer::start(version, &[]);
            let url = target.url();
            let place = Place::new();
            place.file("file.bin", bytes);
            let args = ["--url", &url, "--no-verify", "--json"];
            for name in ["file.bin", "-"] {
                let args = [&["import", name][..], &args].concat();
                let said = place.run_with_stdin(&args, bytes).done();
                let done = last_event(&said);
                assert_eq!(done["samples_sent"], 1_000, "{what} {name} {done:#}");
            }
            assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0], "{what}");
            target.wait_for_samples(testkit::EVERYTHING, 2_000);
            assert_eq!(diff(&expected, &stored(&target)), None, "{what}");
        }
    }
}

#[test]
fn damaged_archives_and_other_files_are_refused_and_nothing_is_sent() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let lines = lines();
    let good = zipped(&[("metrics.jsonl", &lines)]);
    let at = |signature: &[u8]| good.windows(4).position(|four| four == signature).unwrap();
    let directory = at(b"PK\x01\x02");
    let mut wrong_crc = good.clone();
    wrong_crc[directory + 16] ^= 1;
    let mut encrypted = good.clone();
    encrypted[6] |= 1;
    encrypted[directory + 8] |= 1;
    let compressed = gzip(&lines);
    for (what, bytes, wanted) in [
        ("a wrong checksum", wrong_crc, "metrics.jsonl"),
        ("cut", good[..good.len() / 2].to_vec(), "file.bin"),
        ("encrypted", encrypted, "encrypted"),
        ("nested", zipped(&[("metrics.jsonl", &good)]), "once more"),
        (
            "nothing in it",
            zipped(&[("notes.txt", b"hello")]),
            "file.bin",
        ),
        (
            "gzip, cut",
            compressed[..compressed.len() - 9].to_vec(),
            "file.bin",
        ),
        ("zstd, cut", zstd(&lines)[..100].to_vec(), "file.bin"),
        ("empty", Vec::new(), "empty"),
        ("a page", b"<!doctype html>".to_vec(), "page"),
        ("text", b"some text\nmore text\n".to_vec(), "line 1: "),
    ] {
        let place = Place::new();
        place.file("file.bin", bytes);
        let said = place.run(&["import", "file.bin", "--url", &recorder.url()]);
        assert_eq!(said.code, 1, "{what}: {}", said.stderr);
        assert!(said.stderr.contains(wanted), "{what}: {}", said.stderr);
        let hinted = said.stderr.contains("get it again");
        assert!(
            hinted || !what.ends_with(", cut"),
            "{what}: {}",
            said.stderr
        );
        assert!(!said.stderr.contains("defect"), "{what}: {}", said.stderr);
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0], "{what}");
    }
    let place = Place::new();
    let said = place.run(&["import", "none.zip", "--url", &recorder.url()]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("none.zip"), "{}", said.stderr);
    assert_eq!(recorder.imports().len(), 0);
}

#[test]
fn broken_lines_are_counted_with_their_numbers_or_stop_the_import_before_it_begins() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let url = recorder.url();
    let place = Place::new();
    let lines = [
        line("a", START_MS, &["1"]),
        "not json\n".to_owned(),
        "{\"metric\":{\"__name__\":\"m\"},\"values\":[1,2],\"timestamps\":[1]}\n".to_owned(),
        "{\"metric\":{},\"values\":[1],\"timestamps\":[1]}\n".to_owned(),
        line("b", START_MS, &["1"]),
    ];
    place.file("lines.jsonl", lines.concat());
    let args = [
        "import",
        "lines.jsonl",
        "--url",
        &url,
        "--json",
        "--no-verify",
    ];
    let said = place.run(&[&args[..], &["--fail-on-skip"]].concat());
    assert_eq!(said.code, 1);
    let error = last_event(&said);
    assert_eq!(error["type"], "error");
    assert!(error["causes"][0].as_str().unwrap().starts_with("line 2: "));
    assert_eq!(recorder.imports().len(), 0);
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);

    let done = last_event(&place.run(&args).done());
    assert_eq!(done["lines_skipped"]["not_a_line"], 1, "{done:#}");
    assert_eq!(done["lines_skipped"]["counts_differ"], 1);
    assert_eq!(done["lines_skipped"]["no_labels"], 1);
    let skipped = done["first_skipped"].as_array().unwrap();
    let numbers: Vec<i64> = skipped
        .iter()
        .map(|line| line["line"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [2, 3, 4]);
    assert_eq!(done["samples_sent"], 2);
}
