//! Replies: JSON, and what went wrong as JSON.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// A value as JSON, with status 200.
pub(crate) struct Reply<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Reply<T> {
    fn into_response(self) -> Response {
        json(StatusCode::OK, &self.0)
    }
}

/// The whole text is made before the status is sent.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => with_type(status, "application/json", body),
        Err(error) => {
            tracing::error!(%error, "a reply has no JSON form");
            Problem::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the reply has no JSON form",
            )
            .into_response()
        }
    }
}

pub(crate) fn with_type(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// A reply that says what went wrong and what to do next.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    body: ProblemBody,
}

/// Why a request failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemBody {
    /// What went wrong, for a person.
    error: String,
    /// The HTTP status.
    status: u16,
    /// The next step for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// A stable short word for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self {
            status,
            body: ProblemBody {
                error: error.into(),
                status: status.as_u16(),
                hint: None,
                code: None,
            },
        }
    }

    pub(crate) fn bad_request(error: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error).code("bad_request")
    }

    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self.body.status = status.as_u16();
        self
    }

    /// The error of a library with all its causes.
    pub(crate) fn of(status: StatusCode, error: &dyn std::error::Error) -> Self {
        Self::new(status, one_line(error))
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.body.code = Some(code);
        self
    }

    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        self.maybe_hint(Some(hint.into()))
    }

    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.body.hint = hint.or(self.body.hint);
        self
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn text(&self) -> &str {
        &self.body.error
    }

    pub(crate) fn advice(&self) -> Option<&str> {
        self.body.hint.as_deref()
    }

    pub(crate) fn word(&self) -> Option<&'static str> {
        self.body.code
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &self.body);
        let headers = response.headers_mut();
        match self.status {
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
            }
            _ => {}
        }
        response
    }
}

/// An error and its causes in one line, each text once.
pub(crate) fn one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

/// Gives refusals of the framework, which are plain text, the form of all others.
pub(crate) fn as_problem(response: Response) -> Response {
    let status = response.status();
    let is_json = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind == "application/json");
    if !status.is_client_error() && !status.is_server_error() || is_json {
        return response;
    }
    let problem = match status {
        StatusCode::NOT_FOUND => {
            Problem::new(status, "there is no such path in this API").code("not_found")
        }
        StatusCode::METHOD_NOT_ALLOWED => {
            Problem::new(status, "this path does not take this method").code("method_not_allowed")
        }
        _ => Problem::new(status, status.canonical_reason().unwrap_or("failed")),
    };
    let mut replaced = problem.into_response();
    if let Some(allow) = response.headers().get(ALLOW) {
        replaced.headers_mut().insert(ALLOW, allow.clone());
    }
    replaced
}
