//! Clearing away exports that nobody went on with.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::error::Error;
use crate::resume::{Interrupted, discard, interrupted};

/// Gives up the interrupted exports below a staging root in which nothing has changed for longer
/// than `idle` at `now`, and returns them. Exports that a process works on stay.
///
/// # Errors
///
/// As [`interrupted`] and [`discard`]; exports given up until then are gone.
pub fn sweep(
    staging_root: &Path,
    idle: Duration,
    now: SystemTime,
) -> Result<Vec<Interrupted>, Error> {
    let mut swept = interrupted(staging_root)?;
    swept.retain(|export| {
        let changed = last_change(&export.staging);
        !export.running
            && changed.is_some_and(|at| now.duration_since(at).is_ok_and(|age| age > idle))
    });
    for export in &swept {
        discard(&export.staging)?;
    }
    Ok(swept)
}

/// When something in the folder was last written; `None` if that cannot be told.
fn last_change(folder: &Path) -> Option<SystemTime> {
    let mut last = None;
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        // Looking at an export opens its lock, and that is no work on it.
        if entry.file_name() != "lock" {
            last = last.max(Some(entry.metadata().ok()?.modified().ok()?));
        }
    }
    last
}
