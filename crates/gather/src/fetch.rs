//! Fetching slices: one request each, staged beside the download, repeated or divided on failure.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use vmapi::{Backoff, Client, ExportRoute, Limit, RetryPolicy};

use crate::attempt::Failure;
use crate::error::{Error, FetchError, chain};
use crate::event::{Event, EventSink, Fetched};
use crate::free_space;
use crate::progress::FetchProgress;
use crate::slice::{Slice, Transport};
use crate::staging::{Committed, Fact, Progress, Staging};

/// A slice is divided by a label into at most this many pieces at once.
const PIECES: usize = 8;

/// A slice no longer than this is divided by series instead: stored blocks reach further anyway.
const SHORTEST_SPLIT_MS: i64 = 10 * 60 * 1000;

/// How often a reply that breaks the format is asked for again: a proxy may have damaged it once.
const FORMAT_RETRIES: u32 = 3;

/// Fetches the slices of one export.
pub(crate) struct Fetcher<'a> {
    pub(crate) client: &'a Client,
    pub(crate) staging: Arc<Staging>,
    pub(crate) transport: Transport,
    pub(crate) route: ExportRoute,
    /// Distance of query results, ms.
    pub(crate) step_ms: Option<i64>,
    /// Length of the intervals to thin by, ms.
    pub(crate) thin_ms: Option<i64>,
    pub(crate) concurrency: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) events: Arc<dyn EventSink>,
    /// Ends what runs: a child of the caller's token, because a slice that fails ends the others.
    pub(crate) cancel: CancellationToken,
    /// The clock when fetching began, Unix ms.
    pub(crate) now_ms: i64,
}

/// How fetching ended when nothing went wrong.
pub(crate) enum Fetching {
    /// Every slice is committed.
    Complete(Vec<Committed>),
    /// The caller cancelled.
    Cancelled,
}

/// What became of one slice.
enum Fate {
    Committed(Committed),
    Split(Vec<Slice>),
    Cancelled,
}

