//! Asking how an export goes: once, or as a stream of events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::Exporter;
use super::jobs::{Job, Status};
use crate::reply::{Problem, Reply, with_type};

/// Distance of two events, so that a busy export does not flood the page.
const APART: Duration = Duration::from_millis(250);

/// Distance of two events where nothing happens, so that a dead connection is noticed.
const ALIVE: Duration = Duration::from_secs(15);

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
    let stop = exporter.stop.clone();
    let body = Body::from_stream(stream::unfold(
        Follower::new(job, stop),
        async |mut follower| {
            let event = follower.next().await?;
            Some((Ok::<_, Infallible>(event), follower))
        },
    ));
    Ok(with_type(StatusCode::OK, "text/event-stream", body))
}

/// Follows one job.
struct Follower {
    job: Arc<Job>,
    changes: tokio::sync::watch::Receiver<()>,
    stop: CancellationToken,
    told: bool,
    ended: bool,
}

impl Follower {
    fn new(job: Arc<Job>, stop: CancellationToken) -> Self {
        Self {
            changes: job.changes(),
            job,
            stop,
            told: false,
            ended: false,
        }
    }

    /// The next event; `None` after the one that tells the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if self.told {
            let wait = async {
                sleep(APART).await;
                // The job keeps the sender; silence is told as well.
                let _ = timeout(ALIVE, self.changes.changed()).await;
            };
            tokio::select! {
                () = wait => {}
                () = self.stop.cancelled() => return None,
            }
        }
        self.told = true;
        self.changes.mark_unchanged();
        self.ended = !self.job.is_active();
        let status = serde_json::to_string(&Status::of(&self.job)).ok()?;
        Some(format!("event: status\ndata: {status}\n\n").into())
    }
}
