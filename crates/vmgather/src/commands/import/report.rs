//! What a finished import tells.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use indicatif::HumanCount;
use replay::{DifferenceReason, JobCheck, Report, SkipReason, Tally, TrimReason, Verification};
use serde::Serialize;

use super::span_text::shift_text;
use crate::exit::Exit;
use crate::shown::{shown, shown_name, shown_series};
use crate::summary::words;

/// Differences and jobs that are listed for a person; scripts get all.
const LISTED: usize = 10;

/// What the comparison says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    /// Everything that was compared is as it was sent.
    Verified,
    /// Something is not.
    Differs,
    /// It was not possible to tell.
    Unknown,
    /// Nobody wanted to know.
    Off,
}

/// An import that the target acknowledged to its end.
pub(crate) struct Imported {
    report: Report,
    elapsed: Duration,
    verdict: Verdict,
    /// A signal ended the comparison.
    interrupted: bool,
}

impl Imported {
    pub(super) fn new(report: Report, elapsed: Duration, cancelled: bool) -> Self {
        let judged = match &report.verification {
            None => Verdict::Off,
            Some(verification) if verification.verified => Verdict::Verified,
            Some(verification) if !verification.reached || verification.series_compared == 0 => {
                Verdict::Unknown
            }
            Some(_) => Verdict::Differs,
        };
        let interrupted = cancelled && !matches!(judged, Verdict::Verified | Verdict::Off);
        Self {
            report,
            elapsed,
            verdict: if interrupted {
                Verdict::Unknown
            } else {
                judged
            },
            interrupted,
        }
    }

    pub(super) fn exit(&self) -> Exit {
        match self.verdict {
            _ if self.interrupted => Exit::Interrupted,
            Verdict::Differs => Exit::Failed,
            Verdict::Verified | Verdict::Unknown | Verdict::Off => Exit::Done,
        }
    }

    fn describe_comparison(
        &self,
        f: &mut fmt::Formatter<'_>,
        verification: &Verification,
    ) -> fmt::Result {
        if self.interrupted {
            return writeln!(f, "compared     interrupted before everything was visible");
        }
        writeln!(f, "compared     {}", verification.message)?;
        for difference in verification.differences.iter().take(LISTED) {
            writeln!(
                f,
                "  {}: {} ({})",
                shown_series(&difference.series),
                difference.detail,
                reason_words(difference.reason)
            )?;
        }
        more(f, verification.differences.len(), "series")?;
        let counted: Vec<(&JobCheck, u64)> = verification
            .jobs
            .iter()
            .filter_map(|job| Some((job, job.found?)))
            .collect();
        let odd: Vec<&(&JobCheck, u64)> = counted
            .iter()
            .filter(|(job, found)| *found != job.sent)
            .collect();
        let equal = counted.len() - odd.len();
        if !counted.is_empty() {
            let plural = if counted.len() == 1 { "" } else { "s" };
            writeln!(
                f,
                "jobs         {equal} of {} job{plural} counted as sent",
                counted.len()
            )?;
        }
        for (job, found) in odd.iter().take(LISTED) {
            let name = match job.job.as_str() {
                "" => "(no job)".to_owned(),
                name => shown_name(name),
            };
            let why = if *found > job.sent {
                "the target has further samples of this job in the same time"
            } else {
                "samples are missing"
            };
            writeln!(
                f,
                "  {name}: {} sent, {} found; {why}",
                HumanCount(job.sent),
                HumanCount(*found)
            )?;
        }
        more(f, odd.len(), "jobs")
    }
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = &self.report;
        let at_least = if report.capped { "at least " } else { "" };
        writeln!(
            f,
            "sent         {} samples of {at_least}{} series",
            HumanCount(report.sent.samples),
            HumanCount(report.series)
        )?;
        if let Some((first, last)) = report.tally.fitted_ms {
            let moved = match report.shift_ms {
                0 => String::new(),
                by => format!(", moved by {}", shift_text(by)),
            };
            writeln!(
                f,
                "time         {} to {}{moved}",
                gather::format_ms(first),
                gather::format_ms(last)
            )?;
        }
        f.write_str(&left_out(&report.tally))?;
        if report.merged_series > 0 {
            writeln!(
                f,
                "merged       {} series share the labels they were sent with",
                HumanCount(report.merged_series)
            )?;
        }
        if let Some(verification) = &report.verification {
            self.describe_comparison(f, verification)?;
        } else {
            writeln!(f, "compared     no (`--no-verify`)")?;
        }
        if let Some(counted) = report.counted
            && counted.invalid + counted.ignored > 0
        {
            writeln!(
                f,
                "target       counted {} invalid and {} ignored samples meanwhile, of everyone",
                HumanCount(counted.invalid),
                HumanCount(counted.ignored)
            )?;
        }
        writeln!(f, "took         {}", words(self.elapsed))
    }
}

/// What was not sent and why, a line each; empty if everything was.
pub(super) fn left_out(tally: &Tally) -> String {
    let mut text = String::new();
    for (reason, samples) in &tally.trimmed {
        let plural = if *samples == 1 { "" } else { "s" };
        text += &format!(
            "left out     {} sample{plural}: {}\n",
            HumanCount(*samples),
            reason.sentence()
        );
    }
    for (reason, lines) in &tally.skipped {
        let plural = if *lines == 1 { "" } else { "s" };
        text += &format!(
            "skipped      {} line{plural}: {}\n",
            HumanCount(*lines),
            reason.sentence()
        );
    }
    for skipped in &tally.first_skipped {
        text += &format!("  line {}: {}\n", skipped.line, shown(&skipped.reason));
    }
    for (samples, what) in [
        (tally.nulls, "`null`, which targets drop"),
        (tally.stale_markers, "stale markers, which targets keep"),
    ] {
        if samples > 0 {
            let plural = if samples == 1 { "" } else { "s" };
            text += &format!(
                "no value     {} sample{plural}: {what}\n",
                HumanCount(samples)
            );
        }
    }
    text
}

