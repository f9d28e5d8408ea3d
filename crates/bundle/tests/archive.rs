//! Archives that this crate writes, read by another implementation and by itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Cursor, Read, Seek, SeekFrom, Write};

use bundle::{Archive, Bundle, Error, Piece, PieceCompressor};
use proptest::prelude::*;

fn date() -> jiff::Timestamp {
    "2026-01-23T13:00:05.25Z".parse().unwrap()
}

/// An archive with `metrics.jsonl` made of these pieces, and one small entry.
fn archive(texts: &[Vec<u8>]) -> Vec<u8> {
    let mut compressor = PieceCompressor::new(1);
    let mut archive = Archive::new(Vec::new(), date());
    let mut entry = archive.begin("metrics.jsonl").unwrap();
    let mut piece = Piece::default();
    for text in texts {
        piece = compressor.compress(text, piece);
        entry.push(&piece).unwrap();
    }
    entry.end().unwrap();
    archive.entry("README.txt", b"for people\n").unwrap();
    archive.finish().unwrap()
}

fn on_disk(bytes: &[u8]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    file
}

fn content(bundle: &Bundle, name: &str) -> Vec<u8> {
    let mut content = Vec::new();
    bundle
        .read(bundle.find(name).unwrap())
        .unwrap()
        .read_to_end(&mut content)
        .unwrap();
    content
}

proptest! {
    #[test]
    fn another_reader_gets_every_byte_and_checks_the_combined_crc(
        texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4000), 0..5),
    ) {
        let bytes = archive(&texts);
        let whole = texts.concat();

        let mut other = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        let mut read = Vec::new();
        other.by_name("metrics.jsonl").unwrap().read_to_end(&mut read).unwrap();
        prop_assert_eq!(&read, &whole);

        let file = on_disk(&bytes);
        let bundle = Bundle::open(file.path()).unwrap();
        prop_assert_eq!(content(&bundle, "metrics.jsonl"), whole);
        prop_assert_eq!(content(&bundle, "README.txt"), b"for people\n");
    }

    #[test]
    fn no_changed_byte_is_read_as_if_it_were_right(position: prop::sample::Index, flip in 1u8..) {
        let text = br#"{"metric":{"__name__":"up"},"values":[1],"timestamps":[1769169600000]}"#;
        let mut bytes = archive(&[text.to_vec()]);
        let position = position.index(bytes.len());
        bytes[position] ^= flip;
        let file = on_disk(&bytes);
        // Opening or reading may fail; what is read in spite of it must be the text.
        if let Ok(bundle) = Bundle::open(file.path())
            && let Ok(data) = bundle.data()
        {
            let mut read = Vec::new();
            if bundle.read(data.entries[0]).and_then(|mut r| {
                r.read_to_end(&mut read).map_err(|source| Error::ReadEntry { entry: String::new(), source })
            }).is_ok() {
                prop_assert_eq!(read, text);
            }
        }
    }
}

#[test]
fn entries_carry_the_export_date_in_utc_and_a_private_mode() {
    let bytes = archive(&[b"{}\n".to_vec()]);
    let mut other = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    let names: Vec<_> = other.file_names().map(Result::unwrap).collect();
    assert_eq!(names, ["metrics.jsonl", "README.txt"]);
    let entry = other.by_index(0).unwrap();
    let modified = entry.last_modified().unwrap();
    assert_eq!(
        (modified.year(), modified.month(), modified.day()),
        (2026, 1, 23)
    );
    assert_eq!((modified.hour(), modified.minute()), (13, 0));
    assert_eq!(entry.unix_mode(), Some(0o100_600));
    assert_eq!(entry.compression(), zip::CompressionMethod::Deflated);
}

#[test]
fn an_entry_above_4_gib_gets_zip64_sizes() {
    // The same piece again and again: its compressed form is small, its plain size counts.
    let text = vec![b'7'; 16 << 20];
    let piece = PieceCompressor::new(9).compress(&text, Piece::default());
    let copies = 300;
    let mut archive = Archive::new(Vec::new(), date());
    let mut entry = archive.begin("metrics.jsonl").unwrap();
    for _ in 0..copies {
        entry.push(&piece).unwrap();
    }
    entry.end().unwrap();
    archive.entry("README.txt", b"after").unwrap();
    let bytes = archive.finish().unwrap();

    let size_bytes = copies * text.len() as u64;
    assert!(size_bytes > u64::from(u32::MAX));
    let mut other = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(other.by_index(0).unwrap().size(), size_bytes);
    assert_eq!(other.by_name("README.txt").unwrap().size(), 5);

    let file = on_disk(&bytes);
    let bundle = Bundle::open(file.path()).unwrap();
    assert_eq!(bundle.entries()[0].size_bytes, size_bytes);
    let mut reader = bundle.read(&bundle.entries()[0]).unwrap();
    assert_eq!(
        std::io::copy(&mut reader, &mut std::io::sink()).unwrap(),
        size_bytes
    );
}

/// Leaves holes where long runs of zeros are written, so that a huge archive costs no disk.
struct SparseFile(std::fs::File);

impl Write for SparseFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.len() == HOLE_BYTES {
            self.0.seek(SeekFrom::Current(HOLE_BYTES as i64))?;
            Ok(HOLE_BYTES)
        } else {
            self.0.write(bytes)
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

const HOLE_BYTES: usize = 64 << 20;

#[test]
fn an_entry_that_begins_beyond_4_gib_is_found() {
    let hole = Piece {
        deflated: vec![0; HOLE_BYTES],
        ..Piece::default()
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut archive = Archive::new(SparseFile(file.reopen().unwrap()), date());
    let mut entry = archive.begin("metrics.jsonl").unwrap();
    for _ in 0..65 {
        entry.push(&hole).unwrap();
    }
    entry.end().unwrap();
    archive.entry("README.txt", b"after").unwrap();
    archive.finish().unwrap();
    assert!(file.path().metadata().unwrap().len() > u64::from(u32::MAX));

    let mut other = zip::ZipArchive::new(file.reopen().unwrap()).unwrap();
    let mut read = String::new();
    other
        .by_name("README.txt")
        .unwrap()
        .read_to_string(&mut read)
        .unwrap();
    assert_eq!(read, "after");
    let bundle = Bundle::open(file.path()).unwrap();
    assert_eq!(content(&bundle, "README.txt"), b"after");
    assert!(bundle.entries()[0].compressed_bytes > u64::from(u32::MAX));
}

#[test]
fn an_archive_with_an_abandoned_entry_cannot_be_finished() {
    let mut archive = Archive::new(Vec::new(), date());
    drop(archive.begin("metrics.jsonl").unwrap());
    assert!(matches!(
        archive.entry("README.txt", b""),
        Err(Error::UnfinishedEntry)
    ));
    assert!(matches!(archive.finish(), Err(Error::UnfinishedEntry)));
}
