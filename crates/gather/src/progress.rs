//! Counting what is fetched, over retries and requests in flight.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::event::{Event, EventSink, Fetched};

/// Adds up committed slices and the attempts in flight; what a failed attempt brought is taken back.
pub(crate) struct FetchProgress<'a> {
    events: &'a dyn EventSink,
    state: Mutex<State>,
}

struct State {
    committed: Fetched,
    attempts: BTreeMap<u64, Counts>,
    next: u64,
}

/// What one attempt has brought so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) bytes: u64,
}

/// An attempt in flight; forgotten when dropped, unless committed.
pub(crate) struct Attempt<'a, 'b> {
    progress: &'a FetchProgress<'b>,
    number: u64,
}

impl<'a> FetchProgress<'a> {
    pub(crate) fn new(events: &'a dyn EventSink, committed: Fetched) -> Self {
        Self {
            events,
            state: Mutex::new(State {
                committed,
                attempts: BTreeMap::new(),
                next: 0,
            }),
        }
    }

    pub(crate) fn attempt(&self) -> Attempt<'_, 'a> {
        let number = self.change(|state| {
            state.next += 1;
            state.attempts.insert(state.next, Counts::default());
            state.next
        });
        Attempt {
            progress: self,
            number,
        }
    }

    /// A slice is replaced by `into` others.
    pub(crate) fn split(&self, into: usize) {
        self.change(|state| state.committed.slices_total += into.saturating_sub(1));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut state);
        let fetched = state.fetched();
        drop(state);
        self.events.event(&Event::Fetched(fetched));
        result
    }
}

impl Attempt<'_, '_> {
    pub(crate) fn update(&self, counts: Counts) {
        self.progress.change(|state| {
            state.attempts.insert(self.number, counts);
        });
    }

    pub(crate) fn commit(self, counts: Counts) {
        self.progress.change(|state| {
            state.attempts.remove(&self.number);
            state.committed.slices_done += 1;
            state.committed.series += counts.series;
            state.committed.samples += counts.samples;
            state.committed.bytes += counts.bytes;
        });
    }
}

impl Drop for Attempt<'_, '_> {
    fn drop(&mut self) {
        let mut state = self
            .progress
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        state.attempts.remove(&self.number);
    }
}

impl State {
    fn fetched(&self) -> Fetched {
        self.attempts
            .values()
            .fold(self.committed, |sum, attempt| Fetched {
                series: sum.series + attempt.series,
                samples: sum.samples + attempt.samples,
                bytes: sum.bytes + attempt.bytes,
                ..sum
            })
    }
}
