//! What can go wrong in an import.

use std::io;
use std::path::PathBuf;

use bundle::staging::StagingError;

use crate::fit::FitError;
use crate::tally::Tally;

/// What to do about a file that was fine once.
const DAMAGED: &str = "it was cut or changed on its way: get it again from where it comes";

/// A failed import. `Display` says what this layer was doing; the cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bundle cannot be opened or read.
    #[error("cannot read `{name}`")]
    Bundle {
        /// The bundle, as a person knows it.
        name: String,
        /// What is wrong with it.
        #[source]
        source: bundle::Error,
    },
    /// The file cannot be read, or its compression is broken.
    #[error("cannot read `{name}`")]
    Read {
        /// The file, as a person knows it.
        name: String,
        /// What is wrong with it.
        #[source]
        source: io::Error,
    },
    /// The native stream in the file is broken.
    #[error("cannot read `{name}`")]
    Broken {
        /// The file, as a person knows it.
        name: String,
        /// What is wrong with it.
        #[source]
        source: vmformat::Error,
    },
    /// The file is something else.
    #[error("`{name}` holds no series: {found}")]
    NotSeries {
        /// The file, as a person knows it.
        name: String,
        /// What it looks like.
        found: String,
    },
    /// Not a single line could be used.
    #[error("`{name}` holds no line that can be used")]
    NothingUsable {
        /// The file, as a person knows it.
        name: String,
        /// What became of its lines.
        tally: Box<Tally>,
    },
    /// Lines were used, but no sample of them is to be sent.
    #[error("nothing was sent: {why}")]
    NothingSent {
        /// The reasons with their counts.
        why: String,
    },
    /// A line could not be used, and the import was to stop at such a line.
    #[error("line {line} cannot be used: {reason}")]
    Skipped {
        /// Its number, counted from 1.
        line: u64,
        /// Why.
        reason: String,
    },
    /// Options that are wrong or do not fit the data; nothing was sent.
    #[error(transparent)]
    Fit(#[from] FitError),
    /// The address or the credentials cannot be used; nothing was sent.
    #[error("cannot use the connection")]
    Connection(#[source] vmapi::ConnectionError),
    /// The target did not take a chunk; what it acknowledged before is in the journal.
    #[error("the target did not take lines {first_line} to {last_line} of the data")]
    Send {
        /// First line of the chunk.
        first_line: u64,
        /// Last line of the chunk.
        last_line: u64,
        /// What the target said.
        #[source]
        source: Box<vmapi::Error>,
    },
    /// The source is not the one that the interrupted import read.
    #[error("`{name}` is not what it was when the import began: {what} has changed")]
    SourceChanged {
        /// The file, as a person knows it.
        name: String,
        /// What differs, such as `its size`.
        what: String,
    },
    /// The target is not the one that the interrupted import wrote to.
    #[error("the interrupted import wrote to `{was}`, not to `{is}`")]
    OtherTarget {
        /// The target of the earlier run.
        was: String,
        /// The target of this one.
        is: String,
    },
    /// The journal or the copy of the source cannot be written or read.
    #[error("cannot use the folder of the import")]
    State(#[from] StagingError),
    /// A temporary file cannot be written or read.
    #[error("cannot use a temporary file in `{folder}`", folder = folder.display())]
    Temporary {
        /// Where.
        folder: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// What is to be copied is larger than the space left on the disk.
    #[error("no space for the copy in `{folder}`", folder = folder.display())]
    NoSpace {
        /// Where.
        folder: PathBuf,
    },
    /// Another import of this file into this target runs now; nothing was sent.
    #[error("another process is importing `{name}` there at this moment")]
    Running {
        /// The file, as a person knows it.
        name: String,
    },
    /// An earlier import of this file into this target was interrupted; nothing was sent.
    #[error("an import of `{name}` into this target was interrupted on its way")]
    Halfway {
        /// The file, as a person knows it.
        name: String,
        /// The import that was interrupted.
        import_id: String,
    },
    /// There is nothing to go on with.
    #[error("{0}")]
    NothingToResume(String),
    /// The caller cancelled before anything was sent.
    #[error("cancelled")]
    Cancelled,
    /// Something that cannot happen did.
    #[error("{0}; this is a defect of vmgather")]
    Defect(&'static str),
}

impl Error {
    /// Whether the caller asked for something wrong, or gave a file that is none; nothing was sent.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::Fit(_)
                | Self::Connection(_)
                | Self::OtherTarget { .. }
                | Self::Running { .. }
                | Self::Halfway { .. }
                | Self::NothingToResume(_)
        )
    }

    /// Whether the file is at fault.
    #[must_use]
    pub fn is_unusable_source(&self) -> bool {
        matches!(
            self,
            Self::Bundle { .. }
                | Self::Read { .. }
                | Self::Broken { .. }
                | Self::NotSeries { .. }
                | Self::NothingUsable { .. }
        )
    }

    /// Whether the disk is full.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::Temporary { source, .. } => is_full(source),
            Self::State(source) => source.is_disk_full(),
            _ => false,
        }
    }

    /// One line of advice for a person.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Send { source, .. } => source.hint(),
            Self::Connection(source) => source.hint().map(str::to_owned),
            Self::NothingSent { .. } => Some(
                "shift the data into the retention of the target, or keep old samples".to_owned(),
            ),
            Self::SourceChanged { .. } => Some(
                "bring the file back as it was, its time too; an import that starts again sends \
                 once more what arrived"
                    .to_owned(),
            ),
            Self::Running { .. } => {
                Some("wait for it; both would send everything twice".to_owned())
            }
            Self::Halfway { import_id, .. } => Some(format!("resume `{import_id}`, or discard it")),
            Self::State(source) if source.is_in_use() => {
                Some("wait for it to end, or stop it".to_owned())
            }
            Self::Broken { .. } => Some(DAMAGED.to_owned()),
            // What the system refuses has a number; what a decoder cannot read has none.
            Self::Read { source, .. } if source.raw_os_error().is_none() => {
                Some(DAMAGED.to_owned())
            }
            Self::NotSeries { .. } => {
                Some("give a bundle of vmgather, or JSON lines of `/api/v1/export`".to_owned())
            }
            _ => None,
        }
    }

    pub(crate) fn temporary(folder: &std::path::Path) -> impl Fn(io::Error) -> Self {
        let folder = folder.to_owned();
        move |source| Self::Temporary {
            folder: folder.clone(),
            source,
        }
    }
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
