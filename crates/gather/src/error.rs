//! What can go wrong in an export.

use std::io;
use std::path::PathBuf;

use bundle::staging::StagingError;

use crate::seal::SealError;
use crate::watch::AuditError;

/// A failed export. `Display` says what this layer was doing; the cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The time range makes no sense.
    #[error("cannot use the time range: {0}")]
    BadRange(String),
    /// Options that are wrong or do not go together; nothing has been done yet.
    #[error("{0}")]
    BadRequest(String),
    /// The place for the result is unusable; nothing has been done yet.
    #[error("cannot write to `{path}`: {reason}", path = path.display())]
    BadDestination {
        /// The path as given.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The address or the credentials cannot be used; nothing has been done yet.
    #[error("cannot use the connection")]
    Connection(#[source] vmapi::ConnectionError),
    /// A resume was given the address of other data; nothing has been done yet.
    #[error("the export began at `{begun}`, and `{given}` has another path or tenant")]
    OtherSource {
        /// Where it began, without secrets.
        begun: String,
        /// The address given, without secrets.
        given: String,
    },
    /// The server could not be asked what the plan needs.
    #[error("cannot plan the export")]
    Plan(#[source] vmapi::Error),
    /// A slice could not be fetched.
    #[error("cannot fetch slice {slice}")]
    Fetch {
        /// Which slice, as the plan names it.
        slice: String,
        /// The last failure.
        #[source]
        source: Box<FetchError>,
    },
    /// Staged data cannot be written or read.
    #[error("cannot use the staging folder `{folder}`", folder = folder.display())]
    Staging {
        /// This export's staging folder.
        folder: PathBuf,
        /// What failed.
        #[source]
        source: StagingError,
    },
    /// A file or folder cannot be used.
    #[error("cannot {action} `{path}`", path = path.display())]
    Io {
        /// What was being done, such as `create`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: std::io::Error,
    },
    /// The disk has too little room for what comes next; nothing of it was written.
    #[error(
        "`{path}` takes at least {} MiB, and its disk has {} MiB left",
        mebibytes(*needed),
        mebibytes(*free),
        path = path.display()
    )]
    NoSpace {
        /// The file to be written, or the folder for it.
        path: PathBuf,
        /// Bytes that it takes.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// Two exports extended one map at the same moment.
    #[error("another export has just extended the map `{path}`", path = path.display())]
    MapGrown {
        /// The map.
        path: PathBuf,
    },
    /// A file in the folder of maps has the name of one map and holds another.
    #[error("`{path}` holds the map of another name", path = path.display())]
    OtherMap {
        /// The file.
        path: PathBuf,
    },
    /// A label cannot be rewritten.
    #[error("cannot obfuscate the labels")]
    Privacy(#[source] privacy::Error),
    /// What would leave holds what may be originals, or could not be searched; what was fetched
    /// stays in staging.
    #[error("nothing was written")]
    Audit(#[source] AuditError),
    /// The bundle cannot be sealed; what was fetched stays in staging.
    #[error("cannot seal the bundle")]
    Seal(#[source] SealFailure),
    /// Something that cannot happen did.
    #[error("{0}; this is a defect of vmgather")]
    Defect(&'static str),
    /// No interrupted export of this kind.
    #[error("{0}")]
    NothingToResume(String),
}

/// Why a bundle could not be sealed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SealFailure(#[from] SealError);

/// Why one slice could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The request failed, or its body ended too early.
    #[error(transparent)]
    Http(#[from] vmapi::Error),
    /// The body is not what the format says; the export of this slice is incomplete or damaged.
    #[error("the server's reply cannot be read to its end")]
    Format(#[source] vmformat::Error),
    /// The server answered for another time range than the one asked for.
    #[error("asked for {asked}, but the server understood {understood}")]
    OtherRange {
        /// The range of the request.
        asked: String,
        /// The range in the reply's header.
        understood: String,
    },
    /// No VictoriaMetrics writes lines like this.
    #[error("a line has its timestamps before its values")]
    TimestampsFirst,
    /// The staged data cannot be written.
    #[error("cannot stage the data")]
    Stage(#[source] StagingError),
    /// A defect of this program.
    #[error("the thread that stages the data ended early")]
    StagerGone,
}

impl Error {
    /// The caller asked for something wrong; nothing has been done.
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            Self::BadRange(_)
                | Self::BadRequest(_)
                | Self::Connection(_)
                | Self::OtherSource { .. }
                | Self::BadDestination { .. }
                | Self::NothingToResume(_)
        )
    }

    /// The disk is full, or a quota is used up.
    pub fn is_disk_full(&self) -> bool {
        match self {
            Self::NoSpace { .. } => true,
            Self::Staging { source, .. } => source.is_disk_full(),
            Self::Io { source, .. } => is_full(source),
            Self::Fetch { source, .. } => {
                matches!(&**source, FetchError::Stage(source) if source.is_disk_full())
            }
            Self::Seal(SealFailure(source)) => source.is_disk_full(),
            _ => false,
        }
    }

    /// Whoever reads the lines or the archive has closed the pipe.
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Seal(SealFailure(source)) if source.is_broken_pipe())
    }

    /// The next step for a person, if there is an obvious one.
    pub fn hint(&self) -> Option<String> {
        if self.is_disk_full() {
            return Some("free some space, then `vmgather resume`".to_owned());
        }
        match self {
            Self::Staging { source, .. } if source.is_damaged() => Some(
                "give this export up with `vmgather resume --discard` and start it anew".to_owned(),
            ),
            Self::Staging { source, .. } if source.is_in_use() => {
                Some("wait for it to end, or stop it".to_owned())
            }
            Self::Audit(AuditError::Hits(_)) => Some(
                "resume with an option that covers it, or with `--accept-audit` if it may leave"
                    .to_owned(),
            ),
            Self::OtherSource { .. } => Some(
                "give the address of the same data, or start a new export for the other".to_owned(),
            ),
            Self::Plan(source) => source.hint(),
            Self::Fetch { source, .. } => match source.as_ref() {
                FetchError::Http(source) => source.hint(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Bytes in units of 1,048,576.
fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The disk or a quota is full, or a file may not become any larger.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
