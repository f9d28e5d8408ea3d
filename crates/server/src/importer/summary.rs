//! What was read, kept and sent, as replies show it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use replay::{Analysis, Report, Sent, Source, Tally, TrimReason, Unfinished};
use serde::Serialize;
use utoipa::ToSchema;

/// Bytes that a request is said to have; those of the workflow are larger.
pub(super) const CHUNK_BYTES: u64 = 512 << 10;

/// Labels by which a person knows a series.
const TELLING: [&str; 6] = ["job", "instance", "service", "cluster", "namespace", "pod"];

/// Longest label value shown.
const LONGEST_VALUE: usize = 200;

/// What was read, kept and sent. Fields that are zero or empty may be absent.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct Summary {
    /// Of the first series.
    metric_name: String,
    /// Up to six labels of the first series.
    labels: BTreeMap<String, String>,
    /// First timestamp that is sent, after the shift.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// Last timestamp that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    /// Samples read.
    #[serde(skip_serializing_if = "is_zero")]
    total_points: u64,
    /// Samples kept, or acknowledged.
    pub(super) points: u64,
    /// Bytes of lines sent.
    bytes: u64,
    /// Uploaded.
    pub(super) source_bytes: u64,
    /// Of JSON lines; of compressed ones the size of the file until all of them were read.
    pub(super) inflated_bytes: u64,
    /// Handled so far, of `inflated_bytes`.
    processed_bytes: u64,
    /// Requests acknowledged.
    pub(super) chunks: u64,
    chunk_bytes: u64,
    /// A few series.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "is_zero")]
    skipped_lines: u64,
    /// Skipped lines by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    skipped_reasons: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    first_errors: Vec<LineError>,
    /// Samples before the retention.
    #[serde(skip_serializing_if = "is_zero")]
    dropped_old: u64,
    /// Samples that were not sent, by reason.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dropped_reasons: BTreeMap<&'static str, u64>,
    /// Timestamps were converted to milliseconds.
    #[serde(skip_serializing_if = "is_false")]
    normalized_ts: bool,
    /// Lines parsed.
    #[serde(skip_serializing_if = "is_zero")]
    analyzed_lines: u64,
    /// Lines read.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) scanned_lines: u64,
    /// Lines to read at most; 0 is all.
    #[serde(skip_serializing_if = "is_zero")]
    sample_limit: u64,
    /// Reading stopped there.
    #[serde(skip_serializing_if = "is_false")]
    sample_cut: bool,
    /// Distinct series.
    #[serde(skip_serializing_if = "is_zero")]
    series: u64,
    #[serde(skip_serializing_if = "is_zero")]
    max_labels_seen: u64,
    #[serde(skip_serializing_if = "is_zero")]
    max_labels_limit: u64,
    /// Series over the limit.
    #[serde(skip_serializing_if = "is_zero")]
    over_label_limit: u64,
    /// Their samples.
    #[serde(skip_serializing_if = "is_zero")]
    over_limit_points: u64,
    /// Distinct label names.
    #[serde(skip_serializing_if = "is_zero")]
    total_labels: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    label_stats: Vec<LabelCount>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    label_universe: Vec<String>,
    /// Labels of each series, in base64: bit `i % 8` of byte `i / 8` is label `i` of
    /// `label_universe`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    series_label_bitsets: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    series_label_counts: Vec<u64>,
    /// Kept samples of each series.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    series_point_counts: Vec<u64>,
    /// Length of the three lists.
    #[serde(skip_serializing_if = "is_zero")]
    simulation_series: u64,
    /// There are more series.
    #[serde(skip_serializing_if = "is_false")]
    simulation_series_capped: bool,
}

/// A line that was skipped.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LineError {
    line: u64,
    reason: String,
}

