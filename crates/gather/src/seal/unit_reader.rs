//! Cutting the merged records of a part into units.

use bundle::Format;
use bundle::staging::{BlockInfo, LabelId, PartReader, Record, StagingError};

use super::batch::Batch;
use super::distinct::Distinct;
use crate::time_range::TimeRange;

/// A long series is cut into units of about this many samples, so that no series is too large for
/// one batch.
const UNIT_ROWS: u64 = 8 * 8192;
/// A batch is full with this many samples: about half a megabyte of text, which stays in the cache
/// of one core from formatting to compression ...
const BATCH_ROWS: u64 = 24 << 10;
/// ... but not before it has this many units: series of one target share their timestamps, and only
/// within a batch can compression make use of that ...
const BATCH_UNITS: usize = 16;
/// ... unless it has this many samples, two megabytes of text.
const LARGEST_BATCH_ROWS: u64 = 96 << 10;

/// A batch of native blocks is full with this many bytes, names by guess: enough for compression to
/// find the names again ...
const NATIVE_BATCH_BYTES: usize = 512 << 10;
/// ... or with this many samples, for columns may take next to nothing.
const NATIVE_BATCH_ROWS: u64 = 4 << 20;
/// Bytes of the name of a series, by guess.
const NAME_BYTES: usize = 200;

/// Fills batches from one part.
pub(super) struct UnitReader {
    format: Format,
    part: PartReader,
    series: OpenSeries,
}

/// The series being read.
struct OpenSeries {
    unit_rows: u64,
    /// Units are cut one millisecond after a multiple of this.
    interval_ms: i64,
    range: TimeRange,
    labels: Vec<LabelId>,
    /// Blocks with samples that are not in a unit yet, by smallest timestamp.
    blocks: Vec<(BlockInfo, Vec<u8>)>,
    /// Memory of earlier blocks.
    spare: Vec<Vec<u8>>,
    rows: u64,
    /// Samples before this belong to units already made.
    cut_ms: i64,
}

impl UnitReader {
    /// `range` is the range of the part's slice. Units end where intervals to thin by end.
    pub(super) fn new(
        part: PartReader,
        range: TimeRange,
        thin_ms: Option<i64>,
        format: Format,
    ) -> Self {
        Self {
            format,
            ..Self::with_unit_rows(part, range, thin_ms, UNIT_ROWS)
        }
    }

    fn with_unit_rows(
        part: PartReader,
        range: TimeRange,
        thin_ms: Option<i64>,
        unit_rows: u64,
    ) -> Self {
        Self {
            format: Format::Jsonl,
            part,
            series: OpenSeries {
                unit_rows,
                interval_ms: thin_ms.unwrap_or(1).max(1),
                range,
                labels: Vec::new(),
                blocks: Vec::new(),
                spare: Vec::new(),
                rows: 0,
                cut_ms: range.start_ms,
            },
        }
    }

