//! Reading the body of a request: small, and in time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::reply::{Problem, one_line};
use crate::serve::Limits;

/// Largest body in bytes; real ones have a few hundred.
const MAX_BYTES: usize = 1 << 20;

/// The same where anyone may send one: a token has some ten bytes.
const MAX_STRANGERS_BYTES: usize = 4 << 10;

/// The whole body of a request, whatever its content type says.
pub(crate) struct WholeBody(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let patience = limits(&request).body;
        read(request, MAX_BYTES, patience).await.map(Self)
    }
}

/// The body of a request by somebody unknown: no larger, and no slower, than a header.
pub(crate) struct StrangersBody(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for StrangersBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let patience = limits(&request).header;
        read(request, MAX_STRANGERS_BYTES, patience).await.map(Self)
    }
}

fn limits(request: &Request) -> Limits {
    let limits = request.extensions().get::<Limits>().copied();
    limits.unwrap_or_default()
}

async fn read(request: Request, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length: Option<u64> = length
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.parse().ok());
    if length.is_some_and(|length| length > most as u64) {
        return Err(too_large(most));
    }
    let body: Limited<Body> = Limited::new(request.into_body(), most);
    match timeout(patience, body.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(most)),
        Ok(Err(error)) => Err(Problem::bad_request(format!(
            "the body broke off: {}",
            one_line(&*error)
        ))),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            format!(
                "the body did not arrive within {} s",
                patience.as_secs_f32()
            ),
        )),
    }
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!("the body is larger than {} KiB", most >> 10),
    )
    .code("too_large")
}

impl WholeBody {
    /// Reads the first JSON value; text behind it is ignored, and so are unknown fields.
    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let mut values = serde_json::Deserializer::from_slice(&self.0).into_iter();
        match values.next() {
            Some(Ok(value)) => Ok(value),
            // The text of a value may be a secret, so serde's own words are not shown.
            Some(Err(error)) if error.is_data() => Err(Problem::bad_request(
                "the body is not what this path takes: a field has another type",
            )),
            Some(Err(error)) => Err(Problem::bad_request(format!(
                "the body is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))),
            None => Err(Problem::bad_request("the body is empty; it must be JSON")),
        }
    }
}
