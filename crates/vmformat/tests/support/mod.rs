//! Reads the recorded exports and turns native streams into samples.
#![allow(dead_code, reason = "every test binary uses another part of this")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use vmformat::Error;
use vmformat::native::{Block, Decoder, FrameSplitter, Layout, LayoutDetector, StreamHeader};

pub(crate) const VERSIONS: [&str; 4] = ["v1.79.5", "v1.112.0", "v1.150.0", "v1.150.0-cluster"];

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors")
        .join(name)
}

/// The recorded native exports of a folder, by name without extension.
pub(crate) fn native_files(version: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder(version)).unwrap() {
        let path = entry.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "native")
        {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
    assert!(!files.is_empty());
    files
}

/// The lines of the recorded JSON line export.
pub(crate) fn lines(version: &str, name: &str) -> Vec<Vec<u8>> {
    let text = fs::read(folder(version).join(format!("{name}.jsonl"))).unwrap();
    text.split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

pub(crate) type OwnedFrame = (Vec<u8>, Vec<u8>);

/// Cuts a whole stream.
pub(crate) fn split(stream: &[u8]) -> Result<(StreamHeader, Vec<OwnedFrame>), Error> {
    let mut splitter = FrameSplitter::new();
    splitter.push(stream);
    let mut frames = Vec::new();
    while let Some(frame) = splitter.next_frame()? {
        frames.push((frame.name.to_vec(), frame.block.to_vec()));
    }
    splitter.finish()?;
    Ok((splitter.header().unwrap(), frames))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) timestamps: Vec<i64>,
    pub(crate) mantissas: Vec<i64>,
    pub(crate) scale: i16,
}

pub(crate) fn decode(block: &[u8], layout: Layout, decoder: &mut Decoder) -> Result<Rows, Error> {
    let block = Block::parse(block, layout)?;
    let (mut timestamps, mut mantissas) = (Vec::new(), Vec::new());
    decoder.decode_timestamps(&block, &mut timestamps)?;
    decoder.decode_mantissas(&block, &mut mantissas)?;
    Ok(Rows {
        timestamps,
        mantissas,
        scale: block.scale,
    })
}

pub(crate) struct Stream {
    pub(crate) header: StreamHeader,
    pub(crate) layout: Option<Layout>,
    pub(crate) frames: Vec<(OwnedFrame, Rows)>,
}

/// Reads a whole stream, as strictly as the format demands.
pub(crate) fn read(stream: &[u8]) -> Result<Stream, Error> {
    let (header, frames) = split(stream)?;
    let mut decoder = Decoder::new();
    let mut detector = LayoutDetector::new();
    let mut decoded = Vec::new();
    for frame in frames {
        vmformat::native::SeriesName::parse(&frame.0)?;
        let layout = detector.decide(&frame.1, &mut decoder)?;
        decoder.validate(&Block::parse(&frame.1, layout)?)?;
        let rows = decode(&frame.1, layout, &mut decoder)?;
        decoded.push((frame, rows));
    }
    Ok(Stream {
        header,
        layout: detector.layout(),
        frames: decoded,
    })
}
