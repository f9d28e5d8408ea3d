//! What the data of a bundle are, before they are written again.

use std::ops::RangeInclusive;

use vmformat::json_line::{LineSink, ValueChunk};
use vmformat::native::StreamHeader;

/// Counts samples and watches their times.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) samples: u64,
    span: Option<(i64, i64)>,
}

impl Contents {
    /// The range of all samples, and of what the metadata tell.
    pub(super) fn header(&self, told: Option<RangeInclusive<i64>>) -> StreamHeader {
        let told = told.map(|range| (*range.start(), *range.end()));
        let both = [told, self.span].into_iter().flatten();
        let (start_ms, end_ms) = both
            .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
            .unwrap_or_default();
        StreamHeader { start_ms, end_ms }
    }

    /// Watches what `sink` is told.
    pub(super) fn beside<'a, S>(&'a mut self, sink: &'a mut S) -> Beside<'a, S> {
        Beside {
            contents: self,
            sink,
        }
    }

    fn see(&mut self, timestamps: &[i64]) {
        self.samples += timestamps.len() as u64;
        for &ms in timestamps {
            let (first, last) = self.span.unwrap_or((ms, ms));
            self.span = Some((first.min(ms), last.max(ms)));
        }
    }
}

impl LineSink for Contents {
    const NEEDS_VALUES: bool = false;

    type Error = vmformat::Error;

    fn metric(&mut self, _: &[(Vec<u8>, Vec<u8>)]) -> Result<(), vmformat::Error> {
        Ok(())
    }

    fn values(&mut self, _: ValueChunk<'_>) -> Result<(), vmformat::Error> {
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), vmformat::Error> {
        self.see(timestamps);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), vmformat::Error> {
        Ok(())
    }
}

/// A sink that is watched.
pub(super) struct Beside<'a, S> {
    contents: &'a mut Contents,
    sink: &'a mut S,
}

impl<S: LineSink> LineSink for Beside<'_, S> {
    const NEEDS_VALUES: bool = S::NEEDS_VALUES;

    type Error = S::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), S::Error> {
        self.sink.metric(labels)
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), S::Error> {
        self.sink.values(chunk)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), S::Error> {
        self.contents.see(timestamps);
        self.sink.timestamps(timestamps)
    }

    fn end_line(&mut self) -> Result<(), S::Error> {
        self.sink.end_line()
    }
}
