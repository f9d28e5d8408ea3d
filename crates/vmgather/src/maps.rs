//! The maps of this person: read from a file, or found in `~/.vmgather/maps`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use bundle::Bundle;
use privacy::Map;
use secrecy::zeroize::Zeroizing;

use crate::exit::Exit;
use crate::failure::{Failure, unusable};
use crate::folders;
use crate::run::from_gather;

/// Reads the map that an option names.
pub(crate) fn read(file: &Path) -> Result<Map, Failure> {
    let json = Zeroizing::new(fs::read(file).map_err(|error| unusable("read", file, error))?);
    Map::from_json(&json).map_err(|error| {
        Failure::failed(format!("cannot use `{}` as a map", file.display())).because(error)
    })
}

/// Why a bundle has no map here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It does not say of itself which it needs.
    Untold,
    /// It holds no pseudonyms.
    Plain,
    /// It was made with `--no-map`.
    NotKept,
    /// It names one that is not in the folder.
    NotHere { id: String, folder: Option<PathBuf> },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Untold => f.write_str("the bundle does not say which map belongs to it"),
            Self::Plain => f.write_str("the bundle is not obfuscated"),
            Self::NotKept => f.write_str("no map of this bundle was ever kept"),
            Self::NotHere {
                id,
                folder: Some(folder),
            } => {
                write!(
                    f,
                    "the map `{id}` of this bundle is not in `{}`",
                    folder.display()
                )
            }
            Self::NotHere { id, folder: None } => write!(
                f,
                "the map `{id}` of this bundle cannot be looked for without a home folder"
            ),
        }
    }
}

/// The map of a bundle, by the id in its metadata.
pub(crate) fn of_bundle(path: &Path) -> Result<Result<Map, Missing>, Failure> {
    let metadata = Bundle::open(path)
        .map_err(|error| Failure::from_error(Exit::Failed, &error))?
        .metadata();
    // Whoever reads the data complains about metadata that cannot be read.
    let Some(metadata) = metadata.ok().flatten() else {
        return Ok(Err(Missing::Untold));
    };
    let Some(id) = metadata.map_id else {
        return Ok(Err(match metadata.obfuscated {
            true => Missing::NotKept,
            false => Missing::Plain,
        }));
    };
    let folder = folders::maps();
    let found = match &folder {
        Some(folder) => gather::stored_map(folder, &id).map_err(|error| from_gather(&error))?,
        None => None,
    };
    Ok(found.ok_or(Missing::NotHere { id, folder }))
}

/// The only map there is, for names that say not where they come from.
pub(crate) fn only() -> Result<Map, Failure> {
    const WHICH: &str = "`--map FILE`; the map of a bundle has the name that `vmgather inspect \
                         BUNDLE` shows as `map`";
    let missing = || Failure::usage("no map is given").hint(WHICH);
    let folder = folders::maps().ok_or_else(missing)?;
    let mut maps = Vec::new();
    match fs::read_dir(&folder) {
        Ok(entries) => {
            for entry in entries {
                let path = entry
                    .map_err(|error| unusable("list", &folder, error))?
                    .path();
                if path.extension().is_some_and(|ending| ending == "json") {
                    maps.push(path);
                }
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(unusable("list", &folder, error)),
    }
    match &maps[..] {
        [map] => read(map),
        [] => Err(
            Failure::usage("no map is given, and there is none in `~/.vmgather/maps`")
                .hint("`--map FILE`; without its map a pseudonym cannot be turned back by anybody"),
        ),
        several => Err(Failure::usage(format!(
            "no map is given, and there are {} in `~/.vmgather/maps`",
            several.len()
        ))
        .hint(WHICH)),
    }
}
