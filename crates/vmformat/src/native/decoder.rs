use zstd::bulk::Decompressor;

use super::block::{Block, Encoding, FULL_PRECISION};
use super::column::{read_constant_delta, read_deltas, read_deltas_of_deltas};
use super::varint::{self, MAX_BYTES};
use crate::{BlockDefect, ColumnName, Error};

/// Unpacks the columns of blocks.
///
/// Keep one per thread: it owns the decompressor and its buffers (about 250 KiB once it has seen
/// large blocks) and allocates nothing per block.
#[derive(Default)]
pub struct Decoder {
    decompressor: Option<Decompressor<'static>>,
    payload: Vec<u8>,
    rows: Vec<i64>,
}

impl Decoder {
    /// Starts without buffers; they come with the first block that needs them.
    pub fn new() -> Self {
        Self::default()
    }

    /// Unpacks the timestamps of `block` into `out`, which is cleared first: Unix milliseconds,
    /// never decreasing.
    ///
    /// Where the storage is lossy (precision bits below 64) they are repaired as the server does
    /// it. Layout A does not tell lossy storages, so their timestamps stay as they are stored.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if the column is not exactly `rows` integers, if they decrease, or if they
    /// exceed the last timestamp of the header.
    pub fn decode_timestamps(
        &mut self,
        block: &Block<'_>,
        out: &mut Vec<i64>,
    ) -> Result<(), Error> {
        self.decode_column(
            ColumnName::Timestamps,
            block.timestamps_type,
            block.timestamps_data,
            block.min_ts,
            block.rows,
            out,
        )?;
        match block.max_ts {
            Some(max_ts) if block.precision_bits < FULL_PRECISION => repair(out, max_ts),
            max_ts => {
                let unsorted = out
                    .windows(2)
                    .fold(false, |any, pair| any | (pair[1] < pair[0]));
                if unsorted {
                    return Err(BlockDefect::Unsorted.into());
                }
                if max_ts
                    .zip(out.last())
                    .is_some_and(|(max_ts, last)| *last > max_ts)
                {
                    return Err(BlockDefect::MaxMismatch.into());
                }
            }
        }
        Ok(())
    }

    /// Unpacks the mantissas of `block` into `out`, which is cleared first.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if the column is not exactly `rows` integers.
    pub fn decode_mantissas(&mut self, block: &Block<'_>, out: &mut Vec<i64>) -> Result<(), Error> {
        self.decode_column(
            ColumnName::Values,
            block.values_type,
            block.values_data,
            block.first_value,
            block.rows,
            out,
        )
    }

    /// Checks that the mantissas of `block` can be decoded, several times as fast as decoding them.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] as [`decode_mantissas`](Self::decode_mantissas).
    pub fn check_mantissas(&mut self, block: &Block<'_>) -> Result<(), Error> {
        let (column, data) = (ColumnName::Values, block.values_data);
        let steps = block.rows as usize - 1;
        let whole = match block.values_type {
            Encoding::Constant => data.is_empty(),
            Encoding::ConstantDelta => varint::count(data) == Some(1),
            Encoding::Delta | Encoding::DeltaOfDelta => varint::count(data) == Some(steps),
            Encoding::ZstdDelta | Encoding::ZstdDeltaOfDelta => {
                let data = self.decompress(column, data, block.rows as usize)?;
                varint::count(data) == Some(steps)
            }
        };
        if !whole {
            return Err(BlockDefect::ColumnLength(column, block.rows).into());
        }
        Ok(())
    }

    /// Checks all that the format demands of a block, beyond what parsing its header checked.
    ///
    /// Stricter than decoding in one point: the last timestamp must be the one of the header, as it
    /// is in every exported block. That is what makes the layouts tell apart reliably.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] with the first defect.
    pub fn validate(&mut self, block: &Block<'_>) -> Result<(), Error> {
        let mut rows = std::mem::take(&mut self.rows);
        let result = self.decode_timestamps(block, &mut rows);
        let last = rows.last().copied();
        self.rows = rows;
        result?;
        if block.max_ts.is_some() && block.max_ts != last {
            return Err(BlockDefect::MaxMismatch.into());
        }
        self.check_mantissas(block)
    }

    fn decode_column(
        &mut self,
        column: ColumnName,
        encoding: Encoding,
        data: &[u8],
        first: i64,
        rows: u32,
        out: &mut Vec<i64>,
    ) -> Result<(), Error> {
        out.clear();
        let count = rows as usize;
        let read = match encoding {
            Encoding::Constant => {
                out.resize(count, first);
                data.is_empty().then_some(())
            }
            Encoding::ConstantDelta => read_constant_delta(data, first, count, out),
            Encoding::Delta => read_deltas(data, first, count, out),
            Encoding::DeltaOfDelta => read_deltas_of_deltas(data, first, count, out),
            Encoding::ZstdDelta => {
                read_deltas(self.decompress(column, data, count)?, first, count, out)
            }
            Encoding::ZstdDeltaOfDelta => {
                read_deltas_of_deltas(self.decompress(column, data, count)?, first, count, out)
            }
        };
        read.ok_or_else(|| BlockDefect::ColumnLength(column, rows).into())
    }

    /// Decompresses one or more whole zstd frames that hold at most what `rows` can need, whatever
    /// they claim.
    fn decompress(
        &mut self,
        column: ColumnName,
        data: &[u8],
        rows: usize,
    ) -> Result<&[u8], BlockDefect> {
        if data.is_empty() {
            return Err(BlockDefect::ColumnLength(column, rows as u32));
        }
        let failed = |error| BlockDefect::Zstd(column, error);
        let decompressor = match &mut self.decompressor {
            Some(decompressor) => decompressor,
            none => none.insert(Decompressor::new().map_err(failed)?),
        };
        let limit = MAX_BYTES * (rows - 1);
        if self.payload.len() < limit {
            self.payload.resize(limit, 0);
        }
        let length = decompressor
            .decompress_to_buffer(data, &mut self.payload[..limit])
            .map_err(failed)?;
        Ok(&self.payload[..length])
    }
}

