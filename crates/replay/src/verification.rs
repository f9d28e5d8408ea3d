//! What a comparison of the target with what was sent found.

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verification {
    /// Everything that was compared is as it was sent.
    pub verified: bool,
    /// The target could be read; otherwise nothing is known.
    pub reached: bool,
    /// The selector of the first series that was compared.
    pub query: String,
    /// Series that were compared.
    pub series_compared: u64,
    /// Series of them of which the target has samples.
    pub series_seen: u64,
    /// Samples that were compared value by value.
    pub samples_compared: u64,
    /// Samples of them that differ by no more than storage rounds.
    pub rounded: u64,
    /// Samples by job, those with most first.
    pub jobs: Vec<JobCheck>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// First and last time in Unix ms of what was sent.
    pub range_ms: Option<(i64, i64)>,
    /// The result in one sentence.
    pub message: String,
}

/// The samples of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobCheck {
    /// The job; empty for series without one.
    pub job: String,
    /// Samples sent.
    pub sent: u64,
    /// Samples that the target has in the same time; `None` if it does not tell.
    pub found: Option<u64>,
}

/// A series that is not in the target as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The series, as a selector.
    pub series: String,
    /// What kind of difference.
    pub reason: DifferenceReason,
    /// The numbers, for a person.
    pub detail: String,
}

/// What kind of difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DifferenceReason {
    /// Samples are missing.
    Missing,
    /// Samples are missing that the target's deduplication removes; nothing is wrong.
    Deduplicated,
    /// There are more samples than were sent, which are there too: those of a repeated request, of an
    /// earlier import, or of another writer.
    Extra,
    /// A value is another one.
    Value,
}

impl DifferenceReason {
    /// The reason as a word for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Deduplicated => "deduplicated",
            Self::Extra => "extra",
            Self::Value => "value",
        }
    }

    /// Whether every sample that was sent is stored as far as the target means to store it.
    #[must_use]
    pub fn is_harmless(self) -> bool {
        matches!(self, Self::Deduplicated | Self::Extra)
    }
}

impl Verification {
    /// Says what the findings come to.
    pub(crate) fn judge(&mut self, deduplicates: bool) {
        let bad = self
            .differences
            .iter()
            .filter(|difference| !difference.reason.is_harmless())
            .count();
        let further = self
            .differences
            .iter()
            .filter(|difference| difference.reason == DifferenceReason::Extra)
            .count();
        let short: Vec<&JobCheck> = self
            .jobs
            .iter()
            .filter(|job| job.found.is_some_and(|found| found < job.sent))
            .collect();
        let short_jobs = if deduplicates { 0 } else { short.len() };
        self.verified = bad == 0 && short_jobs == 0 && self.series_compared > 0;
        let more = self
            .jobs
            .iter()
            .filter(|job| job.found.is_some_and(|found| found > job.sent))
            .count();
        let mut message = if self.series_compared == 0 {
            "not verified: nothing that was sent carries a value".to_owned()
        } else if self.verified {
            format!(
                "verified: {} of {} compared series have every sample and value that was sent",
                self.series_compared - (self.differences.len() - further) as u64,
                self.series_compared
            )
        } else if bad > 0 {
            format!(
                "not verified: {bad} of {} compared series differ",
                self.series_compared
            )
        } else {
            format!(
                "not verified: the target has fewer samples of {short_jobs} jobs than were sent"
            )
        };
        if deduplicates && (self.differences.len() > further || !short.is_empty()) {
            message.push_str("; the target's deduplication removes samples, which is its purpose");
        }
        if further > 0 {
            message.push_str(&format!(
                "; of {further} compared series the target has further samples, or the same ones twice"
            ));
        }
        if more > 0 {
            message.push_str(&format!(
                "; of {more} jobs the target has further samples in the same time"
            ));
        }
        if self.rounded > 0 {
            message.push_str(&format!(
                "; {} values differ by what storage rounds",
                self.rounded
            ));
        }
        self.message = message;
    }
}
