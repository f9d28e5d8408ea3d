use jiff::Timestamp;

use crate::Version;
use crate::query::duration_ms;

/// The last instant that VictoriaMetrics can express, in Unix milliseconds.
const MAX_MS: i64 = 9_223_372_036_854;
const TWO_DAYS_MS: i64 = 172_800_000;
/// Integers from here on, times 1, 1,000 and 1,000,000, are milli-, micro- and nanoseconds.
const FIRST_MS: i64 = 1 << 32;
/// Fills up dates that leave out their end.
const DATE_TAIL: &str = "0000-01-01T00:00:00Z";

/// What the demo takes for the present.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    /// Unix milliseconds; one instant for the whole request.
    pub(crate) now_ms: i64,
    /// Added to every time that a request names, by order of a test.
    pub(crate) misread_by_ms: i64,
}

impl Clock {
    pub(crate) fn this_second_ms(self) -> i64 {
        self.now_ms - self.now_ms.rem_euclid(1_000)
    }
}

/// Unix milliseconds of a time parameter, as this version reads it.
///
/// # Errors
///
/// The server's text if it is no time.
pub(crate) fn parse(name: &str, text: &str, version: Version, clock: Clock) -> Result<i64, String> {
    let read = match version {
        Version::V1_79 => parse_old(text, clock.now_ms),
        Version::V1_112 | Version::V1_150 => parse_new(text, clock.now_ms),
    };
    let ms = read.ok_or_else(|| match version {
        Version::V1_79 => format!(
            "cannot parse \"{name}\"=\"{text}\": parsing time \"{text}\" as \
             \"2006-01-02T15:04:05Z07:00\": cannot parse \"{text}\" as \"2006\""
        ),
        _ => format!("cannot parse {name}={text}: cannot parse duration \"{text}\""),
    })?;
    let latest = match version {
        Version::V1_79 | Version::V1_112 if name == "end" => clock.now_ms + TWO_DAYS_MS,
        _ => MAX_MS,
    };
    let understood = ms.saturating_add(clock.misread_by_ms);
    Ok(understood.clamp(0, latest.min(MAX_MS)))
}

/// Before v1.93.0: all numbers are seconds, and all arithmetic is in floats.
fn parse_old(text: &str, now_ms: i64) -> Option<i64> {
    if let Some(seconds) = number(text) {
        return Some((seconds * 1e3) as i64);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        // This loses a millisecond now and then, as the original does.
        let seconds = time.as_nanosecond() as f64 / 1e9;
        return Some((seconds * 1e3) as i64);
    }
    ago(text, now_ms)
}

fn parse_new(text: &str, now_ms: i64) -> Option<i64> {
    if text == "now" {
        return Some(now_ms);
    }
    if let Some(offset) = text.strip_prefix("now-") {
        return ago(offset, now_ms);
    }
    if text.len() == 4
        && let Some(year) = date(text)
    {
        return Some(year);
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(match integer {
            ..0 => now_ms.saturating_add(integer.saturating_mul(1_000)),
            0..FIRST_MS => integer * 1_000,
            _ if integer / 1_000 < FIRST_MS => integer,
            _ if integer / 1_000_000 < FIRST_MS => integer / 1_000,
            _ => integer / 1_000_000,
        });
    }
    if let Some(seconds) = number(text) {
        return Some((seconds * 1e3).round() as i64);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    date(text).or_else(|| ago(text, now_ms))
}

fn number(text: &str) -> Option<f64> {
    // Rust also reads words such as `inf`, which are no times.
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.');
    let number: f64 = text.parse().ok()?;
    digits.then_some(number)
}

/// A date without zone and perhaps without its end, in UTC.
fn date(text: &str) -> Option<i64> {
    let tail = DATE_TAIL.get(text.len()..)?;
    let time: Timestamp = format!("{text}{tail}").parse().ok()?;
    Some(time.as_millisecond())
}

fn ago(text: &str, now_ms: i64) -> Option<i64> {
    let ms = duration_ms(text.strip_prefix('-').unwrap_or(text))?;
    Some(now_ms.saturating_sub(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000_000;

    fn read(text: &str, version: Version) -> Result<i64, String> {
        let clock = Clock {
            now_ms: NOW,
            misread_by_ms: 0,
        };
        parse("start", text, version, clock)
    }

    #[test]
    fn seconds_with_three_decimals_are_exact_in_all_versions() {
        for version in [Version::V1_79, Version::V1_112, Version::V1_150] {
            for ms in 1_790_000_000_000..1_790_000_001_000_i64 {
                let text = format!("{}.{:03}", ms / 1_000, ms % 1_000);
                assert_eq!(read(&text, version), Ok(ms));
            }
        }
    }

    #[test]
    fn only_new_versions_read_milliseconds() {
        assert_eq!(
            read("1700000000001", Version::V1_150),
            Ok(1_700_000_000_001)
        );
        assert_eq!(read("1700000000001", Version::V1_79), Ok(MAX_MS));
        assert_eq!(
            read("1700000000001000", Version::V1_112),
            Ok(1_700_000_000_001)
        );
    }

    #[test]
    fn the_oldest_version_loses_milliseconds_of_rfc_3339() {
        let lost = |version| {
            (0..1_000)
                .filter(|ms| {
                    let text = format!("2026-11-14T22:13:20.{ms:03}Z");
                    read(&text, version) != Ok(1_794_694_400_000 + ms)
                })
                .count()
        };
        assert_eq!(lost(Version::V1_150), 0);
        assert!(lost(Version::V1_79) > 50);
    }

    #[test]
    fn words_dates_and_durations() {
        assert_eq!(read("now-1h", Version::V1_150), Ok(NOW - 3_600_000));
        assert_eq!(read("-1h", Version::V1_79), Ok(NOW - 3_600_000));
        assert_eq!(read("-5", Version::V1_150), Ok(NOW - 5_000));
        assert_eq!(read("2023", Version::V1_150), Ok(1_672_531_200_000));
        assert_eq!(read("2023-11-14", Version::V1_112), Ok(1_699_920_000_000));
        assert!(read("now", Version::V1_79).is_err());
        assert_eq!(
            read("abc", Version::V1_150).unwrap_err(),
            "cannot parse start=abc: cannot parse duration \"abc\""
        );
    }
}
