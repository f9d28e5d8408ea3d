//! What can go wrong while parts become a bundle.

use std::io;

use bundle::staging::StagingError;

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
    #[error("cannot start decompression")]
    Decoder(#[source] std::io::Error),
    #[error("cancelled")]
    Cancelled,
    #[error("a worker thread ended early")]
    WorkerGone,
}

impl SealError {
    /// The disk is full, or a quota is used up.
    pub(crate) fn is_disk_full(&self) -> bool {
        match self {
            Self::Staging(source) => source.is_disk_full(),
            Self::Bundle(source) => source.is_disk_full(),
            Self::Lines(source) => source.kind() == io::ErrorKind::StorageFull,
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
