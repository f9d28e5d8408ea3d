//! What is in a bundle, for somebody who wants to know before sending or importing it.
//!
//! Everything is streamed. Distinct things are counted exactly up to fixed numbers and bytes of them;
//! beyond, the counts are lower bounds and the result says so.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use vmformat::json_line::{LineSink, ValueChunk};

use crate::error::Error;
use crate::line_times::MAX_SERIES;
use crate::metadata::{Format, Metadata};
use crate::name_table::NameTable;
use crate::reader::Bundle;
use crate::scan::scan;
use crate::series_key::SeriesKey;

/// Most distinct label names that are counted; servers allow some tens per series.
const MAX_LABEL_NAMES: usize = 10_000;

/// Most distinct label values that are told apart, over all names together: some 30 MB.
const MAX_LABEL_VALUES: usize = 1_000_000;

/// Most metric names and most jobs whose series are counted.
const MAX_NAMES: usize = 100_000;

/// Most bytes of the names of each of these tables.
const MAX_NAME_BYTES: usize = 16 << 20;

/// What a bundle holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inspection {
    /// The entries in the order of the archive.
    pub entries: Vec<EntryInfo>,
    /// The metadata, if there are any that can be understood.
    pub metadata: Option<Metadata>,
    /// What is wrong with the metadata, if something is.
    pub metadata_problem: Option<String>,
    /// What the data are.
    pub format: Format,
    /// Lines or native blocks in the data.
    pub lines: u64,
    /// Distinct series.
    pub series: u64,
    /// Samples.
    pub samples: u64,
    /// Time of the earliest sample.
    pub first_sample: Option<Timestamp>,
    /// Time of the latest sample.
    pub last_sample: Option<Timestamp>,
    /// Label names, the one on most series first.
    pub labels: Vec<LabelInfo>,
    /// Metric names with most series, largest first, as many as asked for.
    pub top_metrics: Vec<SeriesCount>,
    /// Distinct metric names.
    pub metric_names: u64,
    /// Jobs, the one with most series first.
    pub jobs: Vec<SeriesCount>,
    /// There was more than could be told apart: counts of series, labels, values, metric names and
    /// jobs are lower bounds.
    pub capped: bool,
}

/// One entry of the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryInfo {
    /// Its name.
    pub name: String,
    /// Its size once inflated, in bytes.
    pub size_bytes: u64,
    /// Its size in the archive, in bytes.
    pub compressed_bytes: u64,
}

/// One label name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LabelInfo {
    /// The name; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Series that have the label.
    pub series: u64,
    /// Distinct values.
    pub values: u64,
}

/// How many series share a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeriesCount {
    /// The name; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Series with it.
    pub series: u64,
}

/// Reads the whole bundle and tells what is in it; `top` limits the list of metric names.
///
/// # Errors
///
/// Those of [`Bundle::open`] and of reading its entries, and [`Error::BrokenLine`] for a line that
/// is no JSON line of series data, or a broken native block. Metadata that cannot be understood are not an error.
pub fn inspect(path: &Path, top: usize) -> Result<Inspection, Error> {
    let bundle = Bundle::open(path)?;
    let (metadata, metadata_problem) = match bundle.metadata() {
        Ok(metadata) => (metadata, None),
        Err(error) if error.is_damaged() => (None, Some(error.chain())),
        Err(error) => return Err(error),
    };
    let mut contents = Contents::default();
    let data = bundle.data()?;
    if let Some(broken) = scan(&bundle, &data, &mut contents, |_| {})?.broken {
        return Err(broken);
    }
    let entries = bundle.entries().iter().map(|entry| EntryInfo {
        name: entry.name.clone(),
        size_bytes: entry.size_bytes,
        compressed_bytes: entry.compressed_bytes,
    });
    let mut labels: Vec<LabelInfo> = contents
        .labels
        .iter()
        .map(|(name, label)| LabelInfo {
            name: String::from_utf8_lossy(name).into_owned(),
            series: label.series,
            values: label.values.len() as u64,
        })
        .collect();
    labels.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    let mut top_metrics = sorted(&contents.metrics);
    top_metrics.truncate(top);
    let time = |ms: Option<i64>| ms.and_then(|ms| Timestamp::from_millisecond(ms).ok());
    Ok(Inspection {
        entries: entries.collect(),
        metadata,
        metadata_problem,
        format: data.format,
        lines: contents.lines,
        series: contents.series.len() as u64,
        samples: contents.samples,
        first_sample: time(contents.first_ms),
        last_sample: time(contents.last_ms),
        labels,
        top_metrics,
        metric_names: contents.metrics.len() as u64,
        jobs: sorted(&contents.jobs),
        capped: contents.capped,
    })
}

