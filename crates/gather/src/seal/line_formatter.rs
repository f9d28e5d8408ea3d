//! From units to JSON lines.

use bundle::staging::{BlockInfo, BlockKind};
use vmformat::native::{Block, Decoder, Layout};
use vmformat::number;

use super::SealError;
use super::batch::{Batch, Unit};
use super::clean_labels::CleanLabels;
use super::line_writer::{Counts, LineWriter};
use super::phases::Phases;
use super::rows::Rows;
use super::timestamp_texts::TimestampTexts;
use crate::stage::TextBlockDecoder;
use crate::time_range::TimeRange;

/// Formats batches; every worker has its own.
pub(super) struct LineFormatter<'a> {
    labels: &'a CleanLabels,
    phases: &'a Phases,
    thin_ms: Option<i64>,
    columns: Columns,
    lines: LineWriter,
}

/// Decoders and their buffers.
struct Columns {
    decoder: Decoder,
    text_decoder: TextBlockDecoder,
    timestamp_texts: TimestampTexts,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
    rows: Rows,
}

impl<'a> LineFormatter<'a> {
    pub(super) fn new(
        labels: &'a CleanLabels,
        phases: &'a Phases,
        thin_ms: Option<i64>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            labels,
            phases,
            thin_ms,
            columns: Columns {
                decoder: Decoder::new(),
                text_decoder: TextBlockDecoder::new()?,
                timestamp_texts: TimestampTexts::default(),
                timestamps: Vec::new(),
                mantissas: Vec::new(),
                rows: Rows::default(),
            },
            lines: LineWriter::default(),
        })
    }

    /// Appends the lines of all units of a batch.
    pub(super) fn format(&mut self, batch: &Batch, out: &mut Vec<u8>) -> Result<Counts, SealError> {
        for unit in &batch.units {
            self.lines.begin_unit(|metric| {
                self.labels
                    .write_metric(metric, batch.labels(unit))
                    .ok_or(SealError::UnknownLabel)
            })?;
            self.unit(batch, unit)?;
            self.lines.end_unit();
        }
        Ok(self.lines.take(out))
    }

    fn unit(&mut self, batch: &Batch, unit: &Unit) -> Result<(), SealError> {
        let shift_ms = self.phases.of(batch.labels(unit));
        if let Some(thin_ms) = self.thin_ms {
            // An interval may reach over several blocks, so all of the unit are joined.
            self.columns.rows.clear();
            for (info, payload) in batch.blocks(unit) {
                self.columns.add_rows(info, payload, unit.range)?;
            }
            self.lines.counts.copies += self.columns.rows.merge();
            self.columns.rows.thin(thin_ms);
            self.columns.rows.shift(shift_ms);
            self.lines.rows(&self.columns.rows);
            return Ok(());
        }
        let mut blocks = batch.blocks(unit).peekable();
        while let Some((info, payload)) = blocks.next() {
            let overlaps = |max_ms: i64, next: &(BlockInfo, &[u8])| next.0.min_ms <= max_ms;
            let alone = !blocks
                .peek()
                .is_some_and(|next| overlaps(info.max_ms, next));
            if alone
                && self
                    .columns
                    .single(info, payload, unit.range, shift_ms, &mut self.lines)?
            {
                continue;
            }
            self.columns.rows.clear();
            self.columns.add_rows(info, payload, unit.range)?;
            let mut max_ms = info.max_ms;
            while let Some((info, payload)) = blocks.next_if(|next| overlaps(max_ms, next)) {
                self.columns.add_rows(info, payload, unit.range)?;
                max_ms = max_ms.max(info.max_ms);
            }
            self.lines.counts.copies += self.columns.rows.merge();
            self.columns.rows.shift(shift_ms);
            self.lines.rows(&self.columns.rows);
        }
        Ok(())
    }
}

impl Columns {
    /// Writes a block that overlaps no other as whole columns; `false` if it needs the long way.
    fn single(
        &mut self,
        info: BlockInfo,
        payload: &[u8],
        range: TimeRange,
        shift_ms: i64,
        lines: &mut LineWriter,
    ) -> Result<bool, SealError> {
        match layout(info.kind) {
            Some(layout) => {
                let block = Block::parse(payload, layout)?;
                let column =
                    self.timestamp_texts
                        .get(&block, range, shift_ms, &mut self.decoder)?;
                if !column.distinct {
                    return Ok(false);
                }
                if column.rows() == 0 {
                    return Ok(true);
                }
                self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
                let mantissas = &self.mantissas[column.first..];
                lines.columns(column.rows(), |rows, values, timestamps| {
                    number::write_decimals(values, &mantissas[rows.clone()], block.scale);
                    timestamps.extend_from_slice(column.text(rows));
                });
            }
            None => {
                let values = self
                    .text_decoder
                    .decode(payload, info.rows as usize, &mut self.timestamps)
                    .ok_or(SealError::TextBlock)?;
                let whole = info.min_ms >= range.start_ms && info.max_ms <= range.end_ms;
                let distinct = self.timestamps.is_sorted_by(|a, b| a < b);
                if !whole || !distinct || shift_ms != 0 {
                    return Ok(false);
                }
                let mut rest = values;
                let all = &self.timestamps;
                lines.columns(all.len(), |rows, values, timestamps| {
                    let these;
                    (these, rest) = split_values(rest, rows.len());
                    values.extend_from_slice(these);
                    number::write_timestamps(timestamps, &all[rows]);
                });
            }
        }
        Ok(true)
    }

    /// Adds the samples of a block to those that are joined.
    fn add_rows(
        &mut self,
        info: BlockInfo,
        payload: &[u8],
        range: TimeRange,
    ) -> Result<(), SealError> {
        let Some(layout) = layout(info.kind) else {
            let values = self
                .text_decoder
                .decode(payload, info.rows as usize, &mut self.timestamps)
                .ok_or(SealError::TextBlock)?;
            let mut values = values.split(|&byte| byte == b',');
            for &ms in &self.timestamps {
                let value = values.next().ok_or(SealError::TextBlock)?;
                self.rows
                    .push(ms, range, |text| text.extend_from_slice(value));
            }
            return Ok(());
        };
        let block = Block::parse(payload, layout)?;
        self.decoder
            .decode_timestamps(&block, &mut self.timestamps)?;
        self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
        for (&ms, &mantissa) in self.timestamps.iter().zip(&self.mantissas) {
            self.rows.push(ms, range, |text| {
                number::write_decimal(text, mantissa, block.scale);
            });
        }
        Ok(())
    }
}

pub(super) fn layout(kind: BlockKind) -> Option<Layout> {
    match kind {
        BlockKind::NativeA => Some(Layout::A),
        BlockKind::NativeB => Some(Layout::B),
        BlockKind::Text => None,
    }
}

/// The first `count` of values that are joined by commas, and the others.
fn split_values(values: &[u8], count: usize) -> (&[u8], &[u8]) {
    match memchr::memchr_iter(b',', values).nth(count - 1) {
        Some(comma) => (&values[..comma], &values[comma + 1..]),
        None => (values, &[]),
    }
}
