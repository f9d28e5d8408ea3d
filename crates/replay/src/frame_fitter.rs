//! Making chunks of native blocks.
//!
//! Mantissas and scales stay as they are: decoding to floats and back is not the identity. A block of
//! which nothing changes keeps its bytes; only shifted and trimmed ones are packed anew. For targets
//! that take no blocks they become lines, with the text that a server would print.

use std::sync::Mutex;

use vmformat::BlockDefect;
use vmformat::json_line::write_metric;
use vmformat::native::{
    Block, Decoder, Encoder, Layout, LayoutDetector, SeriesName, StreamHeader, take_frame,
    write_frame, write_name,
};
use vmformat::number::{decimal_to_float, write_decimals, write_timestamps};

use crate::batch::{Batch, Span};
use crate::fit::{FitPlan, Wire};
use crate::series_fit::{Labels, SeriesFit, range};
use crate::series_table::SeriesTable;
use crate::tally::{SkipReason, Tally, TrimReason, union};

/// Samples of a line that is made of a block.
const LINE_ROWS: usize = 512;

/// Fits blocks one after the other; each thread has its own.
pub(crate) struct FrameFitter<'a> {
    fit: SeriesFit<'a>,
    /// The layout that the target takes; `None` if it gets lines.
    to: Option<Layout>,
    detector: LayoutDetector,
    decoder: Decoder,
    encoder: Encoder,
    /// The name of the block before, and its labels.
    name: Vec<u8>,
    labels: Labels,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
    block: Vec<u8>,
}

impl<'a> FrameFitter<'a> {
    /// `from` is the layout of the source, if it is known.
    pub(crate) fn new(
        plan: &'a FitPlan,
        table: &'a Mutex<SeriesTable>,
        from: Option<Layout>,
    ) -> Self {
        Self {
            fit: SeriesFit::new(plan, table),
            to: match plan.wire {
                Wire::Native(layout) => Some(layout.into()),
                Wire::Lines => None,
            },
            detector: from.map_or_else(LayoutDetector::new, LayoutDetector::known),
            decoder: Decoder::new(),
            encoder: Encoder::new(),
            name: Vec::new(),
            labels: Labels::new(),
            timestamps: Vec::new(),
            mantissas: Vec::new(),
            block: Vec::new(),
        }
    }

    /// Fits all blocks of a batch and appends what is sent of them: lines, or a stream.
    pub(crate) fn fit(&mut self, batch: &Batch, out: &mut Vec<u8>, tally: &mut Tally) {
        let start = out.len();
        if self.to.is_some() {
            out.extend_from_slice(&[0; StreamHeader::BYTES]);
        }
        for span in &batch.spans {
            tally.lines += 1;
            let frame = &batch.text[span.start..span.end];
            if let Err(error) = self.fit_frame(frame, span, batch.range, out, tally) {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let detail = cause.unwrap_or_else(|| error.to_string());
                tally.skip(span.number, SkipReason::BrokenBlock, Some(detail));
            }
        }
        if self.to.is_none() {
            return;
        }
        let Some((start_ms, end_ms)) = tally.fitted_ms else {
            out.truncate(start);
            return;
        };
        let mut header = Vec::with_capacity(StreamHeader::BYTES);
        StreamHeader { start_ms, end_ms }.write(&mut header);
        out[start..start + StreamHeader::BYTES].copy_from_slice(&header);
    }

