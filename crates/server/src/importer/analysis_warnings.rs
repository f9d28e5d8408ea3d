//! What a person should know before an import.

use jiff::Timestamp;
use replay::{Analysis, Source, TargetFacts, TrimReason};
use vmapi::TargetLimits;

use super::failure;

/// More labels than this are worth a word where the target's limit is unknown.
const MANY_LABELS: usize = 40;

/// How far ahead targets take samples.
const AHEAD_MS: i64 = 2 * 86_400_000;

/// What is known.
pub(super) struct Seen<'a> {
    pub(super) source: &'a Source,
    pub(super) analysis: &'a Analysis,
    pub(super) limits: &'a TargetLimits,
    pub(super) facts: &'a TargetFacts,
    /// Lines that were looked at at most.
    pub(super) max_lines: Option<u64>,
}

/// One sentence for each thing.
pub(super) fn warnings(seen: &Seen<'_>) -> Vec<String> {
    let mut warnings = seen.source.warnings().to_vec();
    warnings.extend(times(seen));
    warnings.extend(lines(seen));
    warnings.extend(labels(seen));
    warnings.extend(seen.limits.notes.iter().cloned());
    if let (true, Some(most)) = (seen.analysis.cut, seen.max_lines) {
        warnings.push(format!(
            "only the first {most} lines were looked at; a full collection looks at all"
        ));
    }
    warnings
}

/// About retention, range and unit.
fn times(seen: &Seen<'_>) -> Vec<String> {
    let Seen {
        analysis, facts, ..
    } = seen;
    let tally = &analysis.tally;
    let mut warnings = Vec::new();
    let old = tally.trimmed.get(&TrimReason::BeforeRetention).copied();
    if let (Some(old), Some(cutoff)) = (old.filter(|old| *old > 0), analysis.oldest_ms) {
        let percent = old as f64 * 100.0 / tally.samples_read.max(1) as f64;
        let mut text = format!(
            "{percent:.1} % of the samples ({old} of {}) are older than the retention of the \
             target, which begins at {}",
            tally.samples_read,
            moment(cutoff)
        );
        if let Some(shift) = analysis.suggested_shift_ms {
            text.push_str(&format!(
                "; a shift of {shift} ms brings all of them into it"
            ));
        }
        warnings.push(text);
    }
    if let (Some((first, last)), Some(retention)) = (tally.unfitted_ms, facts.retention_ms)
        && last.saturating_sub(first) > retention
    {
        warnings.push("the data span more time than the target keeps".to_owned());
    }
    let now = Timestamp::now().as_millisecond();
    let last = tally
        .unfitted_ms
        .map(|(_, last)| last.saturating_add(analysis.shift_ms));
    if let Some(last) = last.filter(|last| *last > now.saturating_add(AHEAD_MS)) {
        warnings.push(format!(
            "the data reach to {}, more than 2 days ahead, where targets drop samples",
            moment(last)
        ));
    }
    if tally.written != tally.unfitted_ms {
        warnings.push(format!(
            "timestamps are converted from {} to milliseconds",
            analysis.unit.name()
        ));
    }
    if let Some(unit) = analysis.looks_like {
        warnings.push(format!(
            "the timestamps look like `{}`, not like `{}`; `timestamp_unit` says what they are",
            unit.name(),
            analysis.unit.name()
        ));
    }
    warnings
}

/// About lines and samples that would not arrive.
fn lines(seen: &Seen<'_>) -> Vec<String> {
    let tally = &seen.analysis.tally;
    let mut warnings: Vec<String> = failure::skipped(tally)
        .into_iter()
        .map(|told| format!("skipped: {told}"))
        .collect();
    warnings.extend(
        failure::trimmed(tally)
            .into_iter()
            .map(|told| format!("dropped: {told}")),
    );
    if tally.divided_lines > 0 {
        warnings.push(format!(
            "{} lines are longer than the target takes, and are divided",
            tally.divided_lines
        ));
    }
    warnings
}

/// About labels and their limit.
fn labels(seen: &Seen<'_>) -> Vec<String> {
    let Seen {
        analysis,
        limits,
        facts,
        ..
    } = seen;
    let mut warnings = Vec::new();
    if analysis.over_limit_series > 0 {
        warnings.push(format!(
            "{} series have more labels than the limit of {}, and are not sent",
            analysis.over_limit_series,
            facts.max_labels.unwrap_or_default()
        ));
    }
    if facts.max_labels.is_none() && analysis.tally.max_labels > MANY_LABELS {
        warnings.push(format!(
            "series have up to {} labels, and the limit of the target is unknown",
            analysis.tally.max_labels
        ));
    }
    if let (Some(assumed), Some(detected)) = (facts.max_labels, limits.max_labels)
        && assumed > detected
        && analysis.tally.max_labels > detected as usize
    {
        warnings.push(format!(
            "the target takes {detected} labels, and series have up to {}: it drops them without \
             a word",
            analysis.tally.max_labels
        ));
    }
    if analysis.labels_capped {
        warnings.push(
            "there are more or longer label names than there is room for; the list of labels lacks \
             some"
                .to_owned(),
        );
    }
    if analysis.merged_series > 0 {
        warnings.push(format!(
            "{} series share their labels with another one once labels are dropped",
            analysis.merged_series
        ));
    }
    warnings
}

fn moment(ms: i64) -> String {
    match Timestamp::from_millisecond(ms) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{ms} ms"),
    }
}
