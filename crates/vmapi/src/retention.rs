//! How long a server keeps samples.

use std::fmt;
use std::str::FromStr;

use crate::duration_text::{MONTH_MS, duration_ms};

/// How long a server keeps samples, as its flag `-retentionPeriod` says.
///
/// `Display` shows the text as the server writes it. A bare number and `M` count months of 31 days,
/// `y` years of 365 days; `30d`, `1.5y`, `1y2w` and `72h` are durations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    text: String,
    ms: i64,
}

/// The text is not a positive duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a retention: give months, or a duration such as `30d`, `1.5y` or `1y2w`")]
pub struct RetentionError(String);

impl Retention {
    /// Reads a retention.
    ///
    /// # Errors
    ///
    /// The text is not a duration, or one shorter than a millisecond.
    pub fn parse(text: &str) -> Result<Self, RetentionError> {
        match duration_ms(text, MONTH_MS) {
            Some(ms) if ms > 0 => Ok(Self {
                text: text.trim().to_owned(),
                ms,
            }),
            _ => Err(RetentionError(text.to_owned())),
        }
    }

    /// Milliseconds, more than 0; what does not fit is `i64::MAX`.
    #[must_use]
    pub fn ms(&self) -> i64 {
        self.ms
    }
}

impl FromStr for Retention {
    type Err = RetentionError;

    fn from_str(text: &str) -> Result<Self, RetentionError> {
        Self::parse(text)
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;

    fn ms(text: &str) -> Option<i64> {
        Retention::parse(text).ok().map(|retention| retention.ms())
    }

    #[test]
    fn every_form_of_the_flag_is_read() {
        for (text, expected) in [
            ("1", 31 * DAY),
            ("1M", 31 * DAY),
            ("0.5", 31 * DAY / 2),
            ("1.5M", 31 * DAY * 3 / 2),
            ("12", 372 * DAY),
            ("30d", 30 * DAY),
            ("1.5y", 365 * DAY * 3 / 2),
            ("1y2w", 379 * DAY),
            ("72h", 3 * DAY),
            ("1d12h", DAY + 12 * HOUR),
            ("90m", HOUR + HOUR / 2),
            ("45s", 45_000),
            ("1500ms", 1_500),
            (" 100y ", 36_500 * DAY),
            ("1000000y", 365_000_000 * DAY),
            ("999999999999y", i64::MAX),
            ("99999999999999999999999999", i64::MAX),
        ] {
            assert_eq!(ms(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "", " ", "0", "0d", "-1", "-30d", "+1", "1x", "d", "1d2", "1.2.3d", ".", "1 d", "inf",
            "NaN", "1e3", "1D", "1Y", "0.5ms",
        ] {
            assert_eq!(ms(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_or_becomes_negative(text in "[0-9.a-zA-Z +-]{0,24}|\\PC{0,8}") {
            if let Ok(retention) = Retention::parse(&text) {
                prop_assert!(retention.ms() > 0);
                prop_assert_eq!(retention.to_string(), text.trim());
            }
        }

        #[test]
        fn parts_add_up(years in 0..200_i64, weeks in 0..99_i64, days in 0..999_i64, hours in 1..99_i64) {
            let expected = ((years * 365 + weeks * 7 + days) * 24 + hours) * HOUR;
            prop_assert_eq!(ms(&format!("{years}y{weeks}w{days}d{hours}h")), Some(expected));
        }

        #[test]
        fn a_bare_number_counts_months(months in 1..10_000_i64) {
            prop_assert_eq!(ms(&months.to_string()), Some(months * 31 * DAY));
            prop_assert_eq!(ms(&format!("{months}M")), Some(months * 31 * DAY));
        }
    }
}
