//! `batching`: how the range is cut into windows.

use std::time::Duration;

use super::error::ConfigError;
use super::fields::Fields;
use crate::time_range::TimeRange;

/// How the range is cut into windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowConfig {
    /// The program chooses.
    #[default]
    Automatic,
    /// Windows of this length.
    Length(Duration),
    /// One window for the whole range.
    Whole,
}

/// Shortest and longest window in seconds.
const LIMITS_SECONDS: (i64, i64) = (30, 86_400);

pub(super) fn read(fields: &mut Fields<'_>) -> Result<WindowConfig, ConfigError> {
    let enabled = fields.switch("enabled")?.unwrap_or(true);
    // Free text that never meant anything.
    fields.text("strategy")?;
    let seconds = fields.integer("custom_interval_seconds")?.unwrap_or(0);
    if !enabled {
        return Ok(WindowConfig::Whole);
    }
    if seconds <= 0 {
        return Ok(WindowConfig::Automatic);
    }
    let (shortest, longest) = LIMITS_SECONDS;
    let clamped = seconds.clamp(shortest, longest);
    if clamped != seconds {
        fields.warn(
            "custom_interval_seconds",
            &format!("is {seconds}; {clamped} is used, windows are {shortest} to {longest} s long"),
        );
    }
    Ok(WindowConfig::Length(Duration::from_secs(
        clamped.unsigned_abs(),
    )))
}

impl WindowConfig {
    /// The window for a range; `None` leaves the choice to the export.
    pub fn for_range(self, range: TimeRange) -> Option<Duration> {
        match self {
            Self::Automatic => None,
            Self::Length(length) => Some(length),
            Self::Whole => Some(Duration::from_millis(range.len_ms().unsigned_abs())),
        }
    }
}
