//! The bar of an import: bytes of the source, then series that are compared.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration};
use replay::{Event, Sent};

use super::{Bar, style};
use crate::progress::import::retrying_words;

const CHECKING: &str = "{spinner} checking  {bar:20} {percent} %";
const SENDING: &str = "{spinner} sending   {bar:20} {percent} %, {wide_msg}";
const COMPARING: &str = "{spinner} comparing {bar:20} {pos}/{len} series";

/// What an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Checking,
    Sending,
    Comparing,
}

impl Bar {
    pub(in crate::progress) fn import_event(&mut self, event: &Event) {
        match event {
            Event::Checking { done, total } => self.at(Stage::Checking, *done, *total),
            Event::Started { sent, .. } => {
                self.sending = Some((Instant::now(), *sent));
                self.sent(sent);
            }
            Event::Sent(sent) => self.sent(sent),
            Event::Verifying { done, total } => {
                self.at(Stage::Comparing, *done as u64, *total as u64);
            }
            Event::Retrying {
                attempt,
                wait,
                reason,
            } => self.line(&retrying_words(*attempt, *wait, reason)),
            _ => {}
        }
    }

    fn at(&mut self, stage: Stage, done: u64, total: u64) {
        if self.stage != Some(stage) {
            self.stage = Some(stage);
            self.bar.set_style(style(match stage {
                Stage::Checking => CHECKING,
                Stage::Sending => SENDING,
                Stage::Comparing => COMPARING,
            }));
        }
        self.bar.set_length(total);
        self.bar.set_position(done.min(total));
    }

    fn sent(&mut self, sent: &Sent) {
        let (since, before) = *self.sending.get_or_insert((Instant::now(), *sent));
        let seconds = since.elapsed().as_secs_f64().max(0.1);
        let samples = sent.samples.saturating_sub(before.samples) as f64 / seconds;
        let mut message = format!(
            "{} samples ({}/s)",
            HumanCount(sent.samples),
            HumanCount(samples as u64)
        );
        let done = sent.done.saturating_sub(before.done);
        if done > 0 && sent.total > sent.done {
            let left = (sent.total - sent.done) as f64;
            let remaining = Duration::from_secs_f64(seconds / done as f64 * left);
            message += &format!(", {} left", HumanDuration(remaining));
        }
        // In front of the bar, which would show the message of before.
        self.bar.set_message(message);
        self.at(Stage::Sending, sent.done, sent.total);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        for template in [CHECKING, SENDING, COMPARING] {
            style(template);
        }
    }
}
