//! Sending chunks and noting what was acknowledged.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use bundle::staging::Journal;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;
use vmapi::{Backoff, Importer, RetryPolicy};

use crate::chunk::Chunk;
use crate::error::Error;
use crate::event::{Event, EventSink, Sent};
use crate::journal::Acknowledged;
use crate::tally::Tally;

/// How long a cancelled import waits for the request under way.
const CANCEL_GRACE: Duration = Duration::from_secs(5);

/// Sends the chunks of one import.
pub(crate) struct Sender<'a> {
    pub(crate) importer: &'a Importer,
    pub(crate) journal: Journal<Acknowledged>,
    /// What earlier runs sent, by chunk.
    pub(crate) earlier: HashMap<u64, Acknowledged>,
    pub(crate) source_name: &'a str,
    pub(crate) retry: RetryPolicy,
    pub(crate) in_flight: usize,
    pub(crate) events: &'a Arc<dyn EventSink>,
    pub(crate) cancel: &'a CancellationToken,
    pub(crate) sent: Sent,
    /// What the acknowledged chunks hold, those of earlier runs included.
    pub(crate) tally: Tally,
    /// Bytes of request bodies of this run.
    pub(crate) wire_bytes: u64,
}

impl Sender<'_> {
    /// Sends every chunk that arrives, until there are no more; waits for requests under way even
    /// if one fails or the caller cancels, so that what they achieve is noted.
    pub(crate) async fn run(&mut self, mut chunks: Receiver<Chunk>) -> Result<(), Error> {
        let mut requests = FuturesUnordered::new();
        let mut result = Ok(());
        let mut open = true;
        let mut waiting = BTreeMap::new();
        let mut next = 0;
        let grace = self.cancel.clone();
        let grace = async move {
            grace.cancelled().await;
            tokio::time::sleep(CANCEL_GRACE).await;
        };
        tokio::pin!(grace);
        while open || !requests.is_empty() {
            tokio::select! {
                biased;
                () = &mut grace => return result,
                Some(answer) = requests.next(), if !requests.is_empty() => {
                    let noted = match answer {
                        Ok(chunk) => self.acknowledged(chunk),
                        Err(error) => Err(error),
                    };
                    result = result.and(noted);
                }
                chunk = chunks.recv(), if open && requests.len() < self.in_flight => {
                    match chunk {
                        None => open = false,
                        Some(chunk) => {
                            waiting.insert(chunk.index, chunk);
                        }
                    }
                }
            }
            // In the order of the source, so that a failure names the first lines that are missing.
            while requests.len() < self.in_flight
                && result.is_ok()
                && let Some(chunk) = waiting.remove(&next)
            {
                next += 1;
                match self.is_sent(&chunk) {
                    Err(error) => result = Err(error),
                    Ok(true) => self.tally.add(chunk.tally),
                    Ok(false) => requests.push(deliver(
                        self.importer.clone(),
                        chunk,
                        self.retry,
                        self.events.clone(),
                        self.cancel.clone(),
                    )),
                }
            }
            if result.is_err() || self.cancel.is_cancelled() {
                // Who makes chunks sees that nobody takes them.
                chunks.close();
                open = false;
            }
        }
        result
    }

    /// Whether there is nothing to send: an empty chunk, or one that an earlier run sent.
    fn is_sent(&self, chunk: &Chunk) -> Result<bool, Error> {
        match self.earlier.get(&chunk.index) {
            None => Ok(chunk.text_bytes == 0),
            Some(was) if (was.crc32, was.bytes) == (chunk.crc32, chunk.text_bytes) => Ok(true),
            Some(_) => Err(Error::SourceChanged {
                name: self.source_name.to_owned(),
                what: format!("chunk {}", chunk.index + 1),
            }),
        }
    }

    fn acknowledged(&mut self, chunk: Chunk) -> Result<(), Error> {
        // Waiting for the disk after every chunk would let the target idle. Where a power loss takes
        // the last lines, their chunks are sent again, and are the same.
        self.journal.note(&Acknowledged {
            chunk: chunk.index,
            crc32: chunk.crc32,
            bytes: chunk.text_bytes,
            samples: chunk.tally.samples_fitted,
            position: chunk.position,
        })?;
        self.sent.chunks += 1;
        self.sent.samples += chunk.tally.samples_fitted;
        self.sent.bytes += chunk.text_bytes;
        self.sent.done = self.sent.done.max(chunk.position);
        self.wire_bytes += chunk.body.len() as u64;
        self.tally.add(chunk.tally);
        self.events.event(&Event::Sent(self.sent));
        Ok(())
    }
}

/// Sends one chunk until it is acknowledged, refused, or the patience is used up.
async fn deliver(
    importer: Importer,
    chunk: Chunk,
    retry: RetryPolicy,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> Result<Chunk, Error> {
    let mut backoff = Backoff::new(retry);
    let mut attempt = 0;
    loop {
        let answer = importer
            .import(chunk.format, chunk.body.clone(), chunk.gzip)
            .await;
        let error = match answer {
            Ok(()) => return Ok(chunk),
            Err(error) => error,
        };
        let wait = backoff
            .wait_after(&error)
            .filter(|_| !cancel.is_cancelled());
        let failed = |source| Error::Send {
            first_line: chunk.first_line,
            last_line: chunk.last_line,
            source: Box::new(source),
        };
        let Some(wait) = wait else {
            return Err(failed(error));
        };
        attempt += 1;
        events.event(&Event::Retrying {
            attempt,
            wait,
            reason: error.to_string(),
        });
        if cancel
            .run_until_cancelled(tokio::time::sleep(wait))
            .await
            .is_none()
        {
            return Err(failed(error));
        }
    }
}
