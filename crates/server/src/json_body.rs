//! Reading the body of a request: small, and in time.

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

/// The whole body of a request, whatever its content type says.
pub(crate) struct WholeBody(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for WholeBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let length = request.headers().get(CONTENT_LENGTH);
        let length: Option<u64> = length
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.parse().ok());
        if length.is_some_and(|length| length > MAX_BYTES as u64) {
            return Err(too_large());
        }
        let limits = request.extensions().get::<Limits>().copied();
        let patience = limits.unwrap_or_default().body;
        let body: Limited<Body> = Limited::new(request.into_body(), MAX_BYTES);
        match timeout(patience, body.collect()).await {
            Ok(Ok(collected)) => Ok(Self(collected.to_bytes())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
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
}

fn too_large() -> Problem {
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "the body is larger than 1 MiB",
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
