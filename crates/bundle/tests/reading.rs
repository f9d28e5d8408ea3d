//! Bundles made elsewhere: repacked, old, damaged, hostile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read, Write};

use bundle::{Bundle, Error};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const SERIES: &[u8] =
    b"{\"metric\":{\"__name__\":\"up\"},\"values\":[1],\"timestamps\":[1769169600000]}\n";

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    packed_with(entries, CompressionMethod::Deflated)
}

fn packed_with(entries: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, content) in entries {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open(bytes: &[u8]) -> Result<Bundle, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    Bundle::open(file.path())
}

fn metrics_names(entries: &[(&str, &[u8])]) -> Vec<String> {
    let bundle = open(&packed(entries)).unwrap();
    let found = bundle.data().unwrap();
    found
        .entries
        .iter()
        .map(|entry| entry.name.clone())
        .collect()
}

/// Replaces equally long byte strings everywhere: in the entry's header and in the directory.
fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut found = 0;
    for start in 0..=bytes.len() - from.len() {
        if bytes[start..].starts_with(from) {
            bytes[start..start + from.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0);
    bytes
}

#[test]
fn metrics_are_found_at_the_top_whatever_the_case() {
    assert_eq!(
        metrics_names(&[("a.jsonl", SERIES), ("Metrics.JSONL", SERIES)]),
        ["Metrics.JSONL"]
    );
}

#[test]
fn otherwise_every_jsonl_entry_with_series_counts_in_name_order() {
    assert_eq!(
        metrics_names(&[
            ("old/b.jsonl", SERIES),
            ("old/a.jsonl", SERIES),
            ("__MACOSX/old/._a.jsonl", b"\0\x05\x16\x07 resource fork"),
            ("log.jsonl", b"{\"level\":\"info\"}\n{\"metric\":1}\n"),
            ("old/c.JSONL", b"\n  {\"metric\":{}}"),
            ("metadata.json", b"{}"),
        ]),
        ["old/a.jsonl", "old/b.jsonl", "old/c.JSONL"]
    );
}

#[test]
fn native_data_are_found_where_the_metadata_say_so_or_nothing_else_is_there() {
    let metadata =
        br#"{"export_id":"export-1","export_date":"2026-01-23T13:00:00Z","format":"native",
        "time_range":{"start":"2026-01-23T12:00:00Z","end":"2026-01-23T13:00:00Z"}}"#;
    let both: [(&str, &[u8]); 2] = [("metrics.jsonl", SERIES), ("metrics.native", &[0; 16])];
    assert_eq!(metrics_names(&both), ["metrics.jsonl"]);
    let told = [both[0], both[1], ("metadata.json", metadata)];
    assert_eq!(metrics_names(&told), ["metrics.native"]);
    assert_eq!(metrics_names(&[("a/b.native", &[0; 16])]), ["a/b.native"]);
}

#[test]
fn an_archive_without_series_says_so() {
    let bundle = open(&packed(&[
        ("metadata.json", b"{}"),
        ("x.jsonl", b"{\"a\":1}"),
    ]))
    .unwrap();
    assert!(matches!(bundle.data(), Err(Error::NoMetrics)));
}

#[test]
fn stored_entries_are_read_and_checked() {
    let bytes = packed_with(&[("metrics.jsonl", SERIES)], CompressionMethod::Stored);
    let read = |bytes: &[u8]| {
        let bundle = open(bytes).unwrap();
        let mut content = Vec::new();
        let entry = &bundle.entries()[0];
        let outcome = bundle.read(entry).unwrap().read_to_end(&mut content);
        outcome.map(|_| content).map_err(|error| error.to_string())
    };
    assert_eq!(read(&bytes).unwrap(), SERIES);
    let error = read(&patched(bytes, b"[1]", b"[2]")).unwrap_err();
    assert!(error.contains("CRC-32"), "{error}");
}

#[test]
fn metadata_are_optional_but_not_guessed() {
    let metadata = |entries: &[(&str, &[u8])]| open(&packed(entries)).unwrap().metadata();
    assert!(metadata(&[("metrics.jsonl", SERIES)]).unwrap().is_none());
    let error = metadata(&[("metadata.json", b"{\"export_id\":")]).unwrap_err();
    assert!(matches!(error, Error::ReadMetadata(_)) && error.is_damaged());
    let read = metadata(&[(
        "metadata.json",
        br#"{"export_id":"export-1","export_date":"2026-01-23T12:00:00Z",
             "time_range":{"start":"2026-01-23T11:00:00Z","end":"2026-01-23T12:00:00Z"}}"#,
    )]);
    assert_eq!(read.unwrap().unwrap().export_id, "export-1");
}