    /// Adds units until the batch is full; `false` at the end of the part.
    pub(super) fn fill(
        &mut self,
        batch: &mut Batch,
        distinct: &mut Distinct,
    ) -> Result<bool, StagingError> {
        while !is_full(batch, self.format) {
            match self.part.next()? {
                Some(Record::Series(labels)) => {
                    self.series.end(batch);
                    self.series.begin(labels.iter());
                    distinct.observe(&self.series.labels)?;
                }
                Some(Record::Block(info, payload)) => self.series.push(info, payload, batch),
                None => {
                    self.series.end(batch);
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

impl OpenSeries {
    fn begin(&mut self, labels: impl Iterator<Item = LabelId>) {
        self.labels.clear();
        self.labels.extend(labels);
        self.cut_ms = self.range.start_ms;
    }

    fn push(&mut self, info: BlockInfo, payload: &[u8], batch: &mut Batch) {
        // Blocks still to come begin no earlier than this one, so everything before it is known.
        let known_ms = interval_start(info.min_ms, self.interval_ms);
        if self.rows >= self.unit_rows && known_ms > self.cut_ms {
            self.cut(known_ms, batch);
        }
        self.rows += u64::from(info.rows);
        let mut own = self.spare.pop().unwrap_or_default();
        own.clear();
        own.extend_from_slice(payload);
        self.blocks.push((info, own));
    }

    /// Makes a unit of all samples before `at_ms`. A block that reaches beyond stays open too and is
    /// then in two units, each with its own range.
    fn cut(&mut self, at_ms: i64, batch: &mut Batch) {
        let range = TimeRange {
            start_ms: self.cut_ms,
            end_ms: self.range.end_ms.min(at_ms - 1),
        };
        self.emit(range, batch);
        self.blocks.retain(|(info, _)| info.max_ms >= at_ms);
        self.rows = self
            .blocks
            .iter()
            .map(|(info, _)| u64::from(info.rows))
            .sum();
        self.cut_ms = at_ms;
    }

    fn end(&mut self, batch: &mut Batch) {
        let range = TimeRange {
            start_ms: self.cut_ms,
            end_ms: self.range.end_ms,
        };
        self.emit(range, batch);
        let emitted = self.blocks.drain(..).map(|(_, payload)| payload);
        self.spare.extend(emitted);
        self.rows = 0;
    }

    fn emit(&self, range: TimeRange, batch: &mut Batch) {
        let inside = |info: &BlockInfo| info.min_ms <= range.end_ms;
        if !self.blocks.iter().any(|(info, _)| inside(info)) {
            return;
        }
        batch.begin_unit(range, &self.labels);
        for (info, payload) in self.blocks.iter().filter(|(info, _)| inside(info)) {
            batch.push_block(*info, payload);
        }
    }
}

fn is_full(batch: &Batch, format: Format) -> bool {
    if format == Format::Native {
        let bytes = batch.payload_bytes() + batch.units.len() * NAME_BYTES;
        return bytes >= NATIVE_BATCH_BYTES || batch.rows >= NATIVE_BATCH_ROWS;
    }
    batch.rows >= LARGEST_BATCH_ROWS
        || (batch.rows >= BATCH_ROWS && batch.units.len() >= BATCH_UNITS)
}

/// The first millisecond of the interval `((k - 1) * length, k * length]` that holds `ms`.
fn interval_start(ms: i64, length_ms: i64) -> i64 {
    (ms - 1).div_euclid(length_ms) * length_ms + 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bundle::staging::{BlockKind, LabelTable, PartWriter};
    use privacy::{Collector, Key, Map, Rules};
    use proptest::prelude::*;
    use vmformat::json_line::parse_line;
    use vmformat::native::{BlockReader, Encoder, Layout, StreamHeader};

    use super::*;
    use crate::line_copy::LineCopy;
    use crate::seal::block_formatter::BlockFormatter;
    use crate::seal::line_formatter::LineFormatter;
    use crate::seal::{CleanLabels, LabelForm};

    /// Blocks of one series: sorted times with small steps, so that blocks overlap and share times,
    /// and small values, so that copies happen.
    fn series() -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
        let samples = prop::collection::vec((0i64..4, 0i64..3), 1..40);
        let block = (0i64..200, samples).prop_map(|(start, samples)| {
            let mut ms = start;
            let sample = |(step, value)| {
                ms += step;
                (ms, value)
            };
            samples.into_iter().map(sample).collect::<Vec<_>>()
        });
        prop::collection::vec(block, 1..12)
    }

    fn clean_labels(table: &LabelTable, form: LabelForm) -> CleanLabels {
        let map = Map::new(Key::generate().unwrap()).unwrap();
        let rules = Rules::off(Vec::<String>::new()).unwrap();
        let collector = Collector::new(&rules, map);
        let rewriter = collector.finish(|| table.iter()).unwrap();
        CleanLabels::new(table, &rewriter, form).unwrap()
    }

    /// All samples of lines, sorted: series, time, text of the value.
    fn samples(lines: &[u8]) -> Vec<(Vec<u8>, i64, Vec<u8>)> {
        let mut samples = Vec::new();
        for line in lines.split_inclusive(|&byte| byte == b'\n') {
            let line = parse_line(line).unwrap();
            let name = format!("{:?}", line.labels).into_bytes();
            for (ms, value) in line.timestamps.iter().zip(line.value_texts()) {
                samples.push((name.clone(), *ms, value.to_vec()));
            }
        }
        samples.sort();
        samples
    }

    proptest! {
        #[test]
        fn bundles_hold_every_sample_of_the_range_exactly_once(
            all in prop::collection::vec(series(), 1..4),
            unit_rows in 1u64..80,
            start_ms in 0i64..100,
            len_ms in 1i64..300,
            thin_ms in prop::option::of(1i64..60),
            layout in prop::sample::select(vec![Layout::A, Layout::B]),
        ) {
            let range = TimeRange { start_ms, end_ms: start_ms + len_ms };
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("part");
            let mut part = PartWriter::create(&path).unwrap();
            let mut table = LabelTable::default();
            let mut encoder = Encoder::new();
            let mut expected = BTreeSet::new();
            let mut copies = 0;
            for (position, blocks) in all.iter().enumerate() {
                let label = table.intern(b"n", position.to_string().as_bytes()).unwrap();
                part.series(position as u64, &[label]).unwrap();
                for block in blocks {
                    let (times, values): (Vec<i64>, Vec<i64>) = block.iter().copied().unzip();
                    let mut bytes = Vec::new();
                    encoder.encode(layout, &times, &values, -1, &mut bytes).unwrap();
                    let info = BlockInfo {
                        kind: match layout {
                            Layout::A => BlockKind::NativeA,
                            Layout::B => BlockKind::NativeB,
                        },
                        min_ms: times[0],
                        max_ms: times[times.len() - 1],
                        rows: times.len() as u32,
                    };
                    part.block(position as u64, info, &[&bytes]).unwrap();
                    for (ms, value) in block {
                        if (range.start_ms..=range.end_ms).contains(ms)
                            && !expected.insert((position, *ms, *value))
                        {
                            copies += 1;
                        }
                    }
                }
            }
            let summary = part.finish().unwrap();

            let labels = clean_labels(&table, LabelForm::Json);
            let mut distinct = Distinct::new(&labels, false);
            let phases = crate::seal::Phases::default();
            let mut formatter = LineFormatter::new(&labels, &phases, thin_ms).unwrap();
            let reader = PartReader::open(&path, summary).unwrap();
            let mut units = UnitReader::with_unit_rows(reader, range, thin_ms, unit_rows);
            let mut text = Vec::new();
            let mut batch = Batch::default();
            let mut counted = (0, 0, 0);
            loop {
                batch.clear();
                let more = units.fill(&mut batch, &mut distinct).unwrap();
                let counts = formatter.format(&batch, &mut text).unwrap();
                counted.0 += counts.lines;
                counted.1 += counts.samples;
                counted.2 += counts.copies;
                if !more {
                    break;
                }
            }

            let mut written = BTreeSet::new();
            let mut lines = 0;
            for line in text.split_inclusive(|&byte| byte == b'\n') {
                lines += 1;
                let line = parse_line(line).unwrap();
                let number: usize = String::from_utf8(line.labels[0].1.clone()).unwrap().parse().unwrap();
                for (ms, value) in line.timestamps.iter().zip(line.value_texts()) {
                    let value: f64 = std::str::from_utf8(value).unwrap().parse().unwrap();
                    let mantissa = (value * 10.0).round() as i64;
                    prop_assert!(written.insert((number, *ms, mantissa)), "a sample stands twice");
                }
            }
            if let Some(length_ms) = thin_ms {
                // Of each interval the last time stays, with the value whose text sorts last.
                let mut last = std::collections::BTreeMap::new();
                for &(series, ms, value) in &expected {
                    last.insert((series, interval_start(ms, length_ms)), (series, ms, value));
                }
                expected = last.into_values().collect();
            }
            prop_assert_eq!(&written, &expected);
            prop_assert_eq!(counted.0, lines);
            prop_assert_eq!(counted.1, expected.len() as u64);
            prop_assert_eq!(counted.2, copies);
            prop_assert_eq!(distinct.series(), all.len() as u64);

            // The same part as native frames: the same samples, with the same text.
            let labels = clean_labels(&table, LabelForm::Native);
            let mut formatter = BlockFormatter::new(&labels, &phases, thin_ms).unwrap();
            let reader = PartReader::open(&path, summary).unwrap();
            let mut units = UnitReader {
                format: Format::Native,
                ..UnitReader::with_unit_rows(reader, range, thin_ms, unit_rows)
            };
            let mut stream = Vec::new();
            let TimeRange { start_ms, end_ms } = range;
            StreamHeader { start_ms, end_ms }.write(&mut stream);
            let mut frames = (0, 0, 0);
            loop {
                batch.clear();
                let more = units.fill(&mut batch, &mut distinct).unwrap();
                let counts = formatter.format(&batch, &mut stream).unwrap();
                frames.0 += counts.lines;
                frames.1 += counts.samples;
                frames.2 += counts.copies;
                if !more {
                    break;
                }
            }
            let mut lines = LineCopy::new(None, Vec::new());
            let mut reader = BlockReader::new();
            reader.push(&stream, &mut lines).unwrap();
            reader.finish().unwrap();
            prop_assert_eq!(reader.rows_outside(), 0);
            let (read, copied) = lines.end().unwrap();
            prop_assert_eq!((copied.lines, counted.1, counted.2), frames);
            prop_assert_eq!(samples(&read), samples(&text));
        }
    }
}
