use super::layout::Layout;
use super::varint::{read_bytes, read_svar, read_uvar, write_bytes, write_svar, write_uvar};
use crate::{BlockDefect, ColumnName, Error};

/// The most rows of a block that servers accept; they write at most 8,192.
pub const MAX_ROWS: u32 = 16_384;

/// The precision that means that timestamps and values are stored exactly.
pub(super) const FULL_PRECISION: u8 = 64;

/// A block of samples of one series: the parsed header, and the two columns as they are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The first timestamp, in Unix milliseconds.
    pub min_ts: i64,
    /// The last timestamp, in Unix milliseconds; layout A does not have it.
    pub max_ts: Option<i64>,
    /// The first mantissa.
    pub first_value: i64,
    /// How many samples there are, 1 to [`MAX_ROWS`].
    pub rows: u32,
    /// The power of ten that all mantissas share.
    pub scale: i16,
    /// How the timestamps are stored.
    pub timestamps_type: Encoding,
    /// How the mantissas are stored.
    pub values_type: Encoding,
    /// How exact the storage keeps numbers, 1 to 64 bits. Below 64 timestamps need repair; layout A
    /// always says 64.
    pub precision_bits: u8,
    /// The stored timestamps.
    pub timestamps_data: &'a [u8],
    /// The stored mantissas.
    pub values_data: &'a [u8],
}

impl<'a> Block<'a> {
    /// Parses the header of a block and finds its columns, without decoding them.
    ///
    /// # Errors
    ///
    /// [`Error::Block`] if a field is out of range, if `bytes` is not exactly one block of this
    /// layout, or if the block is one of the two kinds that stop a server which imports them: a
    /// delta-of-delta column with a single row, and a last timestamp before the first.
    pub fn parse(bytes: &'a [u8], layout: Layout) -> Result<Self, Error> {
        let mut rest = bytes;
        let svar = |rest: &mut &[u8]| read_svar(rest).ok_or(BlockDefect::Header);
        let byte = |rest: &mut &'a [u8]| match rest.split_off_first() {
            Some(byte) => Ok(*byte),
            None => Err(BlockDefect::Header),
        };

        let min_ts = svar(&mut rest)?;
        let max_ts = match layout {
            Layout::A => None,
            Layout::B => Some(svar(&mut rest)?),
        };
        if max_ts.is_some_and(|max_ts| max_ts < min_ts) {
            return Err(BlockDefect::MaxBeforeMin.into());
        }
        let first_value = svar(&mut rest)?;
        let rows = read_uvar(&mut rest).ok_or(BlockDefect::Header)?;
        let rows = match u32::try_from(rows) {
            Ok(rows @ 1..=MAX_ROWS) => rows,
            _ => return Err(BlockDefect::Rows(rows).into()),
        };
        let scale = svar(&mut rest)?;
        let scale = i16::try_from(scale).map_err(|_| BlockDefect::Scale(scale))?;
        let timestamps_type = Encoding::for_column(byte(&mut rest)?, ColumnName::Timestamps, rows)?;
        let values_type = Encoding::for_column(byte(&mut rest)?, ColumnName::Values, rows)?;
        let precision_bits = match layout {
            Layout::A => FULL_PRECISION,
            Layout::B => byte(&mut rest)?,
        };
        if !(1..=FULL_PRECISION).contains(&precision_bits) {
            return Err(BlockDefect::PrecisionBits(precision_bits).into());
        }
        let timestamps_data = read_bytes(&mut rest).ok_or(BlockDefect::Header)?;
        let values_data = read_bytes(&mut rest).ok_or(BlockDefect::Header)?;
        if !rest.is_empty() {
            return Err(BlockDefect::Surplus(rest.len()).into());
        }
        Ok(Self {
            min_ts,
            max_ts,
            first_value,
            rows,
            scale,
            timestamps_type,
            values_type,
            precision_bits,
            timestamps_data,
            values_data,
        })
    }

    /// Appends the block to `out`, in the layout that [`Self::layout`] says. Does not check it.
    pub fn write(&self, out: &mut Vec<u8>) {
        write_svar(out, self.min_ts);
        if let Some(max_ts) = self.max_ts {
            write_svar(out, max_ts);
        }
        write_svar(out, self.first_value);
        write_uvar(out, u64::from(self.rows));
        write_svar(out, i64::from(self.scale));
        out.push(self.timestamps_type.number());
        out.push(self.values_type.number());
        if self.max_ts.is_some() {
            out.push(self.precision_bits);
        }
        write_bytes(out, self.timestamps_data);
        write_bytes(out, self.values_data);
    }

    /// The layout of the block: it has a last timestamp in layout B only.
    pub fn layout(&self) -> Layout {
        if self.max_ts.is_some() {
            Layout::B
        } else {
            Layout::A
        }
    }
}

