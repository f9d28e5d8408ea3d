//! A batch: what one worker formats in one go.

use bundle::staging::{BlockInfo, LabelId};

use crate::time_range::TimeRange;

/// Blocks of several series, and the text and compressed piece that are made from them.
///
/// Batches are reused, so their buffers grow to a size and stay there.
#[derive(Default)]
pub(super) struct Batch {
    /// Position in the bundle.
    pub(super) number: u64,
    pub(super) units: Vec<Unit>,
    labels: Vec<LabelId>,
    blocks: Vec<StagedBlock>,
    payload: Vec<u8>,
    pub(super) rows: u64,
}

/// One series, or a span of time of a long one, that can be formatted on its own.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    /// Only samples inside belong to the unit.
    pub(super) range: TimeRange,
    labels: std::ops::Range<usize>,
    blocks: std::ops::Range<usize>,
}

#[derive(Clone, Copy, Debug)]
struct StagedBlock {
    info: BlockInfo,
    at: usize,
    len: usize,
}

impl Batch {
    pub(super) fn clear(&mut self) {
        self.units.clear();
        self.labels.clear();
        self.blocks.clear();
        self.payload.clear();
        self.rows = 0;
    }

    /// Begins a unit; its blocks follow.
    pub(super) fn begin_unit(&mut self, range: TimeRange, labels: &[LabelId]) {
        let at = self.labels.len();
        self.labels.extend_from_slice(labels);
        self.units.push(Unit {
            range,
            labels: at..self.labels.len(),
            blocks: self.blocks.len()..self.blocks.len(),
        });
    }

    /// Adds a block to the unit that began last.
    pub(super) fn push_block(&mut self, info: BlockInfo, payload: &[u8]) {
        let at = self.payload.len();
        self.payload.extend_from_slice(payload);
        self.blocks.push(StagedBlock {
            info,
            at,
            len: payload.len(),
        });
        self.rows += u64::from(info.rows);
        if let Some(unit) = self.units.last_mut() {
            unit.blocks.end = self.blocks.len();
        }
    }

    /// Bytes of the blocks.
    pub(super) fn payload_bytes(&self) -> usize {
        self.payload.len()
    }

    pub(super) fn labels(&self, unit: &Unit) -> &[LabelId] {
        &self.labels[unit.labels.clone()]
    }

    /// The blocks of a unit, by their smallest timestamp.
    pub(super) fn blocks(&self, unit: &Unit) -> impl ExactSizeIterator<Item = (BlockInfo, &[u8])> {
        self.blocks[unit.blocks.clone()]
            .iter()
            .map(|block| (block.info, &self.payload[block.at..block.at + block.len]))
    }
}
