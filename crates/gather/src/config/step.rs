//! `metric_step_seconds`: the distance of query results.

use std::time::Duration;

use super::error::ConfigError;
use super::fields::Fields;

const FIELD: &str = "metric_step_seconds";

/// Shortest and longest step in seconds.
const LIMITS_SECONDS: (i64, i64) = (30, 86_400);

/// The step; `None` leaves the choice to the export.
pub(super) fn read(fields: &mut Fields<'_>) -> Result<Option<Duration>, ConfigError> {
    let seconds = fields.integer(FIELD)?.unwrap_or(0);
    if seconds <= 0 {
        return Ok(None);
    }
    let (shortest, longest) = LIMITS_SECONDS;
    let clamped = seconds.clamp(shortest, longest);
    if clamped != seconds {
        fields.warn(
            FIELD,
            &format!("is {seconds}; {clamped} is used, steps are {shortest} to {longest} s long"),
        );
    }
    Ok(Some(Duration::from_secs(clamped.unsigned_abs())))
}
