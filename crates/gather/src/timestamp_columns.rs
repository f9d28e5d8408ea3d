//! What the timestamps of a block say about it, remembered.
//!
//! All series of one target carry the same timestamps, encoded to the same bytes, so each column is
//! decoded once per thread.

use std::collections::HashMap;

use vmformat::native::{Block, Decoder};

use crate::time_range::TimeRange;

/// Columns to keep per thread, in bytes of their encoded form.
const CACHE_BYTES: usize = 2 << 20;

#[derive(Default)]
pub(crate) struct TimestampColumns {
    columns: HashMap<Box<[u8]>, Column>,
    /// What the columns are looked at for.
    range: Option<TimeRange>,
    bytes: usize,
    key: Vec<u8>,
    timestamps: Vec<i64>,
}

/// One timestamp column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Samples in the range.
    pub(crate) rows: u32,
    /// Whether all samples are in the range.
    pub(crate) whole: bool,
    /// Whether no two samples share their timestamp.
    pub(crate) distinct: bool,
    /// The first timestamp, Unix ms.
    pub(crate) first_ms: i64,
    /// The last timestamp, Unix ms.
    pub(crate) last_ms: i64,
}

impl TimestampColumns {
    /// The column of a block, as `range` sees it.
    pub(crate) fn get(
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
            first_ms: self.timestamps.first().copied().unwrap_or(block.min_ts),
            last_ms: self.timestamps.last().copied().unwrap_or(block.min_ts),
        };
        self.bytes += self.key.len() + size_of::<Column>();
        self.columns.insert(self.key.as_slice().into(), column);
        Ok(column)
    }
}

/// Everything that decides what the column decodes to.
pub(crate) fn write_key(key: &mut Vec<u8>, block: &Block) {
    key.clear();
    key.extend_from_slice(&block.min_ts.to_le_bytes());
    key.extend_from_slice(&block.max_ts.unwrap_or(i64::MIN).to_le_bytes());
    key.extend_from_slice(&block.rows.to_le_bytes());
    key.push(block.timestamps_type.number());
    key.push(block.precision_bits);
    key.extend_from_slice(block.timestamps_data);
}
