//! What is shown while an export or an import runs.
//!
//! One [`Progress`] receives the events of the workflow and everything else that is said meanwhile,
//! and shows it in one of four ways: a bar on a terminal, plain lines otherwise, JSON lines for
//! scripts, or nothing.

mod bar;
mod import;
mod json_lines;
mod plain_lines;

use std::io::IsTerminal;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gather::{Event, EventSink};
use tokio_util::sync::CancellationToken;

use self::bar::Bar;
use self::json_lines::JsonLines;
use self::plain_lines::PlainLines;
use crate::failure::Failure;
use crate::summary::Summary;

/// Shows an export; shared by the export's threads.
pub(crate) struct Progress {
    state: Mutex<State>,
    /// Stops the export when nobody reads its events any more.
    cancel: CancellationToken,
}

struct State {
    style: Style,
    export_id: Option<String>,
    /// The reader of stdout is gone.
    closed: bool,
}

enum Style {
    Quiet,
    Bar(Bar),
    Plain(PlainLines),
    Json(JsonLines),
}

/// What the options say about messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// Log lines would tear a bar apart.
    pub(crate) debug: bool,
}

impl Progress {
    /// Chooses how to show things: by the options, then by whether stderr is a terminal.
    pub(crate) fn new(wish: Wish, cancel: CancellationToken) -> Self {
        let style = if wish.json {
            Style::Json(JsonLines::default())
        } else if wish.quiet {
            Style::Quiet
        } else if std::io::stderr().is_terminal() && !wish.debug {
            Style::Bar(Bar::new())
        } else {
            Style::Plain(PlainLines::default())
        };
        let state = State {
            style,
            export_id: None,
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            cancel,
        }
    }

    /// Shows signs of life from now on; until then a person may be asked something.
    pub(crate) fn start(&self) {
        if let Style::Bar(bar) = &self.lock().style {
            bar.start();
        }
    }

    /// Remarks on something that does not stop the export.
    pub(crate) fn warning(&self, text: &str) {
        self.change(|style| {
            match style {
                Style::Quiet => (),
                Style::Bar(bar) => bar.line(&format!("warning: {text}")),
                Style::Plain(_) => crate::printer::warning(text),
                Style::Json(json) => json.warning(None, text)?,
            }
            Ok(())
        });
    }

    /// Shows plain lines where a bar would be torn apart by log lines.
    pub(crate) fn make_room_for_log(&self) {
        let mut state = self.lock();
        if let Style::Bar(bar) = &state.style {
            bar.clear();
            state.style = Style::Plain(PlainLines::default());
        }
    }

    /// Takes signs of life away.
    pub(crate) fn clear(&self) {
        if let Style::Bar(bar) = &self.lock().style {
            bar.clear();
        }
    }

    /// Says that the work is being stopped.
    pub(crate) fn stopping(&self) {
        const TEXT: &str = "stopping; press Ctrl-C again to stop at once";
        self.change(|style| {
            match style {
                Style::Quiet | Style::Json(_) => (),
                Style::Bar(bar) => bar.line(TEXT),
                Style::Plain(plain) => plain.line(TEXT),
            }
            Ok(())
        });
    }

    /// Shows what has been made.
    pub(crate) fn done(&self, summary: &Summary) -> Result<(), Failure> {
        self.end(|style| match style {
            Style::Quiet => Ok(()),
            Style::Json(json) => json.done(summary),
            Style::Bar(_) | Style::Plain(_) => {
                crate::printer::stderr(&summary.to_string());
                Ok(())
            }
        })
    }

    /// Shows how to go on after an interruption.
    pub(crate) fn cancelled(&self, export_id: Option<&str>, resume: Option<&str>) {
        let shown = self.end(|style| {
            let text = match resume {
                Some(command) => format!("interrupted; continue with `{command}`\n"),
                None => "interrupted; nothing had been fetched\n".to_owned(),
            };
            match style {
                Style::Json(json) => json.cancelled(export_id, resume),
                Style::Quiet | Style::Bar(_) | Style::Plain(_) => {
                    crate::printer::stderr(&text);
                    Ok(())
                }
            }
        });
        // The exit code says the same.
        drop(shown);
    }

    /// Tells scripts why the export failed; persons read it on stderr.
    pub(crate) fn failed(&self, failure: &Failure) {
        let shown = self.end(|style| match style {
            Style::Json(json) => json.failed(failure),
            Style::Quiet | Style::Bar(_) | Style::Plain(_) => Ok(()),
        });
        // The exit code says the same.
        drop(shown);
    }

    /// The id of the export, once it is planned.
    pub(crate) fn export_id(&self) -> Option<String> {
        self.lock().export_id.clone()
    }

    /// The reader of stdout is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Takes the bar away, then shows something last.
    fn end(&self, show: impl FnOnce(&mut Style) -> Result<(), Failure>) -> Result<(), Failure> {
        let mut state = self.lock();
        if let Style::Bar(bar) = &state.style {
            bar.clear();
        }
        if state.closed {
            return Ok(());
        }
        show(&mut state.style)
    }

    fn change(&self, show: impl FnOnce(&mut Style) -> Result<(), Failure>) {
        let mut state = self.lock();
        if !state.closed && show(&mut state.style).is_err() {
            state.closed = true;
            self.cancel.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // What is shown may be torn after a panic elsewhere, but that is no reason to show nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for Progress {
    fn event(&self, event: &Event) {
        if let Event::Planned { export_id, .. } = event {
            self.lock().export_id = Some(export_id.clone());
        }
        self.change(|style| {
            match style {
                Style::Quiet => (),
                Style::Bar(bar) => bar.event(event),
                Style::Plain(plain) => plain.event(event),
                Style::Json(json) => json.event(event)?,
            }
            Ok(())
        });
    }
}

/// Lets one event in several pass, so that neither eyes nor pipes drown.
struct Pace {
    interval: std::time::Duration,
    last: Option<std::time::Instant>,
}

impl Pace {
    const fn every(interval: std::time::Duration) -> Self {
        Self {
            interval,
            last: None,
        }
    }

    fn is_due(&mut self) -> bool {
        let now = std::time::Instant::now();
        let due = self
            .last
            .is_none_or(|last| now.duration_since(last) >= self.interval);
        if due {
            self.last = Some(now);
        }
        due
    }
}

/// What went over the network, in words.
fn fetched_words(fetched: &gather::Fetched) -> String {
    use indicatif::{HumanBytes, HumanCount};
    // Not the series: they count once a slice, so with time windows the number means nothing here.
    format!(
        "{} samples, {}",
        HumanCount(fetched.samples),
        HumanBytes(fetched.bytes)
    )
}

/// Events that a person reads as a sentence, whatever draws the progress.
fn sentence(event: &Event) -> Option<String> {
    match event {
        Event::Retrying {
            slice,
            attempt,
            wait,
            reason,
        } => {
            let place = slice.as_ref().map(|slice| format!("slice {slice}: "));
            Some(format!(
                "{}{reason}; trying again in {:.1} s (repetition {attempt})",
                place.unwrap_or_default(),
                wait.as_secs_f64()
            ))
        }
        Event::Split {
            slice,
            into,
            reason,
        } => Some(format!("slice {slice}: {reason}; divided into {into}")),
        Event::Warning { text, .. } => Some(format!("warning: {text}")),
        _ => None,
    }
}
