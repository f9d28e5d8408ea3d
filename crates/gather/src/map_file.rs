//! The map on disk: private, and never beside the bundle.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use privacy::Map;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Where the map lies in the folder of maps.
pub(crate) fn map_path(folder: &Path, map: &Map) -> PathBuf {
    folder.join(format!("{}.json", map.id()))
}

/// Writes the map into `folder`, readable by its owner only, whole or not at all.
///
/// # Errors
///
/// The folder or the file cannot be written.
pub(crate) fn save_map(folder: &Path, map: &Map) -> Result<PathBuf, Error> {
    let path = map_path(folder, map);
    let write = || -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        // Readable by its owner only from the first moment on. Two exports that extend one map may
        // write it at the same time.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(map.to_json().expose_secret())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|failed| failed.error)?;
        sync_folder(folder)
    };
    write().map_err(|source| Error::Io {
        action: "write the map",
        path: path.clone(),
        source,
    })?;
    Ok(path)
}

/// Makes a new name survive a power failure: the bundle gets its own only after the map.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open a folder as a file; its file systems journal names themselves.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
