//! Making chunks of lines.

use std::sync::Mutex;

use vmformat::json_line::{LineReader, MAX_CHUNK_VALUES, write_metric};
use vmformat::number::write_timestamps;

use crate::batch::{Batch, Span};
use crate::fit::FitPlan;
use crate::lenient::read_leniently;
use crate::line::{Line, value_of};
use crate::long_line::reason_of;
use crate::series_fit::{Labels, SeriesFit, range};
use crate::series_table::SeriesTable;
use crate::tally::{SkipReason, Tally, TrimReason, union};

/// What a line has besides its labels and samples, at most, in bytes.
const LINE_FRAME_BYTES: usize = 64;

/// The digits of a timestamp and its comma, at most, in bytes.
const TIMESTAMP_BYTES: usize = 21;

/// Fits lines one after the other; each thread has its own.
pub(crate) struct LineFitter<'a> {
    fit: SeriesFit<'a>,
    reader: LineReader,
    line: Line,
}

impl<'a> LineFitter<'a> {
    pub(crate) fn new(plan: &'a FitPlan, table: &'a Mutex<SeriesTable>) -> Self {
        Self {
            fit: SeriesFit::new(plan, table),
            reader: LineReader::new(),
            line: Line::default(),
        }
    }

    /// Fits all lines of a batch and appends what is sent of them.
    pub(crate) fn fit(&mut self, batch: &Batch, out: &mut Vec<u8>, tally: &mut Tally) {
        for span in &batch.spans {
            let text = &batch.text[span.start..span.end];
            tally.lines += u64::from(span.begins_line);
            match self.read(text) {
                Ok(()) => self.fit_line(text, span, out, tally),
                Err((reason, detail)) => {
                    self.reader = LineReader::new();
                    tally.skip(span.number, reason, Some(detail));
                }
            }
        }
    }

    fn read(&mut self, text: &[u8]) -> Result<(), (SkipReason, String)> {
        self.line.clear();
        let Err(error) = self.read_strictly(text) else {
            return Ok(());
        };
        let reason = reason_of(&error);
        if reason.0 == SkipReason::NotALine && read_leniently(text, &mut self.line) {
            self.reader = LineReader::new();
            return Ok(());
        }
        Err(reason)
    }

    fn read_strictly(&mut self, text: &[u8]) -> Result<(), vmformat::Error> {
        self.reader.push(text, &mut self.line)?;
        // The reader wants to see where the line ends; the source's line feed is not in `text`.
        self.reader.push(b"\n", &mut self.line)?;
        self.reader.finish()
    }

    fn fit_line(&mut self, text: &[u8], span: &Span, out: &mut Vec<u8>, tally: &mut Tally) {
        let line = &self.line;
        if line.labels.iter().all(|(_, value)| value.is_empty()) {
            return tally.skip(span.number, SkipReason::NoLabels, None);
        }
        let written = range(&line.timestamps);
        let Some(unfitted) = self.fit.convert_times(&line.timestamps, written) else {
            return tally.skip(span.number, SkipReason::TimestampRange, None);
        };
        self.fit.fit_labels(&line.labels);
        if self.labels_too_long() {
            return tally.skip(span.number, SkipReason::LabelsTooLong, None);
        }
        let samples = line.timestamps.len() as u64;
        tally.good_lines += u64::from(span.begins_line);
        tally.samples_read += samples;
        tally.written = union(tally.written, written);
        tally.unfitted_ms = union(tally.unfitted_ms, unfitted);
        self.fit.choose(tally);
        let special = line.has_special_values();
        let nulls = if special { self.nulls(tally) } else { 0 };
        let values = self.line.value_texts().map(value_of);
        let kept = self.fit.note(&self.line.labels, values, nulls, tally);
        if kept > 0 {
            self.write(text, kept == samples, special, out);
        }
    }

    fn max_line_bytes(&self) -> usize {
        usize::try_from(self.fit.plan.max_line_bytes).unwrap_or(usize::MAX)
    }