    fn fit_frame(
        &mut self,
        mut bytes: &[u8],
        span: &Span,
        source_range: Option<StreamHeader>,
        out: &mut Vec<u8>,
        tally: &mut Tally,
    ) -> Result<(), vmformat::Error> {
        let Some(frame) = take_frame(&mut bytes) else {
            return Ok(());
        };
        // Decoding all of it is the proof that no server can choke on it.
        let layout = self.detector.decide(frame.block, &mut self.decoder)?;
        let block = Block::parse(frame.block, layout)?;
        self.decoder
            .decode_timestamps(&block, &mut self.timestamps)?;
        if block.max_ts.is_some() && block.max_ts.as_ref() != self.timestamps.last() {
            return Err(BlockDefect::MaxMismatch.into());
        }
        self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
        if self.name != frame.name {
            let parsed = SeriesName::parse(frame.name)?;
            self.labels = parsed
                .iter()
                .map(|(name, value)| (name.to_vec(), value.to_vec()))
                .collect();
            self.name.clear();
            self.name.extend_from_slice(frame.name);
        }
        if self.labels.iter().all(|(_, value)| value.is_empty()) {
            tally.skip(span.number, SkipReason::NoLabels, None);
            return Ok(());
        }
        let written = range(&self.timestamps);
        let Some(unfitted) = self.fit.convert_times(&self.timestamps, written) else {
            tally.skip(span.number, SkipReason::TimestampRange, None);
            return Ok(());
        };
        self.fit.fit_labels(&self.labels);
        tally.good_lines += 1;
        tally.samples_read += self.timestamps.len() as u64;
        tally.written = union(tally.written, written);
        tally.unfitted_ms = union(tally.unfitted_ms, unfitted);
        self.fit.choose(tally);
        self.leave_out_foreign_rows(source_range, tally);

        let scale = block.scale;
        let value = |mantissa: &i64| {
            let value = decimal_to_float(*mantissa, scale);
            (!value.is_nan()).then_some(value)
        };
        let reads_nulls = self.to.is_some() || self.fit.plan.reads_special_values;
        let mut nulls = 0;
        for (mantissa, kept) in self.mantissas.iter().zip(&mut self.fit.kept) {
            if *kept && value(mantissa).is_none() {
                nulls += 1;
                *kept = reads_nulls;
            }
        }
        if !reads_nulls {
            tally.trim(TrimReason::NoValue, nulls);
            nulls = 0;
        }
        let values = self.mantissas.iter().map(value);
        let kept = self.fit.note(&self.labels, values, nulls, tally);
        if kept == 0 {
            return Ok(());
        }
        let Some(to) = self.to else {
            self.write_lines(scale, out);
            return Ok(());
        };
        self.block.clear();
        let whole = kept == self.timestamps.len() as u64;
        let as_it_came = whole && !self.fit.plan.changes_times();
        if as_it_came && layout == to {
            self.block.extend_from_slice(frame.block);
        } else if as_it_came {
            let (decoder, out) = (&mut self.decoder, &mut self.block);
            self.encoder
                .convert(frame.block, layout, to, decoder, out)?;
        } else {
            let (times, mantissas) = self.kept_rows();
            self.encoder
                .encode(to, &times, &mantissas, scale, &mut self.block)?;
        }
        if self.fit.labels_changed() {
            let mut name = Vec::with_capacity(frame.name.len() + 64);
            let labels = self.fit.labels(&self.labels).iter();
            write_name(
                &mut name,
                labels.map(|(name, value)| (&name[..], &value[..])),
            );
            write_frame(out, &name, &self.block)
        } else {
            write_frame(out, frame.name, &self.block)
        }
    }

    /// Servers drop rows outside of the range in the header of the stream, and so do we: they are no
    /// part of what was exported.
    fn leave_out_foreign_rows(&mut self, range: Option<StreamHeader>, tally: &mut Tally) {
        let Some(range) = range else { return };
        let inside = range.start_ms..=range.end_ms;
        for (kept, timestamp) in self.fit.kept.iter_mut().zip(&self.timestamps) {
            if *kept && !inside.contains(timestamp) {
                *kept = false;
                tally.trim(TrimReason::OutsideStream, 1);
            }
        }
    }

    /// Times and mantissas of the samples that are sent.
    fn kept_rows(&self) -> (Vec<i64>, Vec<i64>) {
        let kept = |column: &[i64]| -> Vec<i64> {
            let rows = column.iter().zip(&self.fit.kept);
            rows.filter(|(_, kept)| **kept)
                .map(|(row, _)| *row)
                .collect()
        };
        (kept(&self.fit.times), kept(&self.mantissas))
    }

    /// Appends the samples that are sent as lines.
    fn write_lines(&self, scale: i16, out: &mut Vec<u8>) {
        let (times, mantissas) = self.kept_rows();
        let labels = self.fit.labels(&self.labels);
        let rows = times.chunks(LINE_ROWS).zip(mantissas.chunks(LINE_ROWS));
        for (times, mantissas) in rows {
            out.extend_from_slice(b"{\"metric\":");
            write_metric(out, labels.iter().map(|(n, v)| (&n[..], &v[..])));
            out.extend_from_slice(b",\"values\":[");
            let values = out.len();
            write_decimals(out, mantissas, scale);
            if !self.fit.plan.reads_special_values {
                respell_infinities(out, values);
            }
            out.extend_from_slice(b"],\"timestamps\":[");
            write_timestamps(out, times);
            out.extend_from_slice(b"]}\n");
        }
    }
}

/// Writes the infinities from `start` on as older servers read them.
fn respell_infinities(out: &mut Vec<u8>, start: usize) {
    if memchr::memchr(b'I', &out[start..]).is_none() {
        return;
    }
    let values = out.split_off(start);
    for (i, value) in values.split(|&byte| byte == b',').enumerate() {
        if i > 0 {
            out.push(b',');
        }
        out.extend_from_slice(match value {
            b"\"Infinity\"" => b"Inf",
            b"\"-Infinity\"" => b"-Inf",
            value => value,
        });
    }
}