struct Contents {
    lines: u64,
    samples: u64,
    first_ms: Option<i64>,
    last_ms: Option<i64>,
    series: HashSet<SeriesKey>,
    labels: NameTable<Label>,
    label_values: usize,
    /// Series by metric name.
    metrics: NameTable<u64>,
    /// Series by job.
    jobs: NameTable<u64>,
    capped: bool,
}

#[derive(Default)]
struct Label {
    series: u64,
    /// Hashes of the values: enough to count them, and it bounds the memory.
    values: HashSet<u64>,
}

/// Counts a series; `false` if there is no room for another name.
fn count(names: &mut NameTable<u64>, name: &[u8]) -> bool {
    let series = names.entry(name, || 0);
    series.map(|series| *series += 1).is_some()
}

/// Series by name, most first.
fn sorted(names: &NameTable<u64>) -> Vec<SeriesCount> {
    let counts = names.iter().map(|(name, &series)| SeriesCount {
        name: String::from_utf8_lossy(name).into_owned(),
        series,
    });
    let mut counts: Vec<_> = counts.collect();
    counts.sort_by(|a, b| b.series.cmp(&a.series).then_with(|| a.name.cmp(&b.name)));
    counts
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            lines: 0,
            samples: 0,
            first_ms: None,
            last_ms: None,
            series: HashSet::new(),
            labels: NameTable::new(MAX_LABEL_NAMES, MAX_NAME_BYTES),
            label_values: 0,
            metrics: NameTable::new(MAX_NAMES, MAX_NAME_BYTES),
            jobs: NameTable::new(MAX_NAMES, MAX_NAME_BYTES),
            capped: false,
        }
    }
}

impl Contents {
    fn count_label(&mut self, name: &[u8], value: &[u8]) {
        let Some(label) = self.labels.entry(name, Label::default) else {
            self.capped = true;
            return;
        };
        label.series += 1;
        let mut hash = DefaultHasher::new();
        hash.write(value);
        let hash = hash.finish();
        if self.label_values < MAX_LABEL_VALUES {
            self.label_values += usize::from(label.values.insert(hash));
        } else {
            self.capped |= !label.values.contains(&hash);
        }
    }
}

impl LineSink for Contents {
    const NEEDS_VALUES: bool = false;

    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Self::Error> {
        let key = SeriesKey::of(labels);
        if self.series.contains(&key) {
            return Ok(());
        }
        if self.series.len() == MAX_SERIES {
            self.capped = true;
            return Ok(());
        }
        self.series.insert(key);
        for (name, value) in labels {
            self.count_label(name, value);
            let counted = match name.as_slice() {
                b"__name__" => count(&mut self.metrics, value),
                b"job" => count(&mut self.jobs, value),
                _ => true,
            };
            self.capped |= !counted;
        }
        Ok(())
    }

    fn values(&mut self, _: ValueChunk<'_>) -> Result<(), Self::Error> {
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Self::Error> {
        self.samples += timestamps.len() as u64;
        self.first_ms = self
            .first_ms
            .into_iter()
            .chain(timestamps.iter().copied())
            .min();
        self.last_ms = self.last_ms.max(timestamps.iter().copied().max());
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Self::Error> {
        self.lines += 1;
        Ok(())
    }
}
