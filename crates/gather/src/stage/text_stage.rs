//! Staging of samples whose values are text.

use std::path::Path;

use bundle::staging::{BlockInfo, BlockKind, StagingError};

use super::StageError;
use super::slice_stage::{SliceStage, Staged};
use super::text_block::TextBlockEncoder;

/// Stages series whose values are text, in blocks of at most one line.
pub(super) struct TextStage<'a> {
    stage: SliceStage<'a>,
    encoder: TextBlockEncoder,
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    /// The position of the series, once it proved to have a sample in the range.
    series: Option<u64>,
}

impl<'a> TextStage<'a> {
    pub(super) fn new(stage: SliceStage<'a>) -> Result<Self, StageError> {
        Ok(Self {
            stage,
            encoder: TextBlockEncoder::new().map_err(compression)?,
            labels: Vec::new(),
            series: None,
        })
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        self.stage.counts()
    }

    /// The blocks that follow belong to this series.
    pub(super) fn begin_series(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) {
        self.labels.clear();
        self.labels.extend_from_slice(labels);
        self.series = None;
    }

    /// Stages samples, unless all lie outside of the range; `values` are joined by `,`.
    pub(super) fn block(&mut self, timestamps: &[i64], values: &[u8]) -> Result<(), StageError> {
        let range = self.stage.range;
        let (Some(&min_ms), Some(&max_ms)) = (timestamps.iter().min(), timestamps.iter().max())
        else {
            return Ok(());
        };
        let in_range = |&ms: &i64| (range.start_ms..=range.end_ms).contains(&ms);
        if !timestamps.iter().any(in_range) {
            return Ok(());
        }
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
            rows: u32::try_from(timestamps.len()).expect("a block is a line at most"),
        };
        let payload = self
            .encoder
            .encode(timestamps, values)
            .map_err(compression)?;
        Ok(self.stage.block(series, info, payload)?)
    }

    pub(super) fn finish(self) -> Result<Staged, StageError> {
        Ok(self.stage.finish()?)
    }
}

fn compression(source: std::io::Error) -> StageError {
    StageError::Staging(StagingError::Io {
        action: "compress",
        path: Path::new("a block").to_owned(),
        source,
    })
}
