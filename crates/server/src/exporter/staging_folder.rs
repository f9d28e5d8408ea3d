//! Folders that the page names for unfinished data.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use axum::http::StatusCode;

use super::ExporterOptions;
use crate::reply::Problem;

/// The path from the root, if this server may touch it: any on loopback, else only below our own
/// folders.
pub(super) fn allowed(options: &ExporterOptions, path: &Path) -> Result<PathBuf, Problem> {
    let path = std::path::absolute(path)
        .map_err(|error| Problem::bad_request(format!("the folder cannot be used: {error}")))?;
    if options.loopback {
        return Ok(path);
    }
    let own = [&options.output, &options.staging];
    let real = resolved(&path);
    let inside = real.is_some_and(|real| {
        own.iter()
            .filter_map(|own| resolved(own))
            .any(|own| real.starts_with(own))
    });
    if !inside {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "a server for other machines uses only its own folders",
        )
        .code("folder_forbidden")
        .hint(format!(
            "choose a folder below `{}` or `{}`",
            options.output.display(),
            options.staging.display()
        )));
    }
    Ok(path)
}

/// The path without links, as far as it exists; what does not exist must not lead upwards.
pub(super) fn resolved(path: &Path) -> Option<PathBuf> {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        match existing.canonicalize() {
            Ok(real) => {
                return Some(
                    missing
                        .iter()
                        .rev()
                        .fold(real, |path, name| path.join(name)),
                );
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match existing.components().next_back()? {
                    // A link that leads nowhere may lead anywhere later.
                    Component::Normal(_) if existing.is_symlink() => return None,
                    Component::Normal(name) => missing.push(name),
                    _ => return None,
                }
                existing = existing.parent()?;
            }
            Err(_) => return None,
        }
    }
}

/// Proves that a folder can be written, with a file of a random name that does not stay.
pub(super) fn prove_writable(folder: &Path) -> io::Result<()> {
    tempfile::NamedTempFile::new_in(folder).map(drop)
}

/// Whether a missing folder could be made: its nearest ancestor is a folder that can be written.
pub(super) fn can_create(folder: &Path) -> bool {
    folder
        .ancestors()
        .skip(1)
        .find(|ancestor| ancestor.symlink_metadata().is_ok())
        .is_some_and(|ancestor| ancestor.is_dir() && prove_writable(ancestor).is_ok())
}

/// Makes the folder of one job, below one that is made when needed, both private.
pub(super) fn make(root: &Path, job: &Path) -> Result<(), Problem> {
    let refused = |error: io::Error| {
        let text = format!(
            "cannot use the staging folder `{}`: {error}",
            root.display()
        );
        let status = match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                StatusCode::FORBIDDEN
            }
            io::ErrorKind::NotADirectory
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StatusCode::INSUFFICIENT_STORAGE
            }
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem::new(status, text)
            .code("staging")
            .hint("choose another staging folder")
    };
    bundle::staging::create_private_folder(root)
        .and_then(|()| prove_writable(root))
        .and_then(|()| private(job))
        .map_err(refused)
}

/// Fails if it exists: the name is ours alone.
fn private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_and_dots_do_not_lead_out() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        let (own, other) = (root.join("own"), root.join("other"));
        fs::create_dir(&own).unwrap();
        fs::create_dir(&other).unwrap();
        std::os::unix::fs::symlink(&other, own.join("link")).unwrap();
        std::os::unix::fs::symlink(root.join("nowhere"), own.join("dangling")).unwrap();
        assert_eq!(
            resolved(&own.join("new/folder")),
            Some(own.join("new/folder"))
        );
        assert_eq!(resolved(&own.join("link/x")), Some(other.join("x")));
        assert_eq!(resolved(&own.join("../other")), Some(other));
        assert_eq!(resolved(&own.join("new/../../other")), None);
        assert_eq!(resolved(&own.join("dangling/x")), None);
    }
}
