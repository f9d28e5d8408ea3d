//! Bundles in another format, or as lines to look at; samples and names stay what they are.
//!
//! Everything is streamed. The result gets its name only once it is complete, and never replaces a
//! file.

mod block_writer;
mod contents;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::{
    Archive, Bundle, Data, Format, HashingWriter, Leftover, METADATA_ENTRY, METRICS_ENTRY,
    Metadata, NATIVE_ENTRY, PendingFile, README_ENTRY, Sealed, partial_path, readme,
};

use self::block_writer::{BlockError, BlockWriter};
use self::contents::Contents;
use crate::bundle_lines::{StreamError, inflate, stream};
use crate::entry_writer::EntryWriter;
use crate::line_copy::{LineCopy, LineError};
use crate::seal::LINE_ROWS;
use crate::stage::StageError;

/// What a conversion made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// The new bundle.
    pub sealed: Sealed,
    /// Lines or native blocks in it.
    pub lines: u64,
    /// Samples in it, as many as before.
    pub samples: u64,
    /// Stale markers among them. As lines they are `null`, which servers do not store; native blocks
    /// keep them.
    pub stale_markers: u64,
}

/// Why a bundle cannot be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The bundle has this format already.
    #[error("`{path}` holds {what} already", path = path.display())]
    SameFormat {
        /// The bundle.
        path: PathBuf,
        /// What it holds, as a phrase.
        what: &'static str,
    },
    /// There is no way to write this format.
    #[error("a bundle of an unknown format cannot be written")]
    UnknownFormat,
    /// The bundle cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Read {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        #[source]
        source: bundle::Error,
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
    /// The data are others than those that the metadata were written for.
    #[error("the data of `{path}` have another SHA-256 than its metadata tell", path = path.display())]
    OtherData {
        /// The bundle.
        path: PathBuf,
    },
    /// A line or block of the bundle cannot be read.
    #[error("cannot read `{entry}` of the bundle")]
    Line {
        /// The entry.
        entry: String,
        /// Which line, and why not.
        #[source]
        source: vmformat::Error,
    },
    /// A line of the bundle is none that a server writes.
    #[error("cannot read `{entry}` of the bundle: {reason}")]
    OddLine {
        /// The entry.
        entry: String,
        /// What is odd.
        reason: String,
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
    #[error("cannot write the data")]
    Data(#[source] io::Error),
}

impl ConvertError {
    /// Whoever reads the lines has closed the pipe.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Data(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

/// Writes the samples of a bundle as JSON lines, whatever its format.
///
/// Lines come as they are. Native blocks become the lines that a bundle of lines would hold, in the
/// order of the blocks.
///
/// # Errors
///
/// The bundle cannot be read to its end, or `writer` fails; [`ConvertError::is_broken_pipe`] tells
/// when nobody listens any more.
pub fn cat_bundle(bundle: &Path, writer: impl Write) -> Result<(), ConvertError> {
    let (opened, _) = open(bundle)?;
    let data = opened.data().map_err(|error| unreadable(bundle, error))?;
    let mut writer = writer;
    if data.format == Format::Native {
        let mut lines = LineCopy::new(None, writer);
        stream(&opened, &data, LINE_ROWS, &mut lines).map_err(|error| of_lines(error, bundle))?;
        (writer, _) = lines.end().map_err(ConvertError::Data)?;
    } else {
        let mut ended = true;
        inflate(&opened, &data.entries, |piece| match piece {
            Some(bytes) => {
                ended = bytes.ends_with(b"\n");
                writer.write_all(bytes)
            }
            // The next entry begins with a line of its own.
            None if !std::mem::replace(&mut ended, true) => writer.write_all(b"\n"),
            None => Ok(()),
        })
        .map_err(|error| of_bytes(error, bundle))?;
    }
    writer.flush().map_err(ConvertError::Data)
}

/// Writes `bundle` to `out` in the format `to`, with its metadata and a checksum file.
///
/// Values of lines become decimals with the same text; see [`vmformat::number::read_decimal`] for
/// the few floats that have none. The data are read once more before, for their checksum.
///
/// # Errors
///
/// The bundle has that format already, was changed since it was sealed, or cannot be read to its end; `out` exists or cannot be
/// written. Nothing is left at `out` then.
pub fn convert_bundle(bundle: &Path, out: &Path, to: Format) -> Result<Converted, ConvertError> {
    let (opened, metadata) = open(bundle)?;
    let data = opened.data().map_err(|error| unreadable(bundle, error))?;
    if data.format == to {
        return Err(ConvertError::SameFormat {
            path: bundle.to_owned(),
            what: match to {
                Format::Native => "native blocks",
                _ => "JSON lines",
            },
        });
    }
    let conversion = Conversion {
        path: bundle,
        bundle: &opened,
        data,
        metadata,
        out,
    };
    conversion.check_sum()?;
    match to {
        Format::Native => conversion.to_native(),
        Format::Jsonl => conversion.to_lines(),
        Format::Unknown => Err(ConvertError::UnknownFormat),
    }
}

fn open(path: &Path) -> Result<(Bundle, Option<Metadata>), ConvertError> {
    let opened = Bundle::open(path).map_err(|error| unreadable(path, error))?;
    let metadata = match opened.metadata() {
        Ok(metadata) => metadata,
        // The samples can be had all the same.
        Err(error) if error.is_damaged() => None,
        Err(error) => return Err(unreadable(path, error)),
    };
    Ok((opened, metadata))
}

/// What is converted, and where it goes.
struct Conversion<'a> {
    path: &'a Path,
    bundle: &'a Bundle,
    data: Data<'a>,
    metadata: Option<Metadata>,
    out: &'a Path,
}

impl Conversion<'_> {
    /// Refuses what was changed since it was sealed: the new bundle would vouch for it.
    fn check_sum(&self) -> Result<(), ConvertError> {
        let told = self.metadata.as_ref();
        let told = told.and_then(|metadata| metadata.metrics_sha256.as_deref());
        let (Some(told), [_]) = (told, &self.data.entries[..]) else {
            return Ok(());
        };
        let mut hash = HashingWriter::new(io::sink());
        let hashed = inflate(self.bundle, &self.data.entries, |piece| {
            hash.write_all(piece.unwrap_or_default())
        });
        hashed.map_err(|error| of_bytes(error, self.path))?;
        let (_, digest) = hash.finish().map_err(ConvertError::Data)?;
        if digest.sha256 != told {
            return Err(ConvertError::OtherData {
                path: self.path.to_owned(),
            });
        }
        Ok(())
    }

    fn to_lines(&self) -> Result<Converted, ConvertError> {
        let mut contents = Contents::default();
        let mut nulls = 0;
        let mut written = 0;
        let sealed = self.write(Format::Jsonl, |writer| {
            let mut lines = LineCopy::new(None, writer);
            stream(
                self.bundle,
                &self.data,
                LINE_ROWS,
                &mut contents.beside(&mut lines),
            )
            .map_err(|error| of_lines(error, self.path))?;
            let (writer, copied) = lines.end().map_err(ConvertError::Data)?;
            (nulls, written) = (copied.nulls, copied.lines);
            Ok((writer, copied.lines))
        })?;
        Ok(Converted {
            sealed,
            lines: written,
            samples: contents.samples,
            stale_markers: nulls,
        })
    }

    fn to_native(&self) -> Result<Converted, ConvertError> {
        let of_data = |error| match error {
            StreamError::Open(source) => unreadable(self.path, source),
            StreamError::Read(entry, source) => ConvertError::Entry { entry, source },
            StreamError::Line(entry, source) => ConvertError::Line { entry, source },
        };
        // Servers drop what lies outside of the range at the start, so it must be known first.
        let mut contents = Contents::default();
        stream(self.bundle, &self.data, LINE_ROWS, &mut contents).map_err(of_data)?;
        let told = self
            .metadata
            .as_ref()
            .map(|metadata| metadata.time_range.millis());
        let header = contents.header(told);
        let spill = partial_path(&self.out.with_added_extension("values"));
        let mut stale_markers = 0;
        let mut written = 0;
        let sealed = self.write(Format::Native, |writer| {
            let mut blocks =
                BlockWriter::new(header, writer, spill.clone()).map_err(ConvertError::Data)?;
            stream(self.bundle, &self.data, LINE_ROWS, &mut blocks)
                .map_err(|error| of_blocks(error, self.path))?;
            let (writer, made) = blocks.end().map_err(|error| {
                of_blocks(StreamError::Line(NATIVE_ENTRY.to_owned(), error), self.path)
            })?;
            (stale_markers, written) = (made.stale_markers, made.blocks);
            Ok((writer, made.blocks))
        })?;
        Ok(Converted {
            sealed,
            lines: written,
            samples: contents.samples,
            stale_markers,
        })
    }

    /// Writes a bundle whose data come from `fill`, which returns how many lines or blocks they are.
    fn write(
        &self,
        format: Format,
        fill: impl FnOnce(EntryBytes<'_>) -> Result<(EntryBytes<'_>, u64), ConvertError>,
    ) -> Result<Sealed, ConvertError> {
        let unwritable = |source| ConvertError::Write {
            path: self.out.to_owned(),
            source,
        };
        let file = PendingFile::create(self.out, Leftover::Refuse).map_err(unwritable)?;
        let date = self
            .metadata
            .as_ref()
            .map_or_else(jiff::Timestamp::now, |metadata| metadata.export_date);
        let mut archive = Archive::new(file, date);
        let name = match format {
            Format::Native => NATIVE_ENTRY,
            _ => METRICS_ENTRY,
        };
        let entry = archive.begin(name).map_err(unwritable)?;
        let (writer, lines) = fill(HashingWriter::new(EntryWriter::new(entry)))?;
        let (entry, digest) = writer.finish().map_err(ConvertError::Data)?;
        entry.end().map_err(unwritable)?;
        if let Some(metadata) = &self.metadata {
            let metadata = Metadata {
                format,
                metrics_count: lines,
                metrics_sha256: Some(digest.sha256),
                ..metadata.clone()
            };
            let json = metadata.to_json().map_err(unwritable)?;
            archive.entry(METADATA_ENTRY, &json).map_err(unwritable)?;
            archive
                .entry(README_ENTRY, readme(&metadata).as_bytes())
                .map_err(unwritable)?;
        }
        let file = archive.finish().map_err(unwritable)?;
        file.commit().map_err(unwritable)
    }
}

