//! Native blocks with their original names: columns pass as the bytes they are.

use std::io::{self, Write};

use bundle::Format;
use privacy::Revealer;
use vmformat::native::{
    Block, Decoder, Frame, FrameSplitter, LayoutDetector, SeriesName, StreamHeader, write_frame,
    write_name,
};

use super::Revealed;
use crate::bundle_lines::BUFFER_BYTES;
use crate::line_copy::{LineError, shift_of};

/// Writes native streams again, with revealed names and times.
pub(super) struct FrameCopy<'a, W> {
    splitter: FrameSplitter,
    frames: Frames<'a>,
    writer: W,
}

/// What one frame needs, apart from the splitter that lends it.
struct Frames<'a> {
    revealer: &'a Revealer,
    detector: LayoutDetector,
    decoder: Decoder,
    out: Vec<u8>,
    name: Vec<u8>,
    block: Vec<u8>,
    began: bool,
    revealed: Revealed,
}

impl<'a, W: Write> FrameCopy<'a, W> {
    pub(super) fn new(revealer: &'a Revealer, writer: W) -> Self {
        Self {
            splitter: FrameSplitter::new(),
            frames: Frames {
                revealer,
                detector: LayoutDetector::new(),
                decoder: Decoder::new(),
                out: Vec::new(),
                name: Vec::new(),
                block: Vec::new(),
                began: false,
                revealed: Revealed {
                    format: Format::Native,
                    ..Revealed::default()
                },
            },
            writer,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.splitter.push(bytes);
        self.frames.begin(self.splitter.header());
        while let Some(frame) = self.splitter.next_frame()? {
            self.frames.copy(frame)?;
            if self.frames.out.len() >= BUFFER_BYTES {
                self.writer.write_all(&self.frames.out)?;
                self.frames.out.clear();
            }
        }
        Ok(())
    }

    /// Ends one stream; the frames of another one may follow and join it.
    pub(super) fn end_stream(&mut self) -> Result<(), LineError> {
        Ok(std::mem::take(&mut self.splitter).finish()?)
    }

    pub(super) fn end(mut self) -> io::Result<(W, Revealed)> {
        self.writer.write_all(&self.frames.out)?;
        Ok((self.writer, self.frames.revealed))
    }
}

impl Frames<'_> {
    /// Writes the header of the first stream.
    fn begin(&mut self, header: Option<StreamHeader>) {
        if let Some(header) = header
            && !std::mem::replace(&mut self.began, true)
        {
            header.write(&mut self.out);
        }
    }

    fn copy(&mut self, frame: Frame<'_>) -> Result<(), LineError> {
        let layout = self.detector.decide(frame.block, &mut self.decoder)?;
        let block = Block::parse(frame.block, layout)?;
        let name = SeriesName::parse(frame.name)?;
        let shift_ms = shift_of(self.revealer, name.iter());
        let originals: Vec<_> = name
            .iter()
            .map(|(name, value)| (self.revealer.label_name(name), self.revealer.value(value)))
            .collect();
        self.name.clear();
        let labels = originals.iter().map(|(name, value)| (*name, &**value));
        write_name(&mut self.name, labels);
        self.block.clear();
        Block {
            min_ts: block.min_ts.saturating_sub(shift_ms),
            max_ts: block.max_ts.map(|max_ts| max_ts.saturating_sub(shift_ms)),
            ..block
        }
        .write(&mut self.block);
        write_frame(&mut self.out, &self.name, &self.block)?;
        self.revealed.lines += 1;
        self.revealed.changed_lines += u64::from(self.name != frame.name);
        Ok(())
    }
}
