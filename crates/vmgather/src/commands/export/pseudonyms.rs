//! Where pseudonyms come from, and where their map goes.

use std::fs;
use std::path::{Path, PathBuf};

use bundle::staging::create_private_folder;
use privacy::{Key, Map, Rules};
use secrecy::zeroize::Zeroizing;

use crate::cli::ExportArgs;
use crate::exit::Exit;
use crate::failure::{Failure, unusable};
use crate::folders;
use crate::key_file;
use crate::printer;
use crate::run::Run;

/// The map to start with and the folder to write it to; `None` keeps none.
pub(super) fn choose(
    args: &ExportArgs,
    rules: &Rules,
    run: &Run,
) -> Result<(Map, Option<PathBuf>), Failure> {
    if rules.is_off() {
        if args.map.is_some() {
            return Err(Failure::usage(
                "the config obfuscates nothing; `--map` has no effect",
            ));
        }
        return Ok((new_map(Key::generate())?, None));
    }
    if args.dry_run {
        // The numbers shown are those of the export, but nothing is written for them, no key either.
        let has_key = folders::private().is_some_and(|folder| key_file::exists(&folder));
        return Ok((
            match &args.map {
                Some(file) => read_map(file)?,
                None if has_key => new_map(Ok(installation_key(run)?))?,
                None => new_map(Key::generate())?,
            },
            None,
        ));
    }
    let earlier = args.map.as_deref().map(read_map).transpose()?;
    let folder = if args.no_map {
        None
    } else {
        Some(map_folder()?)
    };
    let map = match earlier {
        Some(map) => map,
        None => new_map(Ok(installation_key(run)?))?,
    };
    Ok((map, folder))
}

/// The same for a discovery.
pub(in crate::commands) fn of_discovery(
    map: Option<&Path>,
    no_map: bool,
) -> Result<(Map, Option<PathBuf>), Failure> {
    let map = match map {
        Some(file) => read_map(file)?,
        None => new_map(Ok(key_or_warn(printer::warning)?))?,
    };
    let folder = (!no_map).then(map_folder).transpose()?;
    Ok((map, folder))
}

/// The key of this installation, else one for this export alone.
fn installation_key(run: &Run) -> Result<Key, Failure> {
    key_or_warn(|text| run.warning(text))
}

fn key_or_warn(say: impl Fn(&str)) -> Result<Key, Failure> {
    key_file::load(folders::private().as_deref()).or_else(|error| {
        let why = Failure::from_error(Exit::Failed, &error);
        let why: Vec<&str> = std::iter::once(why.message())
            .chain(why.causes().iter().map(String::as_str))
            .collect();
        say(&format!(
            "pseudonyms will differ from those of other exports: {}",
            why.join(": ")
        ));
        Key::generate().map_err(|error| Failure::from_error(Exit::Failed, &error))
    })
}

fn new_map(key: Result<Key, privacy::Error>) -> Result<Map, Failure> {
    key.and_then(Map::new)
        .map_err(|error| Failure::from_error(Exit::Failed, &error))
}

fn read_map(file: &Path) -> Result<Map, Failure> {
    let json = fs::read(file).map_err(|error| unusable("read", file, error))?;
    let json = Zeroizing::new(json);
    Map::from_json(&json).map_err(|error| {
        Failure::usage(format!("cannot use `{}` as a map", file.display())).because(error)
    })
}

/// The folder for maps, proven to be writable: a map that cannot be kept must not be noticed after
/// hours of fetching.
pub(in crate::commands) fn map_folder() -> Result<PathBuf, Failure> {
    const HINT: &str = "set HOME to a folder that can be written, or decline the map with \
                        `--no-map`";
    let folder = folders::maps()
        .ok_or_else(|| Failure::usage("there is no home folder for the map").hint(HINT))?;
    create_private_folder(&folder)
        .and_then(|()| tempfile::tempfile_in(&folder).map(drop))
        .map_err(|error| {
            Failure::usage(format!("cannot keep the map in `{}`", folder.display()))
                .because(error)
                .hint(HINT)
        })?;
    Ok(folder)
}
