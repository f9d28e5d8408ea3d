//! How fast it goes, judged by the last seconds.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is looked back at.
const WINDOW: Duration = Duration::from_secs(30);

/// Distance of two marks, so that a busy export does not fill memory.
const APART: Duration = Duration::from_millis(500);

/// Recent marks of a few growing numbers.
#[derive(Debug, Default)]
pub(super) struct Speed(VecDeque<(Instant, Mark)>);

/// What had been reached at some time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Mark {
    /// Part of the work, 0 to 1.
    pub(super) fraction: f64,
    pub(super) samples: f64,
    pub(super) bytes: f64,
}

impl Speed {
    pub(super) fn mark(&mut self, now: Instant, mark: Mark) {
        let last = self.0.back().map(|(at, _)| *at);
        if last.is_some_and(|last| now.duration_since(last) < APART) {
            return;
        }
        self.0.push_back((now, mark));
        // One mark before the window stays, so that there is always something to compare with.
        while self.0.len() > 2 && now.duration_since(self.0[1].0) > WINDOW {
            self.0.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Each number per second; `None` while too little is known.
    pub(super) fn per_second(&self, now: Instant, mark: Mark) -> Option<Mark> {
        let (since, first) = self.0.front()?;
        let seconds = now.duration_since(*since).as_secs_f64();
        if seconds < 1.0 {
            return None;
        }
        let rate = |new: f64, old: f64| ((new - old) / seconds).max(0.0);
        Some(Mark {
            fraction: rate(mark.fraction, first.fraction),
            samples: rate(mark.samples, first.samples),
            bytes: rate(mark.bytes, first.bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(fraction: f64) -> Mark {
        Mark {
            fraction,
            samples: fraction * 1000.0,
            ..Mark::default()
        }
    }

    #[test]
    fn only_the_last_seconds_count() {
        let start = Instant::now();
        let mut speed = Speed::default();
        // Fast for ten seconds, then a tenth of it for a minute.
        for second in 0..=70 {
            let fraction = if second <= 10 {
                0.05 * f64::from(second)
            } else {
                0.5 + 0.005 * f64::from(second - 10)
            };
            speed.mark(start + Duration::from_secs(second as u64), at(fraction));
        }
        let now = start + Duration::from_secs(70);
        let rate = speed.per_second(now, at(0.8)).unwrap();
        assert!((rate.fraction - 0.005).abs() < 1e-9, "{rate:?}");
        assert!((rate.samples - 5.0).abs() < 1e-6, "{rate:?}");
        assert!(speed.0.len() < 40);
    }

    #[test]
    fn nothing_is_said_too_early() {
        let start = Instant::now();
        let mut speed = Speed::default();
        assert!(speed.per_second(start, at(0.1)).is_none());
        speed.mark(start, at(0.0));
        assert!(
            speed
                .per_second(start + Duration::from_millis(900), at(0.5))
                .is_none()
        );
    }
}
