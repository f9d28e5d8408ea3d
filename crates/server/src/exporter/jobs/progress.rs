//! How far an export is, from what the workflow tells.
//!
//! Most of the work is fetching, the rest sealing. Fetching is measured in slices, and within those in
//! flight by the samples that were expected, if somebody counted them. The number never falls: work
//! that is repeated or divided only makes it wait.

use std::time::Instant;

use gather::{Event, Fetched};
use jiff::{SignedDuration, Timestamp};

use super::speed::{Mark, Speed};

/// Part of the whole that fetching takes.
const FETCHING: f64 = 0.8;

/// Below the end until the bundle is sealed.
const ALMOST: f64 = 0.999;

/// What an export does at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Planning,
    Fetching,
    Sealing,
    Done,
}

impl Stage {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Fetching => "fetching",
            Self::Sealing => "sealing",
            Self::Done => "done",
        }
    }
}

/// Where an export stands.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) stage: Stage,
    pub(super) total: usize,
    pub(super) completed: usize,
    pub(super) fetched: Fetched,
    pub(super) lines: u64,
    pub(super) fraction: f64,
    expected: Option<u64>,
    speed: Speed,
    batch_began: Instant,
    batches: u32,
    batch_seconds: f64,
    pub(super) last_batch_seconds: f64,
}

impl Progress {
    pub(super) fn new(windows: usize) -> Self {
        Self {
            stage: Stage::Planning,
            total: windows.max(1),
            completed: 0,
            fetched: Fetched::default(),
            lines: 0,
            fraction: 0.0,
            expected: None,
            speed: Speed::default(),
            batch_began: Instant::now(),
            batches: 0,
            batch_seconds: 0.0,
            last_batch_seconds: 0.0,
        }
    }

    /// What an earlier run had reached.
    pub(super) fn found(&mut self, done: usize, total: usize, lines: u64) {
        self.completed = done;
        self.total = total.max(1);
        self.lines = lines;
        self.reach(FETCHING * self.completed as f64 / self.total as f64);
    }

    /// How many samples there are likely to be.
    pub(super) fn expect(&mut self, samples: u64) {
        self.expected = Some(samples).filter(|samples| *samples > 0);
    }

    /// The export runs again; what was reached stays.
    pub(super) fn again(&mut self) {
        self.stage = Stage::Planning;
        self.speed.clear();
    }

    pub(super) fn began(&mut self) {
        self.batch_began = Instant::now();
    }

    /// Nothing moves any more.
    pub(super) fn ended(&mut self) {
        self.speed.clear();
    }

    pub(super) fn done(&mut self, lines: u64) {
        self.stage = Stage::Done;
        self.lines = lines;
        self.completed = self.total;
        self.fraction = 1.0;
    }

    pub(super) fn average_batch_seconds(&self) -> f64 {
        if self.batches == 0 {
            return 0.0;
        }
        self.batch_seconds / f64::from(self.batches)
    }

    /// What happens each second at the moment.
    pub(super) fn per_second(&self) -> Option<Mark> {
        self.speed.per_second(Instant::now(), self.mark())
    }

