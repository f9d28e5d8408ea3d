use zstd::bulk::Decompressor;

use super::block::{Block, Encoding, FULL_PRECISION};
use super::column::{read_constant_delta, read_deltas, read_deltas_of_deltas};
use super::varint::MAX_BYTES;
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
        let result = self.decode_timestamps(block, &mut rows).and_then(|()| {
            let last = rows.last().copied();
            if block.max_ts.is_some() && block.max_ts != last {
                return Err(BlockDefect::MaxMismatch.into());
            }
            self.decode_mantissas(block, &mut rows)
        });
        self.rows = rows;
        result
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
