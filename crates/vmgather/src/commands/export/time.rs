//! Which time range: the options' own, else that of the config.

use gather::TimeRange;
use gather::config::{ExportConfig, first_ms, last_ms};
use jiff::Timestamp;

use super::source::refused;
use crate::cli::{ExportArgs, Moment, Span};
use crate::exit::Exit;
use crate::failure::Failure;

/// The demo cluster has an hour of data.
const DEMO_HOUR: Span = Span::from_seconds(3600);

/// The range, pinned at `now`, the start of the run.
pub(super) fn range(
    args: &ExportArgs,
    config: &ExportConfig,
    now: Timestamp,
) -> Result<TimeRange, Failure> {
    let typed = (args.last, args.start, args.end);
    match (typed, &args.config) {
        ((None, None, None), Some(_)) => config.range(now).map_err(|error| refused(&error)),
        _ => of_options(typed, args.demo, now),
    }
}

/// The range of `--last`, `--start` and `--end`, by default that of the demo cluster.
pub(in crate::commands) fn of_options(
    typed: (Option<Span>, Option<Moment>, Option<Moment>),
    demo: bool,
    now: Timestamp,
) -> Result<TimeRange, Failure> {
    let (start, end) = match typed {
        (Some(last), ..) => (Moment::Ago(last), Moment::Now),
        (None, Some(start), Some(end)) => (start, end),
        _ if demo => (Moment::Ago(DEMO_HOUR), Moment::Now),
        _ => {
            return Err(Failure::usage("no time range is given")
                .hint("`--last 6h`, or `--start TIME --end TIME`"));
        }
    };
    let pin = |moment: Moment| {
        moment
            .pin(now)
            .ok_or_else(|| Failure::usage("the time range starts before the year -9999"))
    };
    TimeRange::new(first_ms(pin(start)?), last_ms(pin(end)?))
        .and_then(|range| range.refuse_future(now.as_millisecond()))
        .map_err(|error| Failure::from_error(Exit::Usage, &error))
}
