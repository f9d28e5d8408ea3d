//! Native frames for an audit: every label of their names, repeated ones included.

use audit::Auditor;
use vmformat::Error;
use vmformat::native::{Block, Decoder, FrameSplitter, LayoutDetector, read_labels};

/// Hands the labels of frames to an auditor as they come; what is no block is refused.
#[derive(Default)]
pub(super) struct AnyFrames {
    splitter: FrameSplitter,
    detector: LayoutDetector,
    decoder: Decoder,
    /// The name that was searched last.
    name: Vec<u8>,
}

impl AnyFrames {
    pub(super) fn push(&mut self, bytes: &[u8], auditor: &mut Auditor) -> Result<(), Error> {
        self.splitter.push(bytes);
        while let Some(frame) = self.splitter.next_frame()? {
            let layout = self.detector.decide(frame.block, &mut self.decoder)?;
            Block::parse(frame.block, layout)?;
            if frame.name != self.name {
                read_labels(frame.name, |(name, value)| auditor.label(&name, &value))?;
                self.name.clear();
                self.name.extend_from_slice(frame.name);
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<(), Error> {
        self.splitter.finish()
    }
}
