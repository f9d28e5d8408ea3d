//! What can go wrong with a bundle on disk.

use std::io;
use std::path::{Path, PathBuf};

use crate::reader::Entry;

/// A failure to write, seal or read a bundle.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be used.
    #[error("cannot {action} `{path}`", path = path.display())]
    Io {
        /// What was being done, such as `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The target of a sealing exists; it is left as it is.
    #[error("`{path}` exists already and is not overwritten; move it away or choose another name", path = path.display())]
    Exists {
        /// The file in the way.
        path: PathBuf,
    },
    /// The bundle's bytes cannot be written.
    #[error("cannot write the bundle")]
    Write(#[source] io::Error),
    /// An entry was begun and neither ended nor given up with the whole archive.
    #[error("an entry of the bundle was begun but never ended")]
    UnfinishedEntry,
    /// A text is not an export id.
    #[error(
        "`{0}` is not an export id: `export-` and then only letters, digits, `.`, `_` and `-` are wanted"
    )]
    BadExportId(String),
    /// The system's random number generator failed.
    #[error("cannot make a unique export id")]
    Random(#[source] getrandom::Error),
    /// The metadata cannot be written as JSON.
    #[error("cannot write `metadata.json`")]
    WriteMetadata(#[source] serde_json::Error),

    /// The file is no ZIP archive, or a damaged one.
    #[error("`{path}` is not a readable ZIP archive; it may be cut short or damaged", path = path.display())]
    NotAnArchive {
        /// The file.
        path: PathBuf,
        /// What the ZIP reader met.
        #[source]
        source: rawzip::Error,
    },
    /// The archive has more entries than a bundle could have.
    #[error("the archive has more than {limit} entries and is no bundle")]
    TooManyEntries {
        /// Most entries that are accepted.
        limit: usize,
    },
    /// An entry is encrypted.
    #[error("entry `{entry}` is encrypted; unpack the archive and pack it without a password")]
    Encrypted {
        /// Name of the entry.
        entry: String,
    },
    /// An entry's name would leave the folder it is unpacked into.
    #[error("entry name `{entry}` is not safe: it is absolute or has a `..` in it")]
    UnsafeName {
        /// Name of the entry.
        entry: String,
    },
    /// Two entries have the same name, so that tools disagree which one counts.
    #[error("the archive has two entries named `{entry}`")]
    DuplicateEntry {
        /// Name of the second one.
        entry: String,
    },
    /// The archive's directory and an entry's own header disagree.
    #[error("entry `{entry}` has another name in the archive's directory than in its own header")]
    NameMismatch {
        /// Name in the directory.
        entry: String,
    },
    /// Two entries share bytes of the file.
    #[error("entry `{entry}` overlaps the one before it or the archive's directory")]
    Overlap {
        /// Name of the later one.
        entry: String,
    },
    /// An entry uses a compression other than deflate.
    #[error("entry `{entry}` uses compression method {method}; only stored and deflate are read")]
    UnknownCompression {
        /// Name of the entry.
        entry: String,
        /// Number of the method in the ZIP format.
        method: u16,
    },
    /// An entry's header or data cannot be read.
    #[error("cannot read entry `{entry}`")]
    Entry {
        /// Name of the entry.
        entry: String,
        /// What the ZIP reader met.
        #[source]
        source: rawzip::Error,
    },
    /// The bytes of an entry cannot be read or inflated, or do not match its checksum.
    #[error("cannot read entry `{entry}`")]
    ReadEntry {
        /// Name of the entry.
        entry: String,
        /// The reason; the reader's own findings are an [`Error`] inside it.
        #[source]
        source: io::Error,
    },
    /// An entry inflates to another size than the archive says.
    #[error("entry `{entry}` is damaged: it should hold {want} bytes and holds {got}")]
    WrongSize {
        /// Name of the entry.
        entry: String,
        /// Bytes found; where more than wanted were found, reading stopped there.
        got: u64,
        /// Bytes according to the archive's directory.
        want: u64,
    },
    /// The CRC-32 of an entry is not the one in the archive.
    #[error("entry `{entry}` is damaged: its CRC-32 should be {want:08x} and is {got:08x}")]
    WrongCrc {
        /// Name of the entry.
        entry: String,
        /// CRC-32 of what was read.
        got: u32,
        /// CRC-32 in the archive's directory.
        want: u32,
    },
    /// Bytes follow the end of an entry's compressed data.
    #[error("entry `{entry}` is damaged: {bytes} bytes follow the end of its compressed data")]
    TrailingBytes {
        /// Name of the entry.
        entry: String,
        /// How many.
        bytes: u64,
    },
    /// A small entry is larger than it can be.
    #[error("entry `{entry}` says it holds {size_bytes} bytes, more than the {limit} allowed")]
    EntryTooLarge {
        /// Name of the entry.
        entry: String,
        /// Bytes according to the archive.
        size_bytes: u64,
        /// Most bytes that are read.
        limit: u64,
    },
    /// The metadata is not JSON of the expected shape.
    #[error("cannot understand `metadata.json`")]
    ReadMetadata(#[source] serde_json::Error),
    /// A line of the data is no JSON line of series data, or a native block is broken.
    #[error("entry `{entry}` holds a line or block that cannot be read")]
    BrokenLine {
        /// Name of the entry.
        entry: String,
        /// Which line, and what is wrong with it.
        #[source]
        source: vmformat::Error,
    },
    /// Nothing in the archive holds series.
    #[error(
        "the archive holds no `metrics.jsonl`, no `metrics.native` and no other `.jsonl` entry with series"
    )]
    NoMetrics,
}

