//! The span of time an export covers.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A span of time in Unix milliseconds; both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// First millisecond of the range.
    pub start_ms: i64,
    /// Last millisecond of the range.
    pub end_ms: i64,
}

/// Largest time that every VictoriaMetrics version understands, in Unix milliseconds.
const MAX_MS: i64 = 9_223_372_036_854;

impl TimeRange {
    /// Checks the ends against each other and against what servers understand.
    ///
    /// # Errors
    ///
    /// A start before 1970, an end not after the start, or an end past the year 2262.
    pub fn new(start_ms: i64, end_ms: i64) -> Result<Self, Error> {
        if start_ms < 0 {
            return Err(Error::BadRange(format!(
                "the start {} lies before 1970",
                format_ms(start_ms)
            )));
        }
        if end_ms <= start_ms {
            return Err(Error::BadRange(format!(
                "the end {} is not after the start {}",
                format_ms(end_ms),
                format_ms(start_ms)
            )));
        }
        if end_ms > MAX_MS {
            return Err(Error::BadRange(format!(
                "the end {} lies beyond what VictoriaMetrics understands",
                format_ms(end_ms)
            )));
        }
        Ok(Self { start_ms, end_ms })
    }

    /// Refuses a range that lies wholly after `now_ms`: no sample can be in it.
    ///
    /// # Errors
    ///
    /// The range starts after `now_ms`.
    pub fn refuse_future(self, now_ms: i64) -> Result<Self, Error> {
        if self.start_ms > now_ms {
            return Err(Error::BadRange(format!(
                "the range starts at {}, which is in the future",
                format_ms(self.start_ms)
            )));
        }
        Ok(self)
    }

    /// Where the samples of the range stand in sorted timestamps.
    pub(crate) fn slice(self, timestamps: &[i64]) -> std::ops::Range<usize> {
        let start = timestamps.partition_point(|&ms| ms < self.start_ms);
        let len = timestamps[start..].partition_point(|&ms| ms <= self.end_ms);
        start..start + len
    }

    /// Length in milliseconds, counting both ends.
    pub fn len_ms(self) -> i64 {
        self.end_ms - self.start_ms + 1
    }
}

/// RFC 3339 in UTC with as many digits of a second as needed; the number itself where no date exists.
pub fn format_ms(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| format!("{ms} ms"), |t| t.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_at_or_before_the_start_is_refused() {
        assert!(TimeRange::new(1000, 1000).is_err());
        assert!(TimeRange::new(1000, 999).is_err());
        assert_eq!(TimeRange::new(1000, 1001).unwrap().len_ms(), 2);
    }

    #[test]
    fn times_before_1970_and_beyond_2262_are_refused() {
        assert!(TimeRange::new(-1, 1000).is_err());
        assert!(TimeRange::new(0, MAX_MS + 1).is_err());
    }

    #[test]
    fn a_range_wholly_in_the_future_is_refused() {
        let range = TimeRange::new(5000, 6000).unwrap();
        assert!(range.refuse_future(4999).is_err());
        assert!(range.refuse_future(5000).is_ok());
    }
}
