//! What an import did, in numbers.

use vmapi::RowCounters;

use crate::error::Error;
use crate::event::Sent;
use crate::journal::ImportPlan;
use crate::series_table::SeriesTable;
use crate::source::Source;
use crate::tally::Tally;
use crate::verification::Verification;

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its id.
    pub import_id: String,
    /// What became of lines and samples in acknowledged chunks, over all runs.
    pub tally: Tally,
    /// Distinct series in the source.
    pub series: u64,
    /// Distinct series with more labels than the target takes.
    pub over_limit_series: u64,
    /// Distinct series that share the labels they are sent with.
    pub merged_series: u64,
    /// There were more series than are told apart: counts of series are lower bounds.
    pub capped: bool,
    /// What the target acknowledged, over all runs.
    pub sent: Sent,
    /// Bytes of request bodies of this run, compressed where they were.
    pub wire_bytes: u64,
    /// By how much timestamps were moved, in ms.
    pub shift_ms: i64,
    /// Samples before this Unix time in ms were not sent.
    pub oldest_ms: Option<i64>,
    /// What the target counted meanwhile, of others too, if it tells.
    pub counted: Option<RowCounters>,
    /// The comparison; `None` if there was none.
    pub verification: Option<Verification>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl Report {
    pub(crate) fn new(
        plan: &ImportPlan,
        source: &Source,
        table: &SeriesTable,
        tally: Tally,
        sent: Sent,
        wire_bytes: u64,
    ) -> Self {
        let mut warnings = source.warnings().to_vec();
        if let Some(unit) = tally.looks_like(plan.fit.unit) {
            warnings.push(format!(
                "the timestamps look like `{}` and were read as `{}`",
                unit.name(),
                plan.fit.unit.name()
            ));
        }
        Self {
            import_id: plan.import_id.clone(),
            series: table.series(),
            over_limit_series: table.over_limit(),
            merged_series: table.merged(),
            capped: table.capped,
            tally,
            sent,
            wire_bytes,
            shift_ms: plan.fit.shift_ms,
            oldest_ms: plan.fit.oldest_ms,
            counted: None,
            verification: None,
            warnings,
        }
    }

    /// Why an import had nothing to send.
    pub(crate) fn nothing_sent(&self, name: &str) -> Error {
        let tally = &self.tally;
        if tally.good_lines == 0 {
            return Error::NothingUsable {
                name: name.to_owned(),
                tally: Box::new(tally.clone()),
            };
        }
        let mut why: Vec<String> = Vec::new();
        for (reason, samples) in &tally.trimmed {
            let samples = counted(*samples, "sample");
            why.push(format!("{samples} {}", reason.sentence()));
        }
        for (reason, lines) in &tally.skipped {
            let lines = counted(*lines, "line");
            why.push(format!("{lines}: {}", reason.sentence()));
        }
        if why.is_empty() {
            why.push("the lines hold no samples".to_owned());
        }
        why.extend(self.warnings.iter().cloned());
        Error::NothingSent {
            why: why.join("; "),
        }
    }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
