//! Staging of JSON lines.

use std::path::Path;

use vmformat::json_line::{LineReader, LineSink, ValueChunk};

use super::StageError;
use super::sample_pairs::SamplePairs;
use super::slice_stage::{SliceStage, Staged};
use super::text_stage::TextStage;

/// Takes the body of a JSON lines export as it arrives and stages its samples as text.
pub(crate) struct JsonStager<'a> {
    reader: LineReader,
    lines: LineStage<'a>,
}

/// The line being read.
struct LineStage<'a> {
    stage: TextStage<'a>,
    samples: SamplePairs,
}

impl<'a> JsonStager<'a> {
    /// `spill` is where values of very long lines wait for their timestamps.
    pub(crate) fn new(stage: SliceStage<'a>, spill: &Path) -> Result<Self, StageError> {
        Ok(Self {
            reader: LineReader::new(),
            lines: LineStage {
                stage: TextStage::new(stage)?,
                samples: SamplePairs::new(spill.to_owned()),
            },
        })
    }

    pub(crate) fn counts(&self) -> (u64, u64) {
        self.lines.stage.counts()
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        self.reader.push(bytes, &mut self.lines)
    }

    pub(crate) fn finish(mut self) -> Result<Staged, StageError> {
        self.reader.finish()?;
        self.lines.stage.finish()
    }
}

impl LineSink for LineStage<'_> {
    type Error = StageError;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), StageError> {
        self.stage.begin_series(labels);
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), StageError> {
        self.samples.values(chunk)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), StageError> {
        let stage = &mut self.stage;
        self.samples.timestamps(timestamps, |timestamps, values| {
            stage.block(timestamps, values)
        })
    }

    fn end_line(&mut self) -> Result<(), StageError> {
        Ok(())
    }
}