/// Repairs the timestamps of a lossy storage: none below the one before, none above the last, which
/// is exact.
fn repair(timestamps: &mut [i64], max_ts: i64) {
    let mut low = i64::MIN;
    for timestamp in timestamps.iter_mut() {
        low = low.max(*timestamp);
        *timestamp = low;
    }
    if let Some(last) = timestamps.last_mut() {
        *last = max_ts;
    }
    for timestamp in timestamps.iter_mut().rev() {
        if *timestamp < max_ts {
            break;
        }
        *timestamp = max_ts;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::native::{Encoder, Layout};

    /// A block with these timestamps stored by difference, and as many zeros.
    fn block(deltas: &[u8], max_ts: i64, precision_bits: u8) -> Block<'_> {
        Block {
            min_ts: 100,
            max_ts: Some(max_ts),
            first_value: 0,
            rows: deltas.len() as u32 + 1,
            scale: 0,
            timestamps_type: Encoding::Delta,
            values_type: Encoding::Constant,
            precision_bits,
            timestamps_data: deltas,
            values_data: &[],
        }
    }

    fn timestamps(block: &Block<'_>) -> Result<Vec<i64>, Error> {
        let mut out = Vec::new();
        Decoder::new()
            .decode_timestamps(block, &mut out)
            .map(|()| out)
    }

    #[test]
    fn the_last_timestamp_may_stay_below_the_header_only_when_not_validated() {
        let result = timestamps(&block(&[4, 6], 105, 64));
        assert_eq!(result.unwrap(), [100, 102, 105]);
        assert_eq!(
            timestamps(&block(&[4, 6], 106, 64)).unwrap(),
            [100, 102, 105]
        );
        let mismatch = |result| match result {
            Err(Error::Block { defect, .. }) => matches!(defect, BlockDefect::MaxMismatch),
            _ => false,
        };
        assert!(mismatch(timestamps(&block(&[4, 6], 104, 64)).map(|_| ())));
        let mut decoder = Decoder::new();
        assert!(decoder.validate(&block(&[4, 6], 105, 64)).is_ok());
        assert!(mismatch(decoder.validate(&block(&[4, 6], 106, 64))));
    }

    #[test]
    fn lossy_timestamps_are_repaired_in_both_directions() {
        // Stored as 100, 98, 104, 103, 109: two fall back, the last is beyond the exact end.
        let deltas = [3, 12, 1, 12];
        assert_eq!(
            timestamps(&block(&deltas, 110, 10)).unwrap(),
            [100, 100, 104, 104, 110]
        );
        assert_eq!(
            timestamps(&block(&deltas, 103, 10)).unwrap(),
            [100, 100, 103, 103, 103]
        );
        assert!(timestamps(&block(&deltas, 110, 64)).is_err());
    }

    #[test]
    fn decompression_stops_at_ten_bytes_a_row() {
        let payload = zstd::bulk::compress(&[0; 11], 1).unwrap();
        let two_rows = Block {
            rows: 2,
            values_type: Encoding::ZstdDelta,
            values_data: &payload,
            ..block(&[0], 100, 64)
        };
        let result = Decoder::new().decode_mantissas(&two_rows, &mut Vec::new());
        let Err(Error::Block { defect, .. }) = result else {
            panic!("{result:?}")
        };
        assert!(matches!(defect, BlockDefect::Zstd(ColumnName::Values, _)));
    }

    #[test]
    fn a_decoder_can_be_used_after_a_broken_block() {
        let mut good = Vec::new();
        let column: Vec<i64> = (0..500).map(|i| i * i * i % 1000).collect();
        let times: Vec<i64> = (0..500).collect();
        Encoder::new()
            .encode(Layout::B, &times, &column, 0, &mut good)
            .unwrap();
        let mut decoder = Decoder::new();
        let mut out = Vec::new();
        let broken = Block {
            values_type: Encoding::ZstdDelta,
            values_data: b"garbage",
            ..block(&[0], 100, 64)
        };
        assert!(decoder.decode_mantissas(&broken, &mut out).is_err());
        decoder
            .decode_mantissas(&Block::parse(&good, Layout::B).unwrap(), &mut out)
            .unwrap();
        assert_eq!(out, column);
    }

    proptest! {
        #[test]
        fn a_check_finds_what_decoding_finds(
            mut data in prop::collection::vec(prop_oneof![Just(0xffu8), Just(0x80), 0u8..4], 0..40),
            rows in 1u32..30,
            fitting: bool,
            kind in 0usize..6,
        ) {
            let kinds = [
                Encoding::Constant,
                Encoding::ConstantDelta,
                Encoding::Delta,
                Encoding::DeltaOfDelta,
                Encoding::ZstdDelta,
                Encoding::ZstdDeltaOfDelta,
            ];
            let mut rows = rows;
            if fitting {
                data.push(1);
                rows = data.iter().filter(|&&byte| byte < 0x80).count() as u32 + 1;
            }
            if kind > 3 {
                data = zstd::bulk::compress(&data, 1).unwrap();
            }
            let block = Block {
                rows,
                values_type: kinds[kind],
                values_data: &data,
                ..block(&[], 100, 64)
            };
            let mut decoder = Decoder::new();
            let checked = decoder.check_mantissas(&block);
            let decoded = decoder.decode_mantissas(&block, &mut Vec::new());
            prop_assert_eq!(format!("{checked:?}"), format!("{decoded:?}"));
        }
    }
}
