//! The comparison at the end of an import, as replies show it.

use replay::Verification;
use serde::Serialize;
use utoipa::ToSchema;

/// What the target has of what was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Verified {
    /// Everything that was compared is as it was sent.
    pub(super) verified: bool,
    /// The target could be read.
    reached: bool,
    /// What was asked first.
    query: String,
    /// Series of which the target has samples.
    series_seen: u64,
    /// First timestamp that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// Last timestamp that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// The result in one sentence.
    pub(super) message: String,
    series_compared: u64,
    /// Samples compared value by value.
    samples_compared: u64,
    /// Values that differ by no more than storage rounds.
    rounded: u64,
    jobs: Vec<JobCount>,
    differences: Vec<Differs>,
}

/// Samples of a job.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct JobCount {
    /// Empty for series without a job.
    job: String,
    sent: u64,
    /// Absent if the target does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<u64>,
}

/// A series that is not as it was sent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Differs {
    /// As a selector.
    series: String,
    /// `missing`, `deduplicated`, `extra` or `value`.
    reason: &'static str,
    detail: String,
}

impl Verified {
    pub(super) fn of(found: &Verification) -> Self {
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok();
        let time = |ms: i64| time(ms).map(|time| time.to_string());
        Self {
            verified: found.verified,
            reached: found.reached,
            query: found.query.clone(),
            series_seen: found.series_seen,
            start: found.range_ms.and_then(|(first, _)| time(first)),
            end: found.range_ms.and_then(|(_, last)| time(last)),
            message: found.message.clone(),
            series_compared: found.series_compared,
            samples_compared: found.samples_compared,
            rounded: found.rounded,
            jobs: found
                .jobs
                .iter()
                .map(|job| JobCount {
                    job: job.job.clone(),
                    sent: job.sent,
                    found: job.found,
                })
                .collect(),
            differences: found
                .differences
                .iter()
                .map(|difference| Differs {
                    series: difference.series.clone(),
                    reason: difference.reason.code(),
                    detail: difference.detail.clone(),
                })
                .collect(),
        }
    }
}
