//! What became of lines and samples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time_unit::TimeUnit;

/// The most broken lines that are shown one by one.
const MAX_EXAMPLES: usize = 5;

/// The most jobs that are counted one by one; the rest is counted together.
const MAX_JOBS: usize = 10_000;

/// Most bytes of their names together; a value may be a megabyte long.
const MAX_JOB_BYTES: usize = 16 << 20;

/// The name under which samples of further jobs are counted; no job can have it.
pub(crate) const OTHER_JOBS: &str = "(other jobs)";

/// Why a line was not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Not a JSON line of series data.
    NotALine,
    /// `values` and `timestamps` differ in length.
    CountsDiffer,
    /// No labels, which the target could not store.
    NoLabels,
    /// A timestamp leaves 64 bits once it is converted and shifted.
    TimestampRange,
    /// Not a native block, or one that makes servers stumble.
    BrokenBlock,
    /// The labels alone exceed the longest line that the target takes.
    LabelsTooLong,
}

impl SkipReason {
    /// The reason for a person, as in `3 lines: <reason>`.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::NotALine => "not a JSON line of series data",
            Self::CountsDiffer => "values and timestamps differ in number",
            Self::NoLabels => "no labels",
            Self::TimestampRange => "a timestamp is out of range after conversion and shift",
            Self::BrokenBlock => "not a native block that a server can read",
            Self::LabelsTooLong => "labels exceed the line limit of the target",
        }
    }
}

/// Why samples of a good line were not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrimReason {
    /// Older than the target's retention.
    BeforeRetention,
    /// Before 1970, which no target stores.
    Before1970,
    /// Further ahead than the target takes.
    InTheFuture,
    /// The series has more labels than the target takes.
    OverLabelLimit,
    /// A `null`, which the target cannot read.
    NoValue,
    /// Outside of the range that the native stream names, where servers drop them too.
    OutsideStream,
}

impl TrimReason {
    /// The reason for a person, as in `3 samples: <reason>`.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::BeforeRetention => "older than the retention of the target",
            Self::Before1970 => "before 1970",
            Self::InTheFuture => "further in the future than the target takes",
            Self::OverLabelLimit => "series with more labels than the target takes",
            Self::OutsideStream => "outside of the range of their own stream",
            Self::NoValue => "no value (`null`), which this version of the target cannot read",
        }
    }
}

/// A line that was not used.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SkippedLine {
    /// Its number in the data, counted from 1.
    pub line: u64,
    /// Why, for a person.
    pub reason: String,
}

/// What was sent of one job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JobTally {
    /// Samples, without those that carry no value.
    pub samples: u64,
    /// Time of the first one, in Unix ms after the shift.
    pub first_ms: i64,
    /// Time of the last one.
    pub last_ms: i64,
}

/// What became of the lines and samples of a batch, or of all of them.
///
/// `samples_read` is the sum of `samples_fitted` and all counts in `trimmed`; samples of skipped
/// lines are not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Lines read, blank ones not counted; of native data, blocks, here and below.
    pub lines: u64,
    /// Bytes of these lines with their line feeds; of a line that was divided, those of its pieces.
    pub text_bytes: u64,
    /// Lines that were used.
    pub good_lines: u64,
    /// Lines that were not, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// The first of them.
    pub first_skipped: Vec<SkippedLine>,
    /// Samples of the good lines.
    pub samples_read: u64,
    /// Samples that are in chunks.
    pub samples_fitted: u64,
    /// Those among them that are `null` in lines: targets drop them.
    pub nulls: u64,
    /// Those among them that are stale markers in native blocks: targets keep them.
    pub stale_markers: u64,
    /// Samples that are in no chunk, by reason.
    pub trimmed: BTreeMap<TrimReason, u64>,
    /// First and last timestamp as it stands in the data.
    pub written: Option<(i64, i64)>,
    /// First and last time in Unix ms, before the shift and before anything was cut.
    pub unfitted_ms: Option<(i64, i64)>,
    /// First and last time in Unix ms of what is in chunks.
    pub fitted_ms: Option<(i64, i64)>,
    /// What is in chunks, by job.
    pub jobs: BTreeMap<String, JobTally>,
    /// Bytes of the names in `jobs`.
    pub(crate) job_bytes: usize,
    /// Most labels of a series, the metric name counted, after labels were dropped and added.
    pub max_labels: usize,
    /// Lines that were divided, because the target takes none as long.
    pub divided_lines: u64,
}

impl Tally {
    /// Counts a line that was not used.
    pub(crate) fn skip(&mut self, line: u64, reason: SkipReason, detail: Option<String>) {
        *self.skipped.entry(reason).or_default() += 1;
        self.first_skipped.push(SkippedLine {
            line,
            reason: detail.unwrap_or_else(|| reason.sentence().to_owned()),
        });
        self.shorten();
    }

