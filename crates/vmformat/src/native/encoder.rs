use zstd::bulk::Compressor;

use super::block::{Block, Encoding, FULL_PRECISION};
use super::column::{write_deltas, write_deltas_of_deltas};
use super::decoder::Decoder;
use super::layout::Layout;
use super::varint::{read_svar, read_uvar, write_svar};
use crate::{BlockDefect, ColumnName, EncodeDefect, Error};

/// The most rows of a block that servers write. They accept more, but nothing else writes more.
pub const MAX_ROWS_WRITTEN: usize = 8192;

/// Shorter payloads are never compressed.
const MIN_COMPRESSED_BYTES: usize = 128;

/// Packs columns into blocks, choosing encodings as the servers do.
///
/// Keep one per thread: it owns the compressor and its buffers.
#[derive(Default)]
pub struct Encoder {
    compressor: Option<Compressor<'static>>,
    timestamps: Vec<u8>,
    values: Vec<u8>,
    plain: Vec<u8>,
    rows: Vec<i64>,
}

impl Encoder {
    /// Starts without buffers; they come with the first block that needs them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends one block to `out`: `timestamps` in Unix milliseconds, never decreasing, and as many
    /// `mantissas`.
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] unless there are 1 to [`MAX_ROWS_WRITTEN`] rows, equally many of both, in
    /// order of time; then `out` is unchanged.
    pub fn encode(
        &mut self,
        layout: Layout,
        timestamps: &[i64],
        mantissas: &[i64],
        scale: i16,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        if timestamps.len() != mantissas.len() {
            let (timestamps, values) = (timestamps.len(), mantissas.len());
            return Err(EncodeDefect::Lengths { timestamps, values }.into());
        }
        let (&[min_ts, ..], &[.., max_ts], &[first_value, ..], 1..=MAX_ROWS_WRITTEN) =
            (timestamps, timestamps, mantissas, timestamps.len())
        else {
            return Err(EncodeDefect::Rows(timestamps.len()).into());
        };
        if !timestamps.is_sorted() {
            return Err(EncodeDefect::Unsorted.into());
        }
        let timestamps_type = self.encode_timestamps(timestamps)?;
        let mut values = std::mem::take(&mut self.values);
        let values_type = self.encode_column(ColumnName::Values, mantissas, &mut values);
        self.values = values;
        Block {
            min_ts,
            max_ts: (layout == Layout::B).then_some(max_ts),
            first_value,
            rows: timestamps.len() as u32,
            scale,
            timestamps_type,
            values_type: values_type?,
            precision_bits: FULL_PRECISION,
            timestamps_data: &self.timestamps,
            values_data: &self.values,
        }
        .write(out);
        Ok(())
    }

    /// Appends `block`, which has the layout `from`, to `out` in the layout `to`, with the same
    /// rows.
    ///
    /// Only the fields that one layout lacks are added or left out, all other bytes are copied.
    /// Blocks of lossy storages (precision bits below 64) get their timestamps repaired and packed
    /// anew for layout A, which cannot carry what the repair needs.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if `block` is not a valid block of the layout `from`; then `out` is
    /// unchanged.
    pub fn convert(
        &mut self,
        block: &[u8],
        from: Layout,
        to: Layout,
        decoder: &mut Decoder,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let parsed = Block::parse(block, from)?;
        decoder.validate(&parsed)?;
        if from == to {
            out.extend_from_slice(block);
        } else if parsed.precision_bits < FULL_PRECISION {
            self.convert_lossy(&parsed, decoder, out)?;
        } else {
            let [min_ts, middle, columns] =
                shared_fields(block, from).ok_or(BlockDefect::Header)?;
            let max_ts = match to {
                Layout::A => None,
                Layout::B => {
                    decoder.decode_timestamps(&parsed, &mut self.rows)?;
                    self.rows.last()
                }
            };
            out.extend_from_slice(min_ts);
            if let Some(max_ts) = max_ts {
                write_svar(out, *max_ts);
            }
            out.extend_from_slice(middle);
            if max_ts.is_some() {
                out.push(FULL_PRECISION);
            }
            out.extend_from_slice(columns);
        }
        Ok(())
    }

    fn convert_lossy(
        &mut self,
        block: &Block<'_>,
        decoder: &mut Decoder,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let mut rows = std::mem::take(&mut self.rows);
        let encoded = decoder
            .decode_timestamps(block, &mut rows)
            .and_then(|()| Ok(self.encode_timestamps(&rows)?));
        let min_ts = rows.first().copied().unwrap_or(block.min_ts);
        self.rows = rows;
        let timestamps_type = encoded?;
        Block {
            min_ts,
            max_ts: None,
            timestamps_type,
            timestamps_data: &self.timestamps,
            ..*block
        }
        .write(out);
        Ok(())
    }

    fn encode_timestamps(&mut self, timestamps: &[i64]) -> Result<Encoding, EncodeDefect> {
        let mut data = std::mem::take(&mut self.timestamps);
        let encoding = self.encode_column(ColumnName::Timestamps, timestamps, &mut data);
        self.timestamps = data;
        encoding
    }

    /// Replaces `data` with the stored form of `rows` (at least one).
    fn encode_column(
        &mut self,
        column: ColumnName,
        rows: &[i64],
        data: &mut Vec<u8>,
    ) -> Result<Encoding, EncodeDefect> {
        data.clear();
        let step = |pair: &[i64]| pair[1].wrapping_sub(pair[0]);
        let mut steps = rows.windows(2).map(step);
        let first_step = steps.next().unwrap_or(0);
        if steps.all(|step| step == first_step) {
            return Ok(if first_step == 0 {
                Encoding::Constant
            } else {
                write_svar(data, first_step);
                Encoding::ConstantDelta
            });
        }
        let (plain, compressed) = if is_gauge(rows) {
            write_deltas(data, rows);
            (Encoding::Delta, Encoding::ZstdDelta)
        } else {
            write_deltas_of_deltas(data, rows);
            (Encoding::DeltaOfDelta, Encoding::ZstdDeltaOfDelta)
        };
        if data.len() < MIN_COMPRESSED_BYTES {
            return Ok(plain);
        }
        std::mem::swap(data, &mut self.plain);
        self.compress(rows.len(), data)
            .map_err(|error| EncodeDefect::Zstd(column, error))?;
        // A tenth of the size is what the decompressor's work has to be worth.
        if data.len() * 10 <= self.plain.len() * 9 {
            Ok(compressed)
        } else {
            std::mem::swap(data, &mut self.plain);
            Ok(plain)
        }
    }

    /// Replaces `data` with the compressed form of the plain payload.
    fn compress(&mut self, rows: usize, data: &mut Vec<u8>) -> std::io::Result<()> {
        let level = match rows {
            0..=64 => 1,
            65..=256 => 2,
            257..=1024 => 3,
            1025..=4096 => 4,
            _ => 5,
        };
        let compressor = match &mut self.compressor {
            Some(compressor) => {
                compressor.set_compression_level(level)?;
                compressor
            }
            none => none.insert(Compressor::new(level)?),
        };
        data.clear();
        data.reserve(zstd::zstd_safe::compress_bound(self.plain.len()));
        compressor.compress_to_buffer(&self.plain, data)?;
        Ok(())
    }
}

