//! The result of verifying a bundle.

use serde::Serialize;

/// Everything that was checked, in order, and what was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// SHA-256 of the file, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Size of the file in bytes.
    pub size_bytes: u64,
    /// The checks.
    pub checks: Vec<Check>,
}

impl VerifyReport {
    /// No check failed; some may have been skipped.
    pub fn is_ok(&self) -> bool {
        let failed = |check: &Check| matches!(check.outcome, Outcome::Failed { .. });
        !self.checks.iter().any(failed)
    }

    /// The outcome of one check; `None` if the bundle gave no occasion for it.
    pub fn outcome(&self, subject: Subject) -> Option<&Outcome> {
        let check = self.checks.iter().find(|check| check.subject == subject)?;
        Some(&check.outcome)
    }

    pub(crate) fn add(&mut self, subject: Subject, outcome: Outcome) {
        self.checks.push(Check { subject, outcome });
    }
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was checked.
    #[serde(rename = "check")]
    pub subject: Subject,
    /// What was found.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Subject {
    /// The `.sha256` file beside the bundle.
    ChecksumFile,
    /// Names and places of the entries.
    Archive,
    /// Sizes and CRC-32 of all entries.
    Entries,
    /// `metadata.json` is there and understood.
    Metadata,
    /// The checksum of the data in the metadata.
    MetricsSha256,
    /// Every line is a JSON line of series data, or every native block can be decoded.
    Lines,
    /// The number of lines or native blocks in the metadata.
    LineCount,
    /// The number of distinct series in the metadata.
    SeriesCount,
    /// The number of samples in the metadata.
    SampleCount,
    /// Every sample lies in the time range of the metadata, and in that of native data's header.
    TimeRange,
    /// No sample stands in the bundle twice.
    Copies,
}

impl Subject {
    /// What is checked, as a phrase for people.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::ChecksumFile => "the checksum file beside the bundle matches",
            Self::Archive => "the archive is well formed",
            Self::Entries => "sizes and CRC-32 of all entries match",
            Self::Metadata => "the metadata can be understood",
            Self::MetricsSha256 => "the data have the SHA-256 that the metadata tell",
            Self::Lines => "every line or block of the data can be read",
            Self::LineCount => "there are as many lines or blocks as the metadata tell",
            Self::SeriesCount => "there are as many series as the metadata tell",
            Self::SampleCount => "there are as many samples as the metadata tell",
            Self::TimeRange => "every sample lies in the time range",
            Self::Copies => "no sample stands in the bundle twice",
        }
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// All is well.
    Passed,
    /// Something is wrong.
    Failed {
        /// What, with line numbers and wanted and found values.
        problem: String,
    },
    /// The check was not possible.
    Skipped {
        /// Why not.
        reason: String,
    },
}

impl Outcome {
    pub(crate) fn failed(problem: impl Into<String>) -> Self {
        Self::Failed {
            problem: problem.into(),
        }
    }

    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self::Skipped {
            reason: reason.into(),
        }
    }

    /// Compares what was found with what is claimed, if anything is.
    pub(crate) fn compare<T: PartialEq + std::fmt::Display>(want: Option<T>, got: T) -> Self {
        match want {
            Some(want) if want == got => Self::Passed,
            Some(want) => Self::failed(format!("the metadata say {want}, found {got}")),
            None => Self::skipped("the metadata do not say"),
        }
    }
}
