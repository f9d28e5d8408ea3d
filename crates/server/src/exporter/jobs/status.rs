//! Where a job stands, as replies show it.

use bundle::Format;
use gather::{TimeRange, format_ms};
use serde::Serialize;
use utoipa::ToSchema;

use super::end::{ExportResult, TimeSpan};
use super::job::{Job, WAITING};
use crate::job_state::Phase;

/// The path of the events of jobs.
pub(in crate::exporter) const EVENTS: &str = "/api/export/events";

/// Where an export stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::exporter) struct Status {
    pub(in crate::exporter) job_id: String,
    /// `pending`, `running`, `completed`, `failed` or `canceled`.
    pub(in crate::exporter) state: &'static str,
    /// Where this is told again with every change, as server-sent events.
    pub(in crate::exporter) events_url: String,
    /// `planning`, `fetching`, `sealing` or `done`.
    stage: &'static str,
    /// Slices; may grow when one is divided.
    pub(in crate::exporter) total_batches: usize,
    /// Never falls, also over a resume.
    pub(in crate::exporter) completed_batches: usize,
    /// 0 to 1, and 1 only when the bundle is sealed.
    progress: f64,
    /// Lines so far, all runs together.
    metrics_processed: u64,
    pub(in crate::exporter) batch_window_seconds: u64,
    average_batch_seconds: f64,
    last_batch_duration_seconds: f64,
    pub(in crate::exporter) obfuscation_enabled: bool,
    /// What the data of the bundle will be: `jsonl` or `native`.
    #[schema(value_type = String)]
    format: Format,
    pub(in crate::exporter) staging_path: String,
    /// Samples fetched so far, exact copies included.
    fetched_samples: u64,
    /// Bytes that came from the source so far.
    fetched_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    samples_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_per_second: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    eta: Option<String>,
    /// The window being fetched, else the whole range.
    #[serde(skip_serializing_if = "Option::is_none")]
    current_range: Option<TimeSpan>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// There is something to go on with.
    resumable: bool,
    /// It was asked to stop and has not yet.
    stopping: bool,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    export_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    series_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_count: Option<u64>,
    /// The address of the source, without secrets.
    source_url: String,
    time_range: TimeSpan,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ExportResult>,
}

/// Where the events of a job are told, from the root of the server.
fn events_url(job_id: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{EVENTS}?{}", query.append_pair("id", job_id).finish())
}

impl Status {
    pub(in crate::exporter) fn of(job: &Job) -> Self {
        let stopping = job.state.is_stopping();
        let state = job.state.lock();
        let progress = &state.progress;
        let phase = state.course.phase;
        let running = phase == Phase::Running;
        let speed = progress.per_second().filter(|_| running);
        let span = |range: TimeRange| TimeSpan {
            start: format_ms(range.start_ms),
            end: format_ms(range.end_ms),
        };
        let time_range = span(job.facts.range);
        // Between slices, and while the bundle is sealed, it is about all.
        let worked_on = progress.fetched.range.map_or(time_range.clone(), span);
        let resumable = state.course.resumable.as_ref();
        Self {
            job_id: job.id.clone(),
            state: phase.word(WAITING),
            events_url: events_url(&job.id),
            stage: progress.stage.word(),
            total_batches: progress.total,
            completed_batches: progress.completed,
            progress: progress.fraction,
            metrics_processed: progress.lines,
            batch_window_seconds: job.facts.window_seconds,
            average_batch_seconds: progress.average_batch_seconds(),
            last_batch_duration_seconds: progress.last_batch_seconds,
            obfuscation_enabled: job.facts.obfuscating,
            format: job.facts.format,
            staging_path: job.facts.staging.display().to_string(),
            fetched_samples: progress.fetched.samples,
            fetched_bytes: progress.fetched.bytes,
            samples_per_second: speed.map(|speed| speed.samples),
            bytes_per_second: speed.map(|speed| speed.bytes),
            started_at: state.started.map(|at| at.to_string()),
            completed_at: state.completed.map(|at| at.to_string()),
            eta: running
                .then(|| progress.eta())
                .flatten()
                .map(|at| at.to_string()),
            current_range: running.then_some(worked_on),
            error: match (&state.failure, phase) {
                (Some(failure), _) => Some(failure.error.clone()),
                (None, Phase::Canceled) => Some("the export was canceled".to_owned()),
                _ => None,
            },
            hint: state.failure.as_ref().and_then(|f| f.hint.clone()),
            code: state.failure.as_ref().and_then(|f| f.code),
            resumable: phase.is_broken_off() && resumable.is_some_and(|folder| folder.is_dir()),
            stopping,
            warnings: state.warnings.clone(),
            export_id: state.export_id.clone(),
            series_count: state.result.as_ref().and_then(|r| r.series_count),
            sample_count: state.result.as_ref().and_then(|r| r.sample_count),
            source_url: job.facts.url.clone(),
            time_range,
            result: state.result.clone(),
        }
    }
}
