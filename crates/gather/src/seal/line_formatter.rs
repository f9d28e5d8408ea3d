//! From units to JSON lines.

use bundle::staging::{BlockInfo, BlockKind};
use vmformat::native::{Block, Decoder, Layout};
use vmformat::number;

use super::SealError;
use super::batch::{Batch, Unit};
use super::clean_labels::CleanLabels;
use super::rows::Rows;
use super::timestamp_texts::TimestampTexts;
use crate::stage::TextBlockDecoder;
use crate::time_range::TimeRange;

/// Samples in a line at most, as in a block that a server stores: a reader of the bundle needs a
/// bounded amount of memory per line.
const LINE_ROWS: usize = 8192;

/// What a batch came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) lines: u64,
    pub(super) samples: u64,
    /// Exact copies left out.
    pub(super) copies: u64,
}

/// Formats batches; every worker has its own.
pub(super) struct LineFormatter<'a> {
    labels: &'a CleanLabels,
    thin_ms: Option<i64>,
    columns: Columns,
    line: Line,
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

/// The line being written: values go straight to the output, timestamps wait until it ends.
#[derive(Default)]
struct Line {
    metric: Vec<u8>,
    timestamps: Vec<u8>,
    rows: usize,
    counts: Counts,
}

impl<'a> LineFormatter<'a> {
    pub(super) fn new(labels: &'a CleanLabels, thin_ms: Option<i64>) -> std::io::Result<Self> {
        Ok(Self {
            labels,
            thin_ms,
            columns: Columns {
                decoder: Decoder::new(),
                text_decoder: TextBlockDecoder::new()?,
                timestamp_texts: TimestampTexts::default(),
                timestamps: Vec::new(),
                mantissas: Vec::new(),
                rows: Rows::default(),
            },
            line: Line::default(),
        })
    }

    /// Appends the lines of all units of a batch.
    pub(super) fn format(&mut self, batch: &Batch, out: &mut Vec<u8>) -> Result<Counts, SealError> {
        self.line.counts = Counts::default();
        for unit in &batch.units {
            self.line.metric.clear();
            self.labels
                .write_metric(&mut self.line.metric, batch.labels(unit))
                .ok_or(SealError::UnknownLabel)?;
            self.unit(batch, unit, out)?;
            self.line.end(out);
        }
        Ok(self.line.counts)
    }

    fn unit(&mut self, batch: &Batch, unit: &Unit, out: &mut Vec<u8>) -> Result<(), SealError> {
        if let Some(thin_ms) = self.thin_ms {
            // An interval may reach over several blocks, so all of the unit are joined.
            self.columns.rows.clear();
            for (info, payload) in batch.blocks(unit) {
                self.columns.add_rows(info, payload, unit.range)?;
            }
            self.line.counts.copies += self.columns.rows.merge();
            self.columns.rows.thin(thin_ms);
            self.line.rows(&self.columns.rows, out);
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
                    .single(info, payload, unit.range, &mut self.line, out)?
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
            self.line.counts.copies += self.columns.rows.merge();
            self.line.rows(&self.columns.rows, out);
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
        line: &mut Line,
        out: &mut Vec<u8>,
    ) -> Result<bool, SealError> {
        match layout(info.kind) {
            Some(layout) => {
                let block = Block::parse(payload, layout)?;
                let column = self.timestamp_texts.get(&block, range, &mut self.decoder)?;
                if column.rows > LINE_ROWS || !column.distinct {
                    return Ok(false);
                }
                if column.rows == 0 {
                    return Ok(true);
                }
                self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
                line.begin(column.rows, out);
                let mantissas = &self.mantissas[column.first..column.first + column.rows];
                number::write_decimals(out, mantissas, block.scale);
                line.timestamps.extend_from_slice(&column.text);
            }
            None => {
                let values = self
                    .text_decoder
                    .decode(payload, info.rows as usize, &mut self.timestamps)
                    .ok_or(SealError::TextBlock)?;
                let whole = info.min_ms >= range.start_ms && info.max_ms <= range.end_ms;
                let distinct = self.timestamps.is_sorted_by(|a, b| a < b);
                if !whole || !distinct || self.timestamps.len() > LINE_ROWS {
                    return Ok(false);
                }
                line.begin(self.timestamps.len(), out);
                out.extend_from_slice(values);
                number::write_timestamps(&mut line.timestamps, &self.timestamps);
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

fn layout(kind: BlockKind) -> Option<Layout> {
    match kind {
        BlockKind::NativeA => Some(Layout::A),
        BlockKind::NativeB => Some(Layout::B),
        BlockKind::Text => None,
    }
}

impl Line {
    /// Makes room for `rows` values: on this line if they fit, else on a new one.
    fn begin(&mut self, rows: usize, out: &mut Vec<u8>) {
        if self.rows + rows > LINE_ROWS {
            self.end(out);
        }
        if self.rows == 0 {
            out.extend_from_slice(b"{\"metric\":{");
            out.extend_from_slice(&self.metric);
            out.extend_from_slice(b"},\"values\":[");
        } else {
            out.push(b',');
            self.timestamps.push(b',');
        }
        self.rows += rows;
    }

    fn rows(&mut self, rows: &Rows, out: &mut Vec<u8>) {
        for (ms, value) in rows.iter() {
            self.begin(1, out);
            out.extend_from_slice(value);
            number::write_timestamps(&mut self.timestamps, &[ms]);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if self.rows == 0 {
            return;
        }
        out.extend_from_slice(b"],\"timestamps\":[");
        out.extend_from_slice(&self.timestamps);
        out.extend_from_slice(b"]}\n");
        self.counts.lines += 1;
        self.counts.samples += self.rows as u64;
        self.timestamps.clear();
        self.rows = 0;
    }
}
