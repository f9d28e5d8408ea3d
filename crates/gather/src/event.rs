//! What an export tells while it runs.
//!
//! The workflow emits events and knows nothing of terminals or pages. Totals that are not known are
//! `None`, never zero.

use std::time::Duration;

use crate::slice::Transport;
use crate::time_range::TimeRange;

/// Receives the events of one export, from any thread.
pub trait EventSink: Send + Sync {
    /// Called for every event, often several hundred times a second; must return quickly.
    fn event(&self, event: &Event);
}

/// Drops every event.
pub struct NoEvents;

impl EventSink for NoEvents {
    fn event(&self, _: &Event) {}
}

/// Counts of the data fetched so far, over all runs of the export together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Slices whose part is committed.
    pub slices_done: usize,
    /// Slices planned; grows when a slice is split.
    pub slices_total: usize,
    /// Series seen in committed slices and in the ones being fetched; a series counts once a slice.
    pub series: u64,
    /// Samples seen, before exact copies are removed and the edges are trimmed.
    pub samples: u64,
    /// Bytes of response bodies, as they came out of the HTTP layer.
    pub bytes: u64,
    /// The range of the slice being fetched, the first of several; `None` between slices.
    pub range: Option<TimeRange>,
}

/// One thing that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The plan stands; fetching begins.
    Planned {
        /// Unique id of the export.
        export_id: String,
        /// How series are fetched.
        transport: Transport,
        /// Slices to fetch.
        slices: usize,
        /// Slices that an earlier run has already committed.
        slices_done: usize,
    },
    /// Data arrived or a slice was committed.
    Fetched(Fetched),
    /// A request failed and will be repeated.
    Retrying {
        /// The slice concerned; `None` while the export is planned.
        slice: Option<String>,
        /// 1 for the first repetition.
        attempt: u32,
        /// How long the export waits before it asks again.
        wait: Duration,
        /// What went wrong, for a person; holds no secrets and stays local.
        reason: String,
    },
    /// A slice met a limit of the server and was divided.
    Split {
        /// The slice concerned.
        slice: String,
        /// How many slices replace it.
        into: usize,
        /// What went wrong, for a person.
        reason: String,
    },
    /// Sealing goes on.
    Sealing {
        /// Samples read from the parts so far.
        samples_done: u64,
        /// Samples staged in all parts.
        samples_total: u64,
        /// Bytes of data written so far, before compression.
        bytes: u64,
    },
    /// The result differs from what was asked, or the person should know something.
    Warning {
        /// Stable word, also written to the metadata.
        code: bundle::Warning,
        /// The same for a person; stays local.
        text: String,
    },
}