impl Error {
    /// The error and its causes in one line, for reports that are data.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            let reason = error.to_string();
            // An I/O error says what it wraps, and its source says the same again.
            if !text.ends_with(&reason) {
                text.push_str(": ");
                text.push_str(&reason);
            }
            cause = error.source();
        }
        text
    }

    /// Wraps a failed file operation.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Wraps a failure to read an entry's bytes.
    pub(crate) fn read_entry(entry: &Entry) -> impl FnOnce(io::Error) -> Self {
        |source| Self::ReadEntry {
            entry: entry.name.clone(),
            source,
        }
    }

    /// Wraps a failure of the ZIP writer, which is nearly always one of the writer below it.
    pub(crate) fn write(source: rawzip::Error) -> Self {
        Self::Write(match source.into_kind() {
            rawzip::ErrorKind::IO(source) => source,
            other => io::Error::other(rawzip::Error::from(other)),
        })
    }

    /// Whoever reads what is written is gone.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Write(source) if source.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The disk or the quota is full: the work can go on once there is room.
    pub fn is_disk_full(&self) -> bool {
        let (Self::Io { source, .. } | Self::Write(source)) = self else {
            return false;
        };
        matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }

    /// The archive itself is wrong or damaged, as opposed to a file that cannot be opened.
    pub fn is_damaged(&self) -> bool {
        match self {
            Self::ReadEntry { source, .. } => is_content(source),
            Self::NotAnArchive { source, .. } | Self::Entry { source, .. } => match source.kind() {
                rawzip::ErrorKind::IO(source) => is_content(source),
                _ => true,
            },
            Self::TooManyEntries { .. }
            | Self::Encrypted { .. }
            | Self::UnsafeName { .. }
            | Self::DuplicateEntry { .. }
            | Self::NameMismatch { .. }
            | Self::Overlap { .. }
            | Self::UnknownCompression { .. }
            | Self::WrongSize { .. }
            | Self::WrongCrc { .. }
            | Self::TrailingBytes { .. }
            | Self::EntryTooLarge { .. }
            | Self::ReadMetadata(_)
            | Self::BrokenLine { .. }
            | Self::NoMetrics => true,
            _ => false,
        }
    }
}

/// Whether reading failed because of what the file holds: wrong data, or offsets that lead nowhere.
fn is_content(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    )
}
