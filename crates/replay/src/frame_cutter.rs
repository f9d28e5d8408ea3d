//! Cutting a native stream into batches of whole frames.

use std::ops::ControlFlow;

use vmformat::native::{FrameSplitter, write_frame};

use crate::batch::{BATCH_BYTES, Batch, Emit, Span};
use crate::error::Error;

/// Makes batches of pieces of a native stream.
pub(crate) struct FrameCutter<'a> {
    batch: Batch,
    splitter: FrameSplitter,
    /// What messages call the source.
    name: &'a str,
    number: u64,
    /// Frames to cut at most.
    max_frames: Option<u64>,
    emit: &'a mut Emit<'a>,
}

impl<'a> FrameCutter<'a> {
    pub(crate) fn new(name: &'a str, max_frames: Option<u64>, emit: &'a mut Emit<'a>) -> Self {
        Self {
            batch: Batch::default(),
            splitter: FrameSplitter::new(),
            name,
            number: 0,
            max_frames,
            emit,
        }
    }

    /// Takes the next piece of the stream.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<ControlFlow<()>, Error> {
        let broken = |source| Error::Broken {
            name: self.name.to_owned(),
            source,
        };
        self.splitter.push(piece);
        self.batch.range = self.splitter.header();
        while let Some(frame) = self.splitter.next_frame().map_err(broken)? {
            self.number += 1;
            let start = self.batch.text.len();
            write_frame(&mut self.batch.text, frame.name, frame.block).map_err(broken)?;
            self.batch.spans.push(Span {
                start,
                end: self.batch.text.len(),
                number: self.number,
                begins_line: true,
            });
            self.batch.last_line = self.number;
            if self.batch.text.len() >= BATCH_BYTES {
                let next = Batch {
                    index: self.batch.index + 1,
                    range: self.batch.range,
                    ..Batch::default()
                };
                let batch = std::mem::replace(&mut self.batch, next);
                if (self.emit)(batch)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            if self.max_frames.is_some_and(|most| self.number >= most) {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Ends a stream; another one may follow.
    pub(crate) fn end_file(&mut self) -> Result<(), Error> {
        self.splitter.finish().map_err(|source| Error::Broken {
            name: self.name.to_owned(),
            source,
        })?;
        self.splitter = FrameSplitter::new();
        self.flush()
    }

    /// Hands over what is left.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        if self.batch.spans.is_empty() {
            return Ok(());
        }
        let next = Batch {
            index: self.batch.index + 1,
            ..Batch::default()
        };
        let _ = (self.emit)(std::mem::replace(&mut self.batch, next))?;
        Ok(())
    }
}
