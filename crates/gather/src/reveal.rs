//! A bundle with its original names, for the owner of the map.
//!
//! The data are streamed from the bundle into a new file; values and timestamps pass as the bytes
//! they are, only label values change. Memory holds one series name and one piece of text. The
//! result gets its name only once it is complete, and never replaces a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::{
    Archive, Bundle, Format, HashingWriter, Leftover, METADATA_ENTRY, METRICS_ENTRY, Metadata,
    PIECE_TEXT_BYTES, PendingFile, Piece, PieceCompressor, PieceEntry, README_ENTRY, readme,
};
use privacy::{Map, Revealer};
use vmformat::json_line::{LineSink, ValueChunk, write_metric};

use crate::bundle_lines::{BUFFER_BYTES, StreamError, stream};

/// Quick, like the bundle itself: the copy rarely travels.
const COMPRESSION_LEVEL: u32 = 1;

/// What a revealed bundle is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevealedForm {
    /// A ZIP with the data, the metadata with original job names, and a new README.
    Bundle,
    /// The data alone.
    Lines,
}

/// What was revealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revealed {
    /// Lines of data.
    pub lines: u64,
    /// Lines in which a label value was replaced.
    pub changed_lines: u64,
}

/// Why a bundle could not be revealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevealError {
    /// The bundle says that its pseudonyms come from another map.
    #[error("the bundle was made with another map, `{bundle}`; this is map `{map}`")]
    OtherMap {
        /// Id in the bundle's metadata.
        bundle: String,
        /// Id of the map given.
        map: String,
    },
    /// The bundle holds native blocks.
    #[error("a bundle of native blocks cannot be revealed")]
    NativeBundle,
    /// The bundle cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Read {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        #[source]
        source: bundle::Error,
    },
    /// A line of the bundle cannot be read.
    #[error("cannot read `{entry}` of the bundle")]
    Line {
        /// The entry.
        entry: String,
        /// Which line, and why not.
        #[source]
        source: vmformat::Error,
    },
    /// An entry ends early or is damaged.
    #[error("cannot read `{entry}` of the bundle")]
    Entry {
        /// The entry.
        entry: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The result cannot be written.
    #[error("cannot write `{path}`", path = path.display())]
    Write {
        /// The result.
        path: PathBuf,
        /// Why not.
        #[source]
        source: bundle::Error,
    },
    /// The data cannot be written.
    #[error("cannot write the revealed data")]
    Data(#[source] io::Error),
}

impl RevealError {
    /// The next step for a person, if there is an obvious one.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::OtherMap { bundle, .. } => Some(format!("look for the map `{bundle}.json`")),
            _ => None,
        }
    }
}

/// Writes `bundle` to `out` with every pseudonym of `map` in its label values replaced by the
/// original.
///
/// A bundle that does not say which map it was made with is taken as one of this map.
///
/// # Errors
///
/// The bundle names another map, holds native blocks or cannot be read; `out` exists or cannot be
/// written. Nothing is left at `out` then.
pub fn reveal_bundle(
    bundle: &Path,
    map: &Map,
    out: &Path,
    form: RevealedForm,
) -> Result<Revealed, RevealError> {
    let unreadable = |source| RevealError::Read {
        path: bundle.to_owned(),
        source,
    };
    let unwritable = |source| RevealError::Write {
        path: out.to_owned(),
        source,
    };
    let opened = Bundle::open(bundle).map_err(unreadable)?;
    let metadata = opened.metadata().map_err(unreadable)?;
    if let Some(metadata) = &metadata {
        refuse(metadata, map)?;
    }
    let entries = opened.metrics_entries().map_err(unreadable)?;
    let revealer = Revealer::new(map);
    let file = PendingFile::create(out, Leftover::Refuse).map_err(unwritable)?;
    let (file, revealed) = match form {
        RevealedForm::Lines => {
            let mut lines = Lines::new(&revealer, file);
            stream(&opened, &entries, &mut lines).map_err(|error| error.at(bundle))?;
            lines.end().map_err(RevealError::Data)?
        }
        RevealedForm::Bundle => {
            let date = metadata
                .as_ref()
                .map_or_else(jiff::Timestamp::now, |metadata| metadata.export_date);
            let mut archive = Archive::new(file, date);
            let entry = archive.begin(METRICS_ENTRY).map_err(unwritable)?;
            let mut lines = Lines::new(&revealer, HashingWriter::new(Pieces::new(entry)));
            stream(&opened, &entries, &mut lines).map_err(|error| error.at(bundle))?;
            let (pieces, revealed) = lines.end().map_err(RevealError::Data)?;
            let (pieces, digest) = pieces.finish().map_err(RevealError::Data)?;
            pieces.end().map_err(unwritable)?;
            if let Some(metadata) = metadata {
                let metadata = original(metadata, &revealer, digest.sha256);
                let json = metadata.to_json().map_err(unwritable)?;
                archive.entry(METADATA_ENTRY, &json).map_err(unwritable)?;
                archive
                    .entry(README_ENTRY, readme(&metadata).as_bytes())
                    .map_err(unwritable)?;
            }
            (archive.finish().map_err(unwritable)?, revealed)
        }
    };
    file.commit().map_err(unwritable)?;
    Ok(revealed)
}

