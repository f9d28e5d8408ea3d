//! How an export ended.

use std::path::PathBuf;

/// How an export ended; failing is an [`crate::Error`].
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The bundle is sealed, or the lines are written; nothing stays in staging.
    Done(Box<Report>),
    /// The caller cancelled.
    Cancelled {
        /// What was fetched and can be resumed; `None` when there is nothing yet.
        resumable: Option<Resumable>,
    },
}

/// An export that can be resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumable {
    /// The export's id.
    pub export_id: String,
    /// Its staging folder.
    pub staging: PathBuf,
}

/// What a finished export produced.
#[derive(Clone, Debug)]
pub struct Report {
    /// The export's id.
    pub export_id: String,
    /// The sealed bundle; `None` when the result went into a writer.
    pub archive: Option<PathBuf>,
    /// SHA-256 of the bundle, lower-case hex; `None` when only lines were written.
    pub sha256: Option<String>,
    /// Bytes of the bundle, or of the lines.
    pub size_bytes: u64,
    /// Obfuscation was on, whether or not it found anything to replace.
    pub obfuscating: bool,
    /// The metadata in the bundle, counts included.
    pub metadata: bundle::Metadata,
    /// The map that was written, if any.
    pub map: Option<PathBuf>,
    /// What the audit saw, values that stayed among it; for the eyes of the owner. `None` if nothing
    /// was obfuscated, or if an earlier run sealed the bundle.
    pub findings: Option<audit::Findings>,
    /// The staging folder, if it could not be removed; it holds originals.
    pub staging_left: Option<PathBuf>,
}
