//! From units to native frames.

use bundle::staging::BlockInfo;
use vmformat::native::{Block, Decoder, Encoder, write_block_frame, write_frame};
use vmformat::number;

use super::SealError;
use super::batch::{Batch, Unit};
use super::clean_labels::CleanLabels;
use super::decimal_rows::DecimalRows;
use super::line_formatter::layout;
use super::line_writer::Counts;
use super::phases::Phases;
use crate::stage::TextBlockDecoder;
use crate::time_range::TimeRange;
use crate::timestamp_columns::TimestampColumns;

/// Precision bits of a block that layout A does not name: everything is exact.
const FULL_PRECISION: u8 = 64;

/// A staged block.
type Staged<'a> = (BlockInfo, &'a [u8]);

/// Makes the frames of batches; every worker has its own.
///
/// Blocks that lie in the range and overlap no other keep their columns as they came; the others
/// are packed anew from their mantissas. All come out in layout B.
pub(super) struct BlockFormatter<'a> {
    labels: &'a CleanLabels,
    phases: &'a Phases,
    thin_ms: Option<i64>,
    decoder: Decoder,
    text_decoder: TextBlockDecoder,
    encoder: Encoder,
    columns: TimestampColumns,
    rows: DecimalRows,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
    scales: Vec<i16>,
    name: Vec<u8>,
    block: Vec<u8>,
    counts: Counts,
}

