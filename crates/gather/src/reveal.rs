//! A bundle with its original names, for the owner of the map.
//!
//! The data are streamed from the bundle into a new file; values pass as the bytes they are, only
//! names change, and timestamps where they had been shifted. Memory holds one series name and one
//! piece of data. The result gets its name only once it is complete, and never replaces a file.

mod frame_copy;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::{
    Archive, Bundle, Data, Format, HashingWriter, Leftover, METADATA_ENTRY, METRICS_ENTRY,
    Metadata, NATIVE_ENTRY, PendingFile, README_ENTRY, readme,
};
use privacy::{Map, Revealer};

use self::frame_copy::FrameCopy;
use crate::bundle_lines::{StreamError, inflate, stream};
use crate::entry_writer::EntryWriter;
use crate::line_copy::{LineCopy, LineError};
use crate::seal::LINE_ROWS;

/// What a revealed bundle is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RevealedForm {
    /// A ZIP with the data in the format that they have, the metadata with original job names, and a new README.
    Bundle,
    /// The data alone, as lines.
    Lines,
}

/// What was revealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revealed {
    /// What was written.
    pub format: Format,
    /// Lines or native blocks.
    pub lines: u64,
    /// Lines or blocks in which a label value was replaced.
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
    /// The bundle cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Read {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        #[source]
        source: bundle::Error,
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
/// The bundle names another map or cannot be read; `out` exists or cannot be
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
    let data = opened.data().map_err(unreadable)?;
    let revealer = Revealer::new(map);
    let file = PendingFile::create(out, Leftover::Refuse).map_err(unwritable)?;
    let (file, revealed) = match form {
        RevealedForm::Lines => {
            copy_lines(&opened, &data, &revealer, file).map_err(|error| error.at(bundle))?
        }
        RevealedForm::Bundle => {
            let date = metadata
                .as_ref()
                .map_or_else(jiff::Timestamp::now, |metadata| metadata.export_date);
            let mut archive = Archive::new(file, date);
            let (name, copy): (_, Copy<'_, _>) = match data.format {
                Format::Native => (NATIVE_ENTRY, copy_frames),
                _ => (METRICS_ENTRY, copy_lines),
            };
            let entry = archive.begin(name).map_err(unwritable)?;
            let writer = HashingWriter::new(EntryWriter::new(entry));
            let (writer, revealed) =
                copy(&opened, &data, &revealer, writer).map_err(|error| error.at(bundle))?;
            let (entry, digest) = writer.finish().map_err(RevealError::Data)?;
            entry.end().map_err(unwritable)?;
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

/// How data of one format are copied.
type Copy<'a, W> =
    fn(&Bundle, &Data<'_>, &'a Revealer, W) -> Result<(W, Revealed), StreamError<LineError>>;

fn copy_lines<W: Write>(
    bundle: &Bundle,
    data: &Data<'_>,
    revealer: &Revealer,
    writer: W,
) -> Result<(W, Revealed), StreamError<LineError>> {
    let mut lines = LineCopy::new(Some(revealer), writer);
    stream(bundle, data, LINE_ROWS, &mut lines)?;
    let (writer, copied) = lines.end().map_err(unwritten)?;
    let revealed = Revealed {
        format: Format::Jsonl,
        lines: copied.lines,
        changed_lines: copied.changed_lines,
    };
    Ok((writer, revealed))
}

fn copy_frames<W: Write>(
    bundle: &Bundle,
    data: &Data<'_>,
    revealer: &Revealer,
    writer: W,
) -> Result<(W, Revealed), StreamError<LineError>> {
    let mut frames = FrameCopy::new(revealer, writer);
    inflate(bundle, &data.entries, |piece| match piece {
        Some(bytes) => frames.push(bytes),
        None => frames.end_stream(),
    })?;
    frames.end().map_err(unwritten)
}

fn unwritten(error: io::Error) -> StreamError<LineError> {
    StreamError::Line(String::new(), LineError::Write(error))
}

fn refuse(metadata: &Metadata, map: &Map) -> Result<(), RevealError> {
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

#[cfg(test)]
mod tests;