/// Where the data of the new bundle go.
type EntryBytes<'a> = HashingWriter<EntryWriter<'a, PendingFile>>;

fn unreadable(path: &Path, source: bundle::Error) -> ConvertError {
    ConvertError::Read {
        path: path.to_owned(),
        source,
    }
}

fn of_bytes(error: StreamError<io::Error>, bundle: &Path) -> ConvertError {
    match error {
        StreamError::Open(source) => unreadable(bundle, source),
        StreamError::Read(entry, source) => ConvertError::Entry { entry, source },
        StreamError::Line(_, source) => ConvertError::Data(source),
    }
}

fn of_lines(error: StreamError<LineError>, bundle: &Path) -> ConvertError {
    match error {
        StreamError::Open(source) => unreadable(bundle, source),
        StreamError::Read(entry, source) => ConvertError::Entry { entry, source },
        StreamError::Line(entry, LineError::Format(source)) => ConvertError::Line { entry, source },
        StreamError::Line(_, LineError::Write(source)) => ConvertError::Data(source),
    }
}

fn of_blocks(error: StreamError<BlockError>, bundle: &Path) -> ConvertError {
    let (entry, error) = match error {
        StreamError::Open(source) => return unreadable(bundle, source),
        StreamError::Read(entry, source) => return ConvertError::Entry { entry, source },
        StreamError::Line(entry, error) => (entry, error),
    };
    match error {
        BlockError::Format(source) | BlockError::Stage(StageError::Format(source)) => {
            ConvertError::Line { entry, source }
        }
        BlockError::Write(source) => ConvertError::Data(source),
        BlockError::Stage(error) => ConvertError::OddLine {
            entry,
            reason: error.to_string(),
        },
        BlockError::Value => ConvertError::OddLine {
            entry,
            reason: "a value is no number that a server writes".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests;
