//! Comparing what was sent with what the target has.
//!
//! An acknowledgement means that the target took the bytes, not that the samples are stored. So some
//! series are read back and compared value by value, and the samples of each job are counted. New
//! samples become visible after some seconds; until then the comparison is repeated.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vmapi::{Client, ExportParams, ExportRoute, Importer, Selector};
use vmformat::json_line::LineReader;

use crate::event::{Event, EventSink};
use crate::fit::FitPlan;
use crate::line::Line;
use crate::picks::Pick;
use crate::tally::{JobTally, OTHER_JOBS, Tally};

/// Jobs that are counted.
const MAX_JOBS: usize = 50;

/// Windows of deduplication that are told apart.
const MAX_WINDOWS: usize = 500_000;

/// Samples of one line of the target, so that its length is bounded.
const LINE_ROWS: u32 = 8_192;

const JOB: &str = "job";

/// Storage keeps 12 digits and more of a value.
const RELATIVE_ROUNDING: f64 = 1e-11;

/// Values of a block share one power of ten, and the largest keeps 18 digits.
const BLOCK_ROUNDING: f64 = 1e-16;

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

/// Compares what was sent with what one target has.
pub(crate) struct Verifier<'a> {
    /// How long samples may take to become visible.
    pub(crate) patience: Duration,
    pub(crate) importer: &'a Importer,
    pub(crate) fit: &'a FitPlan,
    pub(crate) dedup_ms: Option<i64>,
    pub(crate) events: &'a dyn EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

/// How a picked series compares.
struct Comparison {
    seen: bool,
    compared: u64,
    rounded: u64,
    difference: Option<(DifferenceReason, String)>,
}

