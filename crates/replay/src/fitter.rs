//! Making a chunk of a batch.

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use bundle::SeriesKey;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use vmformat::json_line::{LineReader, MAX_CHUNK_VALUES, write_metric};
use vmformat::number::write_timestamps;

use crate::batch::{Batch, LineSpan};
use crate::chunk::Chunk;
use crate::fit::FitPlan;
use crate::lenient::read_leniently;
use crate::line::{Line, value_of};
use crate::long_line::reason_of;
use crate::series_table::{SeriesTable, Sighting};
use crate::tally::{JobTally, SkipReason, Tally, TrimReason, union};

/// What a line has besides its labels and samples, at most, in bytes.
const LINE_FRAME_BYTES: usize = 64;

/// The digits of a timestamp and its comma, at most, in bytes.
const TIMESTAMP_BYTES: usize = 21;

type Labels = Vec<(Vec<u8>, Vec<u8>)>;

/// Fits lines one after the other; each thread has its own.
pub(crate) struct Fitter<'a> {
    plan: &'a FitPlan,
    table: &'a Mutex<SeriesTable>,
    gzip: bool,
    reader: LineReader,
    line: Line,
    /// The labels that the target sees, where they differ.
    fitted_labels: Labels,
    /// The times of all samples, in Unix ms after the shift.
    times: Vec<i64>,
    /// Whether a sample is sent, for each.
    kept: Vec<bool>,
    out: Vec<u8>,
}

impl<'a> Fitter<'a> {
    pub(crate) fn new(plan: &'a FitPlan, table: &'a Mutex<SeriesTable>, gzip: bool) -> Self {
        Self {
            plan,
            table,
            gzip,
            reader: LineReader::new(),
            line: Line::default(),
            fitted_labels: Labels::new(),
            times: Vec::new(),
            kept: Vec::new(),
            out: Vec::new(),
        }
    }

    fn max_line_bytes(&self) -> usize {
        usize::try_from(self.plan.max_line_bytes).unwrap_or(usize::MAX)
    }

    /// Fits all lines of a batch.
    pub(crate) fn chunk(&mut self, batch: &Batch) -> Chunk {
        self.out = Vec::with_capacity(batch.text.len() + (16 << 10));
        let tally = self.fit(batch);
        let out = std::mem::take(&mut self.out);
        let text_bytes = out.len() as u64;
        let crc32 = crc32fast::hash(&out);
        let numbers = batch.lines.iter().map(|line| line.number);
        Chunk {
            index: batch.index,
            gzip: self.gzip,
            body: if self.gzip && !out.is_empty() {
                gzip(&out)
            } else {
                out.into()
            },
            text_bytes,
            crc32,
            first_line: numbers.clone().next().unwrap_or(batch.last_line),
            last_line: numbers.last().unwrap_or(batch.last_line),
            position: batch.position,
            tally,
        }
    }

    /// Fits all lines of a batch and only counts.
    pub(crate) fn count(&mut self, batch: &Batch) -> Tally {
        self.out.clear();
        self.fit(batch)
    }

