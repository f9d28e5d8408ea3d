//! A private copy of a source that comes but once: what is uploaded, or piped.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::staging::StagingFolder;
use jiff::Timestamp;

use crate::error::{Error, is_full};
use crate::journal::{COPY, ImportPlan};

/// The folder that holds copies and unfinished imports.
#[derive(Clone, Debug)]
pub struct Spool {
    root: PathBuf,
}

impl Spool {
    /// A spool in this folder, which is created when it is needed, for its owner only.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Begins a copy.
    ///
    /// # Errors
    ///
    /// The folder cannot be created.
    pub fn create(&self) -> Result<SpooledFile, Error> {
        let folder = self.folder()?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let path = folder.file(COPY);
        match options.open(&path) {
            Ok(file) => Ok(SpooledFile {
                file,
                folder: Some(folder),
                bytes: 0,
            }),
            Err(source) => {
                let error = Error::temporary(folder.path())(source);
                let _ = folder.remove();
                Err(error)
            }
        }
    }

    /// Makes the folder of a new import.
    pub(crate) fn folder(&self) -> Result<StagingFolder, Error> {
        let id = new_id().map_err(|error| Error::temporary(&self.root)(error.into()))?;
        Ok(StagingFolder::create(&self.root, &id)?)
    }

    /// Removes what a crash left: folders without a plan that nobody works on.
    ///
    /// # Errors
    ///
    /// The folder cannot be listed, or a remain cannot be removed.
    pub fn sweep(&self) -> Result<(), Error> {
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => return Err(Error::temporary(&self.root)(source)),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_ours = entry
                .file_name()
                .to_str()
                .is_some_and(|name| name.starts_with(ID_PREFIX));
            if is_ours && matches!(ImportPlan::read(&path), Ok(None)) {
                match StagingFolder::open(&path) {
                    Ok(folder) => folder.remove()?,
                    // Locked means that somebody works on it, and gone that somebody else was faster.
                    // Whoever died before it had a lock left it empty, and only then it goes.
                    Err(_) => drop(std::fs::remove_dir(&path)),
                }
            }
        }
        Ok(())
    }
}

const ID_PREFIX: &str = "import-";

/// An id that nobody guesses and that sorts by time.
fn new_id() -> Result<String, getrandom::Error> {
    let random = getrandom::u64()?;
    let now = Timestamp::now().as_second();
    Ok(format!("{ID_PREFIX}{now}-{random:016x}"))
}

/// A growing copy; it is removed unless an import takes it over.
#[derive(Debug)]
pub struct SpooledFile {
    file: File,
    folder: Option<StagingFolder>,
    bytes: u64,
}

impl SpooledFile {
    /// Appends a piece.
    ///
    /// # Errors
    ///
    /// It cannot be written; [`Error::is_disk_full`] tells whether the disk is full.
    pub fn write(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.bytes += piece.len() as u64;
        self.file.write_all(piece).map_err(|source| {
            let folder = self.path().parent().unwrap_or(Path::new("")).to_owned();
            if is_full(&source) {
                Error::NoSpace { folder }
            } else {
                Error::temporary(&folder)(source)
            }
        })
    }

    /// Where the copy is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder
            .as_ref()
            .map(|folder| folder.file(COPY))
            .unwrap_or_default()
    }

    /// Bytes written.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The id that an import of this copy has.
    #[must_use]
    pub fn import_id(&self) -> String {
        self.folder
            .as_ref()
            .and_then(|folder| folder.path().file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// Hands the folder over to an import.
    pub(crate) fn into_folder(mut self) -> Option<StagingFolder> {
        self.folder.take()
    }
}

impl Drop for SpooledFile {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            let path = folder.path().to_owned();
            if let Err(error) = folder.remove() {
                tracing::warn!(folder = %path.display(), %error, "cannot remove an upload");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_goes_with_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(dir.path().join("imports"));
        let mut copy = spool.create().unwrap();
        copy.write(b"text").unwrap();
        assert_eq!(std::fs::read(copy.path()).unwrap(), b"text");
        drop(copy);
        assert_eq!(std::fs::read_dir(spool.root()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_nobody_owns_is_swept() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(dir.path().to_owned());
        let alive = spool.create().unwrap();
        let dead = spool.create().unwrap();
        let dead_path = dead.path();
        // A crash releases the lock and removes nothing.
        drop(StagingFolderGuard(dead.into_folder()));
        assert!(dead_path.exists());
        std::fs::create_dir(dir.path().join("somebody-elses")).unwrap();
        let unlocked = dir.path().join("import-1-unlocked");
        std::fs::create_dir(&unlocked).unwrap();
        spool.sweep().unwrap();
        assert!(!dead_path.exists());
        assert!(!unlocked.exists());
        assert!(alive.path().exists());
        assert!(dir.path().join("somebody-elses").exists());
    }

    /// Drops the lock only.
    struct StagingFolderGuard(
        #[expect(dead_code, reason = "held for its lock")] Option<StagingFolder>,
    );
}
