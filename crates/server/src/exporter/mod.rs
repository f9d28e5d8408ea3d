//! The exporter: the API of the wizard, and its page.

mod apart;
mod asked;
mod discover;
mod download;
mod estimate;
mod export_request;
mod exports;
mod folders;
mod follow;
mod health;
mod jobs;
mod openapi;
mod preview;
mod settings;
mod staging_folder;
mod start;
mod steer;
pub(crate) mod upstream;
mod validate;
mod validate_query;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{any, get, post};
use gather::Interrupted;
use privacy::Map;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use self::jobs::{Job, Jobs};
use crate::pages;
use crate::reply::Problem;

/// What the exporter needs to know about this machine and this run.
pub struct ExporterOptions {
    /// Version of the build.
    pub version: String,
    /// Folder for bundles, from the root.
    pub output: PathBuf,
    /// Folder for unfinished exports where the page names none, from the root.
    pub staging: PathBuf,
    /// Folder of the person, whose folders the page may list.
    pub home: Option<PathBuf>,
    /// Folder that remembers where unfinished exports lie.
    pub registry: Option<PathBuf>,
    /// Where pseudonyms come from.
    pub pseudonyms: Box<dyn Pseudonyms>,
    /// Exports at once.
    pub max_jobs: usize,
    /// The page may list folders.
    pub allow_browse: bool,
    /// Only this machine can connect.
    pub loopback: bool,
    /// Address of the demo cluster, if there is one.
    pub demo_url: Option<String>,
}

/// Where the pseudonyms of new exports come from, and where their maps go.
pub trait Pseudonyms: Send + Sync {
    /// An empty map with the key of this installation, or with one of its own where that cannot be
    /// used, and then the reason.
    ///
    /// # Errors
    ///
    /// Why there is no key at all, in words for a person.
    fn new_map(&self) -> Result<(Map, Option<String>), String>;

    /// The folder for maps, proven to be writable.
    ///
    /// # Errors
    ///
    /// Why maps cannot be kept, in words for a person.
    fn map_folder(&self) -> Result<PathBuf, String>;
}

/// The exporter; cheap to clone.
#[derive(Clone)]
pub struct Exporter {
    options: Arc<ExporterOptions>,
    jobs: Arc<Jobs>,
    memory: Arc<preview::Memory>,
    stop: CancellationToken,
}

impl Exporter {
    /// An exporter that has not begun any work; `stop` ends whatever it does, so that it can be resumed.
    #[must_use]
    pub fn new(options: ExporterOptions, stop: CancellationToken) -> Self {
        Self {
            jobs: Arc::new(Jobs::new(options.max_jobs, stop.clone())),
            options: Arc::new(options),
            memory: Arc::default(),
            stop,
        }
    }

    /// Waits until its exports have stopped.
    pub async fn ended(&self) {
        self.jobs.ended().await;
    }

    /// A job by its id, also one that only its staging folder remembers.
    async fn job(&self, id: &str) -> Result<Arc<Job>, Problem> {
        if let Some(job) = self.jobs.find(id) {
            return Ok(job);
        }
        let exporter = self.clone();
        let looked =
            spawn_blocking(move || exporter.jobs.adopt(&exports::staging_roots(&exporter)));
        let adopted = looked.await.unwrap_or_default();
        let by_id = |(found, job): &(Interrupted, Arc<Job>)| job.id == id || found.export_id == id;
        adopted
            .into_iter()
            .find(by_id)
            .map(|(_, job)| job)
            .ok_or_else(|| {
                Problem::new(StatusCode::NOT_FOUND, "there is no such export").code("unknown_job")
            })
    }

    /// What there is to go on with of a job that has ended.
    async fn interrupted_of(&self, job: &Arc<Job>) -> Result<Interrupted, Problem> {
        let nothing = || {
            Problem::new(
                StatusCode::CONFLICT,
                "nothing was fetched that could be resumed",
            )
            .code("nothing_to_resume")
            .hint("start the export anew")
        };
        let folder = job.state.resumable().ok_or_else(nothing)?;
        let looked = spawn_blocking(move || {
            let found = gather::interrupted(folder.parent()?).ok()?;
            found.into_iter().find(|found| found.staging == folder)
        });
        looked.await.ok().flatten().ok_or_else(nothing)
    }

    /// Everything it answers.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/api/health", any(health::health))
            .route("/api/config", get(settings::settings))
            .route("/api/validate", post(validate::validate))
            .route("/api/validate-query", post(validate_query::validate_query))
            .route("/api/discover", post(discover::discover))
            .route("/api/discover-selector", post(discover::discover_selector))
            .route("/api/sample", post(preview::sample))
            .route("/api/preview", post(preview::preview))
            .route("/api/estimate", post(estimate::estimate))
            .route("/api/export", post(start::export))
            .route("/api/export/start", post(start::start))
            .route("/api/export/status", get(follow::status))
            .route(jobs::EVENTS, get(follow::events))
            .route("/api/export/cancel", post(steer::cancel))
            .route("/api/export/resume", post(steer::resume))
            .route("/api/export/discard", post(steer::discard))
            .route("/api/exports", get(exports::exports))
            .route("/api/download", get(download::download))
            .route("/api/fs/list", get(folders::list))
            .route("/api/openapi.json", get(openapi::openapi))
            .route("/api/fs/check", post(folders::check))
            .with_state(self.clone())
            .merge(pages::routes("gather"))
    }
}

/// A name that nobody can guess.
fn job_id() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "the system gives no random numbers",
        )
    })?;
    Ok(format!(
        "{}{:032x}",
        jobs::PREFIX,
        u128::from_be_bytes(bytes)
    ))
}
