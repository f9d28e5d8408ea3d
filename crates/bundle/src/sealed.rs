//! Giving a finished bundle its final name.
//!
//! A bundle grows under `<name>.partial`. Only when every byte is on the disk does it get its final
//! name, in one rename that never replaces an existing file. So a file with the final name is
//! complete, whatever crashed when. The checksum file is written before that rename and renamed
//! right after it: a full disk is noticed while nothing has its final name yet.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::TempPath;

use crate::checksum_file::{self, checksum_path};
use crate::error::Error;
use crate::hashing::{Digest, HashingWriter};

/// A sealed bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Where it lies.
    pub path: PathBuf,
    /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the file in bytes.
    pub size_bytes: u64,
}

impl Sealed {
    /// Takes up a bundle that was sealed by a run which ended before it could say so, and writes its
    /// checksum file anew. Reads the whole file.
    ///
    /// # Errors
    ///
    /// The bundle cannot be read, or the checksum file cannot be written.
    pub fn take_up(path: &Path) -> Result<Self, Error> {
        let digest = File::open(path)
            .and_then(Digest::of)
            .map_err(Error::io("read", path))?;
        publish_checksum(stage_checksum(&digest, path)?, path)?;
        sync_folder(path)?;
        Ok(Self::new(path, digest))
    }

    fn new(path: &Path, digest: Digest) -> Self {
        Self {
            path: path.to_owned(),
            sha256: digest.sha256,
            size_bytes: digest.size_bytes,
        }
    }
}

/// What to do with a `.partial` file that is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// It may belong to somebody else: leave it and fail.
    Refuse,
    /// It is known to be from an earlier, dead sealing of the same export: replace it.
    Replace,
}

/// A bundle being written under `<final name>.partial`; dropping it removes that file.
#[derive(Debug)]
pub struct PendingFile {
    // Dropped before `partial`: some systems do not remove open files.
    writer: HashingWriter<File>,
    partial: TempPath,
    final_path: PathBuf,
}

impl PendingFile {
    /// Creates the partial file beside `final_path`, readable by its owner only.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if `final_path` exists, or the partial file does and is not to be replaced;
    /// [`Error::Io`] if it cannot be created.
    pub fn create(final_path: &Path, leftover: Leftover) -> Result<Self, Error> {
        if final_path.symlink_metadata().is_ok() {
            return Err(Error::Exists {
                path: final_path.to_owned(),
            });
        }
        let (file, partial) = create_private(&partial_path(final_path), leftover)?;
        Ok(Self {
            writer: HashingWriter::new(file),
            partial,
            final_path: final_path.to_owned(),
        })
    }

    /// Brings everything to the disk, gives the bundle its final name and writes the checksum file.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] if a file of the final name appeared meanwhile; it is left as it is.
    /// [`Error::Io`] if writing or renaming fails. The partial file is then gone.
    pub fn commit(self) -> Result<Sealed, Error> {
        let Self {
            writer,
            partial,
            final_path,
        } = self;
        let (file, digest) = writer.finish().map_err(Error::io("write", &partial))?;
        file.sync_all().map_err(Error::io("write", &partial))?;
        drop(file);
        let checksum = stage_checksum(&digest, &final_path)?;
        partial
            .persist_noclobber(&final_path)
            .map_err(|failed| match failed.error.kind() {
                io::ErrorKind::AlreadyExists => Error::Exists {
                    path: final_path.clone(),
                },
                _ => Error::io("rename the finished file to", &final_path)(failed.error),
            })?;
        publish_checksum(checksum, &final_path)?;
        sync_folder(&final_path)?;
        Ok(Sealed::new(&final_path, digest))
    }
}

impl Write for PendingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// Path under which a file grows until it is complete: its name plus `.partial`.
pub fn partial_path(final_path: &Path) -> PathBuf {
    let mut path = final_path.as_os_str().to_owned();
    path.push(".partial");
    path.into()
}

/// Creates a file that did not exist, for its owner only; it is removed when the path is dropped.
fn create_private(path: &Path, leftover: Leftover) -> Result<(File, TempPath), Error> {
    if leftover == Leftover::Replace {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io("replace", path)(error));
            }
            _ => {}
        }
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists {
            path: path.to_owned(),
        },
        _ => Error::io("create", path)(source),
    })?;
    let partial = TempPath::try_from_path(path).map_err(Error::io("create", path))?;
    Ok((file, partial))
}

/// Writes the checksum file under its partial name.
fn stage_checksum(digest: &Digest, bundle: &Path) -> Result<TempPath, Error> {
    let partial = partial_path(&checksum_path(bundle));
    let (mut file, path) = create_private(&partial, Leftover::Replace)?;
    file.write_all(&checksum_file::render(&digest.sha256, bundle))
        .and_then(|()| file.sync_all())
        .map_err(Error::io("write", &partial))?;
    Ok(path)
}

/// Gives the checksum file its name. One that is there belongs to a bundle that is gone.
fn publish_checksum(staged: TempPath, bundle: &Path) -> Result<(), Error> {
    let path = checksum_path(bundle);
    staged
        .persist(&path)
        .map_err(|failed| Error::io("write", &path)(failed.error))
}

/// Makes renames in the folder of `path` survive a power failure.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(Error::io("write the folder", folder))
}

/// Folders cannot be opened for syncing here; the file system journals renames itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> Result<(), Error> {
    Ok(())
}