    /// Counts samples that were not sent.
    pub(crate) fn trim(&mut self, reason: TrimReason, samples: u64) {
        if samples > 0 {
            *self.trimmed.entry(reason).or_default() += samples;
        }
    }

    /// Counts samples of a job that are in a chunk and carry a value.
    pub(crate) fn count_job(&mut self, job: &str, tally: JobTally) {
        let has_room = self.jobs.len() < MAX_JOBS && self.job_bytes + job.len() <= MAX_JOB_BYTES;
        let known = has_room || self.jobs.contains_key(job);
        let name = if known { job } else { OTHER_JOBS };
        match self.jobs.get_mut(name) {
            Some(sum) => {
                sum.samples += tally.samples;
                sum.first_ms = sum.first_ms.min(tally.first_ms);
                sum.last_ms = sum.last_ms.max(tally.last_ms);
            }
            None => {
                self.job_bytes += name.len();
                self.jobs.insert(name.to_owned(), tally);
            }
        }
    }

    /// Adds the counts of another batch.
    pub(crate) fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.text_bytes += other.text_bytes;
        self.good_lines += other.good_lines;
        for (reason, lines) in other.skipped {
            *self.skipped.entry(reason).or_default() += lines;
        }
        self.first_skipped.extend(other.first_skipped);
        self.shorten();
        self.samples_read += other.samples_read;
        self.samples_fitted += other.samples_fitted;
        self.nulls += other.nulls;
        self.stale_markers += other.stale_markers;
        for (reason, samples) in other.trimmed {
            self.trim(reason, samples);
        }
        self.written = union(self.written, other.written);
        self.unfitted_ms = union(self.unfitted_ms, other.unfitted_ms);
        self.fitted_ms = union(self.fitted_ms, other.fitted_ms);
        for (job, tally) in other.jobs {
            self.count_job(&job, tally);
        }
        self.max_labels = self.max_labels.max(other.max_labels);
        self.divided_lines += other.divided_lines;
    }

    /// The unit that the timestamps look like, if it is another one than `unit`.
    pub(crate) fn looks_like(&self, unit: TimeUnit) -> Option<TimeUnit> {
        let (first, last) = self.written?;
        TimeUnit::of_range(first, last).filter(|likely| *likely != unit)
    }

    /// Lines that were not used.
    #[must_use]
    pub fn skipped_lines(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Samples that were read and are in no chunk.
    #[must_use]
    pub fn trimmed_samples(&self) -> u64 {
        self.trimmed.values().sum()
    }

    fn shorten(&mut self) {
        self.first_skipped.sort();
        self.first_skipped.truncate(MAX_EXAMPLES);
    }
}

/// The range that holds both.
pub(crate) fn union(a: Option<(i64, i64)>, b: Option<(i64, i64)>) -> Option<(i64, i64)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_broken_lines_are_kept_whatever_the_order_of_batches() {
        let mut late = Tally::default();
        for line in 100..110 {
            late.skip(line, SkipReason::NotALine, None);
        }
        let mut early = Tally::default();
        early.skip(3, SkipReason::NoLabels, None);
        late.add(early);
        let lines: Vec<u64> = late.first_skipped.iter().map(|line| line.line).collect();
        assert_eq!(lines, [3, 100, 101, 102, 103]);
        assert_eq!(late.skipped_lines(), 11);
    }

    #[test]
    fn jobs_beyond_the_bound_are_counted_together() {
        let mut tally = Tally::default();
        for job in 0..MAX_JOBS + 5 {
            let one = JobTally {
                samples: 1,
                first_ms: job as i64,
                last_ms: job as i64,
            };
            tally.count_job(&job.to_string(), one);
        }
        assert_eq!(tally.jobs.len(), MAX_JOBS + 1);
        assert_eq!(tally.jobs[OTHER_JOBS].samples, 5);
    }

    #[test]
    fn jobs_with_endless_names_are_counted_together_in_one_batch_and_in_all() {
        let mut sum = Tally::default();
        for batch in 0..10 {
            let mut tally = Tally::default();
            for job in 0..3 {
                let one = JobTally {
                    samples: 1,
                    ..JobTally::default()
                };
                tally.count_job(&format!("{batch}{job}{}", "x".repeat(1 << 20)), one);
                tally.count_job("short", one);
            }
            sum.add(tally);
        }
        let bytes: usize = sum.jobs.keys().map(String::len).sum();
        assert!(bytes <= MAX_JOB_BYTES + OTHER_JOBS.len(), "{bytes}");
        assert_eq!(sum.jobs["short"].samples, 30);
        assert_eq!(sum.jobs[OTHER_JOBS].samples, 15);
        assert_eq!(sum.jobs.len(), 17);
    }
}