impl Verifier<'_> {
    pub(crate) async fn verify(&self, picks: Vec<Pick>, tally: &Tally) -> Verification {
        let client = self.importer.reader();
        let mut result = Verification {
            reached: true,
            query: picks
                .first()
                .map(|pick| self.selector(pick).as_str().to_owned())
                .unwrap_or_default(),
            series_compared: picks.len() as u64,
            range_ms: tally.fitted_ms,
            ..Verification::default()
        };
        self.events.event(&Event::Verifying {
            done: 0,
            total: picks.len(),
        });
        let deadline = Instant::now() + self.patience;
        let mut wait = Duration::from_millis(250);
        let mut pending: Vec<&Pick> = picks.iter().collect();
        let mut last_differences: Vec<(&Pick, Comparison)> = Vec::new();
        while !pending.is_empty() {
            last_differences.clear();
            let mut open = Vec::new();
            for pick in std::mem::take(&mut pending) {
                let found = match self.read_back(&client, pick).await {
                    Ok(found) => found,
                    // No selector of this version says such labels; of the others there may be some.
                    Err(error) if is_refused(&error) && result.series_compared > 1 => {
                        result.series_compared -= 1;
                        continue;
                    }
                    Err(error) => {
                        result.reached = false;
                        result.message = format!(
                            "not verified: the target cannot be read: {}",
                            with_causes(&error)
                        );
                        return result;
                    }
                };
                let comparison = self.compare(pick, &found);
                if comparison.difference.is_none() {
                    result.series_seen += 1;
                    result.samples_compared += comparison.compared;
                    result.rounded += comparison.rounded;
                    self.events.event(&Event::Verifying {
                        done: result.series_seen as usize,
                        total: picks.len(),
                    });
                } else {
                    open.push(pick);
                    last_differences.push((pick, comparison));
                }
            }
            let is_final = |(_, comparison): &(&Pick, Comparison)| {
                matches!(
                    comparison.difference,
                    Some((DifferenceReason::Deduplicated | DifferenceReason::Extra, _))
                )
            };
            let settled = last_differences.iter().all(is_final);
            if open.is_empty() || settled || Instant::now() + wait > deadline {
                break;
            }
            pending = open;
            let waited = self
                .cancel
                .run_until_cancelled(tokio::time::sleep(wait))
                .await;
            if waited.is_none() {
                break;
            }
            wait = (wait * 2).min(Duration::from_secs(3));
        }
        for (pick, comparison) in last_differences {
            result.series_seen += u64::from(comparison.seen);
            result.samples_compared += comparison.compared;
            result.rounded += comparison.rounded;
            if let Some((reason, detail)) = comparison.difference {
                result.differences.push(Difference {
                    series: self.selector(pick).as_str().to_owned(),
                    reason,
                    detail,
                });
            }
        }
        result.jobs = self.count_jobs(&client, tally).await;
        self.judge(&mut result);
        result
    }

    /// The labels of a series as the target has them.
    fn labels(&self, pick: &Pick) -> Vec<(Vec<u8>, Vec<u8>)> {
        let extra = self.importer.target().extra_labels();
        let mut labels: Vec<_> = pick
            .labels
            .iter()
            .filter(|(name, value)| {
                !name.is_empty()
                    && !value.is_empty()
                    && !extra.iter().any(|(extra, _)| extra.as_bytes() == name)
            })
            .cloned()
            .collect();
        for (name, value) in extra {
            labels.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        labels.sort();
        labels
    }

    fn selector(&self, pick: &Pick) -> Selector {
        let mut selector: Option<Selector> = None;
        for (name, value) in self.labels(pick) {
            let Ok(name) = String::from_utf8(name) else {
                continue;
            };
            selector = Some(match selector {
                None => Selector::equal(&name, value),
                Some(selector) => selector.with_equal(&name, value),
            });
        }
        selector.unwrap_or_else(Selector::everything)
    }

    /// The samples of a series that the target has, in the order of time.
    async fn read_back(&self, client: &Client, pick: &Pick) -> Result<FoundSamples, vmapi::Error> {
        let mut body = client
            .export_json_lines(&ExportParams {
                matches: vec![self.selector(pick)],
                start_ms: pick.first_ms,
                end_ms: pick.last_ms,
                max_rows_per_line: Some(LINE_ROWS),
                route: ExportRoute::AsGiven,
            })
            .await?;
        let wanted = self.labels(pick);
        let mut times: Vec<i64> = pick.samples.iter().map(|sample| sample.0).collect();
        times.sort_unstable();
        let mut reader = LineReader::new();
        let mut sink = Found {
            wanted: &wanted,
            times: &times,
            dedup_ms: self.dedup_ms.filter(|interval| *interval > 0),
            line: Line::default(),
            found: FoundSamples::default(),
        };
        while let Some(piece) = body.chunk().await? {
            if let Err(error) = reader.push(&piece, &mut sink) {
                let text = error.server_text().unwrap_or_default().to_owned();
                return Err(vmapi::Error::broke_off(text.as_bytes()));
            }
        }
        if reader.finish().is_err() {
            return Err(vmapi::Error::broke_off(b""));
        }
        let mut found = sink.found;
        found.samples.sort_by_key(|sample| sample.0);
        Ok(found)
    }

    fn compare(&self, pick: &Pick, found: &FoundSamples) -> Comparison {
        let largest = pick
            .samples
            .iter()
            .map(|(_, value)| value.abs())
            .filter(|value| value.is_finite())
            .fold(0.0, f64::max);
        let mut comparison = Comparison {
            seen: found.count > 0,
            compared: 0,
            rounded: 0,
            difference: None,
        };
        let mut missing = 0;
        let mut deduplicated = 0;
        let mut first_wrong = None;
        for &(time, value) in &pick.samples {
            let samples = &found.samples;
            let from = samples.partition_point(|sample| sample.0 < time);
            let mut there = samples[from..]
                .iter()
                .take_while(|sample| sample.0 == time)
                .peekable();
            if there.peek().is_none() {
                let removed = |interval| found.windows.contains(&window(time, interval));
                if self.dedup_ms.filter(|ms| *ms > 0).is_some_and(removed) {
                    deduplicated += 1;
                } else {
                    missing += 1;
                }
                continue;
            }
            comparison.compared += 1;
            let near = |got: f64| {
                got == value
                    || (got - value).abs()
                        <= (value.abs() * RELATIVE_ROUNDING)
                            .max(largest * BLOCK_ROUNDING)
                            // Smaller numbers are stored as 0.
                            .max(f64::MIN_POSITIVE)
            };
            let mut closest = None;
            for sample in there {
                if sample.1 == value {
                    closest = None;
                    break;
                }
                closest = Some(sample.1);
                if near(sample.1) {
                    break;
                }
            }
            match closest {
                None => {}
                Some(got) if near(got) => comparison.rounded += 1,
                Some(got) => first_wrong = first_wrong.or(Some((time, value, got))),
            }
        }
        let sent = pick.count;
        let count = found.count;
        // Of samples that were not looked at one by one, and of several at one time, only the number
        // is known.
        let short = count < sent && deduplicated == 0 && !self.deduplicates();
        comparison.difference = if missing > 0 || short {
            let detail = format!("{sent} samples sent, {count} found");
            Some((DifferenceReason::Missing, detail))
        } else if deduplicated > 0 || count < sent {
            let detail = format!("{sent} samples sent, {count} found");
            Some((DifferenceReason::Deduplicated, detail))
        } else if let Some((time, value, got)) = first_wrong {
            let detail = format!("at {time} ms {value:?} was sent and {got:?} found");
            Some((DifferenceReason::Value, detail))
        } else if count > sent {
            let detail = format!("{sent} samples sent, {count} found");
            Some((DifferenceReason::Extra, detail))
        } else {
            None
        };
        comparison
    }

    fn deduplicates(&self) -> bool {
        self.dedup_ms.is_some_and(|interval| interval > 0)
    }

    async fn count_jobs(&self, client: &Client, tally: &Tally) -> Vec<JobCheck> {
        let mut jobs = self.jobs(tally);
        jobs.sort_by(|a, b| b.1.samples.cmp(&a.1.samples).then_with(|| a.0.cmp(&b.0)));
        let mut checks = Vec::new();
        for (job, sent) in jobs.into_iter().take(MAX_JOBS) {
            let mut selector = Selector::job(&job);
            let extra = self.importer.target().extra_labels();
            for (name, value) in self.fit.add_labels.iter().chain(extra) {
                if name != JOB {
                    selector = selector.with_equal(name, value);
                }
            }
            // A window begins behind its first millisecond.
            let window_ms = sent.last_ms.saturating_sub(sent.first_ms).saturating_add(1);
            let query = format!("sum(count_over_time({}[{window_ms}ms]))", selector.as_str());
            let found = client.query(&query, sent.last_ms).await.ok();
            let found = found.and_then(|result| {
                let series = result.into_vector()?;
                // No sample at all is an empty result.
                Some(series.first().map_or(0.0, |series| series.sample.value) as u64)
            });
            checks.push(JobCheck {
                job,
                sent: sent.samples,
                found,
            });
        }
        checks
    }

    /// The samples of each job that can be asked for. Where the target names the job itself, that is
    /// the only one.
    fn jobs(&self, tally: &Tally) -> Vec<(String, JobTally)> {
        let extra = self.importer.target().extra_labels();
        if let Some((_, job)) = extra.iter().find(|(name, _)| name == JOB) {
            let mut all = Tally::default();
            for sent in tally.jobs.values() {
                all.count_job(job, *sent);
            }
            return all.jobs.into_iter().collect();
        }
        tally
            .jobs
            .iter()
            // Bytes that are no text were replaced for showing.
            .filter(|(job, _)| *job != OTHER_JOBS && !job.contains(char::REPLACEMENT_CHARACTER))
            .map(|(job, sent)| (job.clone(), *sent))
            .collect()
    }

    fn judge(&self, result: &mut Verification) {
        let deduplicates = self.deduplicates();
        let bad = result
            .differences
            .iter()
            .filter(|difference| !difference.reason.is_harmless())
            .count();
        let further = result
            .differences
            .iter()
            .filter(|difference| difference.reason == DifferenceReason::Extra)
            .count();
        let short: Vec<&JobCheck> = result
            .jobs
            .iter()
            .filter(|job| job.found.is_some_and(|found| found < job.sent))
            .collect();
        let short_jobs = if deduplicates { 0 } else { short.len() };
        result.verified = bad == 0 && short_jobs == 0 && result.series_compared > 0;
        let more = result
            .jobs
            .iter()
            .filter(|job| job.found.is_some_and(|found| found > job.sent))
            .count();
        let mut message = if result.series_compared == 0 {
            "not verified: nothing that was sent carries a value".to_owned()
        } else if result.verified {
            format!(
                "verified: {} of {} compared series have every sample and value that was sent",
                result.series_compared - (result.differences.len() - further) as u64,
                result.series_compared
            )
        } else if bad > 0 {
            format!(
                "not verified: {bad} of {} compared series differ",
                result.series_compared
            )
        } else {
            format!(
                "not verified: the target has fewer samples of {short_jobs} jobs than were sent"
            )
        };
        if deduplicates && (result.differences.len() > further || !short.is_empty()) {
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
        if result.rounded > 0 {
            message.push_str(&format!(
                "; {} values differ by what storage rounds",
                result.rounded
            ));
        }
        result.message = message;
    }
}

/// What the target has of one series.
#[derive(Default)]
struct FoundSamples {
    /// Those at times that are compared.
    samples: Vec<(i64, f64)>,
    count: u64,
    /// The windows of deduplication that have a sample.
    windows: HashSet<i64>,
}

/// The window in which deduplication keeps one sample; it ends at a multiple of the interval.
fn window(time: i64, interval_ms: i64) -> i64 {
    time.saturating_add(interval_ms - 1).div_euclid(interval_ms)
}

/// Takes the samples of one series out of lines.
struct Found<'a> {
    wanted: &'a [(Vec<u8>, Vec<u8>)],
    /// The times that are compared, sorted.
    times: &'a [i64],
    dedup_ms: Option<i64>,
    line: Line,
    found: FoundSamples,
}

impl vmformat::json_line::LineSink for Found<'_> {
    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        self.line.clear();
        self.line.metric(labels)
    }

    fn values(&mut self, chunk: vmformat::json_line::ValueChunk<'_>) -> Result<(), Self::Error> {
        self.line.values(chunk)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error> {
        self.line.timestamps(timestamps)
    }

    fn end_line(&mut self) -> Result<(), Self::Error> {
        self.line.labels.sort();
        if self.line.labels != self.wanted {
            return Ok(());
        }
        for (value, time) in self.line.value_texts().zip(&self.line.timestamps) {
            let Some(value) = crate::line::value_of(value) else {
                continue;
            };
            self.found.count += 1;
            if self.times.binary_search(time).is_ok() {
                self.found.samples.push((*time, value));
            }
            if let Some(interval) = self.dedup_ms
                && self.found.windows.len() < MAX_WINDOWS
            {
                self.found.windows.insert(window(*time, interval));
            }
        }
        Ok(())
    }
}

fn is_refused(error: &vmapi::Error) -> bool {
    matches!(error.status(), Some(400 | 422)) && !error.is_not_routed()
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
