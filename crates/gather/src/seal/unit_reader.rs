//! Cutting the merged records of a part into units.

use bundle::staging::{BlockInfo, LabelId, PartReader, Record, StagingError};

use super::batch::Batch;
use super::distinct::Distinct;
use crate::time_range::TimeRange;

/// A long series is cut into units of about this many samples, eight full lines, so that no series
/// is too large for one batch.
const UNIT_ROWS: u64 = 8 * 8192;
/// A batch is full with this many samples: about half a megabyte of text, which stays in the cache
/// of one core from formatting to compression.
const BATCH_ROWS: u64 = 24 << 10;

/// Fills batches from one part.
pub(super) struct UnitReader {
    part: PartReader,
    series: OpenSeries,
}

/// The series being read.
struct OpenSeries {
    range: TimeRange,
    labels: Vec<LabelId>,
    /// Blocks with samples that are not in a unit yet, by smallest timestamp.
    blocks: Vec<(BlockInfo, Vec<u8>)>,
    rows: u64,
    /// Samples before this belong to units already made.
    cut_ms: i64,
}

impl UnitReader {
    /// `range` is the range of the part's slice.
    pub(super) fn new(part: PartReader, range: TimeRange) -> Self {
        Self {
            part,
            series: OpenSeries {
                range,
                labels: Vec::new(),
                blocks: Vec::new(),
                rows: 0,
                cut_ms: range.start_ms,
            },
        }
    }

    /// Adds units until the batch is full; `false` at the end of the part.
    pub(super) fn fill(
        &mut self,
        batch: &mut Batch,
        distinct: &mut Distinct,
    ) -> Result<bool, StagingError> {
        while batch.rows < BATCH_ROWS {
            match self.part.next()? {
                Some(Record::Series(labels)) => {
                    self.series.end(batch);
                    self.series.begin(labels.iter());
                    distinct.observe(&self.series.labels)?;
                }
                Some(Record::Block(info, payload)) => self.series.push(info, payload, batch),
                None => {
                    self.series.end(batch);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

impl OpenSeries {
    fn begin(&mut self, labels: impl Iterator<Item = LabelId>) {
        self.labels.clear();
        self.labels.extend(labels);
        self.cut_ms = self.range.start_ms;
    }

    fn push(&mut self, info: BlockInfo, payload: &[u8], batch: &mut Batch) {
        // Blocks still to come begin no earlier than this one, so everything before it is known.
        if self.rows >= UNIT_ROWS && info.min_ms > self.cut_ms {
            self.cut(info.min_ms, batch);
        }
        self.rows += u64::from(info.rows);
        self.blocks.push((info, payload.to_vec()));
    }

    /// Makes a unit of all samples before `at_ms`. A block that reaches beyond stays open too and is
    /// then in two units, each with its own range.
    fn cut(&mut self, at_ms: i64, batch: &mut Batch) {
        let range = TimeRange {
            start_ms: self.cut_ms,
            end_ms: at_ms - 1,
        };
        self.emit(range, batch);
        self.blocks.retain(|(info, _)| info.max_ms >= at_ms);
        self.rows = self.blocks.iter().map(|(info, _)| u64::from(info.rows)).sum();
        self.cut_ms = at_ms;
    }

    fn end(&mut self, batch: &mut Batch) {
        let range = TimeRange {
            start_ms: self.cut_ms,
            end_ms: self.range.end_ms,
        };
        self.emit(range, batch);
        self.blocks.clear();
        self.rows = 0;
    }

    fn emit(&self, range: TimeRange, batch: &mut Batch) {
        let inside = |info: &BlockInfo| info.min_ms <= range.end_ms;
        if !self.blocks.iter().any(|(info, _)| inside(info)) {
            return;
        }
        batch.begin_unit(range, &self.labels);
        for (info, payload) in self.blocks.iter().filter(|(info, _)| inside(info)) {
            batch.push_block(*info, payload);
        }
    }
}
