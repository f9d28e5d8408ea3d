//! Reading the whole source before anything is sent.
//!
//! A damaged archive shows at its end only, when its checksum is compared. Samples of it must not be
//! in the target by then. Shifts that depend on the data need the same reading, with the lines
//! parsed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::fit::{FitPlan, TargetFacts};
use crate::fitter::Fitter;
use crate::pipeline::Reading;
use crate::series_table::SeriesTable;
use crate::source::{Position, Source};
use crate::tally::Tally;

/// Proves that the source is whole, as far as it has checksums.
pub(crate) fn prove(
    source: &Source,
    events: &dyn EventSink,
    cancel: &CancellationToken,
) -> Result<(), Error> {
    if !source.has_checksum() {
        return Ok(());
    }
    let position = Position::default();
    source.stream(&position, &mut |_, _| {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        events.event(&Event::Checking {
            done: position.get(),
            total: source.total(),
        });
        Ok(ControlFlow::Continue(()))
    })
}

/// Reads all lines, or the first ones: the range of the timestamps as they are written, and what is
/// wrong with lines.
pub(crate) fn survey(
    source: &Source,
    spool: &Path,
    max_lines: Option<u64>,
    events: &dyn EventSink,
    cancel: &CancellationToken,
) -> Result<Tally, Error> {
    let plan = FitPlan::untouched(&TargetFacts::default());
    let table = Mutex::new(SeriesTable::default());
    let position = Position::default();
    let sum = Mutex::new(Tally::default());
    let reading = Reading {
        source,
        spool,
        max_lines,
        position: &position,
        cancel,
    };
    reading.run(|| {
        let mut fitter = Fitter::new(&plan, &table, source, false);
        let (sum, position) = (&sum, &position);
        move |batch| {
            let tally = fitter.count(&batch);
            sum.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(tally);
            events.event(&Event::Checking {
                done: position.get(),
                total: source.total(),
            });
            Ok(ControlFlow::Continue(()))
        }
    })?;
    Ok(sum.into_inner().unwrap_or_else(PoisonError::into_inner))
}
