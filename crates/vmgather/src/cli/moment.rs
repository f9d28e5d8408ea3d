//! Points in time as the command line takes them.

use gather::config::parse_time;
use jiff::Timestamp;

use super::duration::Span;

/// A point in time, fixed or counted back from the start of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The start of the run.
    Now,
    /// This long before the start of the run.
    Ago(Span),
    /// A fixed time; may be finer than a millisecond.
    At(Timestamp),
}

/// Whole numbers from here on are Unix milliseconds, below they are Unix seconds.
///
/// As seconds this is the year 5138, as milliseconds it is March 1973, before the first
/// VictoriaMetrics: no time that can hold samples is misread.
const FIRST_MILLISECONDS: u64 = 100_000_000_000;

impl Moment {
    /// Reads RFC 3339 with a zone, Unix seconds (also `1700000000.5`), Unix milliseconds, `now`
    /// or `now-2h`.
    ///
    /// # Errors
    ///
    /// Anything else; the message names the accepted forms.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("now") {
            return match rest.strip_prefix('-') {
                None if rest.is_empty() => Ok(Self::Now),
                Some(back) => Span::parse(back).map(Self::Ago),
                None => Err("only `now` and `now-<duration>` count from now".into()),
            };
        }
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            let number: u64 = text.parse().map_err(|_| out_of_range())?;
            let number_ms = if number < FIRST_MILLISECONDS {
                number * 1000
            } else {
                number
            };
            return from_milliseconds(number_ms);
        }
        if let Some((seconds, fraction)) = decimal(text) {
            let seconds: i64 = seconds.parse().map_err(|_| out_of_range())?;
            let nanoseconds: i32 = format!("{fraction:0<9}")
                .parse()
                .map_err(|_| out_of_range())?;
            return Timestamp::new(seconds, nanoseconds)
                .map(Self::At)
                .map_err(|_| out_of_range());
        }
        parse_time(text).map(Self::At).map_err(|_| {
            "is not a time: write RFC 3339 with a zone (2026-01-23T12:00:00Z), Unix seconds, \
             Unix milliseconds, now or now-2h"
                .into()
        })
    }

    /// The fixed time, given the start of the run; before year -9999 there is none.
    pub(crate) fn pin(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Now => Some(now),
            Self::Ago(back) => now.checked_sub(back.get()).ok(),
            Self::At(time) => Some(time),
        }
    }
}

/// Splits `seconds.fraction`, at most nine digits behind the point.
fn decimal(text: &str) -> Option<(&str, &str)> {
    let (seconds, fraction) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (digits(seconds) && digits(fraction) && fraction.len() <= 9).then_some((seconds, fraction))
}

fn from_milliseconds(milliseconds: u64) -> Result<Moment, String> {
    i64::try_from(milliseconds)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .map(Moment::At)
        .ok_or_else(out_of_range)
}

fn out_of_range() -> String {
    "lies outside the years that can be written".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        let now = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        Moment::parse(text)
            .unwrap()
            .pin(now)
            .unwrap()
            .as_millisecond()
    }

    #[test]
    fn every_documented_form_is_read_to_the_millisecond() {
        assert_eq!(ms("now"), 1_700_000_000_123);
        assert_eq!(ms("now-2h"), 1_700_000_000_123 - 7_200_000);
        assert_eq!(ms("1700000000"), 1_700_000_000_000);
        assert_eq!(ms("1700000000.5"), 1_700_000_000_500);
        assert_eq!(ms("1700000000123"), 1_700_000_000_123);
        assert_eq!(ms("2026-01-23T12:00:00.25Z"), 1_769_169_600_250);
        assert_eq!(ms("2026-01-23T15:00:00+03:00"), 1_769_169_600_000);
    }

    #[test]
    fn whole_numbers_turn_into_milliseconds_at_the_documented_border() {
        assert_eq!(ms("99999999999"), 99_999_999_999_000);
        assert_eq!(ms("100000000000"), 100_000_000_000);
    }

    #[test]
    fn a_time_without_a_zone_or_with_other_words_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-01-23T12:00:00",
            "2026-01-23",
            "-5",
            "1e9",
            "1.",
            ".5",
        ] {
            assert!(
                Moment::parse(text).unwrap_err().contains("is not a time"),
                "{text}"
            );
        }
        assert!(
            Moment::parse("now+1h")
                .unwrap_err()
                .contains("now-<duration>")
        );
        assert!(
            Moment::parse("now-1x")
                .unwrap_err()
                .contains("unknown unit")
        );
        assert!(
            Moment::parse("99999999999999999999999")
                .unwrap_err()
                .contains("outside")
        );
    }
}
