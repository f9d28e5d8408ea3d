//! Integer columns: rows from stored bytes and back. All arithmetic wraps, as in the servers:
//! differences overflow in real data next to special mantissas.

use super::varint::{read_svar, write_svar};

/// Rows from differences. `None` unless `data` holds exactly `rows - 1` integers.
pub(super) fn read_deltas(data: &[u8], first: i64, rows: usize, out: &mut Vec<i64>) -> Option<()> {
    let mut last = first;
    out.push(first);
    read_each(data, rows - 1, out, |delta| {
        last = last.wrapping_add(delta);
        last
    })
}

/// Rows from differences of differences. `None` unless `data` holds exactly `rows - 1` integers.
pub(super) fn read_deltas_of_deltas(
    data: &[u8],
    first: i64,
    rows: usize,
    out: &mut Vec<i64>,
) -> Option<()> {
    let mut last = first;
    let mut step = 0i64;
    out.push(first);
    read_each(data, rows - 1, out, |change| {
        step = step.wrapping_add(change);
        last = last.wrapping_add(step);
        last
    })
}

#[inline]
fn read_each(
    mut data: &[u8],
    count: usize,
    out: &mut Vec<i64>,
    mut row: impl FnMut(i64) -> i64,
) -> Option<()> {
    // Every integer takes a byte at least: a count beyond the data is refused before it is
    // reserved.
    if data.len() < count {
        return None;
    }
    out.reserve(count);
    for _ in 0..count {
        let stored = read_svar(&mut data)?;
        out.push(row(stored));
    }
    data.is_empty().then_some(())
}

/// Rows from one difference. `None` unless `data` is exactly one integer.
pub(super) fn read_constant_delta(
    mut data: &[u8],
    first: i64,
    rows: usize,
    out: &mut Vec<i64>,
) -> Option<()> {
    let delta = read_svar(&mut data)?;
    let mut next = first;
    out.extend((0..rows).map(|_| {
        let row = next;
        next = next.wrapping_add(delta);
        row
    }));
    data.is_empty().then_some(())
}

/// Appends the differences of `rows`.
pub(super) fn write_deltas(out: &mut Vec<u8>, rows: &[i64]) {
    for pair in rows.windows(2) {
        write_svar(out, pair[1].wrapping_sub(pair[0]));
    }
}

/// Appends the differences of the differences of `rows`, the first difference first.
pub(super) fn write_deltas_of_deltas(out: &mut Vec<u8>, rows: &[i64]) {
    let mut step = 0i64;
    for pair in rows.windows(2) {
        let next = pair[1].wrapping_sub(pair[0]);
        write_svar(out, next.wrapping_sub(step));
        step = next;
    }
}
