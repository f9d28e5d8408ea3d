//! Bringing the values and the timestamps of a line together.

use std::path::PathBuf;

use vmformat::json_line::ValueChunk;

use super::StageError;
use super::value_queue::ValueQueue;

/// The samples of a line that is being read, whose values all come first.
pub(crate) struct SamplePairs {
    values: ValueQueue,
    /// Timestamps that belong to the first chunk of values.
    timestamps: Vec<i64>,
    text: Vec<u8>,
}

impl SamplePairs {
    /// `spill` is where the values of very long lines wait for their timestamps.
    pub(crate) fn new(spill: PathBuf) -> Self {
        Self {
            values: ValueQueue::new(spill),
            timestamps: Vec::new(),
            text: Vec::new(),
        }
    }

    /// Takes the next values of the line.
    pub(crate) fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), StageError> {
        Ok(self.values.push(chunk.count, chunk.text)?)
    }

    /// Takes the next timestamps, and gives `take` those of each complete chunk with its values,
    /// joined by `,`.
    pub(crate) fn timestamps<E: From<StageError>>(
        &mut self,
        mut timestamps: &[i64],
        mut take: impl FnMut(&[i64], &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
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
                self.values.pop(&mut self.text).map_err(StageError::from)?;
                take(&self.timestamps, &self.text)?;
                self.timestamps.clear();
            }
        }
        Ok(())
    }
}
