//! Asking the source, and what to say when that fails.

use std::time::Duration;

use axum::http::StatusCode;
use gather::discover::DiscoverError;
use jiff::Timestamp;
use tokio::time::timeout;
use vmapi::{Client, Connection, ConnectionError, Endpoint, Timeouts};

use crate::reply::Problem;

/// A client for questions that somebody waits for.
pub(super) fn client(connection: &Connection) -> Result<Client, Problem> {
    Endpoint::new(connection)
        .and_then(|endpoint| Client::new(endpoint, Timeouts::VALIDATE))
        .map_err(|error| bad_connection(&error))
}

/// Fails at once where no server can be reached: the workflow asks again for a while, and a person
/// waits.
pub(super) async fn reach(client: &Client) -> Result<(), Problem> {
    match client.query("1", Timestamp::now().as_millisecond()).await {
        Err(error) if is_out_of_reach(&error) => Err(failed(&error)),
        // Whatever else is wrong is said by the question itself.
        _ => Ok(()),
    }
}

/// Whether no question can be asked, now or in a moment.
pub(super) fn is_out_of_reach(error: &vmapi::Error) -> bool {
    use vmapi::Error;
    error.is_unauthorized()
        || matches!(
            error,
            Error::Connect { .. }
                | Error::Proxy { .. }
                | Error::Certificate { .. }
                | Error::Tls { .. }
                | Error::ClientCertificate { .. }
        )
}

/// Gives work as long as its caller may wait.
pub(super) async fn within<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    timeout(limit, work).await.unwrap_or_else(|_| {
        Err(Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            format!("the server did not answer within {} s", limit.as_secs()),
        )
        .code("timeout")
        .hint("try a shorter time range or fewer series"))
    })
}

/// A connection that cannot be used as it is written.
pub(crate) fn bad_connection(error: &ConnectionError) -> Problem {
    Problem::of(StatusCode::BAD_REQUEST, error)
        .code("bad_connection")
        .maybe_hint(error.hint().map(str::to_owned))
}

/// A server that does not answer as it should.
pub(crate) fn failed(error: &vmapi::Error) -> Problem {
    let (status, code) = status_of(error);
    Problem::of(status, error)
        .code(code)
        .maybe_hint(error.hint())
}

/// The status and the word for an error of the source.
pub(crate) fn status_of(error: &vmapi::Error) -> (StatusCode, &'static str) {
    use vmapi::Error;
    match error {
        Error::Stalled { .. } => (StatusCode::GATEWAY_TIMEOUT, "timeout"),
        Error::Connect { .. } | Error::Proxy { .. } => (StatusCode::BAD_GATEWAY, "unreachable"),
        Error::Certificate { .. } | Error::Tls { .. } | Error::ClientCertificate { .. } => {
            (StatusCode::BAD_GATEWAY, "certificate")
        }
        error if error.is_unauthorized() => (StatusCode::BAD_GATEWAY, "unauthorized"),
        error if error.limit().is_some() => (StatusCode::BAD_GATEWAY, "limit"),
        _ => (StatusCode::BAD_GATEWAY, "upstream"),
    }
}

/// Whether the server read the question and did not like it.
pub(super) fn is_rejection(error: &vmapi::Error) -> bool {
    matches!(error, vmapi::Error::Reported { .. })
        || matches!(error.status(), Some(400 | 422)) && !error.is_not_routed()
}

/// A discovery that found nothing, or could not ask.
pub(super) fn not_discovered(error: &DiscoverError) -> Problem {
    let (status, code) = match error {
        DiscoverError::Ask(source) => status_of(source),
        DiscoverError::Connection(_) => (StatusCode::BAD_REQUEST, "bad_connection"),
        DiscoverError::NoJobs(_) => (StatusCode::UNPROCESSABLE_ENTITY, "no_jobs"),
        error if error.is_not_found() => (StatusCode::NOT_FOUND, "not_found"),
        _ => (StatusCode::BAD_GATEWAY, "upstream"),
    };
    Problem::of(status, error)
        .code(code)
        .maybe_hint(error.hint())
}