    fn labels_too_long(&self) -> bool {
        let labels = self.fit.labels(&self.line.labels);
        let most = self.max_line_bytes().saturating_sub(2 * LINE_FRAME_BYTES);
        // A label that needs escaping all over is six times as long.
        6 * text_bytes(labels) > most && metric_of(labels).len() > most
    }

    /// Samples without a value that are sent; those that the target cannot read are not.
    fn nulls(&mut self, tally: &mut Tally) -> u64 {
        let mut nulls = 0;
        for (kept, value) in self.fit.kept.iter_mut().zip(self.line.value_texts()) {
            if *kept && value == b"null" {
                nulls += 1;
                *kept = self.fit.plan.reads_special_values;
            }
        }
        if self.fit.plan.reads_special_values {
            return nulls;
        }
        tally.trim(TrimReason::NoValue, nulls);
        0
    }

    /// Appends the line, as it came where nothing of it changes.
    fn write(&self, text: &[u8], whole: bool, special: bool, out: &mut Vec<u8>) {
        let plan = self.fit.plan;
        let respell = special && !plan.reads_special_values;
        let as_it_came = whole
            && !self.fit.labels_changed()
            && !plan.changes_times()
            && !respell
            && !self.line.respelled
            && text.len() < self.max_line_bytes();
        if as_it_came {
            out.extend_from_slice(text.trim_ascii());
            out.push(b'\n');
            return;
        }
        let metric = metric_of(self.fit.labels(&self.line.labels));
        let mut piece = PieceWriter {
            out,
            values: Vec::with_capacity(self.line.values.len()),
            times: Vec::with_capacity(self.fit.times.len()),
            room: self
                .max_line_bytes()
                .saturating_sub(metric.len() + LINE_FRAME_BYTES),
            metric,
        };
        let samples = self.line.value_texts().zip(&self.fit.times);
        for ((value, &time), _) in samples.zip(&self.fit.kept).filter(|(_, kept)| **kept) {
            let value = match value {
                b"\"Infinity\"" if respell => &b"Inf"[..],
                b"\"-Infinity\"" if respell => b"-Inf",
                value => value,
            };
            piece.push(value, time);
        }
        piece.end();
    }
}

/// Writes samples of one series as lines that the target takes.
struct PieceWriter<'a> {
    out: &'a mut Vec<u8>,
    metric: Vec<u8>,
    values: Vec<u8>,
    times: Vec<i64>,
    /// Bytes for values and timestamps, even if every timestamp is as long as they get.
    room: usize,
}

impl PieceWriter<'_> {
    fn push(&mut self, value: &[u8], time: i64) {
        let size = self.values.len() + value.len() + 1 + (self.times.len() + 1) * TIMESTAMP_BYTES;
        let full = size > self.room || self.times.len() == MAX_CHUNK_VALUES;
        if full && !self.times.is_empty() {
            self.end();
        }
        if !self.times.is_empty() {
            self.values.push(b',');
        }
        self.values.extend_from_slice(value);
        self.times.push(time);
    }

    fn end(&mut self) {
        if self.times.is_empty() {
            return;
        }
        self.out.extend_from_slice(b"{\"metric\":");
        self.out.extend_from_slice(&self.metric);
        self.out.extend_from_slice(b",\"values\":[");
        self.out.extend_from_slice(&self.values);
        self.out.extend_from_slice(b"],\"timestamps\":[");
        write_timestamps(self.out, &self.times);
        self.out.extend_from_slice(b"]}\n");
        self.values.clear();
        self.times.clear();
    }
}

fn metric_of(labels: &Labels) -> Vec<u8> {
    let mut metric = Vec::with_capacity(256);
    write_metric(&mut metric, labels.iter().map(|(n, v)| (&n[..], &v[..])));
    metric
}

/// The bytes of labels, each with its quotes, colon and comma.
fn text_bytes(labels: &Labels) -> usize {
    let label = |(name, value): &(Vec<u8>, Vec<u8>)| name.len() + value.len() + 6;
    labels.iter().map(label).sum()
}
