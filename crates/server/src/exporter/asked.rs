//! Reading requests that hold a connection and a range, in the words of the export config.

use axum::http::StatusCode;
use gather::TimeRange;
use gather::config::{ConfigError, ExportConfig, Strictness, first_ms, last_ms};
use jiff::Timestamp;

use crate::reply::{Problem, one_line};

/// Reads a config, or a request that has some of its fields.
pub(super) fn config(document: &[u8]) -> Result<ExportConfig, Problem> {
    let config = ExportConfig::parse(document, Strictness::Lenient).map_err(|e| refused(&e))?;
    let connection = &config.connection;
    if connection.url.trim().is_empty() && connection.full_api_url.trim().is_empty() {
        return Err(Problem::bad_request("`connection.url` is missing")
            .hint("write the address into `connection`, such as `http://vmselect:8481`"));
    }
    Ok(config)
}

/// Whatever a config says about its own fields.
pub(super) fn refused(error: &ConfigError) -> Problem {
    let status = match error {
        ConfigError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    Problem::new(status, one_line(error))
        .code("bad_request")
        .maybe_hint(error.hint())
}

/// The range to look at; a missing or future end means now, a missing start an hour before the end.
pub(super) fn range(config: &ExportConfig, now: Timestamp) -> Result<TimeRange, Problem> {
    const HOUR_MS: i64 = 3_600_000;
    let now_ms = now.as_millisecond();
    let end_ms = config.end.map_or(now_ms, last_ms).min(now_ms);
    let start_ms = config.start.map_or(end_ms - HOUR_MS, first_ms);
    TimeRange::new(start_ms, end_ms).map_err(|error| Problem::bad_request(one_line(&error)))
}
