//! What to say when an import or a look at a bundle fails.

use axum::http::StatusCode;
use bundle::staging::StagingError;
use replay::{Error, Tally};

use crate::exporter::upstream;
use crate::reply::{Problem, one_line};

/// A failure with the status and the word that fit.
pub(super) fn of(error: &Error) -> Problem {
    let (status, code) = match error {
        Error::Send { source, .. } => upstream::status_of(source),
        Error::Connection(_) => (StatusCode::BAD_REQUEST, "bad_connection"),
        Error::NothingUsable { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "no_usable_line"),
        Error::NothingSent { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "nothing_sent"),
        Error::Running { .. } | Error::State(StagingError::InUse { .. }) => {
            (StatusCode::CONFLICT, "in_use")
        }
        Error::OtherTarget { .. } => (StatusCode::CONFLICT, "other_target"),
        Error::SourceChanged { .. } => (StatusCode::CONFLICT, "source_changed"),
        Error::NothingToResume(_) => (StatusCode::CONFLICT, "nothing_to_resume"),
        error if error.is_unusable_source() => (StatusCode::BAD_REQUEST, "unreadable_bundle"),
        error if error.is_disk_full() => return no_space(&one_line(error)),
        error if error.is_usage() => (StatusCode::BAD_REQUEST, "bad_request"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "failed"),
    };
    let text = match error {
        Error::NothingUsable { tally, .. } => {
            format!("{error}: {}", skipped(tally).join("; "))
        }
        error => one_line(error),
    };
    let hint = match error {
        Error::NothingSent { .. } => {
            Some("shift the data into the retention of the target, or keep old samples".to_owned())
        }
        error => error.hint(),
    };
    Problem::new(status, text).code(code).maybe_hint(hint)
}

/// Nothing can be written.
pub(super) fn no_space(error: &str) -> Problem {
    Problem::new(StatusCode::INSUFFICIENT_STORAGE, error)
        .code("disk_full")
        .hint("free some space, then try again")
}

/// A thread died of a defect.
pub(super) fn ended_early() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "a thread of the server ended early",
    )
}

/// Why lines were left out, with their counts.
pub(super) fn skipped(tally: &Tally) -> Vec<String> {
    let told = |(reason, lines): (&replay::SkipReason, &u64)| {
        format!("{lines} {}: {}", noun(*lines, "line"), reason.sentence())
    };
    tally.skipped.iter().map(told).collect()
}

/// Why samples were left out, with their counts.
pub(super) fn trimmed(tally: &Tally) -> Vec<String> {
    let told = |(reason, samples): (&replay::TrimReason, &u64)| {
        format!(
            "{samples} {}: {}",
            noun(*samples, "sample"),
            reason.sentence()
        )
    };
    tally.trimmed.iter().map(told).collect()
}

fn noun(count: u64, one: &str) -> String {
    if count == 1 {
        one.to_owned()
    } else {
        format!("{one}s")
    }
}
