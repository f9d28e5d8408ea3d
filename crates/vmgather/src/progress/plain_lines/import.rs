//! The lines of an import.

use indicatif::HumanCount;
use replay::{Event, Sent};

use super::PlainLines;
use crate::progress::import::{percent, retrying_words};

impl PlainLines {
    pub(in crate::progress) fn import_event(&mut self, event: &Event) {
        match event {
            Event::Checking { done, total } => {
                // A short check is worth no line: the first event only starts the clock.
                let first = !std::mem::replace(&mut self.checking, true);
                if self.pace.is_due() && !first {
                    self.line(&format!("checked {} %", percent(*done, *total)));
                }
            }
            Event::Started { import_id, sent } => {
                let before = match sent.samples {
                    0 => String::new(),
                    samples => format!("; {} samples were sent before", HumanCount(samples)),
                };
                self.line(&format!("{import_id}: sending{before}"));
                self.pace.is_due();
            }
            Event::Sent(Sent {
                samples,
                done,
                total,
                ..
            }) if self.pace.is_due() => self.line(&format!(
                "sent {} %: {} samples",
                percent(*done, *total),
                HumanCount(*samples)
            )),
            Event::Verifying { done, total } => {
                if !std::mem::replace(&mut self.comparing, true) {
                    self.line("comparing");
                    self.pace.is_due();
                } else if self.pace.is_due() {
                    self.line(&format!("{done} of {total} series are as they were sent"));
                }
            }
            Event::Retrying {
                attempt,
                wait,
                reason,
            } => self.line(&retrying_words(*attempt, *wait, reason)),
            _ => {}
        }
    }
}
