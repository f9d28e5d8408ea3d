//! Text of timestamp columns, remembered.
//!
//! All series of one target carry the same timestamps, and the server encodes them to the same
//! bytes. Two thirds of the text of a bundle are timestamps, so each column is decoded and written
//! once per worker and then copied.

use std::collections::HashMap;
use std::ops::Range;

use vmformat::native::{Block, Decoder};

use crate::time_range::TimeRange;
use crate::timestamp_columns::write_key;

/// Texts to keep per worker, in bytes. A column of 8,192 samples takes 150 KB.
const CACHE_BYTES: usize = 2 << 20;

#[derive(Default)]
pub(super) struct TimestampTexts {
    columns: HashMap<Box<[u8]>, Column>,
    /// What the columns were trimmed to, and by how much they are later, ms.
    made_for: Option<(TimeRange, i64)>,
    bytes: usize,
    key: Vec<u8>,
    timestamps: Vec<i64>,
}

/// One timestamp column, trimmed to a range.
pub(super) struct Column {
    /// Index of the first sample in the range.
    pub(super) first: usize,
    /// Whether no two samples of the range share their timestamp.
    pub(super) distinct: bool,
    /// The timestamps of the range, joined by `,`.
    text: Vec<u8>,
    /// Where each timestamp ends in the text.
    ends: Vec<u32>,
}

impl TimestampTexts {
    /// The column of a block, trimmed to `range` and then made later.
    pub(super) fn get(
        &mut self,
        block: &Block,
        range: TimeRange,
        shift_ms: i64,
        decoder: &mut Decoder,
    ) -> Result<&Column, vmformat::Error> {
        if self.made_for != Some((range, shift_ms)) || self.bytes > CACHE_BYTES {
            self.columns.clear();
            self.bytes = 0;
            self.made_for = Some((range, shift_ms));
        }
        write_key(&mut self.key, block);
        if !self.columns.contains_key(&self.key[..]) {
            decoder.decode_timestamps(block, &mut self.timestamps)?;
            let column = Column::new(&self.timestamps, range, shift_ms);
            self.bytes += self.key.len() + column.bytes();
            self.columns.insert(self.key.as_slice().into(), column);
        }
        Ok(&self.columns[&self.key[..]])
    }
}

impl Column {
    fn new(timestamps: &[i64], range: TimeRange, shift_ms: i64) -> Self {
        let inside = range.slice(timestamps);
        let trimmed = &timestamps[inside.clone()];
        let mut text = Vec::new();
        let mut ends = Vec::with_capacity(trimmed.len());
        for ms in trimmed {
            if !text.is_empty() {
                text.push(b',');
            }
            vmformat::number::write_timestamps(&mut text, &[ms.saturating_add(shift_ms)]);
            ends.push(u32::try_from(text.len()).expect("a block has 16,384 timestamps at most"));
        }
        Self {
            first: inside.start,
            distinct: trimmed.is_sorted_by(|a, b| a < b),
            text,
            ends,
        }
    }

    /// Samples in the range.
    pub(super) fn rows(&self) -> usize {
        self.ends.len()
    }

    /// The timestamps of these samples, joined by `,`; there must be at least one.
    pub(super) fn text(&self, rows: Range<usize>) -> &[u8] {
        let start = match rows.start.checked_sub(1) {
            Some(before) => self.ends[before] as usize + 1,
            None => 0,
        };
        &self.text[start..self.ends[rows.end - 1] as usize]
    }

    fn bytes(&self) -> usize {
        self.text.len() + self.ends.len() * size_of::<u32>()
    }
}