/// On how many series a label is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LabelCount {
    name: String,
    count: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Summary {
    /// Nothing was done yet with a source of this size.
    pub(super) fn of_source(source: &Source) -> Self {
        Self {
            source_bytes: source.file_bytes(),
            inflated_bytes: source.text_bytes().unwrap_or(source.file_bytes()),
            chunk_bytes: CHUNK_BYTES,
            ..Self::default()
        }
    }

    /// What an earlier run acknowledged.
    pub(super) fn of_earlier(source_bytes: u64, found: &Unfinished) -> Self {
        Self {
            source_bytes,
            inflated_bytes: found.total,
            processed_bytes: found.done,
            points: found.samples,
            bytes: found.bytes,
            chunks: found.chunks,
            chunk_bytes: CHUNK_BYTES,
            ..Self::default()
        }
    }

    /// Shows the first few series.
    pub(super) fn set_examples(&mut self, analysis: &Analysis) {
        let Some(first) = analysis.examples.first() else {
            return;
        };
        self.metric_name = first
            .iter()
            .find(|(name, _)| name == "__name__")
            .map(|(_, value)| cut(value))
            .unwrap_or_default();
        self.labels = short(first);
        self.examples = analysis
            .examples
            .iter()
            .map(|series| short(series))
            .collect();
    }

    /// What the target has acknowledged so far.
    pub(super) fn set_sent(&mut self, sent: &Sent) {
        self.points = sent.samples;
        self.bytes = sent.bytes;
        self.chunks = sent.chunks;
        self.processed_bytes = sent.done;
        self.inflated_bytes = sent.total;
    }

    /// What became of lines and samples.
    pub(super) fn set_tally(&mut self, tally: &Tally) {
        let time = |ms: i64| jiff::Timestamp::from_millisecond(ms).ok();
        if let Some((first, last)) = tally.fitted_ms {
            self.start = time(first).map(|time| time.to_string());
            self.end = time(last).map(|time| time.to_string());
        }
        self.total_points = tally.samples_read;
        self.points = tally.samples_fitted;
        self.skipped_lines = tally.skipped_lines();
        self.skipped_reasons = tally
            .skipped
            .iter()
            .map(|(reason, lines)| (reason.sentence(), *lines))
            .collect();
        self.first_errors = tally
            .first_skipped
            .iter()
            .map(|skipped| LineError {
                line: skipped.line,
                reason: skipped.reason.clone(),
            })
            .collect();
        let trimmed = |reason| tally.trimmed.get(&reason).copied().unwrap_or_default();
        self.dropped_old = trimmed(TrimReason::BeforeRetention);
        self.over_limit_points = trimmed(TrimReason::OverLabelLimit);
        self.dropped_reasons = tally
            .trimmed
            .iter()
            .map(|(reason, samples)| (reason.sentence(), *samples))
            .collect();
        // Nothing else than a unit tells the two apart.
        self.normalized_ts = tally.written != tally.unfitted_ms;
        self.analyzed_lines = tally.good_lines;
        self.scanned_lines = tally.lines;
        self.max_labels_seen = tally.max_labels as u64;
    }

    /// What an import did.
    pub(super) fn set_report(&mut self, report: &Report) {
        self.set_tally(&report.tally);
        self.set_sent(&report.sent);
        // Of compressed lines the size is known when all of them were read.
        if report.sent.done >= report.sent.total {
            self.inflated_bytes = self.inflated_bytes.max(report.tally.text_bytes);
            self.processed_bytes = self.inflated_bytes;
        }
        self.series = report.series;
        self.over_label_limit = report.over_limit_series;
    }

    /// The limit in force; 0 is unknown.
    pub(super) fn set_label_limit(&mut self, limit: u64) {
        self.max_labels_limit = limit;
    }

    /// What an import would do.
    pub(super) fn set_analysis(&mut self, analysis: &Analysis, sample_limit: u64) {
        self.set_tally(&analysis.tally);
        self.set_examples(analysis);
        self.processed_bytes = analysis.read_bytes;
        self.sample_limit = sample_limit;
        self.sample_cut = analysis.cut;
        self.series = analysis.series;
        self.over_label_limit = analysis.over_limit_series;
        self.total_labels = analysis.labels.len() as u64;
        self.label_stats = analysis
            .labels
            .iter()
            .map(|label| LabelCount {
                name: label.name.clone(),
                count: label.series,
            })
            .collect();
        self.label_universe = analysis
            .labels
            .iter()
            .map(|label| label.name.clone())
            .collect();
        let series = &analysis.series_labels;
        self.series_label_bitsets = series
            .iter()
            .map(|series| bitset(&series.labels, analysis.labels.len()))
            .collect();
        self.series_label_counts = series
            .iter()
            .map(|series| series.labels.len() as u64)
            .collect();
        self.series_point_counts = series.iter().map(|series| series.samples).collect();
        self.simulation_series = series.len() as u64;
        self.simulation_series_capped = analysis.series_labels_capped;
    }
}

fn cut(value: &str) -> String {
    value.chars().take(LONGEST_VALUE).collect()
}

fn short(series: &[(String, String)]) -> BTreeMap<String, String> {
    series
        .iter()
        .filter(|(name, _)| TELLING.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), cut(value)))
        .collect()
}

fn bitset(labels: &[u32], all: usize) -> String {
    let mut bytes = vec![0_u8; all.div_ceil(8)];
    for label in labels {
        if let Some(byte) = bytes.get_mut(*label as usize / 8) {
            *byte |= 1 << (label % 8);
        }
    }
    BASE64.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitsets_are_as_the_contract_shows_them() {
        assert_eq!(bitset(&[0, 1, 2, 3], 4), "Dw");
        assert_eq!(bitset(&[8], 9), "AAE");
        assert_eq!(bitset(&[], 0), "");
    }
}
