//! Canceling, resuming and giving up imports.

use std::path::Path;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use bundle::staging::StagingError;
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::ImportServer;
use super::config::{Fields, ImportConfig};
use super::destination::TIMEOUTS;
use super::failure;
use super::follow::Which;
use super::jobs::{EVENTS, Resumed, wrong_state};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};
use crate::steered::{Canceled, Discarded};

/// A job goes on.
#[derive(Serialize, ToSchema)]
pub(super) struct Resuming {
    job_id: String,
    /// Always `resuming`.
    status: &'static str,
    /// Where the job tells how it goes, as server-sent events.
    events_url: String,
}

/// Asks an import to stop; what was acknowledged stays at the target.
#[utoipa::path(
    post, path = "/api/import/cancel",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Canceled),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn cancel(
    State(importer): State<ImportServer>,
    Query(which): Query<Which>,
) -> Result<Reply<Canceled>, Problem> {
    let job = importer.job(which.id).await?;
    if !job.state.cancel() {
        return Err(wrong_state(job.state.phase()));
    }
    Ok(Reply(Canceled::job(&job.id)))
}

/// Goes on with an import that was canceled, failed or interrupted. The body is an import config of
/// which only what was not kept is needed.
#[utoipa::path(
    post, path = "/api/import/resume",
    params(("id" = String, Query, description = "The job.")),
    request_body = Option<super::openapi::ImportConfigSchema>,
    responses(
        (status = 200, body = Resuming),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn resume(
    State(importer): State<ImportServer>,
    Query(which): Query<Which>,
    body: WholeBody,
) -> Result<Reply<Resuming>, Problem> {
    let job = importer.job(which.id).await?;
    job.state.stopped().await;
    if !job.state.phase().is_broken_off() {
        return Err(wrong_state(job.state.phase()));
    }
    let folder = job.state.resumable().ok_or_else(|| {
        Problem::new(StatusCode::CONFLICT, "there is nothing to go on with")
            .code("nothing_to_resume")
            .hint("upload the bundle again")
    })?;
    refuse_running(&folder).await?;
    let mut fields = if body.0.is_empty() {
        Fields::default()
    } else {
        Fields::parse(&body.0)?
    };
    job.facts.reach.complete(&mut fields)?;
    let target = ImportConfig::of(fields)?.importer(TIMEOUTS)?;
    let asked = target.target().to_string();
    if asked != job.facts.import_url {
        return Err(failure::of(&replay::Error::OtherTarget {
            was: job.facts.import_url.clone(),
            is: asked,
        }));
    }
    let place = importer.jobs.place()?;
    let work = Resumed {
        folder,
        importer: target,
    };
    importer.jobs.restart(&job, work, place)?;
    Ok(Reply(Resuming {
        job_id: job.id.clone(),
        status: "resuming",
        events_url: format!("{EVENTS}?id={}", job.id),
    }))
}

/// Gives an import up and removes its files; what was sent stays at the target.
#[utoipa::path(
    post, path = "/api/import/discard",
    params(("id" = String, Query, description = "The job.")),
    responses(
        (status = 200, body = Discarded),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn discard(
    State(importer): State<ImportServer>,
    Query(which): Query<Which>,
) -> Result<Reply<Discarded>, Problem> {
    let job = importer.job(which.id).await?;
    job.state.stopped().await;
    if job.state.is_active() {
        return Err(wrong_state(job.state.phase()));
    }
    if let Some(folder) = job.state.resumable() {
        let removed = spawn_blocking(move || replay::discard(&folder));
        removed
            .await
            .map_err(|_| failure::ended_early())?
            .map_err(|error| failure::of(&error))?;
    }
    importer.jobs.forget(&job.id);
    Ok(Reply(Discarded::job(&job.id)))
}

/// Refuses an import that another process, such as the command, works on now.
async fn refuse_running(folder: &Path) -> Result<(), Problem> {
    let looked = folder.to_owned();
    let running = spawn_blocking(move || replay::is_running(&looked));
    if !running.await.map_err(|_| failure::ended_early())? {
        return Ok(());
    }
    let path = folder.to_owned();
    Err(failure::of(&replay::Error::from(StagingError::InUse {
        path,
    })))
}
