//! Canceling, resuming and giving up exports.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use gather::config::{ExportConfig, Strictness};
use gather::{Amendment, Destination, Missing, Registry, ResumeRequest};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use utoipa::ToSchema;
use vmapi::Auth;

use super::jobs::{Job, Work, clear_folder, wrong_state};
use super::start::Started;
use super::{Exporter, asked};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply, one_line};
use crate::steered::{Canceled, Discarded};

/// Which job, in the body of a request.
#[derive(Deserialize, ToSchema)]
pub(super) struct JobBody {
    job_id: Option<String>,
}

/// Which job to go on with, and what was not stored.
#[derive(Deserialize, ToSchema)]
pub(super) struct ResumeBody {
    job_id: Option<String>,
    /// Credentials, as in a connection.
    #[schema(value_type = Option<super::openapi::AuthSchema>)]
    auth: Option<Value>,
    /// Replaces the address of the export; needed if its URL held secrets.
    #[schema(value_type = Option<super::openapi::ConnectionSchema>)]
    connection: Option<Value>,
    /// What changes about what leaves, after the search for originals found something.
    #[serde(default)]
    amendment: Option<AmendmentBody>,
}

/// An answer to the search for originals; nothing is fetched again for it.
#[derive(Default, Deserialize, ToSchema)]
pub(super) struct AmendmentBody {
    /// What was found may leave.
    accept_audit: Option<bool>,
    /// Replace everything that is not known to be public.
    strict: Option<bool>,
    /// Further labels whose values are replaced.
    custom_labels: Option<Vec<String>>,
    /// Further words that are replaced wherever they stand.
    words: Option<Vec<String>>,
    /// Further regular expressions; what they match is replaced.
    patterns: Option<Vec<String>>,
    /// Further labels that are removed.
    drop_labels: Option<Vec<String>>,
    /// Further values that stay.
    keep_values: Option<Vec<String>>,
}

impl From<AmendmentBody> for Amendment {
    fn from(body: AmendmentBody) -> Self {
        Self {
            accept_audit: body.accept_audit.unwrap_or_default(),
            strict: body.strict.unwrap_or_default(),
            obfuscate_labels: body.custom_labels.unwrap_or_default(),
            obfuscate_words: body.words.unwrap_or_default(),
            obfuscate_patterns: body.patterns.unwrap_or_default(),
            drop_labels: body.drop_labels.unwrap_or_default(),
            keep_values: body.keep_values.unwrap_or_default(),
        }
    }
}

async fn find(exporter: &Exporter, id: Option<&str>) -> Result<Arc<Job>, Problem> {
    match id {
        Some(id) if !id.is_empty() => exporter.job(id).await,
        _ => Err(Problem::bad_request("`job_id` is missing")),
    }
}

