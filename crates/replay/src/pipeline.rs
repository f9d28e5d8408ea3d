//! Reading the source on one thread and working on its batches on all cores.

use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio_util::sync::CancellationToken;

use crate::batch::{Batch, Cutter, Emit};
use crate::error::Error;
use crate::frame_cutter::FrameCutter;
use crate::source::{Each, Format, Position, Source};

/// More threads than this only wait for the target.
const MAX_WORKERS: usize = 4;

/// Reads what of which source.
pub(crate) struct Reading<'a> {
    pub(crate) source: &'a Source,
    /// Where lines are set aside that are too long for memory.
    pub(crate) spool: &'a Path,
    /// Lines or blocks to read at most.
    pub(crate) max_lines: Option<u64>,
    pub(crate) position: &'a Position,
    pub(crate) cancel: &'a CancellationToken,
}

impl Reading<'_> {
    /// Hands every batch to a worker; each worker is made by `worker` and works on its own thread.
    ///
    /// Returns when everything is worked on, or after the first error. A worker that breaks off ends
    /// the reading without one.
    pub(crate) fn run<W>(&self, worker: impl Fn() -> W + Sync) -> Result<(), Error>
    where
        W: FnMut(Batch) -> Result<ControlFlow<()>, Error>,
    {
        let workers = thread::available_parallelism()
            .map_or(2, NonZero::get)
            .min(MAX_WORKERS);
        let (batches, received) = sync_channel(0);
        let received = Arc::new(Mutex::new(received));
        thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 0..workers {
                let received = received.clone();
                let worker = &worker;
                threads.push(scope.spawn(move || work(&received, worker())));
            }
            // Only workers hold it: once they have ended, the reader finds nobody to send to.
            drop(received);
            let read = self.read(&mut |batch| {
                // Without receivers all workers have ended, and one of them says why.
                Ok(match batches.send(batch) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            });
            drop(batches);
            let mut result = read;
            for thread in threads {
                let worked = thread
                    .join()
                    .unwrap_or(Err(Error::Defect("a worker thread ended early")));
                result = result.and(worked);
            }
            result
        })
    }

    /// Reads the source into batches on this thread.
    fn read(&self, emit: &mut Emit<'_>) -> Result<(), Error> {
        let mut placed = |mut batch: Batch| {
            batch.position = self.position.get();
            emit(batch)
        };
        match self.source.format() {
            Format::Lines => self.read_lines(&mut placed),
            Format::Native => self.read_frames(&mut placed),
        }
    }

    fn read_lines(&self, emit: &mut Emit<'_>) -> Result<(), Error> {
        let mut cutter = Cutter::new(self.spool, self.max_lines, emit);
        self.stream(&mut |piece, ends| {
            let mut flow = cutter.push(piece)?;
            if ends && flow.is_continue() {
                flow = cutter.end_file()?;
            }
            Ok(flow)
        })?;
        cutter.finish()
    }

    fn read_frames(&self, emit: &mut Emit<'_>) -> Result<(), Error> {
        let mut cutter = FrameCutter::new(self.source.name(), self.max_lines, emit);
        self.stream(&mut |piece, ends| {
            let flow = cutter.push(piece)?;
            if ends && flow.is_continue() {
                cutter.end_file()?;
            }
            Ok(flow)
        })?;
        cutter.flush()
    }

    /// Hands over the data in pieces, until somebody cancels.
    fn stream(&self, each: &mut Each<'_>) -> Result<(), Error> {
        self.source.stream(self.position, &mut |piece, ends| {
            if self.cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            each(piece, ends)
        })
    }
}

fn work<W>(received: &Mutex<Receiver<Batch>>, mut worker: W) -> Result<(), Error>
where
    W: FnMut(Batch) -> Result<ControlFlow<()>, Error>,
{
    loop {
        let batch = received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(batch) = batch else {
            return Ok(());
        };
        if worker(batch)?.is_break() {
            return Ok(());
        }
    }
}
