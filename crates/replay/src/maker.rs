//! Making the chunks of a source.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::chunk::Chunk;
use crate::error::Error;
use crate::fit::FitPlan;
use crate::fitter::Fitter;
use crate::pipeline::Reading;
use crate::series_table::SeriesTable;
use crate::source::{Position, Source};

/// Makes all chunks of a source, on threads of its own.
pub(crate) struct Maker {
    pub(crate) source: Arc<Source>,
    pub(crate) spool: PathBuf,
    pub(crate) fit: FitPlan,
    pub(crate) gzip: bool,
    pub(crate) fail_on_skip: bool,
    pub(crate) table: Arc<Mutex<SeriesTable>>,
    pub(crate) chunks: mpsc::Sender<Chunk>,
    pub(crate) cancel: CancellationToken,
}

impl Maker {
    pub(crate) fn make(self) -> Result<(), Error> {
        let Self {
            source,
            spool,
            fit,
            gzip,
            fail_on_skip,
            table,
            chunks,
            cancel,
        } = self;
        let reading = Reading {
            source: &source,
            spool: &spool,
            max_lines: None,
            position: &Position::default(),
            cancel: &cancel,
        };
        reading.run(|| {
            let mut fitter = Fitter::new(&fit, &table, &source, gzip);
            let chunks = &chunks;
            move |batch| {
                let chunk = fitter.chunk(&batch);
                drop(batch);
                if fail_on_skip && let Some(skipped) = chunk.tally.first_skipped.first() {
                    return Err(Error::Skipped {
                        line: skipped.line,
                        reason: skipped.reason.clone(),
                    });
                }
                // Without a receiver the sender has failed and says why.
                Ok(match chunks.blocking_send(chunk) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            }
        })
    }
}
