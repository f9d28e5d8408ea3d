//! Starting an export, in the background or while the caller waits.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use bundle::Format;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::export_request::Checked;
use super::jobs::{ExportResult, Job, SampleLine, Status, TimeSpan, WAITING};
use super::{Exporter, job_id, staging_folder};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// How long a caller can wait for an export.
const PATIENCE: Duration = Duration::from_secs(300);

/// A job that waits for its turn.
#[derive(Serialize, ToSchema)]
pub(super) struct Started {
    job_id: String,
    /// `pending`.
    state: &'static str,
    /// Where the job tells how it goes, as server-sent events.
    events_url: String,
    /// Windows, as far as can be told before the export is planned.
    total_batches: usize,
    /// Of an earlier run.
    completed_batches: usize,
    /// Length of the first window.
    batch_window_seconds: u64,
    /// Where the unfinished data lie.
    staging_path: String,
    obfuscation_enabled: bool,
    warnings: Vec<String>,
}

impl Started {
    pub(super) fn of(job: &Job) -> Self {
        let status = Status::of(job);
        Self {
            job_id: status.job_id,
            // It may have begun meanwhile, which is the next thing that the caller hears.
            state: WAITING,
            events_url: status.events_url,
            total_batches: status.total_batches,
            completed_batches: status.completed_batches,
            batch_window_seconds: status.batch_window_seconds,
            staging_path: status.staging_path,
            obfuscation_enabled: status.obfuscation_enabled,
            warnings: job.warnings(),
        }
    }
}

/// A finished export.
#[derive(Serialize, ToSchema)]
pub(super) struct Exported {
    export_id: String,
    /// Absolute path on the server.
    archive_path: String,
    archive_name: String,
    archive_size: u64,
    /// What the data in it are: `jsonl` or `native`.
    #[schema(value_type = String)]
    format: Format,
    /// Lines of `metrics.jsonl`, or blocks of `metrics.native`.
    metrics_count: u64,
    /// Of the ZIP, lower-case hex.
    sha256: String,
    time_range: TimeSpan,
    /// Something was really replaced.
    obfuscation_applied: bool,
    sample_data: Option<Vec<SampleLine>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_error: Option<String>,
    warnings: Vec<String>,
    series_count: Option<u64>,
    sample_count: Option<u64>,
}

/// Starts an export in the background.
#[utoipa::path(
    post, path = "/api/export/start",
    request_body = super::openapi::ExportConfigSchema,
    responses(
        (status = 200, body = Started),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 403, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
        (status = 500, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn start(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Started>, Problem> {
    let checked = Checked::new(&body.0, Timestamp::now())?;
    let options = &exporter.options;
    let root = match &checked.config.staging_dir {
        Some(folder) => staging_folder::allowed(options, folder)?,
        None => options.staging.clone(),
    };
    exporter.jobs.refuse_crowd()?;
    let id = job_id()?;
    let staging = root.join(&id);
    let wish = checked.into_wish(&exporter, staging.clone())?;
    staging_folder::make(&root, &staging)?;
    let job = Job::new(id, wish.facts, wish.warnings);
    let job = exporter.jobs.start(job, wish.work).inspect_err(|_| {
        // Nobody else knows of it yet.
        let _ = std::fs::remove_dir(&staging);
    })?;
    Ok(Reply(Started::of(&job)))
}

/// One export; the reply comes when it is finished, after five minutes at most.
#[utoipa::path(
    post, path = "/api/export",
    request_body = super::openapi::ExportConfigSchema,
    responses(
        (status = 200, body = Exported),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
        (status = 507, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn export(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Exported>, Problem> {
    let checked = Checked::new(&body.0, Timestamp::now())?;
    let options = &exporter.options;
    let root = match &checked.config.staging_dir {
        Some(folder) => staging_folder::allowed(options, folder)?,
        None => options.output.join("staging"),
    };
    exporter.jobs.refuse_crowd()?;
    let wish = checked.into_wish(&exporter, root)?;
    let job = Job::new(job_id()?, wish.facts, wish.warnings);
    let job = exporter.jobs.start(job, wish.work)?;
    let _gone = CancelWhenDropped(&job);
    let mut changes = job.state.changes();
    let ended = async {
        // The job outlives its changes.
        while job.state.is_active() && changes.changed().await.is_ok() {}
    };
    if timeout(PATIENCE, ended).await.is_err() {
        return Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "the export is not finished after 5 minutes, and was stopped",
        )
        .code("timeout")
        .hint("resume it, or start it in the background with `/api/export/start`"));
    }
    match job.result() {
        Some(result) => Ok(Reply(exported(&job, result))),
        None => Err(job.problem()),
    }
}

fn exported(job: &Job, result: ExportResult) -> Exported {
    Exported {
        export_id: result.export_id,
        archive_path: result.archive_path,
        archive_name: result.archive_name,
        archive_size: result.archive_size_bytes,
        format: result.format,
        metrics_count: result.metrics_exported,
        sha256: result.sha256,
        time_range: result.time_range,
        obfuscation_applied: result.obfuscation_applied,
        sample_data: result.sample_data,
        sample_error: result.sample_error,
        warnings: job.warnings(),
        series_count: result.series_count,
        sample_count: result.sample_count,
    }
}

/// The caller went away, or gave up.
struct CancelWhenDropped<'a>(&'a Job);

impl Drop for CancelWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.state.cancel();
    }
}
