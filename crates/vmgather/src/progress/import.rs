//! What is shown while an import runs, in the same four ways.

use replay::{Event, EventSink};

use super::{Progress, Style};
use crate::commands::import::{Description, Imported};
use crate::failure::Failure;
use crate::printer;

impl Progress {
    /// Says what is imported where.
    pub(crate) fn import_planned(&self, description: &Description) {
        self.change(|style| {
            match style {
                Style::Quiet => (),
                Style::Bar(bar) => bar.line(&description.to_string()),
                Style::Plain(plain) => plain.line(&description.to_string()),
                Style::Json(json) => json.import_planned(description)?,
            }
            Ok(())
        });
    }

    /// Shows what has been sent and how it compares.
    pub(crate) fn imported(&self, imported: &Imported) -> Result<(), Failure> {
        self.end(|style| match style {
            Style::Quiet => Ok(()),
            Style::Json(json) => json.imported(imported),
            Style::Bar(_) | Style::Plain(_) => {
                printer::stderr(&imported.to_string());
                Ok(())
            }
        })
    }

    /// Shows how to go on after an interruption: the command, and the samples acknowledged.
    pub(crate) fn import_cancelled(&self, resume: Option<(&str, u64)>, import_id: Option<&str>) {
        let shown = self.end(|style| {
            let text = match resume {
                Some((command, samples)) => format!(
                    "interrupted after {} samples; continue with `{command}`\n",
                    indicatif::HumanCount(samples)
                ),
                None => "interrupted; nothing had been sent\n".to_owned(),
            };
            match style {
                Style::Json(json) => {
                    json.import_cancelled(import_id, resume.map(|(command, _)| command))
                }
                Style::Quiet | Style::Bar(_) | Style::Plain(_) => {
                    printer::stderr(&text);
                    Ok(())
                }
            }
        });
        // The exit code says the same.
        drop(shown);
    }
}

impl EventSink for Progress {
    fn event(&self, event: &Event) {
        self.change(|style| {
            match style {
                Style::Quiet => (),
                Style::Bar(bar) => bar.import_event(event),
                Style::Plain(plain) => plain.import_event(event),
                Style::Json(json) => json.import_event(event)?,
            }
            Ok(())
        });
    }
}

/// How much of the source is done, in percent.
pub(super) fn percent(done: u64, total: u64) -> u64 {
    done.min(total).saturating_mul(100) / total.max(1)
}

/// A request that will be repeated, in words.
pub(super) fn retrying_words(attempt: u32, wait: std::time::Duration, reason: &str) -> String {
    format!(
        "{reason}; trying again in {:.1} s (repetition {attempt})",
        wait.as_secs_f64()
    )
}
