//! Comparing what was sent with what the target has.
//!
//! An acknowledgement means that the target took the bytes, not that the samples are stored. So some
//! series are read back and compared value by value, and the samples of each job are counted. New
//! samples become visible after some seconds; until then the comparison is repeated.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vmapi::{Client, ExportParams, ExportRoute, Importer, Selector};
use vmformat::json_line::LineReader;

use crate::comparison::Comparison;
use crate::event::{Event, EventSink};
use crate::fit::FitPlan;
use crate::job_count::count_jobs;
use crate::line::Line;
use crate::picks::Pick;
use crate::read_back::{Found, FoundSamples, window_end};
use crate::tally::Tally;
use crate::verification::{Difference, Verification};

/// Samples of one line of the target, so that its length is bounded.
const LINE_ROWS: u32 = 8_192;

/// How long a value may be that of an earlier import while the new one is not visible yet.
const VALUE_PATIENCE: Duration = Duration::from_secs(10);

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

impl Verifier<'_> {
    pub(crate) async fn verify(&self, picks: Vec<Pick>, tally: &Tally) -> Verification {
        let client = self.importer.reader();
        let mut result = Verification {
            reached: true,
            query: picks
                .first()
                .map(|pick| selector(pick).as_str().to_owned())
                .unwrap_or_default(),
            series_compared: picks.len() as u64,
            range_ms: tally.fitted_ms,
            ..Verification::default()
        };
        self.events.event(&Event::Verifying {
            done: 0,
            total: picks.len(),
        });
        let began = Instant::now();
        let mut wait = Duration::from_millis(250);
        let mut pending: Vec<&Pick> = picks.iter().collect();
        let mut last_differences: Vec<(&Pick, Comparison)> = Vec::new();
        while !pending.is_empty() {
            last_differences.clear();
            let mut open = Vec::new();
            for pick in std::mem::take(&mut pending) {
                let reading = self.read_back(&client, pick);
                let Some(found) = self.cancel.run_until_cancelled(reading).await else {
                    return interrupted(result);
                };
                let found = match found {
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
                let comparison = Comparison::new(pick, &found, self.dedup_ms());
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
            let comparisons = || last_differences.iter().map(|(_, comparison)| comparison);
            let settled = comparisons().all(Comparison::is_settled);
            let nearly = comparisons().all(Comparison::is_nearly_settled);
            let patience = if nearly {
                self.patience.min(VALUE_PATIENCE)
            } else {
                self.patience
            };
            if open.is_empty() || settled || began.elapsed() + wait > patience {
                break;
            }
            pending = open;
            let waiting = tokio::time::sleep(wait);
            if self.cancel.run_until_cancelled(waiting).await.is_none() {
                return interrupted(result);
            }
            wait = (wait * 2).min(Duration::from_secs(3));
        }
        for (pick, comparison) in last_differences {
            result.series_seen += u64::from(comparison.seen);
            result.samples_compared += comparison.compared;
            result.rounded += comparison.rounded;
            if let Some((reason, detail)) = comparison.difference {
                result.differences.push(Difference {
                    series: selector(pick).as_str().to_owned(),
                    reason,
                    detail,
                });
            }
        }
        let target = self.importer.target();
        let counting = count_jobs(&client, target, &self.fit.add_labels, tally);
        let Some(jobs) = self.cancel.run_until_cancelled(counting).await else {
            return interrupted(result);
        };
        result.jobs = jobs;
        result.judge(self.dedup_ms().is_some());
        result
    }

    /// The samples of a series that the target has, in the order of time.
    async fn read_back(&self, client: &Client, pick: &Pick) -> Result<FoundSamples, vmapi::Error> {
        let mut body = client
            .export_json_lines(&ExportParams {
                matches: vec![selector(pick)],
                start_ms: pick.first_ms,
                // What took the place of the last sample may be later, a stale marker above all.
                end_ms: self
                    .dedup_ms()
                    .map_or(pick.last_ms, |interval| window_end(pick.last_ms, interval)),
                max_rows_per_line: Some(LINE_ROWS),
                route: ExportRoute::AsGiven,
            })
            .await?;
        let wanted = labels(pick);
        let mut times: Vec<i64> = pick.samples.iter().map(|sample| sample.0).collect();
        times.sort_unstable();
        let mut reader = LineReader::new();
        let mut sink = Found {
            wanted: &wanted,
            times: &times,
            range: pick.first_ms..=pick.last_ms,
            dedup_ms: self.dedup_ms(),
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

    /// The interval of which the target keeps one sample, if it does.
    fn dedup_ms(&self) -> Option<i64> {
        self.dedup_ms.filter(|interval| *interval > 0)
    }
}

/// What is known of a comparison that somebody ended: of what was not looked at, nothing.
fn interrupted(mut result: Verification) -> Verification {
    result.reached = false;
    result.message = "not verified: interrupted before everything was compared".to_owned();
    result
}

/// The labels of a series as the target stores them.
fn labels(pick: &Pick) -> Vec<(Vec<u8>, Vec<u8>)> {
    let is_stored = |(name, value): &&(Vec<u8>, Vec<u8>)| !name.is_empty() && !value.is_empty();
    let mut labels: Vec<_> = pick.labels.iter().filter(is_stored).cloned().collect();
    labels.sort();
    labels
}

fn selector(pick: &Pick) -> Selector {
    let mut selector: Option<Selector> = None;
    for (name, value) in labels(pick) {
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
