//! A bar on a terminal.

mod import;

use std::time::{Duration, Instant};

use gather::{Event, Fetched};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use self::import::Stage;
use super::{fetched_words, sentence};

const PLANNING: &str = "{spinner} {msg}";
const FETCHING: &str = "{spinner} fetching {bar:20} {pos}/{len} slices, {wide_msg}";
const SEALING: &str = "{spinner} sealing  {bar:20} {percent} %, {wide_msg}";

/// A spinner turns while nothing arrives, as a sign of life.
const TICK: Duration = Duration::from_millis(120);

/// A bar on stderr: slices while fetching, samples while sealing.
pub(super) struct Bar {
    bar: ProgressBar,
    /// When this run began to fetch, and what earlier runs had fetched.
    begun: Option<(Instant, Fetched)>,
    sealing: bool,
    /// What an import is doing.
    stage: Option<Stage>,
    /// When this run began to send, and what earlier runs had sent.
    sending: Option<(Instant, replay::Sent)>,
}

impl Bar {
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner().with_style(style(PLANNING));
        Self {
            bar,
            begun: None,
            sealing: false,
            stage: None,
            sending: None,
        }
    }

    /// Draws the bar from now on.
    pub(super) fn start(&self) {
        self.bar.set_message("planning");
        self.bar.enable_steady_tick(TICK);
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Planned {
                slices,
                slices_done,
                ..
            } => {
                self.bar.set_style(style(FETCHING));
                self.bar.set_length(*slices as u64);
                self.bar.set_position(*slices_done as u64);
                self.bar.set_message("waiting for the server");
            }
            Event::Fetched(fetched) => self.fetched(fetched),
            Event::Sealing {
                samples_done,
                samples_total,
                bytes,
            } => {
                if !self.sealing {
                    self.sealing = true;
                    self.bar.set_style(style(SEALING));
                }
                self.bar.set_length(*samples_total);
                self.bar.set_position(*samples_done);
                self.bar
                    .set_message(format!("{} written", HumanBytes(*bytes)));
            }
            other => {
                if let Some(text) = sentence(other) {
                    self.line(&text);
                }
            }
        }
    }

    fn fetched(&mut self, fetched: &Fetched) {
        let (since, before) = *self.begun.get_or_insert((Instant::now(), *fetched));
        let seconds = since.elapsed().as_secs_f64().max(0.1);
        let bytes_per_second = fetched.bytes.saturating_sub(before.bytes) as f64 / seconds;
        let mut message = format!(
            "{} ({}/s)",
            fetched_words(fetched),
            HumanBytes(bytes_per_second as u64)
        );
        let done = fetched.slices_done.saturating_sub(before.slices_done);
        if done > 0 && fetched.slices_total > fetched.slices_done {
            let left = (fetched.slices_total - fetched.slices_done) as f64;
            let remaining = Duration::from_secs_f64(seconds / done as f64 * left);
            message += &format!(", {} left", indicatif::HumanDuration(remaining));
        }
        self.bar.set_length(fetched.slices_total as u64);
        self.bar.set_position(fetched.slices_done as u64);
        self.bar.set_message(message);
    }

    /// A line above the bar.
    pub(super) fn line(&self, text: &str) {
        self.bar.println(text);
    }

    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates of this file are valid")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_valid() {
        for template in [PLANNING, FETCHING, SEALING] {
            style(template);
        }
    }
}
