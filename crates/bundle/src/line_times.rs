//! Counting lines, series and samples, and watching the order of time.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use hashbrown::HashMap;
use vmformat::json_line::{LineSink, ValueChunk};

use crate::series_key::SeriesKey;

/// Most series that are told apart, some 130 MB of memory.
pub(crate) const MAX_SERIES: usize = 2_000_000;

/// Most series that are looked at a second time.
const MAX_SUSPECTS: usize = 100_000;

/// What is learned from the lines in one pass, in memory that grows with the number of series only.
///
/// A sample can stand in two lines of a series only if these overlap in time. Of each series the
/// span so far is kept; a line that begins after it or ends before it cannot repeat anything.
/// Series with other lines become *suspects*.
#[derive(Debug)]
pub(crate) struct LineTimes {
    /// Lines read to their end.
    pub(crate) lines: u64,
    /// Samples in them.
    pub(crate) samples: u64,
    /// First sample outside the range, if any.
    pub(crate) outside: Option<OutsideSample>,
    range: Option<RangeInclusive<i64>>,
    series: HashMap<SeriesKey, (i64, i64)>,
    series_capped: bool,
    suspects: HashSet<SeriesKey>,
    suspects_capped: bool,
    line: CurrentLine,
}

/// A sample outside the range that the metadata tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutsideSample {
    /// Its line, counted from 1 over all data entries.
    pub(crate) line: u64,
    /// Its time, in Unix milliseconds.
    pub(crate) timestamp_ms: i64,
}

#[derive(Debug, Default)]
struct CurrentLine {
    key: Option<SeriesKey>,
    span: Option<(i64, i64)>,
    unordered: bool,
}

impl LineTimes {
    /// Begins; samples outside `range` are noted if it is given.
    pub(crate) fn new(range: Option<RangeInclusive<i64>>) -> Self {
        Self {
            lines: 0,
            samples: 0,
            outside: None,
            range,
            series: HashMap::new(),
            series_capped: false,
            suspects: HashSet::new(),
            suspects_capped: false,
            line: CurrentLine::default(),
        }
    }

    /// Distinct series, unless there are too many to tell apart.
    pub(crate) fn series(&self) -> Option<u64> {
        (!self.series_capped).then_some(self.series.len() as u64)
    }

    /// Series of which a sample may stand in two places, unless there are too many.
    pub(crate) fn suspects(self) -> Option<HashSet<SeriesKey>> {
        (!self.series_capped && !self.suspects_capped).then_some(self.suspects)
    }

    fn suspect(&mut self, key: SeriesKey) {
        if self.suspects.len() < MAX_SUSPECTS {
            self.suspects.insert(key);
        } else {
            self.suspects_capped |= !self.suspects.contains(&key);
        }
    }
}

impl LineSink for LineTimes {
    const NEEDS_VALUES: bool = false;

    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        self.line = CurrentLine {
            key: Some(SeriesKey::of(labels)),
            ..CurrentLine::default()
        };
        Ok(())
    }

    fn values(&mut self, _: ValueChunk<'_>) -> Result<(), Self::Error> {
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error> {
        self.samples += timestamps.len() as u64;
        for &at in timestamps {
            self.line.span = Some(match self.line.span {
                Some((first, last)) => {
                    self.line.unordered |= at <= last;
                    (first.min(at), last.max(at))
                }
                None => (at, at),
            });
            if self.outside.is_none()
                && let Some(range) = &self.range
                && !range.contains(&at)
            {
                self.outside = Some(OutsideSample {
                    line: self.lines + 1,
                    timestamp_ms: at,
                });
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Self::Error> {
        self.lines += 1;
        let CurrentLine {
            key: Some(key),
            span,
            unordered,
        } = std::mem::take(&mut self.line)
        else {
            return Ok(());
        };
        // A line without samples makes a series known; its span is empty.
        let (first, last) = span.unwrap_or((i64::MAX, i64::MIN));
        let mut overlaps = unordered;
        if let Some((from, to)) = self.series.get_mut(&key) {
            overlaps |= first <= *to && last >= *from;
            *from = first.min(*from);
            *to = last.max(*to);
        } else if self.series.len() < MAX_SERIES {
            self.series.insert(key, (first, last));
        } else {
            self.series_capped = true;
        }
        if overlaps {
            self.suspect(key);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use vmformat::json_line::LineReader;

    use super::*;

    fn read(lines: &[&str]) -> LineTimes {
        let mut times = LineTimes::new(Some(10..=99));
        let mut reader = LineReader::new();
        for line in lines {
            let (name, timestamps) = line.split_once(' ').unwrap();
            let values = vec!["1"; timestamps.split(',').count()].join(",");
            let line = format!(
                "{{\"metric\":{{\"__name__\":\"{name}\"}},\"values\":[{values}],\
                 \"timestamps\":[{timestamps}]}}\n"
            );
            reader.push(line.as_bytes(), &mut times).unwrap();
        }
        reader.finish().unwrap();
        times
    }

    #[test]
    fn counts_lines_series_and_samples() {
        let times = read(&["a 10,20", "b 10", "a 30"]);
        assert_eq!(
            (times.lines, times.samples, times.series()),
            (3, 4, Some(2))
        );
        assert_eq!(times.outside, None);
    }

    #[test]
    fn names_the_first_sample_outside() {
        let outside = |lines: &[&str]| read(lines).outside.map(|o| (o.line, o.timestamp_ms));
        assert_eq!(outside(&["a 10,99"]), None);
        assert_eq!(outside(&["a 10", "a 20,100", "b 5"]), Some((2, 100)));
        assert_eq!(outside(&["a 9"]), Some((1, 9)));
    }

    #[test]
    fn only_lines_that_overlap_in_time_make_a_suspect() {
        let suspects = |lines: &[&str]| read(lines).suspects().unwrap().len();
        assert_eq!(suspects(&["a 10,20", "a 30,40", "b 10,40"]), 0);
        assert_eq!(
            suspects(&["a 30,40", "a 10,20", "a 50"]),
            0,
            "any order of lines"
        );
        assert_eq!(suspects(&["a 10,20", "a 20,30"]), 1, "a shared edge");
        assert_eq!(suspects(&["a 10,40", "b 5", "a 20"]), 1, "within");
        assert_eq!(suspects(&["a 10,20,20"]), 1, "twice in one line");
        assert_eq!(suspects(&["a 20,10"]), 1, "not sorted");
    }
}