impl<'a> BlockFormatter<'a> {
    pub(super) fn new(
        labels: &'a CleanLabels,
        phases: &'a Phases,
        thin_ms: Option<i64>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            labels,
            phases,
            thin_ms,
            decoder: Decoder::new(),
            text_decoder: TextBlockDecoder::new()?,
            encoder: Encoder::new(),
            columns: TimestampColumns::default(),
            rows: DecimalRows::default(),
            timestamps: Vec::new(),
            mantissas: Vec::new(),
            scales: Vec::new(),
            name: Vec::new(),
            block: Vec::new(),
            counts: Counts::default(),
        })
    }

    /// Appends the frames of all units of a batch.
    pub(super) fn format(&mut self, batch: &Batch, out: &mut Vec<u8>) -> Result<Counts, SealError> {
        self.counts = Counts::default();
        for unit in &batch.units {
            self.labels
                .write_name(&mut self.name, batch.labels(unit))
                .ok_or(SealError::UnknownLabel)?;
            self.unit(batch, unit, out)?;
        }
        Ok(self.counts)
    }

    fn unit(&mut self, batch: &Batch, unit: &Unit, out: &mut Vec<u8>) -> Result<(), SealError> {
        let shift_ms = self.phases.of(batch.labels(unit));
        let blocks: Vec<Staged<'_>> = batch.blocks(unit).collect();
        // An interval may reach over several blocks, so all of the unit are joined.
        if self.thin_ms.is_some() {
            return self.joined(&blocks, unit.range, shift_ms, out);
        }
        let mut rest = &blocks[..];
        while let Some((group, behind)) = split_overlapping(rest) {
            let copied = is_one_block(group)
                && self.copied(group[0], group.len() as u64 - 1, unit.range, shift_ms, out)?;
            if !copied {
                self.joined(group, unit.range, shift_ms, out)?;
            }
            rest = behind;
        }
        Ok(())
    }

    /// Writes a block that overlaps no other, and came `copies` times more, with its columns as they
    /// are; `false` if they have to change.
    fn copied(
        &mut self,
        (info, payload): Staged<'_>,
        copies: u64,
        range: TimeRange,
        shift_ms: i64,
        out: &mut Vec<u8>,
    ) -> Result<bool, SealError> {
        let Some(layout) = layout(info.kind) else {
            return Ok(false);
        };
        let block = Block::parse(payload, layout)?;
        let column = self.columns.get(&block, range, &mut self.decoder)?;
        // Servers write the last timestamp into the header; whoever reads may insist on it.
        let exact_end = block.max_ts.is_none_or(|max_ts| max_ts == column.last_ms);
        if !column.whole || !column.distinct || !exact_end {
            return Ok(false);
        }
        let shifted = Block {
            min_ts: block.min_ts.saturating_add(shift_ms),
            max_ts: Some(column.last_ms.saturating_add(shift_ms)),
            precision_bits: match block.max_ts {
                Some(_) => block.precision_bits,
                None => FULL_PRECISION,
            },
            ..block
        };
        write_block_frame(out, &self.name, &shifted)?;
        self.counts.lines += 1;
        self.counts.samples += u64::from(column.rows);
        self.counts.copies += u64::from(column.rows) * copies;
        Ok(true)
    }

    /// Writes the samples of several blocks, or some of the samples of one.
    fn joined(
        &mut self,
        blocks: &[Staged<'_>],
        range: TimeRange,
        shift_ms: i64,
        out: &mut Vec<u8>,
    ) -> Result<(), SealError> {
        self.rows.clear();
        for (info, payload) in blocks {
            self.add_rows(*info, payload, range)?;
        }
        self.counts.copies += self.rows.merge();
        if let Some(thin_ms) = self.thin_ms {
            self.rows.thin(thin_ms);
        }
        self.counts.samples += self.rows.len() as u64;
        let (name, lines) = (&self.name, &mut self.counts.lines);
        self.rows
            .encode(shift_ms, &mut self.encoder, &mut self.block, |block| {
                *lines += 1;
                Ok(write_frame(out, name, block)?)
            })
    }

    /// Adds the samples of a block to those that are joined.
    fn add_rows(
        &mut self,
        info: BlockInfo,
        payload: &[u8],
        range: TimeRange,
    ) -> Result<(), SealError> {
        match layout(info.kind) {
            Some(layout) => {
                let block = Block::parse(payload, layout)?;
                self.decoder
                    .decode_timestamps(&block, &mut self.timestamps)?;
                self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
                self.scales.clear();
                self.scales.resize(self.mantissas.len(), block.scale);
            }
            None => {
                let values = self
                    .text_decoder
                    .decode(payload, info.rows as usize, &mut self.timestamps)
                    .ok_or(SealError::TextBlock)?;
                self.mantissas.clear();
                self.scales.clear();
                for value in values.split(|&byte| byte == b',') {
                    let (mantissa, scale) =
                        number::read_decimal(value).ok_or(SealError::TextBlock)?;
                    self.mantissas.push(mantissa);
                    self.scales.push(scale);
                }
                if self.mantissas.len() != self.timestamps.len() {
                    return Err(SealError::TextBlock);
                }
                number::share_scales(&mut self.mantissas, &mut self.scales);
            }
        }
        let decimals = self.mantissas.iter().zip(&self.scales);
        for (&ms, (&mantissa, &scale)) in self.timestamps.iter().zip(decimals) {
            if (range.start_ms..=range.end_ms).contains(&ms) {
                self.rows.push(ms, mantissa, scale);
            }
        }
        Ok(())
    }
}

/// The first blocks that overlap in time, directly or through others, and those behind them.
fn split_overlapping<'a, 'b>(
    blocks: &'b [Staged<'a>],
) -> Option<(&'b [Staged<'a>], &'b [Staged<'a>])> {
    let (first, others) = blocks.split_first()?;
    let mut max_ms = first.0.max_ms;
    let overlapping = others.iter().take_while(|(info, _)| {
        let overlaps = info.min_ms <= max_ms;
        max_ms = max_ms.max(info.max_ms);
        overlaps
    });
    Some(blocks.split_at(1 + overlapping.count()))
}

/// Whether all blocks are the same one, as replicas send it.
fn is_one_block(blocks: &[Staged<'_>]) -> bool {
    blocks.windows(2).all(|pair| pair[0] == pair[1])
}
