//! Asking how an import goes: once, or as a stream of events.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use utoipa::ToSchema;

use super::ImportServer;
use super::jobs::{Job, Status};
use crate::event_stream::{Told, event_stream};
use crate::reply::{Problem, Reply};

/// Which job.
#[derive(Deserialize)]
pub(super) struct Which {
    pub(super) id: Option<String>,
}

/// All imports that the server knows.
#[derive(Serialize, ToSchema)]
pub(super) struct Imports {
    /// Running, interrupted and finished ones, the newest first.
    imports: Vec<Status>,
}

/// Where an import stands.
#[utoipa::path(
    get, path = "/api/import/status",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Status),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn status(
    State(importer): State<ImportServer>,
    Query(which): Query<Which>,
) -> Result<Reply<Status>, Problem> {
    let job = importer.job(which.id).await?;
    Ok(Reply(Status::of(&job, importer.options.loopback)))
}

/// The status of an import as server-sent events named `status`, until it has ended.
#[utoipa::path(
    get, path = "/api/import/events",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Status, content_type = "text/event-stream"),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn events(
    State(importer): State<ImportServer>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let job = importer.job(which.id).await?;
    let told = ToldImport {
        job,
        shows_paths: importer.options.loopback,
    };
    Ok(event_stream(Arc::new(told), importer.stop.clone()))
}

/// Imports that run, can be resumed, or ended a short while ago.
#[utoipa::path(get, path = "/api/imports", responses((status = 200, body = Imports)))]
pub(super) async fn imports(State(importer): State<ImportServer>) -> Reply<Imports> {
    let shows_paths = importer.options.loopback;
    let jobs = importer.jobs.clone();
    let all = tokio::task::spawn_blocking(move || jobs.all()).await;
    let all = all.unwrap_or_default();
    Reply(Imports {
        imports: all.iter().map(|job| Status::of(job, shows_paths)).collect(),
    })
}

struct ToldImport {
    job: Arc<Job>,
    shows_paths: bool,
}

impl Told for ToldImport {
    fn changes(&self) -> watch::Receiver<()> {
        self.job.state.changes()
    }

    fn is_active(&self) -> bool {
        self.job.state.is_active()
    }

    fn status_json(&self) -> Option<String> {
        serde_json::to_string(&Status::of(&self.job, self.shows_paths)).ok()
    }
}
