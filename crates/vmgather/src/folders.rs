//! Where files go when nobody says otherwise.

use std::io;
use std::path::{Path, PathBuf};

use bundle::staging::create_private_folder;

use crate::failure::{Failure, unusable};

/// Name of the folder for unfinished data, below that of the bundles.
const STAGING: &str = "staging";

/// The person's folder; `None` without one that can be told.
pub(crate) fn home() -> Option<PathBuf> {
    let variable = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    let home = PathBuf::from(std::env::var_os(variable)?);
    home.is_absolute().then_some(home)
}

/// Private files of this program: key, maps, staging of exports to stdout.
pub(crate) fn private() -> Option<PathBuf> {
    home().map(|home| home.join(".vmgather"))
}

/// Staging of exports whose result is not a file.
pub(crate) fn private_staging() -> Option<PathBuf> {
    private().map(|folder| folder.join(STAGING))
}

/// Staging of exports that the page starts, made if it is not there.
///
/// # Errors
///
/// Without a home folder it lies among temporary files, and somebody else's is refused.
pub(crate) fn default_staging() -> io::Result<PathBuf> {
    let home = home();
    let below_home = |below: &str| home.as_ref().map(|home| home.join(below));
    let own = if cfg!(target_os = "macos") {
        below_home("Library/Application Support/vmgather/Staging")
    } else if cfg!(windows) {
        std::env::var_os("LOCALAPPDATA")
            .map(PathBuf::from)
            .or_else(|| below_home("AppData/Local"))
            .map(|local| local.join("vmgather").join("Staging"))
    } else {
        private_staging()
    };
    own.map_or_else(homeless, Ok)
}

/// Copies of piped bundles, and unfinished imports.
///
/// # Errors
///
/// As for [`default_staging`].
pub(crate) fn imports() -> io::Result<PathBuf> {
    let own = private().map_or_else(homeless, Ok)?;
    Ok(own.join("imports"))
}

/// The file that remembers recent targets of the import page; `None` without a folder for caches.
pub(crate) fn recent_profiles() -> Option<PathBuf> {
    let below_home = |below: &str| home().map(|home| home.join(below));
    let variable = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from)?;
        path.is_absolute().then_some(path)
    };
    let cache = if cfg!(target_os = "macos") {
        below_home("Library/Caches")
    } else if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else {
        variable("XDG_CACHE_HOME").or_else(|| below_home(".cache"))
    };
    cache.map(|cache| cache.join("vmimporter").join("recent_profiles.json"))
}

/// Private files where there is no home folder.
fn homeless() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join("vmgather");
    create_private_folder(&folder)?;
    refuse_strangers(&folder)?;
    Ok(folder)
}

/// Whoever owns a folder among temporary files could read what is put there.
#[cfg(unix)]
fn refuse_strangers(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let found = folder.symlink_metadata()?;
    // A file that we make tells who we are.
    let own = tempfile::tempfile_in(folder)?.metadata()?.uid();
    if found.is_dir() && found.uid() == own && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let text = format!("`{}` is not a private folder of yours", folder.display());
    Err(io::Error::other(text))
}

#[cfg(not(unix))]
fn refuse_strangers(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Where the unfinished exports of this person are remembered.
pub(crate) fn private_jobs() -> Option<PathBuf> {
    private().map(|folder| folder.join("jobs"))
}

/// Where the maps of this person lie.
pub(crate) fn maps() -> Option<PathBuf> {
    private().map(|folder| folder.join("maps"))
}

/// The folder for bundles: the one given, else one in the person's downloads, else `./exports`.
pub(crate) fn output(given: Option<&Path>) -> Result<PathBuf, Failure> {
    match given {
        Some(folder) => {
            if folder.exists() && !folder.is_dir() {
                return Err(Failure::usage(format!(
                    "`--output` must be a folder, but `{}` is a file",
                    folder.display()
                ))
                .hint("`-o FILE` writes the bundle to a file"));
            }
            absolute(folder)
        }
        None => match home().map(|home| home.join("Downloads")) {
            Some(downloads) if downloads.is_dir() => Ok(downloads.join("vmgather")),
            _ => absolute(Path::new("exports")),
        },
    }
}

/// Staging of exports whose bundle goes into this folder.
pub(crate) fn staging(output: &Path) -> PathBuf {
    output.join(STAGING)
}

/// The folder for bundles that has this staging; `None` if staging was put elsewhere.
pub(crate) fn output_of(staging: &Path) -> Option<&Path> {
    staging.parent().filter(|_| staging.ends_with(STAGING))
}

/// The path from the root: an export may be resumed from another working directory.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| unusable("use", path, error))
}
