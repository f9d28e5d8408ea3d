//! Whether a target takes imports.

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vmapi::Timeouts;

use super::ImportServer;
use super::config::ImportConfig;
use crate::exporter::upstream;
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// A target that takes imports.
#[derive(Serialize, ToSchema)]
pub(super) struct Works {
    /// Always `true`.
    ok: bool,
    import_url: String,
    query_url: String,
    /// `single`, `cluster` or `unknown`.
    server: &'static str,
    warnings: Vec<String>,
}

/// Finds out within ten seconds whether a target takes imports; nothing is stored there.
#[utoipa::path(
    post, path = "/api/check-endpoint",
    request_body = super::openapi::ImportConfigSchema,
    responses(
        (status = 200, body = Works),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn check(
    State(importer): State<ImportServer>,
    body: WholeBody,
) -> Result<Reply<Works>, Problem> {
    let config = ImportConfig::parse(&body.0)?;
    let target = config.importer(Timeouts::VALIDATE)?;
    let checked = target.check().await.map_err(|error| refused(&error))?;
    importer.profiles.remember(&config).await;
    let mut warnings = checked.warnings;
    if config.reach.skip_tls_verify {
        warnings.push(
            "certificates are not verified: anyone on the way can read everything".to_owned(),
        );
    }
    Ok(Reply(Works {
        ok: true,
        import_url: target.target().import_url().to_string(),
        query_url: target.target().query_url().to_string(),
        server: checked.server.as_str(),
        warnings,
    }))
}

/// A target that did not answer in time is told from one that refuses.
fn refused(error: &vmapi::Error) -> Problem {
    let problem = upstream::failed(error);
    match error {
        vmapi::Error::Connect {
            failure: vmapi::ConnectFailure::TimedOut,
            ..
        } => problem
            .with_status(StatusCode::GATEWAY_TIMEOUT)
            .code("timeout"),
        _ => problem,
    }
}
