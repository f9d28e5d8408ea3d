//! Choosing and checking a staging folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use bundle::staging::create_private_folder;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::Exporter;
use super::staging_folder::{allowed, can_create, prove_writable, resolved};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// Folders that are listed at most.
const MOST: usize = 2000;

#[derive(Deserialize)]
pub(super) struct Where {
    path: Option<String>,
}

/// The folders in a folder.
#[derive(Serialize, ToSchema)]
pub(super) struct Listed {
    /// From the root.
    path: String,
    /// Empty at the top.
    parent: String,
    exists: bool,
    /// Folders only, sorted.
    entries: Vec<Folder>,
}

/// A folder in a folder.
#[derive(Serialize, ToSchema)]
pub(super) struct Folder {
    name: String,
    path: String,
    /// This process can make files in it.
    writable: bool,
}

/// Which folder to check.
#[derive(Deserialize, ToSchema)]
pub(super) struct CheckBody {
    path: Option<String>,
    /// Make it if it is missing.
    ensure: Option<bool>,
}

/// Whether a folder can hold unfinished data.
#[derive(Serialize, ToSchema)]
pub(super) struct Checked {
    ok: bool,
    /// From the root.
    abs_path: String,
    exists: bool,
    can_create: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// The folders in a folder, if the server was started with `--allow-browse`.
#[utoipa::path(
    get, path = "/api/fs/list",
    params(("path" = Option<String>, Query, description = "The folder; the home folder if absent.")),
    responses(
        (status = 200, body = Listed),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 403, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn list(
    State(exporter): State<Exporter>,
    Query(place): Query<Where>,
) -> Result<Reply<Listed>, Problem> {
    let options = &exporter.options;
    if !options.allow_browse || !options.loopback {
        return Err(
            Problem::new(StatusCode::FORBIDDEN, "folders are not listed")
                .code("no_browsing")
                .hint("type the folder, or start the server on this machine with `--allow-browse`"),
        );
    }
    let roots: Vec<PathBuf> = [options.home.as_deref(), Some(options.output.as_path())]
        .into_iter()
        .flatten()
        .filter_map(resolved)
        .collect();
    let path = place
        .path
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let path = path
        .or_else(|| options.home.clone())
        .unwrap_or_else(|| options.output.clone());
    blocking(move || listed(&roots, &path)).await.map(Reply)
}

/// Whether a folder is usable for unfinished data.
#[utoipa::path(
    post, path = "/api/fs/check", request_body = CheckBody,
    responses(
        (status = 200, body = Checked),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 403, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn check(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Checked>, Problem> {
    let asked: CheckBody = body.parse()?;
    let path = asked.path.unwrap_or_default();
    if path.trim().is_empty() {
        return Err(Problem::bad_request("`path` is missing"));
    }
    let path = allowed(&exporter.options, Path::new(path.trim()))?;
    let ensure = asked.ensure.unwrap_or_default();
    blocking(move || checked(&path, ensure)).await.map(Reply)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let failed = |_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "cannot look at the folder",
        )
    };
    spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(failed(error)))
}

fn listed(roots: &[PathBuf], path: &Path) -> Result<Listed, Problem> {
    let absolute = std::path::absolute(path)
        .map_err(|error| Problem::bad_request(format!("the path cannot be used: {error}")))?;
    let inside = |real: &Path| roots.iter().any(|root| real.starts_with(root));
    let Some(real) = resolved(&absolute).filter(|real| inside(real)) else {
        return Err(Problem::new(
            StatusCode::FORBIDDEN,
            "only folders below the home folder and that of the bundles are listed",
        )
        .code("folder_forbidden"));
    };
    let parent = real.parent().filter(|parent| inside(parent));
    let mut listed = Listed {
        path: real.display().to_string(),
        parent: parent.map(|p| p.display().to_string()).unwrap_or_default(),
        exists: true,
        entries: Vec::new(),
    };
    let unreadable = |error: io::Error| {
        Problem::bad_request(format!("cannot list `{}`: {error}", real.display()))
    };
    let entries = match fs::read_dir(&real) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            listed.exists = false;
            return Ok(listed);
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut found: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            // A link counts by where it leads.
            let real = path.canonicalize().ok().filter(|real| inside(real))?;
            real.is_dir()
                .then(|| (entry.file_name().to_string_lossy().into_owned(), path))
        })
        .take(MOST)
        .collect();
    found.sort();
    listed.entries = found
        .into_iter()
        .map(|(name, path)| Folder {
            name,
            writable: prove_writable(&path).is_ok(),
            path: path.display().to_string(),
        })
        .collect();
    Ok(listed)
}

fn checked(path: &Path, ensure: bool) -> Result<Checked, Problem> {
    let reply = |ok, exists, can_create, message: Option<String>| {
        Ok(Checked {
            ok,
            abs_path: path.display().to_string(),
            exists,
            can_create,
            message,
        })
    };
    match path.metadata() {
        Ok(found) if !found.is_dir() => Err(Problem::bad_request(format!(
            "`{}` is a file, not a folder",
            path.display()
        ))),
        Ok(_) => match prove_writable(path) {
            Ok(()) => reply(true, true, true, None),
            Err(error) => reply(false, true, false, Some(spoken(&error))),
        },
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(Problem::bad_request(
            format!("a part of `{}` is a file", path.display()),
        )),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            reply(false, false, false, Some(spoken(&error)))
        }
        Err(_) if ensure => match create_private_folder(path).and_then(|()| prove_writable(path)) {
            Ok(()) => reply(true, true, true, None),
            Err(error) => reply(false, false, false, Some(spoken(&error))),
        },
        Err(_) => {
            let creatable = can_create(path);
            let message = if creatable {
                "the folder does not exist yet"
            } else {
                "permission denied: the folder does not exist and cannot be created"
            };
            reply(false, false, creatable, Some(message.to_owned()))
        }
    }
}

/// What the system says, as people look for it.
fn spoken(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "permission denied: read-only file system".to_owned(),
        io::ErrorKind::StorageFull => "no space left".to_owned(),
        _ => error.to_string(),
    }
}
