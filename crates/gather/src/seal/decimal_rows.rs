//! Joining blocks that overlap in time, with values as decimals.

use std::cmp::Ordering;

use vmformat::native::{Encoder, Layout, MAX_ROWS_WRITTEN};
use vmformat::number;

/// Samples of one series out of several blocks; every value keeps its own mantissa and scale.
#[derive(Default)]
pub(crate) struct DecimalRows {
    rows: Vec<Row>,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
}

#[derive(Clone, Copy)]
struct Row {
    ms: i64,
    mantissa: i64,
    scale: i16,
}

impl DecimalRows {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a sample.
    pub(crate) fn push(&mut self, ms: i64, mantissa: i64, scale: i16) {
        self.rows.push(Row {
            ms,
            mantissa,
            scale,
        });
    }

    /// Sorts by time and removes exact copies (same time, same value); returns how many.
    ///
    /// Samples that share only their time all stay, in the order that bundles of lines have, so that
    /// thinning leaves the same ones.
    pub(super) fn merge(&mut self) -> u64 {
        self.rows.sort_by(|a, b| {
            let by_value =
                || by_text(a, b).then_with(|| (a.scale, a.mantissa).cmp(&(b.scale, b.mantissa)));
            a.ms.cmp(&b.ms).then_with(by_value)
        });
        let before = self.rows.len();
        self.rows
            .dedup_by(|a, b| a.ms == b.ms && by_text(a, b) == Ordering::Equal);
        (before - self.rows.len()) as u64
    }

    /// Sorts by time; copies stay.
    pub(crate) fn sort(&mut self) {
        self.rows.sort_by_key(|row| row.ms);
    }

    /// Keeps the last sample of every interval `((k - 1) * length, k * length]`; call it after
    /// [`Self::merge`].
    pub(super) fn thin(&mut self, length_ms: i64) {
        let interval = |row: &Row| (row.ms - 1).div_euclid(length_ms);
        // The closure sees a row and the one kept before it: the later one takes its place.
        self.rows.dedup_by(|row, kept| {
            let same = interval(row) == interval(kept);
            if same {
                *kept = *row;
            }
            same
        });
    }

    /// Gives `take` the blocks of the samples, which must be sorted, each `shift_ms` later; only samples of one scale
    /// share a block, since others cannot without touching their mantissas.
    pub(crate) fn encode<E: From<vmformat::Error>>(
        &mut self,
        shift_ms: i64,
        encoder: &mut Encoder,
        block: &mut Vec<u8>,
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rows.sort_by_key(|row| row.scale);
        for of_scale in self.rows.chunk_by(|a, b| a.scale == b.scale) {
            for rows in of_scale.chunks(MAX_ROWS_WRITTEN) {
                self.timestamps.clear();
                self.mantissas.clear();
                let times = rows.iter().map(|row| row.ms.saturating_add(shift_ms));
                self.timestamps.extend(times);
                self.mantissas.extend(rows.iter().map(|row| row.mantissa));
                block.clear();
                encoder.encode(
                    Layout::B,
                    &self.timestamps,
                    &self.mantissas,
                    rows[0].scale,
                    block,
                )?;
                take(block)?;
            }
        }
        Ok(())
    }
}

/// The order of the texts of the values; equal values of different scales have the same.
fn by_text(a: &Row, b: &Row) -> Ordering {
    if (a.mantissa, a.scale) == (b.mantissa, b.scale) {
        return Ordering::Equal;
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    number::write_decimal(&mut left, a.mantissa, a.scale);
    number::write_decimal(&mut right, b.mantissa, b.scale);
    left.cmp(&right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_of_different_scales_are_copies() {
        let mut rows = DecimalRows::default();
        for (ms, mantissa, scale) in [(12, 1, 0), (12, 10, -1), (12, 11, -1), (20, 5, 0)] {
            rows.push(ms, mantissa, scale);
        }
        assert_eq!(rows.merge(), 1);
        assert_eq!(rows.len(), 3);
    }
}