#[test]
fn unsafe_names_are_refused() {
    let plain = packed(&[("abcdefgh", b"x")]);
    for name in [
        "../bcdef",
        "a/../cde",
        "/bcdefgh",
        "C:cdefgh",
        "a\\..\\def",
        "\\bcdefgh",
    ] {
        let mut padded = name.to_owned();
        padded.extend(std::iter::repeat_n('x', 8 - name.len()));
        let opened = open(&patched(plain.clone(), b"abcdefgh", padded.as_bytes()));
        assert!(matches!(opened, Err(Error::UnsafeName { .. })), "{name}");
    }
    open(&patched(plain, b"abcdefgh", b"a..b/..c")).unwrap();
}

#[test]
fn doubled_names_are_refused() {
    let two = packed(&[("one.jsonl", SERIES), ("two.jsonl", SERIES)]);
    let opened = open(&patched(two, b"two.jsonl", b"one.jsonl"));
    assert!(matches!(opened, Err(Error::DuplicateEntry { entry }) if entry == "one.jsonl"));
    let opened = open(&packed(&[
        ("metrics.jsonl", SERIES),
        ("METRICS.jsonl", SERIES),
    ]));
    assert!(matches!(opened, Err(Error::DuplicateEntry { entry }) if entry == "METRICS.jsonl"));
}

#[test]
fn encrypted_entries_are_refused() {
    let mut bytes = packed(&[("metrics.jsonl", SERIES)]);
    // Bit 0 of the flags, 8 bytes into the directory's record (APPNOTE 4.3.12).
    let record = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[record + 8] |= 1;
    assert!(matches!(open(&bytes), Err(Error::Encrypted { .. })));
}

#[test]
fn overlapping_entries_are_refused() {
    let stored = |entries: &[(&str, &[u8])]| packed_with(entries, CompressionMethod::Stored);
    let directory = |bytes: &[u8]| {
        let records = (0..bytes.len() - 4).filter(|&at| bytes[at..].starts_with(b"PK\x01\x02"));
        records.collect::<Vec<_>>()
    };
    // The data of the first entry are a whole second entry, and the directory points into them.
    let inner = stored(&[("b.jsonl", SERIES)]);
    let inner = &inner[..directory(&inner)[0]];
    let mut bytes = stored(&[("a.jsonl", inner), ("b.jsonl", SERIES)]);
    let inner_at = bytes.windows(inner.len()).position(|w| w == inner).unwrap();
    let local_header_offset = directory(&bytes)[1] + 42;
    bytes[local_header_offset..][..4].copy_from_slice(&(inner_at as u32).to_le_bytes());
    assert!(matches!(open(&bytes), Err(Error::Overlap { entry }) if entry == "b.jsonl"));

    bytes[local_header_offset..][..4].fill(0);
    assert!(matches!(open(&bytes), Err(Error::NameMismatch { entry }) if entry == "b.jsonl"));
}

#[test]
fn archives_of_very_many_files_are_refused() {
    let names: Vec<String> = (0..1001).map(|n| format!("{n}")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert!(matches!(
        open(&packed(&entries)),
        Err(Error::TooManyEntries { limit: 1000 })
    ));
    open(&packed(&entries[..1000])).unwrap();
}

#[test]
fn other_compressions_are_named() {
    let mut bytes = packed(&[("metrics.jsonl", SERIES)]);
    let record = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[record + 10] = 93;
    let bundle = open(&bytes).unwrap();
    let error = bundle.read(&bundle.entries()[0]).unwrap_err();
    assert!(error.to_string().contains("method 93"), "{error}");
}

#[test]
fn what_is_no_archive_is_an_error_with_the_path() {
    for bytes in [&b""[..], b"PK", SERIES] {
        let error = open(bytes).unwrap_err();
        assert!(error.is_damaged(), "{error:?}");
    }
    let cut = packed(&[("metrics.jsonl", SERIES)]);
    assert!(matches!(
        open(&cut[..cut.len() / 2]),
        Err(Error::NotAnArchive { .. })
    ));
    let error = Bundle::open("/nowhere/a.zip".as_ref()).unwrap_err();
    assert!(!error.is_damaged() && error.to_string().contains("/nowhere/a.zip"));
}
