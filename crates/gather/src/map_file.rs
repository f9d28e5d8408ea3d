//! The map on disk: private, and never beside the bundle.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::staging::create_private_folder;
use privacy::Map;
use secrecy::ExposeSecret;
use tempfile::NamedTempFile;

use crate::error::Error;

/// Hex digits of a map's id.
const MAP_ID_DIGITS: usize = 32;

/// Where the map lies in the folder of maps.
pub(crate) fn map_path(folder: &Path, map: &Map) -> PathBuf {
    folder.join(format!("{}.json", map.id()))
}

/// The map with this id in the folder of maps; `None` if it is not there, or if there can be no map
/// of this name.
///
/// # Errors
///
/// The file is there and cannot be read, or holds another map.
pub fn stored_map(folder: &Path, id: &str) -> Result<Option<Map>, Error> {
    let is_id = id.len() == MAP_ID_DIGITS && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    // The id comes from a bundle, and a bundle from anywhere.
    if !is_id {
        return Ok(None);
    }
    let path = folder.join(format!("{id}.json"));
    match read_map(&path)? {
        Some(map) if map.id() != id => Err(Error::OtherMap { path }),
        map => Ok(map),
    }
}

/// The map as other exports have extended it since this one began, or else `map`.
///
/// # Errors
///
/// The file is there and cannot be read.
pub(crate) fn newest_map(folder: &Path, map: Map) -> Result<Map, Error> {
    Ok(match read_map(&map_path(folder, &map))? {
        Some(on_disk) if on_disk.covers(&map) => on_disk,
        _ => map,
    })
}

/// Writes the map into `folder`, readable by its owner only, whole or not at all.
///
/// # Errors
///
/// The folder or the file cannot be written, or another export has put originals into the file that
/// `map` does not have: they would be lost, and one pseudonym might come to mean two things.
pub(crate) fn save_map(folder: &Path, map: &Map) -> Result<PathBuf, Error> {
    let path = map_path(folder, map);
    if read_map(&path)?.is_some_and(|on_disk| !map.covers(&on_disk)) {
        return Err(Error::MapGrown { path });
    }
    let write = || -> io::Result<()> {
        create_private_folder(folder)?;
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

fn read_map(path: &Path) -> Result<Option<Map>, Error> {
    let json = match std::fs::read(path) {
        Ok(json) => json,
        Err(error) if is_missing(&error) => return Ok(None),
        Err(source) => {
            return Err(Error::Io {
                action: "read the map",
                path: path.to_owned(),
                source,
            });
        }
    };
    Map::from_json(&json).map(Some).map_err(Error::Privacy)
}

/// There is no file, or what should be a folder is none: writing will say so if it is in the way.
fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Makes a new name survive a power failure: the bundle gets its own only after the map.
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open a folder as a file; its file systems journal names themselves.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use privacy::{Collector, Key, Rules};

    use super::*;

    fn with_job(map: Map, job: &str) -> Map {
        let rules = Rules::builder().job(true).build().unwrap();
        let labels = [(&b"job"[..], job.as_bytes())];
        let collector = Collector::new(&rules, map);
        let rewriter = collector.finish(|| labels.into_iter()).unwrap();
        Map::from_json(rewriter.map().to_json().expose_secret()).unwrap()
    }

    fn copy(map: &Map) -> Map {
        Map::from_json(map.to_json().expose_secret()).unwrap()
    }

    #[test]
    fn two_exports_that_extend_one_map_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let base = with_job(Map::new(Key::generate().unwrap()).unwrap(), "a");
        save_map(folder.path(), &base).unwrap();
        let (first, second) = (copy(&base), copy(&base));
        save_map(folder.path(), &with_job(first, "b")).unwrap();

        // The second began before the first had ended.
        let lacking = with_job(copy(&second), "c");
        let refused = save_map(folder.path(), &lacking);
        assert!(matches!(refused, Err(Error::MapGrown { .. })));
        let newest = newest_map(folder.path(), second).unwrap();
        let both = with_job(newest, "c");
        save_map(folder.path(), &both).unwrap();
        assert!(both.covers(&lacking));
    }

    #[test]
    fn a_map_is_found_by_its_id_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let map = with_job(Map::new(Key::generate().unwrap()).unwrap(), "a");
        let path = save_map(folder.path(), &map).unwrap();
        let found = stored_map(folder.path(), map.id()).unwrap();
        assert!(found.is_some_and(|found| found.covers(&map)));

        let other = "0123456789abcdef".repeat(2);
        assert!(stored_map(folder.path(), &other).unwrap().is_none());
        let outside = format!("../{}", map.id());
        assert!(
            stored_map(&folder.path().join("x"), &outside)
                .unwrap()
                .is_none()
        );
        std::fs::rename(path, folder.path().join(format!("{other}.json"))).unwrap();
        let renamed = stored_map(folder.path(), &other);
        assert!(matches!(renamed, Err(Error::OtherMap { .. })));
    }
}
