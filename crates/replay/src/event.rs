//! What an import tells while it runs.

use std::time::Duration;

use crate::journal::Acknowledged;

/// Receives the events of one import, from any thread.
pub trait EventSink: Send + Sync {
    /// Called for every event, often many times a second; must return quickly.
    fn event(&self, event: &Event);
}

/// Drops every event.
pub struct NoEvents;

impl EventSink for NoEvents {
    fn event(&self, _: &Event) {}
}

/// What the target has acknowledged so far, over all runs of the import together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Requests.
    pub chunks: u64,
    /// Samples.
    pub samples: u64,
    /// Bytes of lines.
    pub bytes: u64,
    /// How far the source was read for it, in bytes, of `total`.
    pub done: u64,
    /// Bytes of the source: of its lines if their size is known, else of the file.
    pub total: u64,
}

impl Sent {
    /// What these chunks hold of a source of `total` bytes.
    pub(crate) fn of(acknowledged: &[Acknowledged], total: u64) -> Self {
        let sum = |count: fn(&Acknowledged) -> u64| acknowledged.iter().map(count).sum();
        Self {
            chunks: acknowledged.len() as u64,
            samples: sum(|chunk| chunk.samples),
            bytes: sum(|chunk| chunk.bytes),
            done: acknowledged
                .iter()
                .map(|chunk| chunk.position)
                .max()
                .unwrap_or(0),
            total,
        }
    }
}

/// One thing that happened.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The source is read before anything is sent.
    Checking {
        /// Bytes read, of `total`.
        done: u64,
        /// Bytes to read.
        total: u64,
    },
    /// Everything is decided; sending begins.
    Started {
        /// The import's id, by which it can be resumed.
        import_id: String,
        /// What an earlier run has sent.
        sent: Sent,
    },
    /// The target acknowledged a chunk.
    Sent(Sent),
    /// A request failed and will be repeated.
    Retrying {
        /// 1 for the first repetition.
        attempt: u32,
        /// How long the import waits before.
        wait: Duration,
        /// What went wrong, for a person.
        reason: String,
    },
    /// What was sent is compared with what the target has.
    Verifying {
        /// Series that are as sent.
        done: usize,
        /// Series to compare.
        total: usize,
    },
}
