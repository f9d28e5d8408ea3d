//! What the timestamps of a block say about it, remembered.
//!
//! All series of one target carry the same timestamps, encoded to the same bytes, so each column is
//! decoded once per worker.

use std::collections::HashMap;

use vmformat::native::{Block, Decoder};

use super::timestamp_texts::write_key;
use crate::time_range::TimeRange;

/// Columns to keep per worker, in bytes of their encoded form.
const CACHE_BYTES: usize = 2 << 20;

#[derive(Default)]
pub(super) struct TimestampColumns {
    columns: HashMap<Box<[u8]>, Column>,
    /// What the columns are looked at for.
    range: Option<TimeRange>,
    bytes: usize,
    key: Vec<u8>,
    timestamps: Vec<i64>,
}

/// One timestamp column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Samples in the range.
    pub(super) rows: u32,
    /// Whether all samples are in the range.
    pub(super) whole: bool,
    /// Whether no two samples share their timestamp.
    pub(super) distinct: bool,
    /// The last timestamp, Unix ms.
    pub(super) last_ms: i64,
}

impl TimestampColumns {
    /// The column of a block, as `range` sees it.
    pub(super) fn get(
        &mut self,
        block: &Block,
        range: TimeRange,
        decoder: &mut Decoder,
    ) -> Result<Column, vmformat::Error> {
        if self.range != Some(range) || self.bytes > CACHE_BYTES {
            self.columns.clear();
            self.bytes = 0;
            self.range = Some(range);
        }
        write_key(&mut self.key, block);
        if let Some(column) = self.columns.get(&self.key[..]) {
            return Ok(*column);
        }
        decoder.decode_timestamps(block, &mut self.timestamps)?;
        let rows = range.slice(&self.timestamps).len();
        let column = Column {
            rows: rows as u32,
            whole: rows == self.timestamps.len(),
            distinct: self.timestamps.is_sorted_by(|a, b| a < b),
            last_ms: self.timestamps.last().copied().unwrap_or(block.min_ts),
        };
        self.bytes += self.key.len() + size_of::<Column>();
        self.columns.insert(self.key.as_slice().into(), column);
        Ok(column)
    }
}
