//! Joining blocks that overlap in time.

use crate::time_range::TimeRange;

/// Samples of one series out of several blocks, values as text.
#[derive(Default)]
pub(super) struct Rows {
    rows: Vec<Row>,
    texts: Vec<u8>,
}

#[derive(Clone, Copy)]
struct Row {
    ms: i64,
    at: u32,
    len: u32,
}

impl Rows {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.texts.clear();
    }

    /// Adds a sample unless it lies outside of `range`; `write` appends the text of its value.
    pub(super) fn push(&mut self, ms: i64, range: TimeRange, write: impl FnOnce(&mut Vec<u8>)) {
        if ms < range.start_ms || ms > range.end_ms {
            return;
        }
        let at = self.texts.len();
        write(&mut self.texts);
        self.rows.push(Row {
            ms,
            at: u32::try_from(at).expect("the samples of a unit take less than 4 GiB"),
            len: u32::try_from(self.texts.len() - at).expect("a number is short"),
        });
    }

    /// Sorts by time and removes exact copies (same time, same value); returns how many.
    ///
    /// Samples that share only their time all stay, ordered by text, so that the result does not
    /// depend on the order in which the server sent the blocks.
    pub(super) fn merge(&mut self) -> u64 {
        let Self { rows, texts } = self;
        let text = |row: &Row| &texts[row.at as usize..(row.at + row.len) as usize];
        rows.sort_by(|a, b| a.ms.cmp(&b.ms).then_with(|| text(a).cmp(text(b))));
        let before = rows.len();
        rows.dedup_by(|a, b| a.ms == b.ms && text(a) == text(b));
        (before - rows.len()) as u64
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

    /// Makes all samples later.
    pub(super) fn shift(&mut self, shift_ms: i64) {
        for row in &mut self.rows {
            row.ms = row.ms.saturating_add(shift_ms);
        }
    }

    /// The samples in order, as (Unix ms, text of the value).
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = (i64, &[u8])> {
        self.rows.iter().map(|row| {
            let at = row.at as usize;
            (row.ms, &self.texts[at..at + row.len as usize])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANGE: TimeRange = TimeRange {
        start_ms: 10,
        end_ms: 20,
    };

    fn merged(samples: &[(i64, &str)]) -> (Vec<(i64, String)>, u64) {
        let mut rows = Rows::default();
        for (ms, value) in samples {
            rows.push(*ms, RANGE, |text| text.extend_from_slice(value.as_bytes()));
        }
        let removed = rows.merge();
        let samples = rows
            .iter()
            .map(|(ms, text)| (ms, String::from_utf8(text.to_vec()).unwrap()))
            .collect();
        (samples, removed)
    }

    #[test]
    fn only_exact_copies_are_removed() {
        let (samples, removed) = merged(&[(12, "1"), (11, "2"), (12, "3"), (12, "1"), (11, "2")]);
        let expected = [(11, "2"), (12, "1"), (12, "3")].map(|(ms, text)| (ms, text.to_owned()));
        assert_eq!(samples, expected);
        assert_eq!(removed, 2);
    }

    #[test]
    fn both_ends_of_the_range_belong_to_it() {
        let (samples, _) = merged(&[(9, "1"), (10, "2"), (20, "3"), (21, "4")]);
        assert_eq!(samples.len(), 2);
    }
}
