//! Whether a connection works, and what is behind it.

use serde::Serialize;
use utoipa::ToSchema;
use vmapi::{Attempt, Auth, Connection, Timeouts, Validation, ValidationError};

use super::{asked, upstream};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply, one_line};

/// The outcome of a connection check.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Validated {
    /// It works.
    Works(Box<Works>),
    /// It does not.
    Fails(Fails),
}

/// A connection that works.
#[derive(Serialize, ToSchema)]
pub(super) struct Works {
    /// Always `true`.
    success: bool,
    /// Always `true`.
    valid: bool,
    /// Short text for a person.
    message: String,
    /// Version label of the component that answers; `unknown` if it cannot be told.
    version: String,
    /// Series of `vm_app_version`, one per running component.
    components: usize,
    /// There is evidence of VictoriaMetrics.
    is_victoria_metrics: bool,
    /// Distinct component names, sorted.
    vm_components: Vec<String>,
    /// Base URL that worked, without user info and query string.
    final_endpoint: String,
    /// The connection to use from now on; the caller adds its own secrets again.
    resolved_connection: ShownConnection,
    attempts: Vec<Tried>,
    warnings: Vec<String>,
}

/// A connection that does not work.
#[derive(Serialize, ToSchema)]
pub(super) struct Fails {
    /// Always `false`.
    success: bool,
    /// Always `false`.
    valid: bool,
    /// Short text for a person.
    message: String,
    /// Why the address as given does not work.
    error: String,
    /// The next step; may be empty.
    hint: String,
    attempts: Vec<Tried>,
}

/// A base URL that was tried.
#[derive(Serialize, ToSchema)]
pub(super) struct Tried {
    endpoint: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    api_base_path: String,
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A connection without its secrets.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownConnection {
    url: String,
    api_base_path: String,
    tenant_id: String,
    is_multitenant: bool,
    full_api_url: String,
    auth: ShownAuth,
    skip_tls_verify: bool,
    debug: bool,
}

/// Which credentials a connection uses, not what they are.
#[derive(Serialize, ToSchema)]
pub(super) struct ShownAuth {
    /// `none`, `basic`, `bearer` or `header`.
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    header_name: Option<String>,
}

impl ShownConnection {
    pub(super) fn of(connection: &Connection) -> Self {
        Self {
            url: without_query(&connection.url),
            api_base_path: without_query(&connection.api_base_path),
            tenant_id: connection.tenant_id.clone(),
            is_multitenant: connection.is_multitenant,
            full_api_url: without_query(&connection.full_api_url),
            auth: ShownAuth::of(&connection.auth),
            skip_tls_verify: connection.skip_tls_verify,
            debug: connection.log_requests,
        }
    }
}

impl ShownAuth {
    fn of(auth: &Auth) -> Self {
        let (r#type, username, header_name) = match auth {
            Auth::None => ("none", None, None),
            Auth::Basic { username, .. } => ("basic", Some(username.clone()), None),
            Auth::Bearer { .. } => ("bearer", None, None),
            Auth::Header { name, .. } => ("header", None, Some(name.clone())),
        };
        Self {
            r#type,
            username,
            header_name,
        }
    }
}

/// Gateways take tokens in the query string.
fn without_query(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    url[..end].trim_end_matches('/').to_owned()
}

/// Tries a connection. One that does not work is a 200 too, with `success: false`.
#[utoipa::path(
    post, path = "/api/validate",
    request_body = super::openapi::ConnectionBody,
    responses(
        (status = 200, body = Validated),
        (status = 400, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn validate(body: WholeBody) -> Result<Reply<Validated>, Problem> {
    let config = asked::config(&body.0)?;
    let connection = config.connection;
    match vmapi::validate(&connection, Timeouts::VALIDATE).await {
        Ok(validation) => Ok(Reply(Validated::Works(Box::new(works(
            &connection,
            validation,
        ))))),
        Err(ValidationError::Connection(error)) => Err(upstream::bad_connection(&error)),
        Err(ValidationError::Failed { error, attempts }) => Ok(Reply(Validated::Fails(Fails {
            success: false,
            valid: false,
            message: "The connection does not work".to_owned(),
            error: one_line(&error),
            hint: error.hint().unwrap_or_default(),
            attempts: attempts.into_iter().map(tried).collect(),
        }))),
    }
}

fn works(given: &Connection, validation: Validation) -> Works {
    let mut warnings: Vec<String> = validation.warnings.iter().map(sentence).collect();
    if validation.endpoint.skips_tls_verify() {
        warnings.push(
            "certificates are not verified: anyone on the way can read everything".to_owned(),
        );
    }
    if given.url.contains('?') || given.full_api_url.contains('?') {
        warnings.push(
            "the query string of the URL is not repeated in `resolved_connection`".to_owned(),
        );
    }
    let vm_components = if validation.is_victoria_metrics {
        let names = validation.components.iter();
        names
            .map(|component| component.as_str().to_owned())
            .collect()
    } else {
        vec!["prometheus-compatible-api".to_owned()]
    };
    Works {
        success: true,
        valid: true,
        message: if validation.is_victoria_metrics {
            "VictoriaMetrics answers".to_owned()
        } else {
            "A server that is compatible with Prometheus answers".to_owned()
        },
        version: validation.version.unwrap_or_else(|| "unknown".to_owned()),
        components: validation.reporting,
        is_victoria_metrics: validation.is_victoria_metrics,
        vm_components,
        final_endpoint: validation.endpoint.base_url().to_string(),
        resolved_connection: ShownConnection::of(&validation.connection),
        attempts: validation.attempts.into_iter().map(tried).collect(),
        warnings,
    }
}

fn sentence(warning: &vmapi::ValidationWarning) -> String {
    warning.to_string()
}

fn tried(attempt: Attempt) -> Tried {
    Tried {
        endpoint: attempt.endpoint.to_string(),
        api_base_path: attempt.base_path,
        success: attempt.error.is_none(),
        error: attempt.error,
    }
}
