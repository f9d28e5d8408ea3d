//! The private folder of one growing export.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::error::StagingError;

/// A staging folder, locked by this process until it is dropped.
#[derive(Debug)]
pub struct StagingFolder {
    path: PathBuf,
    _lock: File,
}

impl StagingFolder {
    /// Creates the folder `id` below `root` (and `root` itself), readable by the owner only.
    ///
    /// # Errors
    ///
    /// A folder cannot be created, or `id` exists already.
    pub fn create(root: &Path, id: &str) -> Result<Self, StagingError> {
        private_folder(root, true).map_err(StagingError::io("create", root))?;
        let path = root.join(id);
        private_folder(&path, false).map_err(StagingError::io("create", &path))?;
        sync_folder(root)?;
        Self::open(&path)
    }

    /// Takes over an existing folder.
    ///
    /// # Errors
    ///
    /// It is missing, cannot be locked, or another process works on it.
    pub fn open(path: &Path) -> Result<Self, StagingError> {
        let lock_path = path.join("lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        private_file(&mut options);
        let lock = options
            .open(&lock_path)
            .map_err(StagingError::io("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(StagingError::InUse {
                path: path.to_owned(),
            }),
            Err(TryLockError::Error(source)) => Err(StagingError::io("lock", &lock_path)(source)),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a whole file so that it is either there completely or not at all.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write_whole(&self, name: &str, bytes: &[u8]) -> Result<(), StagingError> {
        let path = self.file(name);
        let pending = self.file(&format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        private_file(&mut options);
        options
            .open(&pending)
            .and_then(|mut file| {
                io::Write::write_all(&mut file, bytes)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&pending, &path))
            .map_err(StagingError::io("write", &path))?;
        sync_folder(&self.path)
    }

    /// Makes the names of files created in the folder survive a power loss.
    ///
    /// # Errors
    ///
    /// The folder cannot be synced.
    pub fn sync(&self) -> Result<(), StagingError> {
        sync_folder(&self.path)
    }

    /// Removes the folder and everything in it.
    ///
    /// # Errors
    ///
    /// Something in it cannot be removed.
    pub fn remove(self) -> Result<(), StagingError> {
        fs::remove_dir_all(&self.path).map_err(StagingError::io("remove", &self.path))
    }
}

/// Files of a growing export are for their owner only.
pub(super) fn private_file(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = options;
}

fn private_folder(path: &Path, recursive: bool) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path)
}

fn sync_folder(path: &Path) -> Result<(), StagingError> {
    // Windows cannot open a folder as a file; its file systems journal names themselves.
    if cfg!(unix) {
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(StagingError::io("sync", path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_belongs_to_one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("a/b");
        let folder = StagingFolder::create(&root, "x").unwrap();
        assert!(matches!(
            StagingFolder::open(folder.path()),
            Err(StagingError::InUse { .. })
        ));
        assert!(StagingFolder::create(&root, "x").is_err());
        let path = folder.path().to_owned();
        drop(folder);
        StagingFolder::open(&path).unwrap().remove().unwrap();
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_can_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let folder = StagingFolder::create(&dir.path().join("root"), "x").unwrap();
        folder.write_whole("plan.json", b"{}").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(folder.path()), 0o700);
        assert_eq!(mode(&folder.file("plan.json")), 0o600);
        assert_eq!(mode(&folder.file("lock")), 0o600);
    }
}
