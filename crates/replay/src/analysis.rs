//! Looking at a source before it is imported: the same work, and nothing is sent.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use bundle::NameTable;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::check;
use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::fit::{Fit, TargetFacts};
use crate::fitter::Fitter;
use crate::pipeline::Reading;
use crate::series_table::SeriesTable;
use crate::source::{Position, Source};
use crate::tally::Tally;
use crate::time_unit::TimeUnit;

/// Series whose labels are kept one by one.
const MAX_SERIES: usize = 5_000;

/// Label names that are told apart.
const MAX_LABEL_NAMES: usize = 10_000;

/// Bytes of these names together: real ones are short, and a reply of the server has each twice.
const MAX_NAME_BYTES: usize = 1 << 20;

/// Labels that are kept, over all series together.
const MAX_SERIES_LABELS: usize = 1_000_000;

/// Series shown as examples.
const MAX_EXAMPLES: usize = 5;

/// Labels of an example.
const MAX_EXAMPLE_LABELS: usize = 1_000;

/// How much later than the cut-off a suggested shift puts the first sample, in ms.
const SHIFT_MARGIN_MS: i64 = 3_600_000;

/// What to look at and what would be done to it.
#[derive(Debug)]
pub struct AnalysisRequest<'a> {
    /// The source.
    pub source: &'a Source,
    /// Where lines are set aside that are too long for memory.
    pub temporary: PathBuf,
    /// What the import would do, [checked](Fit::checked).
    pub fit: &'a Fit,
    /// What is known of the target.
    pub target: &'a TargetFacts,
    /// Lines to look at; `None` for all, which also proves the source's checksums.
    pub max_lines: Option<u64>,
}

/// What an import of a source would do.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// What would become of lines and samples.
    pub tally: Tally,
    /// Not all lines were looked at.
    pub cut: bool,
    /// Bytes of lines that were looked at, as far as they are known.
    pub read_bytes: u64,
    /// Distinct series.
    pub series: u64,
    /// Distinct series with more labels than the target takes.
    pub over_limit_series: u64,
    /// Distinct series that would share their labels with another one.
    pub merged_series: u64,
    /// There were more series than are told apart.
    pub capped: bool,
    /// Label names in the source, the one on most series first.
    pub labels: Vec<LabelStat>,
    /// There were more label names than are told apart, or longer ones.
    pub labels_capped: bool,
    /// The labels of the first series, one by one.
    pub series_labels: Vec<SeriesLabels>,
    /// There are more series than in `series_labels`.
    pub series_labels_capped: bool,
    /// The labels of the first few series.
    pub examples: Vec<Vec<(String, String)>>,
    /// The unit that was used.
    pub unit: TimeUnit,
    /// The unit that the timestamps look like, where that is another one.
    pub looks_like: Option<TimeUnit>,
    /// Samples before this Unix time in ms would not be sent.
    pub oldest_ms: Option<i64>,
    /// Samples after this Unix time in ms would not be sent.
    pub newest_ms: Option<i64>,
    /// By how much timestamps would move, in ms.
    pub shift_ms: i64,
    /// The shift in ms that brings the first sample into the retention, if it is not.
    pub suggested_shift_ms: Option<i64>,
}

/// On how many series a label is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelStat {
    /// Its name.
    pub name: String,
    /// Distinct series that have it.
    pub series: u64,
}

/// The labels of one series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesLabels {
    /// Its labels, as places in [`Analysis::labels`].
    pub labels: Vec<u32>,
    /// Samples that are within the time that is sent.
    pub samples: u64,
}

/// The labels of all series, as they come by.
#[derive(Debug)]
pub(crate) struct Census {
    numbers: NameTable<u32>,
    counts: Vec<u64>,
    labels_capped: bool,
    series: Vec<SeriesLabels>,
    /// Labels in `series`.
    series_labels: usize,
    series_capped: bool,
    examples: Vec<Vec<(String, String)>>,
}

impl Default for Census {
    fn default() -> Self {
        Self {
            numbers: NameTable::new(MAX_LABEL_NAMES, MAX_NAME_BYTES),
            counts: Vec::new(),
            labels_capped: false,
            series: Vec::new(),
            series_labels: 0,
            series_capped: false,
            examples: Vec::new(),
        }
    }
}

impl Census {
    /// Notes a series that was not seen before; its number, if its samples are counted.
    pub(crate) fn add_series(
        &mut self,
        labels: &[(Vec<u8>, Vec<u8>)],
        samples: u64,
    ) -> Option<u32> {
        let mut numbers = Vec::new();
        for (name, _) in labels.iter().filter(|(_, value)| !value.is_empty()) {
            let next = self.counts.len() as u32;
            let Some(&mut number) = self.numbers.entry(name, || next) else {
                self.labels_capped = true;
                continue;
            };
            if number == next {
                self.counts.push(0);
            }
            self.counts[number as usize] += 1;
            numbers.push(number);
        }
        if self.examples.len() < MAX_EXAMPLES {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let labels = labels.iter().take(MAX_EXAMPLE_LABELS);
            let labels = labels.map(|(name, value)| (text(name), text(value)));
            self.examples.push(labels.collect());
        }
        let series_labels = self.series_labels + numbers.len();
        if self.series.len() == MAX_SERIES || series_labels > MAX_SERIES_LABELS {
            self.series_capped = true;
            return None;
        }
        self.series_labels = series_labels;
        self.series.push(SeriesLabels {
            labels: numbers,
            samples,
        });
        Some(self.series.len() as u32 - 1)
    }