/// The bytes of a block that both layouts have: the first timestamp, the fields up to the marshal
/// types, the columns.
fn shared_fields(block: &[u8], layout: Layout) -> Option<[&[u8]; 3]> {
    let mut rest = block;
    read_svar(&mut rest)?;
    let min_ts = &block[..block.len() - rest.len()];
    if layout == Layout::B {
        read_svar(&mut rest)?;
    }
    let middle = rest;
    read_svar(&mut rest)?;
    read_uvar(&mut rest)?;
    read_svar(&mut rest)?;
    rest = rest.get(2..)?;
    let middle = &middle[..middle.len() - rest.len()];
    let columns = rest.get(usize::from(layout == Layout::B)..)?;
    Some([min_ts, middle, columns])
}

/// Whether a column goes up and down rather than mostly up: gauges are stored by difference,
/// counters (which may be reset to a small value now and then) by difference of differences.
fn is_gauge(rows: &[i64]) -> bool {
    if rows.first().is_some_and(|first| *first < 0) {
        return true;
    }
    let mut resets = 0;
    for pair in rows.windows(2) {
        let (previous, row) = (pair[0], pair[1]);
        if row < previous {
            if row < 0 || row > previous >> 3 {
                return true;
            }
            resets += 1;
        }
    }
    resets > 2 && resets > rows.len() / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn falls_to_an_eighth_are_resets_and_the_rest_are_gauges() {
        assert!(!is_gauge(&[1, 80, 10, 20]));
        assert!(is_gauge(&[1, 80, 11, 20]));
        assert!(is_gauge(&[-1, 5, 9]));
        assert!(is_gauge(&[5, 9, -1]));
    }

    #[test]
    fn many_resets_make_a_gauge() {
        assert!(!is_gauge(&[80, 1, 80, 1]));
        assert!(is_gauge(&[80, 1, 80, 1, 80, 1]));
        let mut rare = vec![100; 40];
        for at in [5, 10, 15] {
            rare[at] = 1;
        }
        assert!(!is_gauge(&rare));
    }
}
