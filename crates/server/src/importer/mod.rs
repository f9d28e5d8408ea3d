//! The importer: the API of the import page, and the page.

mod analysis_warnings;
mod analyze;
mod check;
mod config;
mod destination;
mod failure;
mod follow;
mod form;
mod health;
mod jobs;
mod openapi;
mod pieces;
mod profiles;
mod reach;
mod steer;
mod summary;
mod upload;
mod verification;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, delete, get, post};
use replay::Spool;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use self::jobs::{Job, Jobs};
use self::profiles::Profiles;
use crate::pages;
use crate::reply::{Problem, one_line};

/// Bundles that are looked at at once; each has a copy on the disk.
const MOST_ANALYSES: usize = 4;

/// What the importer needs to know about this machine and this run.
pub struct ImportServerOptions {
    /// Version of the build.
    pub version: String,
    /// Folder for uploads and unfinished imports, from the root; made when it is needed.
    pub spool: PathBuf,
    /// File that remembers recent targets and settings, from the root; `None` remembers nothing.
    pub profiles: Option<PathBuf>,
    /// Imports at once.
    pub max_jobs: usize,
    /// Largest upload in bytes; `None` takes what fits on the disk.
    pub max_upload_bytes: Option<u64>,
    /// Only this machine can connect.
    pub loopback: bool,
}

/// The importer; cheap to clone.
#[derive(Clone)]
pub struct ImportServer {
    options: Arc<ImportServerOptions>,
    jobs: Jobs,
    profiles: Profiles,
    analyses: Arc<Semaphore>,
    stop: CancellationToken,
}

impl ImportServer {
    /// An importer that has not begun any work; `stop` ends whatever it does, so that it can be
    /// resumed. Copies of uploads that a crash left are removed.
    #[must_use]
    pub fn new(options: ImportServerOptions, stop: CancellationToken) -> Self {
        if let Err(error) = Spool::new(options.spool.clone()).sweep() {
            let error = one_line(&error);
            tracing::warn!(error, "cannot remove what a crash left");
        }
        Self {
            jobs: Jobs::new(options.max_jobs, options.spool.clone(), stop.clone()),
            profiles: Profiles::new(options.profiles.clone()),
            analyses: Arc::new(Semaphore::new(MOST_ANALYSES)),
            options: Arc::new(options),
            stop,
        }
    }

    /// Waits until its imports have stopped.
    pub async fn ended(&self) {
        self.jobs.ended().await;
    }

    /// Everything it answers.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/api/health", any(health::health))
            .route("/api/check-endpoint", post(check::check))
            .route("/api/upload", post(upload::upload))
            .route("/api/analyze", post(analyze::analyze))
            .route("/api/import/status", get(follow::status))
            .route(jobs::EVENTS, get(follow::events))
            .route("/api/import/resume", post(steer::resume))
            .route("/api/import/cancel", post(steer::cancel))
            .route("/api/import/discard", post(steer::discard))
            .route("/api/imports", get(follow::imports))
            .route("/api/profiles/recent", get(profiles::recent))
            .route("/api/profiles/recent/{id}", delete(profiles::forget))
            .route("/api/openapi.json", get(openapi::openapi))
            .with_state(self.clone())
            .merge(pages::routes("import"))
    }

    /// A job by its id, also one that only its folder remembers.
    async fn job(&self, id: Option<String>) -> Result<Arc<Job>, Problem> {
        let id = id
            .filter(|id| !id.is_empty())
            .ok_or_else(|| Problem::bad_request("the parameter `id` is missing"))?;
        let jobs = self.jobs.clone();
        let found = spawn_blocking(move || jobs.find(&id)).await.ok().flatten();
        found.ok_or_else(|| {
            Problem::new(StatusCode::NOT_FOUND, "there is no such import").code("unknown_job")
        })
    }

    /// A place among those who look at a bundle.
    fn analysis_place(&self) -> Result<OwnedSemaphorePermit, Problem> {
        self.analyses.clone().try_acquire_owned().map_err(|_| {
            Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("{MOST_ANALYSES} bundles are looked at already"),
            )
            .code("too_many_jobs")
        })
    }
}
