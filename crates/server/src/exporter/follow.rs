//! Asking how an export goes: once, or as a stream of events.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::watch;

use super::Exporter;
use super::jobs::{Job, Status};
use crate::event_stream::{Told, event_stream};
use crate::reply::{Problem, Reply};

#[derive(Deserialize)]
pub(super) struct Which {
    id: Option<String>,
}

/// The job that a request asks for.
async fn find(exporter: &Exporter, id: Option<&str>) -> Result<Arc<Job>, Problem> {
    match id {
        Some(id) if !id.is_empty() => exporter.job(id).await,
        _ => Err(Problem::bad_request("Missing id parameter")),
    }
}

/// Where an export stands.
#[utoipa::path(
    get, path = "/api/export/status",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Status),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn status(
    State(exporter): State<Exporter>,
    Query(which): Query<Which>,
) -> Result<Reply<Status>, Problem> {
    let job = find(&exporter, which.id.as_deref()).await?;
    Ok(Reply(Status::of(&job)))
}

/// The status of an export as server-sent events named `status`, until it has ended.
#[utoipa::path(
    get, path = "/api/export/events",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Status, content_type = "text/event-stream"),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn events(
    State(exporter): State<Exporter>,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    let job = find(&exporter, which.id.as_deref()).await?;
    Ok(event_stream(job, exporter.stop.clone()))
}

impl Told for Job {
    fn changes(&self) -> watch::Receiver<()> {
        self.state.changes()
    }

    fn is_active(&self) -> bool {
        self.state.is_active()
    }

    fn status_json(&self) -> Option<String> {
        serde_json::to_string(&Status::of(self)).ok()
    }
}
