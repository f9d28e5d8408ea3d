//! What can go wrong while parts become a bundle.

use std::io;
use std::path::Path;

use bundle::staging::StagingError;

use crate::error::is_full;
use crate::watch::AuditError;

/// Why sealing stopped. The staged data is untouched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error("cannot read the staged data")]
    Staging(#[from] StagingError),
    #[error("a staged block cannot be decoded")]
    Block(#[from] vmformat::Error),
    #[error("a staged block of text cannot be decoded")]
    TextBlock,
    #[error("a staged series names a label that the token table does not have")]
    UnknownLabel,
    #[error("cannot write the bundle")]
    Bundle(#[from] bundle::Error),
    #[error("cannot write the lines")]
    Lines(#[source] std::io::Error),
    #[error(transparent)]
    Audit(#[from] AuditError),
    #[error("cannot start decompression")]
    Decoder(#[source] std::io::Error),
    #[error("cancelled")]
    Cancelled,
    #[error("a worker thread ended early")]
    WorkerGone,
}

impl SealError {
    /// Names the file that was being written: an archive does not know where it goes.
    pub(crate) fn writing(self, path: &Path) -> Self {
        match self {
            Self::Bundle(bundle::Error::Write(source)) => Self::Bundle(bundle::Error::Io {
                action: "write",
                path: path.to_owned(),
                source,
            }),
            other => other,
        }
    }

    /// The disk is full, or a quota is used up.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Staging(source) => source.is_disk_full(),
            Self::Bundle(source) => source.is_disk_full(),
            Self::Lines(source) => is_full(source),
            _ => false,
        }
    }

    /// The reader of the output is gone.
    pub(crate) fn is_broken_pipe(&self) -> bool {
        match self {
            Self::Bundle(source) => source.is_broken_pipe(),
            Self::Lines(source) => source.kind() == io::ErrorKind::BrokenPipe,
            _ => false,
        }
    }
}
