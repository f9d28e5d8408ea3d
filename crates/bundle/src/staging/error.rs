//! What can go wrong in a staging folder.

use std::io;
use std::path::{Path, PathBuf};

/// A staging folder that cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// The system refused.
    #[error("cannot {action} `{path}`", path = path.display())]
    Io {
        /// What was being done, such as `write`.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
    /// The bytes are not those that were written.
    #[error("`{path}` is damaged: {what}", path = path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Another process works on this export.
    #[error("another vmgather works on `{path}`", path = path.display())]
    InUse {
        /// The staging folder.
        path: PathBuf,
    },
    /// More distinct labels or series than numbers for them.
    #[error("more than {limit} distinct {what} in one export")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many fit.
        limit: u32,
    },
}

impl StagingError {
    /// The disk is full or a quota is used up: free some space, then resume.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(
            source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        ))
    }

    /// What was staged is gone or not as it was written; trying again would change nothing.
    pub fn is_damaged(&self) -> bool {
        match self {
            Self::Damaged { .. } => true,
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof
            ),
            _ => false,
        }
    }

    /// Another process works in the folder.
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::InUse { .. })
    }

    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    pub(super) fn damaged(path: &Path, what: &'static str) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            what,
        }
    }
}