    pub(crate) fn add_samples(&mut self, series: u32, samples: u64) {
        if let Some(series) = self.series.get_mut(series as usize) {
            series.samples += samples;
        }
    }

    /// Puts the labels in order, those on most series first.
    fn finish(self, analysis: &mut Analysis) {
        let mut order: Vec<(&[u8], &u32)> = self.numbers.iter().collect();
        let count = |number: &u32| self.counts[*number as usize];
        order.sort_by(|a, b| count(b.1).cmp(&count(a.1)).then_with(|| a.0.cmp(b.0)));
        let mut places = vec![0; order.len()];
        for (place, (name, number)) in order.iter().enumerate() {
            places[**number as usize] = place as u32;
            analysis.labels.push(LabelStat {
                name: String::from_utf8_lossy(name).into_owned(),
                series: count(number),
            });
        }
        analysis.labels_capped = self.labels_capped;
        analysis.series_labels = self.series;
        for series in &mut analysis.series_labels {
            for label in &mut series.labels {
                *label = places[*label as usize];
            }
        }
        analysis.series_labels_capped = self.series_capped;
        analysis.examples = self.examples;
    }
}

/// Reads a source as an import would, and sends nothing. Blocks.
///
/// # Errors
///
/// The source cannot be read, or the options do not fit it.
pub fn analyse(
    request: &AnalysisRequest<'_>,
    events: &dyn EventSink,
    cancel: &CancellationToken,
) -> Result<Analysis, Error> {
    let AnalysisRequest {
        source,
        temporary,
        fit,
        target,
        max_lines,
    } = request;
    let now_ms = Timestamp::now().as_millisecond();
    let written = if fit.needs_range() {
        check::survey(source, temporary, *max_lines, events, cancel)?.written
    } else {
        None
    };
    let plan = fit.resolve(written, target, source.format(), now_ms)?;
    let table = Mutex::new(SeriesTable::with_census());
    let sum = Mutex::new(Tally::default());
    let position = Position::default();
    let reading = Reading {
        source,
        spool: temporary,
        max_lines: *max_lines,
        position: &position,
        cancel,
    };
    reading.run(|| {
        let mut fitter = Fitter::new(&plan, &table, source, false);
        let (sum, position) = (&sum, &position);
        move |batch| {
            let tally = fitter.count(&batch);
            sum.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .add(tally);
            events.event(&Event::Checking {
                done: position.get(),
                total: source.total(),
            });
            Ok(ControlFlow::Continue(()))
        }
    })?;
    let tally = sum.into_inner().unwrap_or_else(PoisonError::into_inner);
    let table = table.into_inner().unwrap_or_else(PoisonError::into_inner);
    let cutoff_ms = target.oldest_ms(now_ms);
    let first_ms = tally.unfitted_ms.map(|(first, _)| first);
    let mut analysis = Analysis {
        cut: max_lines.is_some_and(|most| tally.lines >= most) && position.get() < source.total(),
        read_bytes: position.get(),
        series: table.series(),
        over_limit_series: table.over_limit(),
        merged_series: table.merged(),
        capped: table.capped,
        unit: plan.unit,
        looks_like: tally.looks_like(plan.unit),
        oldest_ms: plan.oldest_ms,
        newest_ms: plan.newest_ms,
        shift_ms: plan.shift_ms,
        suggested_shift_ms: first_ms
            .zip(cutoff_ms)
            .filter(|(first, cutoff)| first < cutoff)
            .map(|(first, cutoff)| cutoff.saturating_sub(first).saturating_add(SHIFT_MARGIN_MS)),
        tally,
        ..Analysis::default()
    };
    if let Some(census) = table.census {
        census.finish(&mut analysis);
    }
    Ok(analysis)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analysed(series: impl Iterator<Item = Vec<(Vec<u8>, Vec<u8>)>>) -> Analysis {
        let mut census = Census::default();
        for labels in series {
            census.add_series(&labels, 1);
        }
        let mut analysis = Analysis::default();
        census.finish(&mut analysis);
        analysis
    }

    #[test]
    fn no_more_of_endless_label_names_is_kept_than_there_is_room_for() {
        let label = |name: String| vec![(name.into_bytes(), b"v".to_vec())];
        let long = (0..300).map(|i| label(format!("{i}{}", "x".repeat(10_000))));
        let short = (0..3).map(|_| label("job".to_owned()));
        let analysis = analysed(long.chain(short));
        assert!(analysis.labels_capped);
        assert_eq!(analysis.labels[0].name, "job");
        assert_eq!(analysis.labels[0].series, 3);
        let bytes: usize = analysis.labels.iter().map(|label| label.name.len()).sum();
        assert!((1_000_000..=MAX_NAME_BYTES).contains(&bytes), "{bytes}");
    }

    #[test]
    fn series_of_endless_labels_are_kept_up_to_a_number_of_labels() {
        let labels: Vec<_> = (0..MAX_LABEL_NAMES)
            .map(|i| (i.to_string().into_bytes(), b"v".to_vec()))
            .collect();
        let analysis = analysed((0..150).map(|_| labels.clone()));
        assert!(analysis.series_labels_capped);
        assert_eq!(analysis.series_labels.len(), 100);
        assert_eq!(analysis.labels[0].series, 150);
        assert!(!analysis.labels_capped);
    }
}
