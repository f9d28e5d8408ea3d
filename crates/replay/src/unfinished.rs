//! Imports that were interrupted.

use std::io;
use std::path::{Path, PathBuf};

use bundle::staging::{StagingError, StagingFolder};

use vmapi::Target;

use crate::claim::Claim;
use crate::error::Error;
use crate::event::Sent;
use crate::journal::{ImportPlan, read_journal};
use crate::source::Source;

/// An import that can be resumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub import_id: String,
    /// Its folder.
    pub folder: PathBuf,
    /// What was imported, as a person knows it.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// URL of the imports, without secrets.
    pub target: String,
    /// When it began, in Unix ms.
    pub begun_ms: i64,
    /// Requests acknowledged.
    pub chunks: u64,
    /// Samples acknowledged.
    pub samples: u64,
    /// Bytes of lines acknowledged.
    pub bytes: u64,
    /// How far the source was read for it, in bytes, of `total`.
    pub done: u64,
    /// Bytes of the source: of its lines if their size is known, else of the file.
    pub total: u64,
    /// A process works on it now.
    pub running: bool,
}

/// The interrupted imports below `root`, oldest first. Damaged ones are left out with a warning in
/// the log.
///
/// # Errors
///
/// The folder cannot be listed.
pub fn unfinished(root: &Path) -> Result<Vec<Unfinished>, Error> {
    let entries = match std::fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(Error::temporary(root)(source)),
    };
    let mut found = Vec::new();
    for entry in entries.flatten() {
        match describe(&entry.path()) {
            Ok(import) => found.extend(import),
            Err(error) => {
                let folder = entry.path();
                tracing::warn!(folder = %folder.display(), %error, "cannot read an import");
            }
        }
    }
    found.sort_by(|a, b| (a.begun_ms, &a.import_id).cmp(&(b.begun_ms, &b.import_id)));
    Ok(found)
}

/// The import of this source into this target that runs, or was interrupted on its way.
///
/// # Errors
///
/// The folder cannot be listed.
pub fn begun(root: &Path, source: &Source, target: &Target) -> Result<Option<Unfinished>, Error> {
    let wanted = Claim::of(source, target);
    let is_wanted = |import: &Unfinished| {
        let plan = ImportPlan::read(&import.folder);
        matches!(plan, Ok(Some(plan)) if Claim::of_plan(&plan) == wanted)
    };
    Ok(unfinished(root)?.into_iter().find(is_wanted))
}

/// Whether a process works on the import in this folder now.
#[must_use]
pub fn is_running(folder: &Path) -> bool {
    StagingFolder::is_in_use(folder)
}

fn describe(folder: &Path) -> Result<Option<Unfinished>, StagingError> {
    let Some(plan) = ImportPlan::read(folder)? else {
        return Ok(None);
    };
    let sent = Sent::of(&read_journal(folder)?, plan.total);
    Ok(Some(Unfinished {
        import_id: plan.import_id,
        name: plan.name,
        path: plan.path,
        target: plan.place.target,
        begun_ms: plan.begun_ms,
        chunks: sent.chunks,
        samples: sent.samples,
        bytes: sent.bytes,
        done: sent.done,
        total: sent.total,
        running: is_running(folder),
        folder: folder.to_owned(),
    }))
}

/// Gives an import up: its folder goes, what was sent stays in the target.
///
/// # Errors
///
/// A process works on it, or it cannot be removed.
pub fn discard(folder: &Path) -> Result<(), Error> {
    let folder = StagingFolder::open(folder)?;
    ImportPlan::remove(&folder)?;
    folder.remove()?;
    Ok(())
}