fn reason_words(reason: DifferenceReason) -> &'static str {
    match reason {
        DifferenceReason::Missing => "samples are missing",
        DifferenceReason::Deduplicated => "deduplication of the target, as configured",
        DifferenceReason::Extra => "a repeated request, an earlier import, or another writer",
        DifferenceReason::Value => "another value",
    }
}

fn more(f: &mut fmt::Formatter<'_>, all: usize, what: &str) -> fmt::Result {
    match all.saturating_sub(LISTED) {
        0 => Ok(()),
        more => writeln!(f, "  and {more} {what} more; --json lists all"),
    }
}

/// What became of lines and samples, for scripts.
#[derive(Serialize)]
pub(super) struct TallyLine<'a> {
    lines: u64,
    lines_skipped: &'a BTreeMap<SkipReason, u64>,
    first_skipped: Vec<SkippedLine<'a>>,
    samples_read: u64,
    samples_left_out: &'a BTreeMap<TrimReason, u64>,
    samples_null: u64,
    samples_stale: u64,
    lines_divided: u64,
    start: Option<String>,
    end: Option<String>,
}

#[derive(Serialize)]
struct SkippedLine<'a> {
    line: u64,
    reason: &'a str,
}

impl<'a> TallyLine<'a> {
    pub(super) fn new(tally: &'a Tally) -> Self {
        Self {
            lines: tally.lines,
            lines_skipped: &tally.skipped,
            first_skipped: tally
                .first_skipped
                .iter()
                .map(|skipped| SkippedLine {
                    line: skipped.line,
                    reason: &skipped.reason,
                })
                .collect(),
            samples_read: tally.samples_read,
            samples_left_out: &tally.trimmed,
            samples_null: tally.nulls,
            samples_stale: tally.stale_markers,
            lines_divided: tally.divided_lines,
            start: tally.fitted_ms.map(|(first, _)| gather::format_ms(first)),
            end: tally.fitted_ms.map(|(_, last)| gather::format_ms(last)),
        }
    }
}

/// The event `done`; `docs/scripting.md` has its fields.
#[derive(Serialize)]
pub(crate) struct DoneLine<'a> {
    r#type: &'static str,
    import_id: &'a str,
    #[serde(flatten)]
    tally: TallyLine<'a>,
    samples_sent: u64,
    series: u64,
    series_over_label_limit: u64,
    series_merged: u64,
    capped: bool,
    shift_ms: i64,
    requests: u64,
    bytes: u64,
    wire_bytes: u64,
    target_counted: Option<CountedLine>,
    verdict: Verdict,
    verification: Option<VerificationLine<'a>>,
    warnings: &'a [String],
    elapsed_seconds: f64,
}

#[derive(Serialize)]
struct CountedLine {
    inserted: u64,
    invalid: u64,
    ignored: u64,
}

#[derive(Serialize)]
struct VerificationLine<'a> {
    message: &'a str,
    series_compared: u64,
    series_seen: u64,
    samples_compared: u64,
    samples_rounded: u64,
    jobs: Vec<JobLine<'a>>,
    differences: Vec<DifferenceLine<'a>>,
}

#[derive(Serialize)]
struct JobLine<'a> {
    job: &'a str,
    sent: u64,
    found: Option<u64>,
}

#[derive(Serialize)]
struct DifferenceLine<'a> {
    series: &'a str,
    reason: &'static str,
    detail: &'a str,
}

impl<'a> DoneLine<'a> {
    pub(crate) fn new(imported: &'a Imported) -> Self {
        let report = &imported.report;
        Self {
            r#type: "done",
            import_id: &report.import_id,
            tally: TallyLine::new(&report.tally),
            samples_sent: report.sent.samples,
            series: report.series,
            series_over_label_limit: report.over_limit_series,
            series_merged: report.merged_series,
            capped: report.capped,
            shift_ms: report.shift_ms,
            requests: report.sent.chunks,
            bytes: report.sent.bytes,
            wire_bytes: report.wire_bytes,
            target_counted: report.counted.map(|counted| CountedLine {
                inserted: counted.inserted,
                invalid: counted.invalid,
                ignored: counted.ignored,
            }),
            verdict: imported.verdict,
            verification: report.verification.as_ref().map(VerificationLine::new),
            warnings: &report.warnings,
            elapsed_seconds: imported.elapsed.as_secs_f64(),
        }
    }
}

impl<'a> VerificationLine<'a> {
    fn new(verification: &'a Verification) -> Self {
        let jobs = verification.jobs.iter().map(|job| JobLine {
            job: &job.job,
            sent: job.sent,
            found: job.found,
        });
        let differences = verification
            .differences
            .iter()
            .map(|difference| DifferenceLine {
                series: &difference.series,
                reason: difference.reason.code(),
                detail: &difference.detail,
            });
        Self {
            message: &verification.message,
            series_compared: verification.series_compared,
            series_seen: verification.series_seen,
            samples_compared: verification.samples_compared,
            samples_rounded: verification.rounded,
            jobs: jobs.collect(),
            differences: differences.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_value_is_told_by_what_becomes_of_it() {
        let mut tally = Tally::default();
        assert_eq!(left_out(&tally), "");
        tally.stale_markers = 2_213;
        assert_eq!(
            left_out(&tally),
            "no value     2,213 samples: stale markers, which targets keep\n"
        );
        tally.stale_markers = 0;
        tally.nulls = 1;
        assert_eq!(
            left_out(&tally),
            "no value     1 sample: `null`, which targets drop\n"
        );
    }
}