    /// When it will be done, if it goes on like this.
    pub(super) fn eta(&self) -> Option<Timestamp> {
        const LONGEST_SECONDS: f64 = 30.0 * 86_400.0;
        let rate = self.per_second()?.fraction;
        let seconds = (1.0 - self.fraction) / rate;
        // Also false where nothing moves.
        if seconds < LONGEST_SECONDS {
            let left = SignedDuration::from_secs_f64(seconds);
            return Timestamp::now().checked_add(left).ok();
        }
        None
    }

    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::Planned {
                slices,
                slices_done,
                ..
            } => {
                self.stage = Stage::Fetching;
                self.slices(*slices_done, *slices);
                self.batch_began = Instant::now();
            }
            Event::Fetched(fetched) => self.fetched(*fetched),
            Event::Sealing {
                samples_done,
                samples_total,
                ..
            } => {
                self.stage = Stage::Sealing;
                let part = *samples_done as f64 / (*samples_total).max(1) as f64;
                self.reach(FETCHING + (1.0 - FETCHING) * part);
            }
            _ => {}
        }
        let mark = self.mark();
        self.speed.mark(Instant::now(), mark);
    }

    fn fetched(&mut self, fetched: Fetched) {
        if fetched.slices_done > self.completed {
            let now = Instant::now();
            let batches = (fetched.slices_done - self.completed) as f64;
            let seconds = now.duration_since(self.batch_began).as_secs_f64();
            self.last_batch_seconds = seconds / batches;
            self.batch_seconds += seconds;
            self.batches += batches as u32;
            self.batch_began = now;
        }
        self.fetched = fetched;
        self.lines = self.lines.max(fetched.series);
        self.slices(fetched.slices_done, fetched.slices_total);
    }

    fn slices(&mut self, done: usize, total: usize) {
        self.completed = self.completed.max(done);
        self.total = self.total_of(total).max(self.completed);
        let total = total.max(1) as f64;
        // The slice in flight can bring it up to its own end, not further.
        let (least, most) = (done as f64 / total, (done as f64 + 1.0) / total);
        let by_samples = self.expected.map_or(0.0, |expected| {
            self.fetched.samples as f64 / expected as f64
        });
        let part = by_samples.clamp(least, most.min(1.0));
        self.reach(FETCHING * part);
    }

    /// The plan replaces the guess that was made before it.
    fn total_of(&self, planned: usize) -> usize {
        planned.max(1)
    }

    fn reach(&mut self, fraction: f64) {
        self.fraction = self.fraction.max(fraction.min(ALMOST));
    }

    fn mark(&self) -> Mark {
        Mark {
            fraction: self.fraction,
            samples: self.fetched.samples as f64,
            bytes: self.fetched.bytes as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(slices: usize, slices_done: usize) -> Event {
        Event::Planned {
            export_id: "export-1-a".to_owned(),
            transport: gather::Transport::Native,
            slices,
            slices_done,
        }
    }

    fn fetched(slices_done: usize, slices_total: usize, samples: u64) -> Event {
        Event::Fetched(Fetched {
            slices_done,
            slices_total,
            series: samples / 10,
            samples,
            bytes: samples,
            range: None,
        })
    }

    fn sealing(samples_done: u64, samples_total: u64) -> Event {
        Event::Sealing {
            samples_done,
            samples_total,
            bytes: 0,
        }
    }

    #[test]
    fn it_never_falls_and_is_whole_only_when_sealed() {
        let mut progress = Progress::new(1);
        progress.expect(1000);
        let events = [
            planned(2, 0),
            fetched(0, 2, 100),
            // More samples than expected, but the slice is not done.
            fetched(0, 2, 5000),
            // The attempt failed and was taken back.
            fetched(0, 2, 0),
            fetched(1, 2, 500),
            // The other one was divided.
            fetched(1, 9, 500),
            fetched(9, 9, 900),
            sealing(1, 900),
            sealing(900, 900),
        ];
        let mut last = 0.0;
        for event in events {
            progress.event(&event);
            assert!(progress.fraction >= last, "{event:?}");
            assert!(progress.fraction < 1.0, "{event:?}");
            last = progress.fraction;
        }
        assert_eq!(progress.total, 9);
        progress.done(90);
        assert_eq!(progress.fraction, 1.0);
    }

    #[test]
    fn a_resume_goes_on_where_it_was() {
        let mut progress = Progress::new(1);
        progress.found(3, 4, 300);
        assert_eq!((progress.completed, progress.total), (3, 4));
        assert_eq!(progress.lines, 300);
        let before = progress.fraction;
        assert!((before - 0.6).abs() < 1e-9);
        progress.again();
        progress.event(&planned(4, 3));
        progress.event(&fetched(3, 4, 3000));
        assert_eq!(progress.completed, 3);
        assert!((progress.fraction - before).abs() < 1e-9);
    }

    #[test]
    fn samples_move_it_within_a_slice() {
        let mut progress = Progress::new(1);
        progress.expect(1000);
        progress.event(&planned(1, 0));
        progress.event(&fetched(0, 1, 500));
        assert!((progress.fraction - FETCHING / 2.0).abs() < 1e-9);
    }
}