impl Fetcher<'_> {
    /// Fetches what `progress` says is still open.
    ///
    /// # Errors
    ///
    /// The first slice that can be neither fetched nor divided. What came whole until then is
    /// committed.
    pub(crate) async fn fetch_all(&self, progress: Progress) -> Result<Fetching, Error> {
        let counts = FetchProgress::new(&*self.events, fetched(&progress));
        // The permits limit requests; one slice more may be on its way to the disk.
        let requests = Semaphore::new(self.concurrency);
        let mut running = FuturesUnordered::new();
        let mut open: VecDeque<Slice> = progress.open.into();
        let mut committed = progress.committed;
        let ended = 'fetching: loop {
            while running.len() <= self.concurrency
                && let Some(slice) = open.pop_front()
            {
                if let Err(error) = self.demand_room(&committed) {
                    break 'fetching Err(error);
                }
                running.push(self.fetch(slice, &requests, &counts));
            }
            match running.next().await {
                None => return Ok(Fetching::Complete(committed)),
                Some(Ok(Fate::Committed(fact))) => committed.push(fact),
                Some(Ok(Fate::Split(into))) => {
                    for slice in into.into_iter().rev() {
                        open.push_front(slice);
                    }
                }
                Some(Ok(Fate::Cancelled)) => break Ok(Fetching::Cancelled),
                Some(Err(error)) => break Err(error),
            }
        };
        // A body that came whole is still committed; a download breaks off.
        self.cancel.cancel();
        while running.next().await.is_some() {}
        ended
    }

    /// Stops while the disk still has room for the journal: a part takes what parts took so far.
    fn demand_room(&self, committed: &[Committed]) -> Result<(), Error> {
        let bytes: u64 = committed.iter().map(|slice| slice.part.bytes).sum();
        let average = bytes / committed.len().max(1) as u64;
        free_space::demand(self.staging.folder().path(), average)
    }

    /// Fetches one slice, however many attempts that takes.
    async fn fetch(
        &self,
        slice: Slice,
        requests: &Semaphore,
        counts: &FetchProgress<'_>,
    ) -> Result<Fate, Error> {
        let mut backoff = Backoff::new(self.retry);
        let mut repetitions = 0;
        let mut damaged = 0;
        loop {
            let attempt = counts.attempt(slice.range);
            let failure = match self.attempt(&slice, requests, attempt).await {
                Ok(committed) => return Ok(Fate::Committed(committed)),
                Err(failure) => failure,
            };
            let (wait, cause) = match failure {
                Failure::Cancelled => return Ok(Fate::Cancelled),
                Failure::Final(cause) => return Err(self.failed(&slice, cause)),
                Failure::Http(error) => {
                    if let Some(limit) = error.limit() {
                        let into = tokio::select! {
                            () = self.cancel.cancelled() => return Ok(Fate::Cancelled),
                            into = self.split(&slice, limit, &error, counts) => into?,
                        };
                        if let Some(into) = into {
                            return Ok(Fate::Split(into));
                        }
                    }
                    (backoff.wait_after(&error), FetchError::Http(error))
                }
                Failure::Format(cause) => {
                    damaged += 1;
                    let wait = (damaged <= FORMAT_RETRIES)
                        .then(|| backoff.next())
                        .flatten();
                    (wait, cause)
                }
            };
            let Some(wait) = wait else {
                return Err(self.failed(&slice, cause));
            };
            repetitions += 1;
            self.events.event(&Event::Retrying {
                slice: Some(slice.id.clone()),
                attempt: repetitions,
                wait,
                reason: chain(&cause),
            });
            tokio::select! {
                () = self.cancel.cancelled() => return Ok(Fate::Cancelled),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Divides a slice that meets a limit; `None` if that cannot help.
    async fn split(
        &self,
        slice: &Slice,
        limit: Limit,
        error: &vmapi::Error,
        counts: &FetchProgress<'_>,
    ) -> Result<Option<Vec<Slice>>, Error> {
        let into = match limit {
            Limit::Time | Limit::Samples if slice.range.len_ms() > SHORTEST_SPLIT_MS => {
                match self.step_ms {
                    Some(step_ms) => slice.split_steps(step_ms),
                    None => match slice.split_time(self.thin_ms) {
                        None => self.split_series(slice).await?,
                        halves => halves,
                    },
                }
            }
            // An expression may add up all series, so it cannot be divided by them.
            Limit::Series | Limit::Time | Limit::Samples if slice.expression.is_some() => None,
            Limit::Series | Limit::Time | Limit::Samples => self.split_series(slice).await?,
        };
        let Some(into) = into else {
            return Ok(None);
        };
        self.staging
            .record(&Fact::Split {
                slice: slice.id.clone(),
                into: into.clone(),
            })
            .map_err(|error| self.failed(slice, FetchError::Stage(error)))?;
        counts.split(into.len());
        self.events.event(&Event::Split {
            slice: slice.id.clone(),
            into: into.len(),
            reason: error.to_string(),
        });
        Ok(Some(into))
    }

    /// Divides by the first label that has several values; `None` if there is none.
    async fn split_series(&self, slice: &Slice) -> Result<Option<Vec<Slice>>, Error> {
        for label in ["job", "instance", "__name__"] {
            let values = self
                .client
                .label_values(
                    label,
                    &slice.selectors,
                    slice.range.start_ms,
                    slice.range.end_ms,
                )
                .await
                .map_err(|error| self.failed(slice, FetchError::Http(error)))?;
            if values.len() > 1 {
                return Ok(Some(slice.split_by_label(label, &values, PIECES)));
            }
        }
        Ok(None)
    }

    fn failed(&self, slice: &Slice, source: FetchError) -> Error {
        Error::Fetch {
            slice: slice.id.clone(),
            source: Box::new(source),
        }
    }
}

fn fetched(progress: &Progress) -> Fetched {
    let committed = &progress.committed;
    Fetched {
        slices_done: committed.len(),
        slices_total: progress.slices(),
        series: committed.iter().map(|slice| slice.series).sum(),
        samples: committed.iter().map(|slice| slice.samples).sum(),
        bytes: committed.iter().map(|slice| slice.body_bytes).sum(),
        range: None,
    }
}
