//! The map on disk: private, and never beside the bundle.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use privacy::Map;
use secrecy::ExposeSecret;

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
    let pending = folder.join(format!("{}.json.new", map.id()));
    let write = || -> io::Result<()> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
            builder.mode(0o700);
            options.mode(0o600);
        }
        builder.create(folder)?;
        let mut file = options.open(&pending)?;
        file.write_all(map.to_json().expose_secret())?;
        file.sync_all()?;
        fs::rename(&pending, &path)
    };
    write().map_err(|source| Error::Io {
        action: "write the map",
        path: path.clone(),
        source,
    })?;
    Ok(path)
}
