//! What a job does: an export from nothing, or the rest of one.

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use gather::discover::{self, jobs_of_components};
use gather::{AuditError, Error, ExportRequest, FetchError, Outcome, ResumeRequest, Selection};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use vmapi::{Client, Connection, Endpoint, Timeouts, ValidationError, ValidationWarning};

use super::end::ExportResult;
use super::job::Job;
use crate::exporter::apart::apart;
use crate::exporter::upstream;
use crate::reply::Problem;

/// An estimate that takes longer is not worth waiting for.
const ESTIMATE: Duration = Duration::from_secs(10);

/// What a job does; holds credentials, and goes with the work.
pub(in crate::exporter) enum Work {
    /// An export from nothing; the components are those whose jobs are still to be asked for.
    Export {
        request: Box<ExportRequest>,
        components: Vec<String>,
    },
    /// The rest of one.
    Resume(Box<ResumeRequest>),
}

impl Work {
    /// Works until the end, whatever that is, and tells the job.
    pub(super) async fn run(self, job: &Arc<Job>, cancel: CancellationToken) {
        job.begin();
        let worker = job.clone();
        let outcome = apart(move || self.outcome(worker, cancel)).await;
        if job.state.resumable().is_none() {
            clear_folder(job);
        }
        match outcome {
            Ok(Some(result)) => job.end_completed(result),
            Ok(None) => job.end_canceled(),
            Err(problem) => job.end_failed(problem),
        }
    }

    async fn outcome(
        self,
        job: Arc<Job>,
        cancel: CancellationToken,
    ) -> Result<Option<ExportResult>, Problem> {
        let outcome = match self {
            Self::Export {
                mut request,
                components,
            } => {
                let prepare = prepare(&mut request, &components, &job);
                tokio::select! {
                    prepared = prepare => prepared?,
                    () = cancel.cancelled() => return Ok(None),
                }
                gather::export(*request, None, job, cancel).await
            }
            Self::Resume(request) => gather::resume(*request, None, job, cancel).await,
        };
        match outcome {
            Ok(Outcome::Done(report)) => {
                let read = tokio::task::spawn_blocking(move || ExportResult::new(&report));
                read.await
                    .map(Some)
                    .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot report"))
            }
            Ok(Outcome::Cancelled { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Removes the folder that was made for a job, once its export is gone.
pub(in crate::exporter) fn clear_folder(job: &Job) {
    // That of an export that was found again lies below it.
    for folder in job.staging().ancestors().take(2) {
        if folder
            .file_name()
            .is_some_and(|name| name == job.id.as_str())
        {
            // Not empty means that it is of use to somebody.
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Completes address, selection and expectations by asking the server.
async fn prepare(
    request: &mut ExportRequest,
    components: &[String],
    job: &Job,
) -> Result<(), Problem> {
    if let Some(found) = reach(&request.connection, job).await? {
        request.connection = found;
    }
    let client = Endpoint::new(&request.connection)
        .and_then(|endpoint| Client::new(endpoint, Timeouts::default()))
        .map_err(|error| upstream::bad_connection(&error))?;
    if !components.is_empty() {
        let found = jobs_of_components(&client, components, request.range)
            .await
            .map_err(|error| upstream::not_discovered(&error))?;
        for component in &found.missing {
            job.warn(format!(
                "the component `{component}` was not seen in the time range"
            ));
        }
        if let Selection::Jobs(jobs) | Selection::Selector { jobs, .. } = &mut request.selection {
            jobs.extend(found.jobs);
        }
    }
    let estimate = discover::estimate(&client, &request.selection, request.range);
    if let Ok(Ok(estimate)) = timeout(ESTIMATE, estimate).await
        && let Some(samples) = estimate.samples
    {
        job.expect_samples(samples);
    }
    Ok(())
}

/// Fails at once where waiting cannot help, and finds the path of the tenant where the address of a
/// cluster has none.
async fn reach(connection: &Connection, job: &Job) -> Result<Option<Connection>, Problem> {
    match vmapi::validate(connection, Timeouts::VALIDATE).await {
        Ok(found) => {
            let open = Endpoint::new(connection)
                .is_ok_and(|endpoint| matches!(endpoint.base_path(), "" | "/prometheus"));
            if !open {
                return Ok(None);
            }
            for warning in &found.warnings {
                if !matches!(
                    warning,
                    ValidationWarning::NoComponents | ValidationWarning::Partial
                ) {
                    job.warn(warning.to_string());
                }
            }
            Ok(Some(found.connection))
        }
        Err(ValidationError::Connection(error)) => Err(upstream::bad_connection(&error)),
        Err(ValidationError::Failed { error, .. }) => {
            // Queries may be closed where exports are open; the export itself says what is wrong.
            if upstream::is_out_of_reach(&error) {
                return Err(upstream::failed(&error));
            }
            Ok(None)
        }
    }
}

/// Where the audit found something, without what it is.
fn places(findings: &audit::Findings) -> String {
    const TOLD: usize = 5;
    let mut places: Vec<String> = findings
        .hits()
        .take(TOLD)
        .map(|hit| format!("{} in `{}`", hit.code(), hit.place()))
        .collect();
    if findings.hits().count() > TOLD {
        places.push("and more".to_owned());
    }
    places.join(", ")
}

/// An export that failed, with the status that fits.
fn failed(error: &Error) -> Problem {
    let (status, code) = match error {
        Error::Plan(source) => upstream::status_of(source),
        Error::Fetch { source, .. } if !matches!(**source, FetchError::Stage(_)) => match &**source
        {
            FetchError::Http(source) => upstream::status_of(source),
            _ => (StatusCode::BAD_GATEWAY, "upstream"),
        },
        Error::Audit(_) => (StatusCode::CONFLICT, "audit"),
        error if error.is_disk_full() => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
        error if error.is_usage() => (StatusCode::BAD_REQUEST, "bad_request"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
    };
    let hint = match error {
        error if error.is_disk_full() => Some("free some space, then resume".to_owned()),
        Error::Audit(AuditError::Hits(findings)) => Some(format!(
            "{}; resume and replace or drop what was found, or accept it if it may leave",
            places(findings)
        )),
        error => error.hint(),
    };
    Problem::of(status, error).code(code).maybe_hint(hint)
}
