//! Room on disk, asked for before it is needed: a full disk ends other programs, too.

use std::path::Path;

use crate::error::Error;

/// Refuses to go on where the disk of `path` has less than `needed` bytes free. `path` need not
/// exist; its folder must. Systems that do not tell are trusted.
///
/// # Errors
///
/// [`Error::NoSpace`].
pub(crate) fn demand(path: &Path, needed: u64) -> Result<(), Error> {
    let folder = if path.is_dir() {
        Some(path)
    } else {
        path.parent()
    };
    let folder = match folder {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match free_bytes(folder) {
        Some(free) if free < needed => Err(Error::NoSpace {
            path: path.to_owned(),
            needed,
            free,
        }),
        _ => Ok(()),
    }
}

/// Bytes that this user may still write to the disk of a folder; `None` where the system does not tell.
#[cfg(unix)]
#[must_use]
pub fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

/// Bytes that this user may still write to the disk of a folder; `None` where the system does not tell.
#[cfg(not(unix))]
#[must_use]
pub fn free_bytes(_: &Path) -> Option<u64> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_disk_has_is_refused_with_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.zip");
        demand(&file, 1).unwrap();
        demand(folder.path(), 1).unwrap();
        let error = demand(&file, 1 << 60).unwrap_err();
        assert!(error.is_disk_full());
        let text = error.to_string();
        assert!(
            text.contains("a.zip` takes at least 1099511627776.0 MiB, "),
            "{text}"
        );
    }
}