/// How a column of integers is stored; the numbers are the format's marshal types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Encoding {
    /// [`DeltaOfDelta`](Self::DeltaOfDelta), compressed with zstd.
    ZstdDeltaOfDelta = 1,
    /// All rows differ from the one before by the same integer, which is stored.
    ConstantDelta = 2,
    /// All rows are equal, nothing is stored.
    Constant = 3,
    /// [`Delta`](Self::Delta), compressed with zstd.
    ZstdDelta = 4,
    /// The differences of the differences are stored.
    DeltaOfDelta = 5,
    /// The differences are stored.
    Delta = 6,
}

impl Encoding {
    /// The marshal type in the block header, 1 to 6.
    pub fn number(self) -> u8 {
        self as u8
    }

    fn for_column(number: u8, column: ColumnName, rows: u32) -> Result<Self, BlockDefect> {
        let encoding = match number {
            1 => Self::ZstdDeltaOfDelta,
            2 => Self::ConstantDelta,
            3 => Self::Constant,
            4 => Self::ZstdDelta,
            5 => Self::DeltaOfDelta,
            6 => Self::Delta,
            _ => return Err(BlockDefect::MarshalType(column, number)),
        };
        match encoding {
            Self::ZstdDeltaOfDelta | Self::DeltaOfDelta if rows < 2 => {
                Err(BlockDefect::SingleRow(column, encoding))
            }
            _ => Ok(encoding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recorded_block_is_read_and_written_in_both_layouts() {
        let in_b = [
            0x80, 0xa0, 0xab, 0xfe, 0xf9, 0x62, 0x84, 0xa0, 0xab, 0xfe, 0xf9, 0x62, 2, 3, 0, 2, 5,
            0x40, 1, 2, 2, 2, 2,
        ];
        let in_a = [
            0x80, 0xa0, 0xab, 0xfe, 0xf9, 0x62, 2, 3, 0, 2, 5, 1, 2, 2, 2, 2,
        ];
        let expected = Block {
            min_ts: 1_700_000_000_000,
            max_ts: Some(1_700_000_000_002),
            first_value: 1,
            rows: 3,
            scale: 0,
            timestamps_type: Encoding::ConstantDelta,
            values_type: Encoding::DeltaOfDelta,
            precision_bits: 64,
            timestamps_data: &[2],
            values_data: &[2, 2],
        };
        for (bytes, layout, expected) in [
            (&in_b[..], Layout::B, expected),
            (
                &in_a[..],
                Layout::A,
                Block {
                    max_ts: None,
                    ..expected
                },
            ),
        ] {
            let block = Block::parse(bytes, layout).unwrap();
            assert_eq!(block, expected);
            assert_eq!(block.layout(), layout);
            let mut out = Vec::new();
            block.write(&mut out);
            assert_eq!(out, bytes);
        }
        assert!(Block::parse(&in_b, Layout::A).is_err());
        assert!(Block::parse(&in_a, Layout::B).is_err());
    }
}