fn refuse(metadata: &Metadata, map: &Map) -> Result<(), RevealError> {
    if metadata.format == Format::Native {
        return Err(RevealError::NativeBundle);
    }
    match &metadata.map_id {
        Some(id) if id != map.id() => Err(RevealError::OtherMap {
            bundle: id.clone(),
            map: map.id().to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The metadata as they were before obfuscation; counts do not change.
fn original(metadata: Metadata, revealer: &Revealer, metrics_sha256: String) -> Metadata {
    let jobs = metadata.jobs.iter().map(|job| {
        let original = revealer.value(job.as_bytes());
        String::from_utf8_lossy(&original).into_owned()
    });
    let text = |text: Option<String>| text.map(|text| revealer.text(&text));
    Metadata {
        jobs: jobs.collect(),
        case: text(metadata.case),
        note: text(metadata.note),
        obfuscated: false,
        obfuscation: None,
        map_id: None,
        audit: None,
        metrics_sha256: Some(metrics_sha256),
        ..metadata
    }
}

impl StreamError<LineError> {
    fn at(self, bundle: &Path) -> RevealError {
        match self {
            Self::Open(source) => RevealError::Read {
                path: bundle.to_owned(),
                source,
            },
            Self::Read(entry, source) => RevealError::Entry { entry, source },
            Self::Line(entry, LineError::Format(source)) => RevealError::Line { entry, source },
            Self::Line(_, LineError::Write(source)) => RevealError::Data(source),
        }
    }
}

#[derive(Debug)]
enum LineError {
    Format(vmformat::Error),
    Write(io::Error),
}

impl From<vmformat::Error> for LineError {
    fn from(error: vmformat::Error) -> Self {
        Self::Format(error)
    }
}

impl From<io::Error> for LineError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// The array of the current line that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Values,
    Timestamps,
}

/// Writes lines again, with revealed names.
struct Lines<'a, W> {
    revealer: &'a Revealer,
    writer: W,
    open: Open,
    text: Vec<u8>,
    changed: bool,
    /// By how much the timestamps of the current line are later than the stored ones, ms.
    shift_ms: i64,
    revealed: Revealed,
}

impl<'a, W: Write> Lines<'a, W> {
    fn new(revealer: &'a Revealer, writer: W) -> Self {
        Self {
            revealer,
            writer,
            open: Open::Nothing,
            text: Vec::with_capacity(BUFFER_BYTES),
            changed: false,
            shift_ms: 0,
            revealed: Revealed::default(),
        }
    }

    fn end(mut self) -> io::Result<(W, Revealed)> {
        self.writer.write_all(&self.text)?;
        Ok((self.writer, self.revealed))
    }

    /// Continues the array `open`, or ends another one and begins it with `key`.
    fn continue_array(&mut self, open: Open, key: &[u8]) {
        if self.open == open {
            self.text.push(b',');
            return;
        }
        self.close_array();
        self.text.extend_from_slice(b",\"");
        self.text.extend_from_slice(key);
        self.text.extend_from_slice(b"\":[");
        self.open = open;
    }

    fn close_array(&mut self) {
        if self.open != Open::Nothing {
            self.text.push(b']');
        }
        self.open = Open::Nothing;
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if self.text.len() >= BUFFER_BYTES {
            self.writer.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }
}

impl<W: Write> LineSink for Lines<'_, W> {
    type Error = LineError;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), LineError> {
        let instance = labels.iter().find(|(name, _)| name == b"instance");
        let phase = instance.map_or(0, |(_, instance)| self.revealer.phase(instance));
        self.shift_ms = i64::try_from(phase).unwrap_or_default();
        let originals: Vec<_> = labels
            .iter()
            .map(|(name, value)| (self.revealer.label_name(name), self.revealer.value(value)))
            .collect();
        self.changed =
            originals
                .iter()
                .zip(labels)
                .any(|((name, value), (old_name, old_value))| {
                    **value != **old_value || *name != &old_name[..]
                });
        self.text.extend_from_slice(b"{\"metric\":");
        let pairs = originals.iter().map(|(name, value)| (*name, &**value));
        write_metric(&mut self.text, pairs);
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), LineError> {
        self.continue_array(Open::Values, b"values");
        self.text.extend_from_slice(chunk.text);
        Ok(self.pass_on()?)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), LineError> {
        self.continue_array(Open::Timestamps, b"timestamps");
        for (number, timestamp) in timestamps.iter().enumerate() {
            if number > 0 {
                self.text.push(b',');
            }
            write!(self.text, "{}", timestamp.saturating_sub(self.shift_ms))?;
        }
        Ok(self.pass_on()?)
    }

    fn end_line(&mut self) -> Result<(), LineError> {
        self.close_array();
        self.text.extend_from_slice(b"}\n");
        self.revealed.lines += 1;
        self.revealed.changed_lines += u64::from(self.changed);
        Ok(self.pass_on()?)
    }
}

/// Compresses what is written into pieces of an entry.
struct Pieces<'a, W: Write> {
    entry: PieceEntry<'a, W>,
    compressor: PieceCompressor,
    text: Vec<u8>,
    piece: Piece,
}

impl<'a, W: Write> Pieces<'a, W> {
    fn new(entry: PieceEntry<'a, W>) -> Self {
        Self {
            entry,
            compressor: PieceCompressor::new(COMPRESSION_LEVEL),
            text: Vec::with_capacity(PIECE_TEXT_BYTES + BUFFER_BYTES),
            piece: Piece::default(),
        }
    }

    fn push(&mut self) -> Result<(), bundle::Error> {
        self.piece = self
            .compressor
            .compress(&self.text, std::mem::take(&mut self.piece));
        self.text.clear();
        self.entry.push(&self.piece)
    }

    fn end(mut self) -> Result<(), bundle::Error> {
        if !self.text.is_empty() {
            self.push()?;
        }
        self.entry.end()
    }
}

impl<W: Write> Write for Pieces<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        if self.text.len() >= PIECE_TEXT_BYTES {
            self.push().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
