//! The private folder of one growing export.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::error::StagingError;

const LOCK: &str = "lock";
/// A line feed, eight hex digits, a line feed.
const CHECK_LEN: usize = 10;
/// How often, and how far apart, a lock is tried again: to look at it takes far less than that.
const LOOKS: u32 = 20;
const LOOK: Duration = Duration::from_millis(10);

/// A staging folder, locked by this process until it is dropped.
#[derive(Debug)]
pub struct StagingFolder {
    path: PathBuf,
    lock: File,
}

impl StagingFolder {
    /// Creates the folder `id` below `root` (and `root` itself), readable by the owner only.
    ///
    /// # Errors
    ///
    /// A folder cannot be created, or `id` exists already.
    pub fn create(root: &Path, id: &str) -> Result<Self, StagingError> {
        let path = root.join(id);
        loop {
            create_private_folder(root).map_err(StagingError::io("create", root))?;
            private_folder(&path, false).map_err(StagingError::io("create", &path))?;
            // Who clears away remains may take the folder for one before it is locked.
            if let Some(folder) = Self::lock_new(&path)? {
                sync_folder(root)?;
                return Ok(folder);
            }
        }
    }

    /// Locks a folder that was just made; `None` if it is gone again.
    fn lock_new(path: &Path) -> Result<Option<Self>, StagingError> {
        let lock_path = path.join(LOCK);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        private_file(&mut options);
        let lock = match options.open(&lock_path) {
            Ok(lock) => lock,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(StagingError::io("create", &lock_path)(source)),
        };
        lock.lock().map_err(StagingError::io("lock", &lock_path))?;
        Ok(lock_path.exists().then(|| Self {
            path: path.to_owned(),
            lock,
        }))
    }

    /// Takes over an existing folder.
    ///
    /// # Errors
    ///
    /// It is missing or no staging folder, cannot be locked, or another process works on it.
    pub fn open(path: &Path) -> Result<Self, StagingError> {
        let lock_path = path.join(LOCK);
        let lock = open_lock(&lock_path)?;
        let mut looks = LOOKS;
        loop {
            match lock.try_lock() {
                Ok(()) => {
                    return Ok(Self {
                        path: path.to_owned(),
                        lock,
                    });
                }
                // Somebody may only have looked whether it is in use.
                Err(TryLockError::WouldBlock) if looks > 0 => {
                    looks -= 1;
                    thread::sleep(LOOK);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(StagingError::InUse {
                        path: path.to_owned(),
                    });
                }
                Err(TryLockError::Error(source)) => {
                    return Err(StagingError::io("lock", &lock_path)(source));
                }
            }
        }
    }

    /// Whether somebody works on the folder. Looking does not stand in the way of [`Self::open`],
    /// nor of others who look.
    pub fn is_in_use(path: &Path) -> bool {
        open_lock(&path.join(LOCK)).is_ok_and(|lock| {
            let looked = lock.try_lock_shared();
            matches!(looked, Err(TryLockError::WouldBlock))
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a text as a whole file, so that it is either there completely or not at all;
    /// [`read_whole`] reads it.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write_whole(&self, name: &str, text: &[u8]) -> Result<(), StagingError> {
        let check = format!("\n{:08x}\n", crc32fast::hash(text));
        let bytes = [text, check.as_bytes()].concat();
        let path = self.file(name);
        let pending = self.file(&format!("{name}.new"));
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        private_file(&mut options);
        options
            .open(&pending)
            .and_then(|mut file| {
                io::Write::write_all(&mut file, &bytes)?;
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

    /// Removes the folder and everything in it, the lock last: what is left by a crash meanwhile can
    /// be told from a folder that somebody works on.
    ///
    /// # Errors
    ///
    /// Something in it cannot be removed.
    pub fn remove(self) -> Result<(), StagingError> {
        let Self { path, lock } = self;
        let lock_path = path.join(LOCK);
        let remove = || -> io::Result<()> {
            for entry in fs::read_dir(&path)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    fs::remove_dir_all(entry.path())?;
                } else if entry.path() != lock_path {
                    remove_file(&entry.path())?;
                }
            }
            remove_file(&lock_path)?;
            fs::remove_dir(&path)
        };
        let removed = remove();
        // Whoever waits for the lock must find the folder gone.
        drop(lock);
        match removed {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(StagingError::io("remove", &path)(source))
            }
            _ => Ok(()),
        }
    }

    /// Removes a file in the folder, if it is there.
    ///
    /// # Errors
    ///
    /// It cannot be removed, or the folder cannot be synced.
    pub fn remove_file(&self, name: &str) -> Result<(), StagingError> {
        let path = self.file(name);
        remove_file(&path).map_err(StagingError::io("remove", &path))?;
        self.sync()
    }
}

fn open_lock(path: &Path) -> Result<File, StagingError> {
    OpenOptions::new()
        .write(true)
        .open(path)
        .map_err(StagingError::io("open", path))
}

fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Reads a file that [`StagingFolder::write_whole`] wrote: its text, without the CRC-32 in eight hex
/// digits that is the last line.
///
/// # Errors
///
/// It cannot be read, or is not what was written.
pub fn read_whole(path: &Path) -> Result<Vec<u8>, StagingError> {
    let mut bytes = fs::read(path).map_err(StagingError::io("read", path))?;
    let text_len = bytes.len().saturating_sub(CHECK_LEN);
    let check = format!("\n{:08x}\n", crc32fast::hash(&bytes[..text_len]));
    if bytes[text_len..] != *check.as_bytes() {
        return Err(StagingError::damaged(path, "its checksum is wrong"));
    }
    bytes.truncate(text_len);
    Ok(bytes)
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

/// Creates a folder, and those above it, that nobody else can look into; existing ones stay as they
/// are.
///
/// # Errors
///
/// The system refuses, or something else stands at the path.
pub fn create_private_folder(path: &Path) -> io::Result<()> {
    private_folder(path, true)
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

    #[test]
    fn who_looks_stands_in_nobodys_way() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StagingFolder::create(dir.path(), "x").unwrap();
        let path = folder.path().to_owned();
        assert!(StagingFolder::is_in_use(&path));
        drop(folder);
        let done = std::sync::atomic::AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    StagingFolder::is_in_use(&path);
                    thread::sleep(Duration::from_micros(100));
                }
            });
            let opened = (0..500).all(|_| StagingFolder::open(&path).is_ok());
            done.store(true, std::sync::atomic::Ordering::Relaxed);
            assert!(opened);
        });
        assert!(!StagingFolder::is_in_use(&path));
    }

    #[test]
    fn a_changed_or_cut_text_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let folder = StagingFolder::create(dir.path(), "x").unwrap();
        let path = folder.file("plan.json");
        for text in [&b""[..], b"{}", b"{\n}\n"] {
            folder.write_whole("plan.json", text).unwrap();
            assert_eq!(read_whole(&path).unwrap(), text);
            let good = fs::read(&path).unwrap();
            for at in 0..good.len() {
                fs::write(&path, &good[..at]).unwrap();
                assert!(read_whole(&path).is_err(), "cut at {at}");
                let mut bad = good.clone();
                bad[at] ^= 0x20;
                fs::write(&path, &bad).unwrap();
                assert!(read_whole(&path).is_err(), "changed at {at}");
            }
        }
    }

    #[test]
    fn a_folder_without_a_lock_is_not_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        assert!(StagingFolder::open(dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
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
