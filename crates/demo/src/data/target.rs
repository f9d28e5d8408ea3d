use std::sync::Arc;

use super::label_order::stored_key;
use super::noise::mix;
use super::shape::Moment;
use super::table::Template;

/// Milliseconds between two scrapes of a target.
pub(crate) const SCRAPE_INTERVAL_MS: i64 = 15_000;

/// Series that the scraper adds to those of each target.
const SCRAPER_SERIES: usize = 6;

/// Scrapes that every process had lived through before the data begin, nine days' worth.
const AGE_AT_START: u64 = 51_840;

/// Owner of a part of a cluster's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Tenant {
    pub(crate) account: u32,
    pub(crate) project: u32,
}

impl Tenant {
    pub(crate) const ZERO: Tenant = Tenant {
        account: 0,
        project: 0,
    };
}

/// What happens to a target while the data last; instants are shares of the whole in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Answers every scrape.
    Steady,
    /// Does not answer for some scrapes and comes back as a new process.
    Restarted { at_percent: u64, down_ticks: u64 },
    /// Vanishes, and is no longer scraped.
    Died { at_percent: u64 },
}

/// State of a target at one scrape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Answers; `age` counts the scrapes since its process started.
    Up { age: u64 },
    /// The first scrape that failed: stale markers are written.
    WentDown,
    /// Still scraped, does not answer.
    Down,
    /// The scrape at which it had vanished: stale markers end all of its series.
    Vanished,
    /// Not scraped any more.
    Gone,
}

/// One scraped process.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) tenant: Tenant,
    pub(crate) job: String,
    pub(crate) instance: String,
    /// Further labels of the target, such as `pod`.
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) templates: Arc<[Template]>,
    /// May exceed the number of templates; the rest is made up on demand.
    pub(crate) series_count: usize,
    pub(crate) life: Life,
    pub(crate) seed: u64,
    /// Largest deviation of a scrape from its regular time, in milliseconds.
    pub(crate) jitter_ms: i64,
}

impl Target {
    /// Offset of this target's scrapes within the interval, in milliseconds.
    fn phase_ms(&self) -> i64 {
        (mix(self.seed) % SCRAPE_INTERVAL_MS as u64) as i64
    }

    /// Unix milliseconds of scrape `tick` when the data begin at `start_ms`.
    pub(crate) fn timestamp_ms(&self, start_ms: i64, tick: u64) -> i64 {
        let jitter = match self.jitter_ms {
            0 => 0,
            most => (mix(self.seed ^ !tick) % (most as u64 + 1)) as i64,
        };
        start_ms
            .saturating_add(self.phase_ms() + jitter)
            .saturating_add((tick as i64).saturating_mul(SCRAPE_INTERVAL_MS))
    }

    pub(crate) fn state(&self, tick: u64, ticks: u64) -> State {
        let steady = State::Up {
            age: AGE_AT_START + tick,
        };
        match self.life {
            Life::Steady => steady,
            Life::Restarted {
                at_percent,
                down_ticks,
            } => {
                let at = ticks * at_percent / 100;
                match tick {
                    _ if tick < at => steady,
                    _ if tick == at => State::WentDown,
                    _ if tick < at + down_ticks => State::Down,
                    _ => State::Up {
                        age: tick - at - down_ticks + 1,
                    },
                }
            }
            Life::Died { at_percent } => match tick.cmp(&(ticks * at_percent / 100)) {
                std::cmp::Ordering::Less => steady,
                std::cmp::Ordering::Equal => State::Vanished,
                std::cmp::Ordering::Greater => State::Gone,
            },
        }
    }

    /// How many series a scrape of the process brings: all but those of the scraper itself.
    fn exposed(&self) -> i64 {
        i64::try_from(self.series_count.saturating_sub(SCRAPER_SERIES)).unwrap_or(i64::MAX)
    }

    pub(crate) fn moment(&self, timestamp_ms: i64, tick: u64, age: u64, up: bool) -> Moment {
        Moment {
            exposed: self.exposed(),
            tick,
            age,
            seconds: timestamp_ms.div_euclid(1_000),
            up,
        }
    }

    /// The target's own value of a label.
    pub(crate) fn label(&self, name: &str) -> Option<&str> {
        match name {
            "job" => Some(&self.job),
            "instance" => Some(&self.instance),
            _ => self
                .labels
                .iter()
                .find(|(label, _)| label == name)
                .map(|(_, value)| value.as_str()),
        }
    }

    /// Adds the target's labels and brings all into stored order.
    pub(crate) fn complete<'a>(&'a self, labels: &mut Vec<(&'a str, std::borrow::Cow<'a, str>)>) {
        labels.push(("job", self.job.as_str().into()));
        labels.push(("instance", self.instance.as_str().into()));
        labels.extend(
            self.labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().into())),
        );
        labels.sort_by(|a, b| stored_key(a.0).cmp(&stored_key(b.0)));
    }
}
