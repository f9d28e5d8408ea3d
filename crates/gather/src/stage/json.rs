//! Staging of JSON lines.

use std::path::Path;

use vmformat::json_line::{LineReader, LineSink, ValueChunk};

use super::StageError;
use super::slice_stage::{SliceStage, Staged};
use super::text_stage::TextStage;
use super::value_queue::ValueQueue;

/// Takes the body of a JSON lines export as it arrives and stages its samples as text.
pub(crate) struct JsonStager<'a> {
    reader: LineReader,
    lines: LineStage<'a>,
}

/// The line being read.
struct LineStage<'a> {
    stage: TextStage<'a>,
    values: ValueQueue,
    /// Timestamps that belong to the first chunk of values.
    timestamps: Vec<i64>,
    text: Vec<u8>,
}

impl<'a> JsonStager<'a> {
    /// `spill` is where values of very long lines wait for their timestamps.
    pub(crate) fn new(stage: SliceStage<'a>, spill: &Path) -> Result<Self, StageError> {
        Ok(Self {
            reader: LineReader::new(),
            lines: LineStage {
                stage: TextStage::new(stage)?,
                values: ValueQueue::new(spill.to_owned()),
                timestamps: Vec::new(),
                text: Vec::new(),
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
        Ok(self.values.push(chunk.count, chunk.text)?)
    }

    fn timestamps(&mut self, mut timestamps: &[i64]) -> Result<(), StageError> {
        while !timestamps.is_empty() {
            let count = self
                .values
                .first_count()
                .ok_or(StageError::TimestampsFirst)?;
            let missing = count - self.timestamps.len();
            let (these, rest) = timestamps.split_at(missing.min(timestamps.len()));
            self.timestamps.extend_from_slice(these);
            timestamps = rest;
            if self.timestamps.len() == count {
                self.values.pop(&mut self.text)?;
                self.stage.block(&self.timestamps, &self.text)?;
                self.timestamps.clear();
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), StageError> {
        Ok(())
    }
}
