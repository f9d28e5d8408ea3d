//! Staging of JSON lines.

use std::path::Path;

use bundle::staging::{BlockInfo, BlockKind, StagingError};
use vmformat::json_line::{LineReader, LineSink, ValueChunk};

use super::StageError;
use super::slice_stage::{SliceStage, Staged};
use super::text_block::TextBlockEncoder;
use super::value_queue::ValueQueue;

/// Takes the body of a JSON lines export as it arrives and stages its samples as text.
pub(crate) struct JsonStager<'a> {
    reader: LineReader,
    lines: LineStage<'a>,
}

/// The line being read.
struct LineStage<'a> {
    stage: SliceStage<'a>,
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    /// The position of the series, once the line proved to have a sample in the range.
    series: Option<u64>,
    values: ValueQueue,
    /// Timestamps that belong to the first chunk of values.
    timestamps: Vec<i64>,
    text: Vec<u8>,
    encoder: TextBlockEncoder,
}

impl<'a> JsonStager<'a> {
    /// `spill` is where values of very long lines wait for their timestamps.
    pub(crate) fn new(stage: SliceStage<'a>, spill: &Path) -> Result<Self, StageError> {
        let encoder = TextBlockEncoder::new().map_err(|source| compression(spill, source))?;
        Ok(Self {
            reader: LineReader::new(),
            lines: LineStage {
                stage,
                labels: Vec::new(),
                series: None,
                values: ValueQueue::new(spill.to_owned()),
                timestamps: Vec::new(),
                text: Vec::new(),
                encoder,
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
        Ok(self.lines.stage.finish()?)
    }
}

impl LineSink for LineStage<'_> {
    type Error = StageError;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), StageError> {
        self.labels.clear();
        self.labels.extend_from_slice(labels);
        self.series = None;
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
                self.block()?;
            }
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), StageError> {
        Ok(())
    }
}

impl LineStage<'_> {
    /// Stages the first chunk of values with its timestamps, unless all lie outside of the range.
    fn block(&mut self) -> Result<(), StageError> {
        self.values.pop(&mut self.text)?;
        let range = self.stage.range;
        let (Some(&min_ms), Some(&max_ms)) =
            (self.timestamps.iter().min(), self.timestamps.iter().max())
        else {
            return Ok(());
        };
        let in_range = |&ms: &i64| (range.start_ms..=range.end_ms).contains(&ms);
        if self.timestamps.iter().any(in_range) {
            let series = match self.series {
                Some(series) => series,
                None => {
                    let labels = self.labels.iter().map(|(name, value)| (name, value));
                    *self.series.insert(self.stage.series(labels)?)
                }
            };
            let info = BlockInfo {
                kind: BlockKind::Text,
                min_ms,
                max_ms,
                rows: u32::try_from(self.timestamps.len()).expect("a chunk is small"),
            };
            let payload = self
                .encoder
                .encode(&self.timestamps, &self.text)
                .map_err(|source| compression(Path::new("a block"), source))?;
            self.stage.block(series, info, payload)?;
        }
        self.timestamps.clear();
        Ok(())
    }
}

fn compression(path: &Path, source: std::io::Error) -> StageError {
    StageError::Staging(StagingError::Io {
        action: "compress",
        path: path.to_owned(),
        source,
    })
}