/// Asks an export to stop; what was fetched stays.
#[utoipa::path(
    post, path = "/api/export/cancel", request_body = JobBody,
    responses(
        (status = 200, body = Canceled),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn cancel(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Canceled>, Problem> {
    let which: JobBody = body.parse()?;
    let job = find(&exporter, which.job_id.as_deref()).await?;
    if !job.state.cancel() {
        return Err(wrong_state(job.state.phase()));
    }
    Ok(Reply(Canceled::job(&job.id)))
}

/// Goes on with an export that was canceled, failed or interrupted.
#[utoipa::path(
    post, path = "/api/export/resume", request_body = ResumeBody,
    responses(
        (status = 200, body = Started),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn resume(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Started>, Problem> {
    let which: ResumeBody = body.parse()?;
    let job = find(&exporter, which.job_id.as_deref()).await?;
    job.state.stopped().await;
    if !job.state.phase().is_broken_off() {
        return Err(wrong_state(job.state.phase()));
    }
    let given = source(which.auth, which.connection)?;
    let found = exporter.interrupted_of(&job).await?;
    if found.running {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "another process is at work on this export",
        )
        .code("in_use"));
    }
    if let Some(missing) = found.needs.and_then(|needs| unmet(&needs, &given)) {
        return Err(missing);
    }
    let (staging, connection) = (found.staging.clone(), given.connection.clone());
    spawn_blocking(move || gather::check_source(&staging, connection.as_ref()))
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot resume"))?
        .map_err(|error| not_resumed(&error))?;
    let options = &exporter.options;
    let request = ResumeRequest {
        staging: found.staging,
        connection: given.connection,
        auth: given.auth,
        destination: found
            .writes_to_pipe
            .then(|| Destination::Folder(options.output.clone())),
        registry: options.registry.clone(),
        amendment: which.amendment.unwrap_or_default().into(),
        version: options.version.clone(),
    };
    exporter
        .jobs
        .restart(&job, Work::Resume(Box::new(request)))?;
    Ok(Reply(Started::of(&job)))
}

/// What a resume needs and was not given, as the reply.
fn unmet(needs: &Missing, given: &Source) -> Option<Problem> {
    let has_auth = !matches!(given.auth, Auth::None);
    let (code, hint) = match needs {
        _ if given.connection.is_some() => return None,
        Missing::Credentials(_) if has_auth => return None,
        Missing::Credentials(_) => ("auth_required", "send it again as `auth`"),
        Missing::Url => (
            "url_required",
            "send the whole address again as `connection`, with its credentials",
        ),
    };
    Some(
        Problem::new(StatusCode::CONFLICT, needs.to_string())
            .code(code)
            .hint(hint),
    )
}

fn not_resumed(error: &gather::Error) -> Problem {
    let (status, code) = match error {
        gather::Error::OtherSource { .. } => (StatusCode::CONFLICT, "other_source"),
        gather::Error::Connection(_) => (StatusCode::BAD_REQUEST, "bad_connection"),
        _ => (StatusCode::CONFLICT, "nothing_to_resume"),
    };
    Problem::of(status, error)
        .code(code)
        .maybe_hint(error.hint())
}

/// Gives an interrupted export up and removes what it fetched.
#[utoipa::path(
    post, path = "/api/export/discard", request_body = JobBody,
    responses(
        (status = 200, body = Discarded),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 409, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn discard(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Discarded>, Problem> {
    let which: JobBody = body.parse()?;
    let job = find(&exporter, which.job_id.as_deref()).await?;
    job.state.stopped().await;
    if !job.state.phase().is_broken_off() {
        return Err(wrong_state(job.state.phase()));
    }
    if let Some(folder) = job.state.resumable() {
        let export_id = job.export_id();
        let registry = exporter.options.registry.clone();
        let removing = job.clone();
        let removed = spawn_blocking(move || {
            gather::discard(&folder)?;
            if let (Some(registry), Some(id)) = (registry, export_id) {
                Registry::new(registry).remove(&id);
            }
            clear_folder(&removing);
            Ok::<_, gather::Error>(())
        });
        removed
            .await
            .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot discard"))?
            .map_err(|error| Problem::new(StatusCode::CONFLICT, one_line(&error)).code("in_use"))?;
    }
    exporter.jobs.forget(&job.id);
    Ok(Reply(Discarded::job(&job.id)))
}

/// What replaces the source of an export.
struct Source {
    auth: Auth,
    connection: Option<vmapi::Connection>,
}

/// Reads both as a config has them, so that their rules are the same.
fn source(auth: Option<Value>, connection: Option<Value>) -> Result<Source, Problem> {
    let parse = |connection: Value| -> Result<vmapi::Connection, Problem> {
        let document = json!({ "connection": connection }).to_string();
        ExportConfig::parse(document.as_bytes(), Strictness::Lenient)
            .map(|config| config.connection)
            .map_err(|error| asked::refused(&error))
    };
    let alone = match auth {
        Some(auth) => parse(json!({ "auth": auth }))?.auth,
        None => Auth::None,
    };
    let connection = connection.map(parse).transpose()?;
    Ok(match connection {
        Some(mut connection) => {
            if matches!(connection.auth, Auth::None) {
                connection.auth = alone;
            }
            Source {
                auth: Auth::None,
                connection: Some(connection),
            }
        }
        None => Source {
            auth: alone,
            connection: None,
        },
    })
}
