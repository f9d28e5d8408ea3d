//! Plain lines, for logs and pipes.

mod import;

use std::time::Duration;

use gather::Event;

use super::{Pace, fetched_words, sentence};
use crate::printer;

/// A log of an hour stays readable.
const INTERVAL: Duration = Duration::from_secs(5);

/// Lines on stderr: at each change of stage, and every few seconds within one.
pub(super) struct PlainLines {
    pace: Pace,
    fetched_any: bool,
    sealing: bool,
    checking: bool,
    comparing: bool,
}

impl Default for PlainLines {
    fn default() -> Self {
        Self {
            pace: Pace::every(INTERVAL),
            fetched_any: false,
            sealing: false,
            checking: false,
            comparing: false,
        }
    }
}

impl PlainLines {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Planned {
                export_id,
                transport,
                slices,
                slices_done,
            } => {
                let done = match slices_done {
                    0 => String::new(),
                    done => format!(", {done} of them done before"),
                };
                let transport = transport.as_str();
                self.line(&format!(
                    "{export_id}: fetching {slices} slices as {transport}{done}"
                ));
                // The first numbers are worth a line when they have had time to grow.
                self.pace.is_due();
            }
            Event::Fetched(fetched) => {
                let last = fetched.slices_done == fetched.slices_total;
                if self.pace.is_due() || (last && !self.fetched_any) {
                    self.fetched_any |= last;
                    self.line(&format!(
                        "fetched {} of {} slices: {}",
                        fetched.slices_done,
                        fetched.slices_total,
                        fetched_words(fetched)
                    ));
                }
            }
            Event::Sealing {
                samples_done,
                samples_total,
                ..
            } => {
                if !self.sealing {
                    self.sealing = true;
                    self.pace.is_due();
                    self.line("sealing");
                } else if self.pace.is_due() && *samples_total > 0 {
                    let percent = samples_done.saturating_mul(100) / samples_total;
                    self.line(&format!("sealed {percent} %"));
                }
            }
            other => {
                if let Some(text) = sentence(other) {
                    self.line(&text);
                }
            }
        }
    }

    pub(super) fn line(&mut self, text: &str) {
        printer::stderr(&format!("{text}\n"));
    }
}
