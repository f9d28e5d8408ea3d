//! `--dry-run`: what would be sent, what would not and why.

use std::fmt::Write;

use indicatif::{HumanBytes, HumanCount};
use replay::Analysis;
use serde::Serialize;

use super::Description;
use super::report::{TallyLine, left_out};
use super::span_text::{coarse_shift_text, shift_text, span_text};
use crate::failure::{Failure, unwritable};
use crate::printer;
use crate::shown::{shown, shown_name};

/// Labels that are listed for a person; scripts get all.
const LISTED_LABELS: usize = 40;

/// Prints the analysis to stdout.
pub(super) fn show(
    description: &Description,
    analysis: &Analysis,
    json: bool,
) -> Result<(), Failure> {
    if json {
        let mut text = serde_json::to_vec(&Line::new(description, analysis))
            .map_err(|error| Failure::failed("cannot write JSON").because(error))?;
        text.push(b'\n');
        return printer::stdout(&text);
    }
    let mut text = String::new();
    describe(&mut text, description, analysis)
        .map_err(|_| unwritable("to stdout", std::io::ErrorKind::Other.into()))?;
    printer::stdout(text.as_bytes())
}

fn describe(out: &mut String, about: &Description, analysis: &Analysis) -> std::fmt::Result {
    let (source, target) = (&about.source, &about.target);
    writeln!(
        out,
        "source       {} ({})",
        shown(&source.name),
        source.words()
    )?;
    if let Some(id) = &source.export_id {
        writeln!(out, "bundle       {}", shown(id))?;
    }
    writeln!(out, "target       {}", target.words())?;
    writeln!(out, "retention    {}", target.retention_words())?;
    describe_limits(out, about)?;
    for note in &target.notes {
        writeln!(out, "note         {}", shown(note))?;
    }

    let tally = &analysis.tally;
    let at_least = if analysis.capped { "at least " } else { "" };
    writeln!(
        out,
        "\nholds        {} samples of {at_least}{} series in {} lines",
        HumanCount(tally.samples_read),
        HumanCount(analysis.series),
        HumanCount(tally.good_lines)
    )?;
    if let Some((first, last)) = tally.unfitted_ms {
        writeln!(
            out,
            "from         {} to {}",
            gather::format_ms(first),
            gather::format_ms(last)
        )?;
    }
    let unit = analysis.unit.name();
    match analysis.looks_like {
        Some(other) => writeln!(
            out,
            "unit         {unit}, but the timestamps look like {other}: `--timestamp-unit {other}`",
            other = other.name()
        )?,
        None if unit != "ms" => writeln!(out, "unit         {unit}")?,
        None => {}
    }

    writeln!(
        out,
        "\nwould send   {} samples",
        HumanCount(tally.samples_fitted)
    )?;
    if let Some((first, last)) = tally.fitted_ms {
        let moved = match analysis.shift_ms {
            0 => String::new(),
            by => format!(", moved by {}", shift_text(by)),
        };
        writeln!(
            out,
            "as           {} to {}{moved}",
            gather::format_ms(first),
            gather::format_ms(last)
        )?;
    }
    out.push_str(&left_out(tally));
    if analysis.over_limit_series > 0 {
        writeln!(
            out,
            "over limit   {at_least}{} series have more labels than the target takes (up to {}); \
             `--drop-label` makes room",
            HumanCount(analysis.over_limit_series),
            tally.max_labels
        )?;
    }
    if analysis.merged_series > 0 {
        writeln!(
            out,
            "merged       {at_least}{} series would share the labels of another one",
            HumanCount(analysis.merged_series)
        )?;
    }
    if let Some(shift_ms) = analysis.suggested_shift_ms
        && !tally.trimmed.is_empty()
    {
        writeln!(
            out,
            "hint         `--shift now`, or `--shift {}`, moves everything into the retention",
            coarse_shift_text(shift_ms)
        )?;
    }
    if let Some(mark) = &about.suggested_mark {
        writeln!(
            out,
            "hint         `{mark}` keeps this bundle apart from others with the same pseudonyms"
        )?;
    }

    writeln!(out, "\nlabels {:>33}", "series")?;
    for label in analysis.labels.iter().take(LISTED_LABELS) {
        let series = HumanCount(label.series).to_string();
        writeln!(out, "  {:<24} {series:>12}", shown_name(&label.name))?;
    }
    match analysis.labels.len().saturating_sub(LISTED_LABELS) {
        0 => {}
        more => writeln!(out, "  and {more} more; --json lists all")?,
    }
    if analysis.labels_capped {
        writeln!(out, "  and names for which there was no room")?;
    }
    Ok(())
}

fn describe_limits(out: &mut String, about: &Description) -> std::fmt::Result {
    let target = &about.target;
    let mut limits = Vec::new();
    if let Some(labels) = target.max_labels {
        limits.push(format!("{labels} labels a series"));
    }
    if let Some(bytes) = target.max_line_bytes {
        limits.push(format!("{} a line", HumanBytes(bytes)));
    }
    if let Some(ms) = target.future_ms {
        limits.push(format!("{} ahead", span_text(ms.unsigned_abs())));
    }
    if !limits.is_empty() {
        writeln!(out, "limits       {}", limits.join(", "))?;
    }
    if let Some(ms) = target.dedup_ms.filter(|ms| *ms > 0) {
        writeln!(
            out,
            "keeps        one sample of a series per {}, by its deduplication",
            span_text(ms.unsigned_abs())
        )?;
    }
    Ok(())
}

/// The event `plan` of an import; `docs/scripting.md` has its fields.
#[derive(Serialize)]
struct Line<'a> {
    r#type: &'static str,
    #[serde(flatten)]
    description: &'a Description,
    #[serde(flatten)]
    tally: TallyLine<'a>,
    samples_to_send: u64,
    series: u64,
    series_over_label_limit: u64,
    series_merged: u64,
    capped: bool,
    most_labels: usize,
    labels: Vec<Label<'a>>,
    labels_capped: bool,
    unit: &'static str,
    looks_like: Option<&'static str>,
    source_start: Option<String>,
    source_end: Option<String>,
    oldest: Option<String>,
    newest: Option<String>,
    shift_ms: i64,
    suggested_shift_ms: Option<i64>,
}

#[derive(Serialize)]
struct Label<'a> {
    name: &'a str,
    series: u64,
}

impl<'a> Line<'a> {
    fn new(description: &'a Description, analysis: &'a Analysis) -> Self {
        let tally = &analysis.tally;
        let labels = analysis.labels.iter().map(|label| Label {
            name: &label.name,
            series: label.series,
        });
        Self {
            r#type: "plan",
            description,
            tally: TallyLine::new(tally),
            samples_to_send: tally.samples_fitted,
            series: analysis.series,
            series_over_label_limit: analysis.over_limit_series,
            series_merged: analysis.merged_series,
            capped: analysis.capped,
            most_labels: tally.max_labels,
            labels: labels.collect(),
            labels_capped: analysis.labels_capped,
            unit: analysis.unit.name(),
            looks_like: analysis.looks_like.map(replay::TimeUnit::name),
            source_start: tally.unfitted_ms.map(|(first, _)| gather::format_ms(first)),
            source_end: tally.unfitted_ms.map(|(_, last)| gather::format_ms(last)),
            oldest: analysis.oldest_ms.map(gather::format_ms),
            newest: analysis.newest_ms.map(gather::format_ms),
            shift_ms: analysis.shift_ms,
            suggested_shift_ms: analysis.suggested_shift_ms,
        }
    }
}
