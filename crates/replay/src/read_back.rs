//! The samples of one series as the target has them.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use vmformat::json_line::{LineSink, ValueChunk};

use crate::line::{Line, value_of};

/// Windows of deduplication that are told apart.
const MAX_WINDOWS: usize = 500_000;

/// What the target has of one series.
#[derive(Default)]
pub(crate) struct FoundSamples {
    /// Those at times that are compared.
    pub(crate) samples: Vec<(i64, f64)>,
    pub(crate) count: u64,
    /// The time of the last one.
    pub(crate) newest_ms: Option<i64>,
    /// The windows of deduplication, and the time of the last sample in each. A stale marker counts:
    /// of what is in a window the last one stays, whether it carries a value or not.
    pub(crate) windows: HashMap<i64, i64>,
}

/// The window in which deduplication keeps one sample; it ends at a multiple of the interval.
pub(crate) fn window(time: i64, interval_ms: i64) -> i64 {
    time.saturating_add(interval_ms - 1).div_euclid(interval_ms)
}

/// The last time of that window.
pub(crate) fn window_end(time: i64, interval_ms: i64) -> i64 {
    window(time, interval_ms).saturating_mul(interval_ms)
}

/// Takes the samples of one series out of lines.
pub(crate) struct Found<'a> {
    pub(crate) wanted: &'a [(Vec<u8>, Vec<u8>)],
    /// The times that are compared, sorted.
    pub(crate) times: &'a [i64],
    /// From the first to the last of the samples that were sent with a value.
    pub(crate) range: RangeInclusive<i64>,
    pub(crate) dedup_ms: Option<i64>,
    pub(crate) line: Line,
    pub(crate) found: FoundSamples,
}

impl LineSink for Found<'_> {
    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        self.line.clear();
        self.line.metric(labels)
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Self::Error> {
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
            if let Some(interval) = self.dedup_ms
                && self.found.windows.len() < MAX_WINDOWS
            {
                let last = self.found.windows.entry(window(*time, interval));
                last.and_modify(|last| *last = (*last).max(*time))
                    .or_insert(*time);
            }
            let Some(value) = value_of(value).filter(|_| self.range.contains(time)) else {
                continue;
            };
            self.found.count += 1;
            self.found.newest_ms = self.found.newest_ms.max(Some(*time));
            if self.times.binary_search(time).is_ok() {
                self.found.samples.push((*time, value));
            }
        }
        Ok(())
    }
}
