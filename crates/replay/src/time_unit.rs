//! What the timestamps of a file count.

use serde::{Deserialize, Serialize};

/// What one step of a timestamp is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeUnit {
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// Milliseconds, as the format says.
    #[default]
    #[serde(rename = "ms")]
    Milliseconds,
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Nanoseconds.
    #[serde(rename = "ns")]
    Nanoseconds,
}

impl TimeUnit {
    /// The timestamp in milliseconds, rounded down; `None` beyond 64 bits.
    pub(crate) fn to_ms(self, timestamp: i64) -> Option<i64> {
        match self {
            Self::Seconds => timestamp.checked_mul(1_000),
            Self::Milliseconds => Some(timestamp),
            Self::Microseconds => Some(timestamp.div_euclid(1_000)),
            Self::Nanoseconds => Some(timestamp.div_euclid(1_000_000)),
        }
    }

    /// The unit in which a timestamp of our decades would have this magnitude.
    fn likely(timestamp: i64) -> Self {
        match timestamp {
            100_000_000..=10_000_000_000 => Self::Seconds,
            100_000_000_000_000..=31_622_776_601_683_793 => Self::Microseconds,
            100_000_000_000_000_000..=i64::MAX => Self::Nanoseconds,
            _ => Self::Milliseconds,
        }
    }

    /// The unit that fits all timestamps between these two; `None` if they disagree.
    pub(crate) fn of_range(first: i64, last: i64) -> Option<Self> {
        let unit = Self::likely(first);
        (unit == Self::likely(last)).then_some(unit)
    }

    /// The unit as options spell it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        }
    }
}

/// How the unit is chosen: the one that is named, or by the magnitude of all timestamps of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitChoice {
    /// This one.
    Is(TimeUnit),
    /// Decided once per file; mixed magnitudes are an error.
    Auto,
}

impl Default for UnitChoice {
    fn default() -> Self {
        Self::Is(TimeUnit::default())
    }
}

impl std::str::FromStr for UnitChoice {
    type Err = UnknownUnit;

    /// `ms`, `s`, `us`, `ns` or `auto`.
    fn from_str(text: &str) -> Result<Self, UnknownUnit> {
        match text {
            "ms" => Ok(Self::Is(TimeUnit::Milliseconds)),
            "s" => Ok(Self::Is(TimeUnit::Seconds)),
            "us" => Ok(Self::Is(TimeUnit::Microseconds)),
            "ns" => Ok(Self::Is(TimeUnit::Nanoseconds)),
            "auto" => Ok(Self::Auto),
            _ => Err(UnknownUnit(text.to_owned())),
        }
    }
}

/// A word that names no unit.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no time unit; use `ms`, `s`, `us`, `ns` or `auto`")]
pub struct UnknownUnit(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_told_by_magnitude() {
        let of = TimeUnit::of_range;
        assert_eq!(of(1_700_000_000, 1_800_000_000), Some(TimeUnit::Seconds));
        assert_eq!(
            of(1_700_000_000_000, 1_700_000_000_001),
            Some(TimeUnit::Milliseconds)
        );
        assert_eq!(
            of(1_700_000_000_000_000, 1_700_000_000_000_000),
            Some(TimeUnit::Microseconds)
        );
        assert_eq!(
            of(1_700_000_000_000_000_000, i64::MAX),
            Some(TimeUnit::Nanoseconds)
        );
        assert_eq!(of(-5, 0), Some(TimeUnit::Milliseconds));
    }

    #[test]
    fn mixed_magnitudes_have_no_unit() {
        assert_eq!(TimeUnit::of_range(1_700_000_000, 1_700_000_000_000), None);
    }

    #[test]
    fn units_become_milliseconds_downwards() {
        assert_eq!(TimeUnit::Seconds.to_ms(-2), Some(-2_000));
        assert_eq!(TimeUnit::Seconds.to_ms(i64::MAX), None);
        assert_eq!(TimeUnit::Microseconds.to_ms(-1), Some(-1));
        assert_eq!(TimeUnit::Nanoseconds.to_ms(1_999_999), Some(1));
    }
}
