//! The lines of a batch and their order.

use std::ops::Range;

use vmformat::number;

use super::rows::Rows;

/// Samples in a line at most. Two thirds of the text of a line are timestamps, which the next series
/// of the same target repeats; deflate finds them again only within 32 KiB, so lines must be much
/// shorter than that.
pub(crate) const LINE_ROWS: usize = 512;

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Lines or native blocks.
    pub(super) lines: u64,
    pub(super) samples: u64,
    /// Exact copies left out.
    pub(super) copies: u64,
}

/// Writes the lines of units, and puts equal spans of time next to each other: the first lines of
/// all units of the batch, then the second ones, and so on.
#[derive(Default)]
pub(super) struct LineWriter {
    pub(super) counts: Counts,
    /// The lines of the batch by their number within their unit.
    numbered: Vec<Vec<u8>>,
    /// Number of the line being written.
    number: usize,
    metric: Vec<u8>,
    /// Timestamps of the line being written; they follow its values.
    timestamps: Vec<u8>,
    rows: usize,
}

impl LineWriter {
    /// Begins the lines of a series; `write` appends the members of its `metric` object.
    pub(super) fn begin_unit<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.metric.clear();
        self.number = 0;
        write(&mut self.metric)
    }

    /// Adds `count` samples. `write` gets ranges of them, and appends their values to the first
    /// text and their timestamps to the second, both joined by `,`.
    pub(super) fn columns(
        &mut self,
        count: usize,
        mut write: impl FnMut(Range<usize>, &mut Vec<u8>, &mut Vec<u8>),
    ) {
        let mut from = 0;
        while from < count {
            if self.rows == LINE_ROWS {
                self.end_line();
            }
            let to = count.min(from + LINE_ROWS - self.rows);
            let values = line(&mut self.numbered, self.number);
            if self.rows == 0 {
                values.extend_from_slice(b"{\"metric\":{");
                values.extend_from_slice(&self.metric);
                values.extend_from_slice(b"},\"values\":[");
            } else {
                values.push(b',');
                self.timestamps.push(b',');
            }
            write(from..to, values, &mut self.timestamps);
            self.rows += to - from;
            from = to;
        }
    }

    /// Adds samples one by one.
    pub(super) fn rows(&mut self, rows: &Rows) {
        for (ms, value) in rows.iter() {
            self.columns(1, |_, values, timestamps| {
                values.extend_from_slice(value);
                number::write_timestamps(timestamps, &[ms]);
            });
        }
    }

    pub(super) fn end_unit(&mut self) {
        if self.rows > 0 {
            self.end_line();
        }
    }

    /// Appends all lines to `out` and begins a new batch.
    pub(super) fn take(&mut self, out: &mut Vec<u8>) -> Counts {
        for lines in &mut self.numbered {
            out.append(lines);
        }
        std::mem::take(&mut self.counts)
    }

    fn end_line(&mut self) {
        let text = line(&mut self.numbered, self.number);
        text.extend_from_slice(b"],\"timestamps\":[");
        text.append(&mut self.timestamps);
        text.extend_from_slice(b"]}\n");
        self.counts.lines += 1;
        self.counts.samples += self.rows as u64;
        self.number += 1;
        self.rows = 0;
    }
}

fn line(numbered: &mut Vec<Vec<u8>>, number: usize) -> &mut Vec<u8> {
    while numbered.len() <= number {
        numbered.push(Vec::new());
    }
    &mut numbered[number]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(lines: &mut LineWriter, metric: &str, count: usize) {
        let named = |text: &mut Vec<u8>| -> Result<(), ()> {
            text.extend_from_slice(metric.as_bytes());
            Ok(())
        };
        lines.begin_unit(named).unwrap();
        lines.columns(count, |rows, values, timestamps| {
            let numbers: Vec<i64> = rows.map(|row| row as i64).collect();
            number::write_timestamps(values, &numbers);
            number::write_timestamps(timestamps, &numbers);
        });
        lines.end_unit();
    }

    #[test]
    fn long_series_are_cut_and_equal_spans_stand_together() {
        let mut lines = LineWriter::default();
        for metric in ["\"a\":\"1\"", "\"b\":\"1\""] {
            unit(&mut lines, metric, 2 * LINE_ROWS + 1);
        }
        unit(&mut lines, "\"c\":\"1\"", 1);
        let mut text = Vec::new();
        let counts = lines.take(&mut text);
        assert_eq!(counts.lines, 7);
        assert_eq!(counts.samples, 2 * (2 * LINE_ROWS as u64 + 1) + 1);
        let text = String::from_utf8(text).unwrap();
        let order: String = text.lines().map(|line| &line[12..13]).collect();
        assert_eq!(order, "abcabab");
        let last = text.lines().last().unwrap();
        assert_eq!(
            last,
            r#"{"metric":{"b":"1"},"values":[1024],"timestamps":[1024]}"#
        );
    }

    #[test]
    fn short_pieces_share_a_line() {
        let mut lines = LineWriter::default();
        lines.begin_unit(|_| Ok::<(), ()>(())).unwrap();
        for ms in [1, 2] {
            lines.columns(1, |_, values, timestamps| {
                values.push(b'7');
                number::write_timestamps(timestamps, &[ms]);
            });
        }
        lines.end_unit();
        let mut text = Vec::new();
        lines.take(&mut text);
        assert_eq!(
            text,
            b"{\"metric\":{},\"values\":[7,7],\"timestamps\":[1,2]}\n"
        );
    }
}
