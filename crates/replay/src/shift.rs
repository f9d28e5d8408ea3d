//! Moving samples in time.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// By how much every timestamp moves, before anything is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shift {
    /// Timestamps stay.
    #[default]
    None,
    /// By this many milliseconds; negative is into the past.
    By(i64),
    /// So that the last sample is at the start of the import.
    ToNow,
    /// So that the first sample is at this Unix time in milliseconds.
    AlignStart(i64),
}

impl Shift {
    /// Whether the range of the data must be known to say by how much.
    pub(crate) fn needs_range(self) -> bool {
        matches!(self, Self::ToNow | Self::AlignStart(_))
    }

    /// The shift in milliseconds for data from `first_ms` to `last_ms`; `None` beyond 64 bits.
    pub(crate) fn resolve(self, range: Option<(i64, i64)>, now_ms: i64) -> Option<i64> {
        match (self, range) {
            (Self::None, _) => Some(0),
            (Self::By(by), _) => Some(by),
            (Self::ToNow, Some((_, last_ms))) => now_ms.checked_sub(last_ms),
            (Self::AlignStart(to_ms), Some((first_ms, _))) => to_ms.checked_sub(first_ms),
            (Self::ToNow | Self::AlignStart(_), None) => Some(0),
        }
    }
}

/// A shift that cannot be understood.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no shift; use `now`, a signed duration such as `+3d` or `-90m`, or \
     `align=2026-01-23T12:00:00Z`"
)]
pub struct ShiftError(String);

impl FromStr for Shift {
    type Err = ShiftError;

    /// `now`, a signed duration of whole units (`+3d`, `-1h30m`, `+250ms`; a day is 24 hours), or
    /// `align=<RFC 3339 time>`.
    fn from_str(text: &str) -> Result<Self, ShiftError> {
        let wrong = || ShiftError(text.to_owned());
        if text == "now" {
            return Ok(Self::ToNow);
        }
        if let Some(time) = text.strip_prefix("align=") {
            let time: Timestamp = time.parse().map_err(|_| wrong())?;
            return Ok(Self::AlignStart(time.as_millisecond()));
        }
        let (sign, duration) = match text.split_at_checked(1) {
            Some(("+", rest)) => (1, rest),
            Some(("-", rest)) => (-1, rest),
            _ => return Err(wrong()),
        };
        let by = duration_ms(duration).ok_or_else(wrong)?;
        Ok(Self::By(sign * by))
    }
}

/// The milliseconds of a duration of whole units, such as `1d12h`.
fn duration_ms(text: &str) -> Option<i64> {
    let mut rest = text;
    let mut total = SignedDuration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, after) = rest.split_at(digits);
        let letters = after
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit_ms: i64 = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            "w" => 7 * 86_400_000,
            _ => return None,
        };
        let number: i64 = number.parse().ok()?;
        let ms = number.checked_mul(unit_ms)?;
        total = total.checked_add(SignedDuration::from_millis(ms))?;
        rest = after;
    }
    let ms = i64::try_from(total.as_millis()).ok()?;
    (!text.is_empty()).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_are_read() {
        let read = |text: &str| text.parse::<Shift>().ok();
        assert_eq!(read("now"), Some(Shift::ToNow));
        assert_eq!(read("+3d"), Some(Shift::By(3 * 86_400_000)));
        assert_eq!(read("-1h30m"), Some(Shift::By(-5_400_000)));
        assert_eq!(read("+250ms"), Some(Shift::By(250)));
        assert_eq!(
            read("align=2026-01-23T12:00:00Z"),
            Some(Shift::AlignStart(1_769_169_600_000))
        );
    }

    #[test]
    fn other_words_are_no_shift() {
        for text in [
            "",
            "3d",
            "+",
            "+3",
            "+d",
            "+3y",
            "align=",
            "align=noon",
            "+99999999999w",
            "+292y",
            "+106751991168d",
            "-106751991168d",
            "é3d",
        ] {
            assert!(text.parse::<Shift>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_shift_is_resolved_against_the_data() {
        let range = Some((1_000, 5_000));
        assert_eq!(Shift::ToNow.resolve(range, 9_000), Some(4_000));
        assert_eq!(Shift::AlignStart(0).resolve(range, 9_000), Some(-1_000));
        assert_eq!(Shift::By(7).resolve(None, 9_000), Some(7));
        assert_eq!(Shift::ToNow.resolve(Some((0, i64::MIN)), i64::MAX), None);
    }
}
