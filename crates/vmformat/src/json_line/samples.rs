use super::sink::{LineSink, MAX_CHUNK_VALUES, ValueChunk};
use crate::LineDefect;

/// Values are handed over when their text has this many bytes, for numbers of hundreds of digits.
const MAX_TEXT_BYTES: usize = 256 * 1024;

/// The samples of the current line: those that are not handed over yet, and the number of all.
#[derive(Default)]
pub(super) struct Samples {
    /// The values that were set aside, each with a comma behind it.
    text: Vec<u8>,
    /// The values set aside, and those whose text still lies in the piece.
    text_count: usize,
    timestamps: Vec<i64>,
    value_count: u64,
    timestamp_count: u64,
}

impl Samples {
    /// Begins a line.
    pub(super) fn begin(&mut self) {
        self.value_count = 0;
        self.timestamp_count = 0;
    }

    /// Counts a value that lies in the piece, as the last of a run of `run_bytes`; true if it is time
    /// to hand over.
    #[inline]
    pub(super) fn count_value(&mut self, run_bytes: usize) -> bool {
        self.text_count += 1;
        self.text_count == MAX_CHUNK_VALUES || self.text.len() + run_bytes >= MAX_TEXT_BYTES
    }

    /// Sets aside counted values with the commas behind them.
    pub(super) fn set_values_aside(&mut self, run: &[u8]) {
        self.text.extend_from_slice(run);
    }

    /// Adds one value, and hands over if it is time.
    pub(super) fn push_value<S: LineSink>(
        &mut self,
        text: &[u8],
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let full = self.count_value(text.len());
        self.text.extend_from_slice(text);
        self.text.push(b',');
        if full {
            self.flush_values(&[], sink)
        } else {
            Ok(())
        }
    }

    /// Hands over all counted values: those set aside, and behind them those of `run`.
    pub(super) fn flush_values<S: LineSink>(
        &mut self,
        run: &[u8],
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let count = std::mem::take(&mut self.text_count);
        if count == 0 {
            return Ok(());
        }
        self.value_count += count as u64;
        if self.text.is_empty() {
            return sink.values(ValueChunk { text: run, count });
        }
        if run.is_empty() {
            self.text.pop();
        } else {
            self.text.extend_from_slice(run);
        }
        let result = sink.values(ValueChunk {
            text: &self.text,
            count,
        });
        self.text.clear();
        result
    }

    /// Adds one timestamp, and hands over if it is time.
    #[inline]
    pub(super) fn push_timestamp<S: LineSink>(
        &mut self,
        timestamp: i64,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        self.timestamps.push(timestamp);
        if self.timestamps.len() == MAX_CHUNK_VALUES {
            self.flush_timestamps(sink)
        } else {
            Ok(())
        }
    }

    /// Adds timestamps that are read already, unless they are too many at once.
    pub(super) fn push_all_timestamps(&mut self, timestamps: &[i64]) -> bool {
        let fits = self.timestamps.len() + timestamps.len() <= MAX_CHUNK_VALUES;
        if fits {
            self.timestamps.extend_from_slice(timestamps);
        }
        fits
    }

    /// Whether the line has none so far.
    pub(super) fn has_no_timestamps(&self) -> bool {
        self.timestamp_count == 0 && self.timestamps.is_empty()
    }

    /// The timestamps of the line so far, if none of them are handed over yet.
    pub(super) fn all_timestamps(&self) -> Option<&[i64]> {
        (self.timestamp_count == 0).then_some(&self.timestamps)
    }

    /// Hands over all timestamps that were added.
    pub(super) fn flush_timestamps<S: LineSink>(&mut self, sink: &mut S) -> Result<(), S::Error> {
        if self.timestamps.is_empty() {
            return Ok(());
        }
        self.timestamp_count += self.timestamps.len() as u64;
        let result = sink.timestamps(&self.timestamps);
        self.timestamps.clear();
        result
    }

    /// Whether a line may end that has these samples.
    pub(super) fn check_counts(&self) -> Result<(), LineDefect> {
        let (values, timestamps) = (self.value_count, self.timestamp_count);
        if values == timestamps {
            Ok(())
        } else {
            Err(LineDefect::Counts { values, timestamps })
        }
    }
}
