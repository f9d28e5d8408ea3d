//! Where a job stands, as replies show it.

use serde::Serialize;
use utoipa::ToSchema;

use super::super::summary::{CHUNK_BYTES, Summary};
use super::super::verification::Verified;
use super::job::{Job, WAITING};
use crate::job_state::Phase;

/// The path of the events of jobs.
pub(in crate::importer) const EVENTS: &str = "/api/import/events";

/// Where an import stands.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::importer) struct Status {
    pub(in crate::importer) id: String,
    /// `queued`, `running`, `completed`, `failed` or `canceled`.
    state: &'static str,
    /// `queued`, `extracting`, `importing`, `verifying`, `completed` or `failed`.
    stage: &'static str,
    /// Where this is told again with every change, as server-sent events.
    pub(in crate::importer) events_url: String,
    /// For a person.
    message: String,
    /// 0 to 100, and 100 only when everything was sent.
    percent: f64,
    /// Name of the bundle where it comes from.
    name: String,
    /// Uploaded.
    source_bytes: u64,
    /// Of JSON lines.
    inflated_bytes: u64,
    /// Requests acknowledged.
    chunks_completed: u64,
    /// Estimated until the end.
    chunks_total: u64,
    /// Bytes of a request, about.
    chunk_size: u64,
    summary: Summary,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<Verified>,
    remote_path: String,
    import_url: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    query_url: String,
    /// The copy of the upload while it exists; only told on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle_path: Option<String>,
    /// Id of the export that made the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    export_id: Option<String>,
    /// Bytes of the source that were acknowledged.
    resume_offset: u64,
    /// There is something to go on with.
    resume_ready: bool,
    /// The field that a resume must bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    resume_needs: Option<&'static str>,
    /// It was asked to stop and has not yet.
    stopping: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    warnings: Vec<String>,
    created_at: String,
    updated_at: String,
}

/// Where the events of a job are told, from the root of the server.
fn events_url(job_id: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    format!("{EVENTS}?{}", query.append_pair("id", job_id).finish())
}

impl Status {
    pub(in crate::importer) fn of(job: &Job, shows_paths: bool) -> Self {
        let stopping = job.state.is_stopping();
        let resumable = job.state.resumable();
        let state = job.state.lock();
        let phase = state.course.phase;
        let failure = state.failure.as_ref();
        let resume_ready = phase.is_broken_off() && resumable.is_some();
        let completed = phase == Phase::Completed;
        let chunks = state.summary.chunks;
        // Requests differ in size; those that were sent tell best.
        let estimated = match state.done {
            0 => state.total.div_ceil(CHUNK_BYTES),
            done => (chunks as u128 * u128::from(state.total)).div_ceil(done.into()) as u64,
        };
        let stage = match phase {
            Phase::Waiting => WAITING,
            Phase::Completed => "completed",
            Phase::Failed => "failed",
            Phase::Running | Phase::Canceled => state.step.word(),
        };
        let error = match (failure, phase) {
            (Some(failure), _) => Some(failure.text().to_owned()),
            (None, Phase::Canceled) => Some("the import was canceled".to_owned()),
            _ => None,
        };
        let message = match (&error, &state.note) {
            (Some(error), _) => error.clone(),
            (None, Some(note)) => note.clone(),
            (None, None) if stopping => "stopping".to_owned(),
            (None, None) => message(stage).to_owned(),
        };
        Self {
            id: job.id.clone(),
            state: phase.word(WAITING),
            stage,
            events_url: events_url(&job.id),
            message,
            percent: state.percent,
            name: job.facts.name.clone(),
            source_bytes: state.summary.source_bytes,
            inflated_bytes: state.summary.inflated_bytes,
            chunks_completed: chunks,
            chunks_total: if completed {
                chunks
            } else {
                estimated.max(chunks)
            },
            chunk_size: CHUNK_BYTES,
            summary: state.summary.clone(),
            verification: state.verification.clone(),
            remote_path: job.facts.import_url.clone(),
            import_url: job.facts.import_url.clone(),
            query_url: job.facts.query_url.clone(),
            bundle_path: state
                .copy()
                .filter(|_| shows_paths)
                .map(|copy| copy.display().to_string()),
            export_id: job.facts.export_id.clone(),
            resume_offset: state.done,
            resume_ready,
            resume_needs: job.facts.reach.needs().filter(|_| resume_ready),
            stopping,
            error,
            hint: failure.and_then(|failure| failure.advice().map(str::to_owned)),
            code: failure.and_then(crate::reply::Problem::word),
            warnings: state.warnings.clone(),
            created_at: job.created.to_string(),
            updated_at: state.updated.to_string(),
        }
    }
}

fn message(stage: &str) -> &'static str {
    match stage {
        "queued" => "waiting to begin",
        "extracting" => "reading the bundle",
        "importing" => "sending",
        "verifying" => "comparing what the target has with what was sent",
        "completed" => "everything was sent",
        _ => "",
    }
}