    fn fit(&mut self, batch: &Batch) -> Tally {
        let mut tally = Tally {
            divided_lines: batch.divided,
            ..Tally::default()
        };
        for broken in &batch.broken {
            tally.lines += 1;
            tally.skip(broken.number, broken.reason, Some(broken.detail.clone()));
        }
        for span in &batch.lines {
            let text = &batch.text[span.start..span.end];
            tally.lines += u64::from(span.begins_line);
            match self.read(text) {
                Ok(()) => self.fit_line(text, span, &mut tally),
                Err((reason, detail)) => {
                    self.reader = LineReader::new();
                    tally.skip(span.number, reason, Some(detail));
                }
            }
        }
        tally
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

    fn fit_line(&mut self, text: &[u8], span: &LineSpan, tally: &mut Tally) {
        if self.line.labels.iter().all(|(_, value)| value.is_empty()) {
            return tally.skip(span.number, SkipReason::NoLabels, None);
        }
        let Some(unfitted) = self.convert_times() else {
            return tally.skip(span.number, SkipReason::TimestampRange, None);
        };
        let changed = self.fit_labels();
        let labels = if changed {
            &self.fitted_labels
        } else {
            &self.line.labels
        };
        let label_count = labels.iter().filter(|(_, value)| !value.is_empty()).count();
        let over_limit = self
            .plan
            .max_labels
            .is_some_and(|most| label_count > most as usize);
        // A label that needs escaping all over is six times as long.
        if 6 * text_bytes(labels) + 2 * LINE_FRAME_BYTES > self.max_line_bytes() {
            let mut metric = Vec::new();
            write_metric(&mut metric, labels.iter().map(|(n, v)| (&n[..], &v[..])));
            if metric.len() + 2 * LINE_FRAME_BYTES > self.max_line_bytes() {
                return tally.skip(span.number, SkipReason::LabelsTooLong, None);
            }
        }

        let samples = self.times.len() as u64;
        tally.good_lines += u64::from(span.begins_line);
        tally.samples_read += samples;
        tally.max_labels = tally.max_labels.max(label_count);
        tally.written = union(tally.written, range(&self.line.timestamps));
        tally.unfitted_ms = union(tally.unfitted_ms, unfitted);
        let special = self.line.has_special_values();
        let in_range = self.choose(special, tally);
        let kept = if over_limit { 0 } else { in_range };
        tally.trim(TrimReason::OverLabelLimit, in_range - kept);
        self.see(changed, over_limit, in_range);
        self.note(changed, kept, special, tally);
        if kept > 0 {
            self.write(text, changed, kept == samples, special);
            tally.samples_fitted += kept;
        }
    }

    /// Converts and shifts the timestamps; the range before the shift, or `None` if one leaves 64
    /// bits.
    fn convert_times(&mut self) -> Option<Option<(i64, i64)>> {
        let plan = self.plan;
        self.times.clear();
        if !plan.changes_times() {
            self.times.extend_from_slice(&self.line.timestamps);
            return Some(range(&self.times));
        }
        let mut unfitted = None;
        for &timestamp in &self.line.timestamps {
            let ms = plan.unit.to_ms(timestamp)?;
            unfitted = union(unfitted, Some((ms, ms)));
            self.times.push(ms.checked_add(plan.shift_ms)?);
        }
        Some(unfitted)
    }

    /// Drops and adds labels; says whether that changed anything.
    fn fit_labels(&mut self) -> bool {
        let plan = self.plan;
        if !plan.changes_labels() {
            return false;
        }
        let replaced = |name: &[u8]| {
            plan.add_labels
                .iter()
                .any(|(added, _)| added.as_bytes() == name)
                || plan
                    .drop_labels
                    .iter()
                    .any(|dropped| dropped.as_bytes() == name)
        };
        self.fitted_labels.clear();
        for label in &self.line.labels {
            if !replaced(&label.0) {
                self.fitted_labels.push(label.clone());
            }
        }
        for (name, value) in &plan.add_labels {
            self.fitted_labels
                .push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        self.fitted_labels != self.line.labels
    }

    /// Decides which samples are sent, and counts the others; returns how many are.
    fn choose(&mut self, special: bool, tally: &mut Tally) -> u64 {
        let plan = self.plan;
        let oldest = plan.oldest_ms.unwrap_or(0).max(0);
        let newest = plan.newest_ms.unwrap_or(i64::MAX);
        self.kept.clear();
        self.kept.extend(
            self.times
                .iter()
                .map(|time| (oldest..=newest).contains(time)),
        );
        if self.kept.contains(&false) {
            for (&time, _) in self
                .times
                .iter()
                .zip(&self.kept)
                .filter(|(_, kept)| !**kept)
            {
                let reason = match time {
                    time if time > newest => TrimReason::InTheFuture,
                    ..0 => TrimReason::Before1970,
                    _ => TrimReason::BeforeRetention,
                };
                tally.trim(reason, 1);
            }
        }
        if special && !plan.reads_special_values {
            for (kept, value) in self.kept.iter_mut().zip(self.line.value_texts()) {
                if *kept && value == b"null" {
                    *kept = false;
                    tally.trim(TrimReason::NoValue, 1);
                }
            }
        }
        self.kept.iter().filter(|kept| **kept).count() as u64
    }

    /// Notes the series, and its samples for the comparison afterwards.
    fn see(&self, changed: bool, over_limit: bool, samples: u64) {
        let key = SeriesKey::of(&self.line.labels);
        let labels = if changed {
            &self.fitted_labels
        } else {
            &self.line.labels
        };
        let fitted = if changed { SeriesKey::of(labels) } else { key };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.see(&Sighting {
            labels: &self.line.labels,
            key,
            fitted: self.plan.changes_labels().then_some(fitted),
            samples,
            over_limit,
        });
        if samples > 0 && !over_limit && table.picks.wants(fitted) {
            let values = self.line.value_texts().zip(&self.times).zip(&self.kept);
            let sent = values.filter_map(|((value, time), kept)| {
                kept.then(|| Some((*time, value_of(value)?))).flatten()
            });
            table.picks.note(fitted, labels, sent);
        }
    }

    /// Counts what is sent of the line, by job.
    fn note(&self, changed: bool, kept: u64, special: bool, tally: &mut Tally) {
        if kept == 0 {
            return;
        }
        let labels = if changed {
            &self.fitted_labels
        } else {
            &self.line.labels
        };
        let nulls = if special {
            let values = self.line.value_texts().zip(&self.kept);
            values
                .filter(|(value, kept)| **kept && *value == b"null")
                .count() as u64
        } else {
            0
        };
        tally.nulls += nulls;
        let times = self.times.iter().zip(&self.kept);
        let times = times.filter_map(|(time, kept)| kept.then_some(*time));
        let Some((first_ms, last_ms)) =
            times.fold(None, |all, time| union(all, Some((time, time))))
        else {
            return;
        };
        tally.fitted_ms = union(tally.fitted_ms, Some((first_ms, last_ms)));
        if kept > nulls {
            let job = labels.iter().find(|(name, _)| name == b"job");
            let job = job.map_or(&b""[..], |(_, value)| value);
            let one = JobTally {
                samples: kept - nulls,
                first_ms,
                last_ms,
            };
            tally.count_job(&String::from_utf8_lossy(job), one);
        }
    }

    /// Appends the line, as it came where nothing of it changes.
    fn write(&mut self, text: &[u8], changed: bool, whole: bool, special: bool) {
        let plan = self.plan;
        let respell = special && !plan.reads_special_values;
        if whole
            && !changed
            && !plan.changes_times()
            && !respell
            && !self.line.respelled
            && text.len() < self.max_line_bytes()
        {
            self.out.extend_from_slice(text.trim_ascii());
            self.out.push(b'\n');
            return;
        }
        let labels = if changed {
            &self.fitted_labels
        } else {
            &self.line.labels
        };
        let mut metric = Vec::with_capacity(256);
        write_metric(&mut metric, labels.iter().map(|(n, v)| (&n[..], &v[..])));
        // A line must fit even if every timestamp is as long as they get.
        let room = self
            .max_line_bytes()
            .saturating_sub(metric.len() + LINE_FRAME_BYTES);
        let mut piece = PieceWriter {
            out: &mut self.out,
            metric: &metric,
            values: Vec::with_capacity(self.line.values.len()),
            times: Vec::new(),
            room,
        };
        for ((value, &time), _) in self
            .line
            .value_texts()
            .zip(&self.times)
            .zip(&self.kept)
            .filter(|(_, kept)| **kept)
        {
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
    metric: &'a [u8],
    values: Vec<u8>,
    times: Vec<i64>,
    /// Bytes for values and timestamps.
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
        self.out.extend_from_slice(self.metric);
        self.out.extend_from_slice(b",\"values\":[");
        self.out.extend_from_slice(&self.values);
        self.out.extend_from_slice(b"],\"timestamps\":[");
        write_timestamps(self.out, &self.times);
        self.out.extend_from_slice(b"]}\n");
        self.values.clear();
        self.times.clear();
    }
}

/// The bytes of labels, each with its quotes, colon and comma.
fn text_bytes(labels: &[(Vec<u8>, Vec<u8>)]) -> usize {
    let label = |(name, value): &(Vec<u8>, Vec<u8>)| name.len() + value.len() + 6;
    labels.iter().map(label).sum()
}

fn range(times: &[i64]) -> Option<(i64, i64)> {
    Some((*times.iter().min()?, *times.iter().max()?))
}

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 6), Compression::fast());
    encoder
        .write_all(text)
        .and_then(|()| encoder.finish())
        .expect("writing to memory does not fail")
        .into()
}
