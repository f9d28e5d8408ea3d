//! Fetching slices: one request each, staged beside the download, repeated or divided on failure.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use vmapi::{Backoff, Client, ExportBody, ExportParams, ExportRoute, Limit, RetryPolicy};

use crate::error::{Error, FetchError};
use crate::event::{Event, EventSink, Fetched};
use crate::progress::{Attempt, Counts, FetchProgress};
use crate::slice::{Slice, Transport};
use crate::stage::{BodyEnd, StageError, Staged, stage_body};
use crate::staging::{BodyFacts, Committed, Fact, Progress, Staging};
use crate::time_range::format_ms;

/// Chunks that may wait between download and stager. They have up to some hundred KiB each, and a
/// download at full speed needs a few.
const WAITING_CHUNKS: usize = 16;

/// JSON lines are asked for in pieces of this many samples, as large as a stored block.
const JSON_LINE_ROWS: u32 = 8192;

/// A slice is divided by a label into at most this many pieces at once.
const PIECES: usize = 8;

/// A slice no longer than this is divided by series instead: stored blocks reach further anyway.
const SHORTEST_SPLIT_MS: i64 = 10 * 60 * 1000;

/// How often a reply that breaks the format is asked for again: a proxy may have damaged it once.
const FORMAT_RETRIES: u32 = 3;

/// Servers before v1.141 move an end that is further ahead than two days; the minutes are for
/// clocks that differ.
const LATEST_END_AHEAD_MS: i64 = (2 * 24 * 60 - 10) * 60 * 1000;

/// Fetches the slices of one export.
pub(crate) struct Fetcher<'a> {
    pub(crate) client: &'a Client,
    pub(crate) staging: Arc<Staging>,
    pub(crate) transport: Transport,
    pub(crate) route: ExportRoute,
    pub(crate) concurrency: usize,
    pub(crate) retry: RetryPolicy,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) cancel: &'a CancellationToken,
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

/// Why one attempt failed.
enum Failure {
    /// The server's fault, or the network's.
    Http(vmapi::Error),
    /// The reply breaks the format and holds no reason of the server.
    Format(FetchError),
    /// Another attempt would change nothing.
    Final(FetchError),
    Cancelled,
}

impl Fetcher<'_> {
    /// Fetches what `progress` says is still open.
    ///
    /// # Errors
    ///
    /// The first slice that can be neither fetched nor divided. What other slices brought stays
    /// committed.
    pub(crate) async fn fetch_all(&self, progress: Progress) -> Result<Fetching, Error> {
        let counts = FetchProgress::new(&*self.events, fetched(&progress));
        let mut open: VecDeque<Slice> = progress.open.into();
        let mut committed = progress.committed;
        // The permits limit requests; one slice more may be on its way to the disk.
        let requests = Semaphore::new(self.concurrency);
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() <= self.concurrency
                && let Some(slice) = open.pop_front()
            {
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
                Some(Ok(Fate::Cancelled)) => {
                    // The others see the same token; what they had finished is committed.
                    while running.next().await.is_some() {}
                    return Ok(Fetching::Cancelled);
                }
                Some(Err(error)) => return Err(error),
            }
        }
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
            let attempt = counts.attempt();
            let failure = match self.attempt(&slice, requests, attempt).await {
                Ok(committed) => return Ok(Fate::Committed(committed)),
                Err(failure) => failure,
            };
            let (wait, cause) = match failure {
                Failure::Cancelled => return Ok(Fate::Cancelled),
                Failure::Final(cause) => return Err(self.failed(&slice, cause)),
                Failure::Http(error) => {
                    if let Some(limit) = error.limit()
                        && let Some(into) = self.split(&slice, limit, &error, counts).await?
                    {
                        return Ok(Fate::Split(into));
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
                slice: slice.id.clone(),
                attempt: repetitions,
                wait,
                reason: reason(&cause),
            });
            tokio::select! {
                () = self.cancel.cancelled() => return Ok(Fate::Cancelled),
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Asks once, and commits what came.
    async fn attempt(
        &self,
        slice: &Slice,
        requests: &Semaphore,
        attempt: Attempt<'_, '_>,
    ) -> Result<Committed, Failure> {
        let permit = tokio::select! {
            biased;
            () = self.cancel.cancelled() => return Err(Failure::Cancelled),
            permit = requests.acquire() => permit.expect("the semaphore is never closed"),
        };
        let mut body = tokio::select! {
            () = self.cancel.cancelled() => return Err(Failure::Cancelled),
            body = self.request(slice) => body.map_err(Failure::Http)?,
        };
        let file = self.staging.new_part();
        let (chunks, received) = mpsc::channel(WAITING_CHUNKS);
        let staged_counts = Arc::new(Mutex::new((0, 0)));
        let stager = self.spawn_stager(slice, file.clone(), received, staged_counts.clone());

        let mut counts = Counts::default();
        let download = loop {
            let chunk = tokio::select! {
                () = self.cancel.cancelled() => break Err(Failure::Cancelled),
                chunk = body.chunk() => chunk,
            };
            let message = match chunk {
                Ok(Some(chunk)) => {
                    counts.bytes += chunk.len() as u64;
                    BodyEnd::Chunk(chunk)
                }
                Ok(None) => BodyEnd::Clean,
                Err(error) => break Err(Failure::Http(error)),
            };
            let ended = matches!(message, BodyEnd::Clean);
            // A stager that is gone has failed and says why.
            if chunks.send(message).await.is_err() || ended {
                break Ok(());
            }
            (counts.series, counts.samples) =
                *staged_counts.lock().unwrap_or_else(PoisonError::into_inner);
            attempt.update(counts);
        };
        drop(chunks);
        let proven_complete = body.framing().proves_completeness();
        drop(body);
        drop(permit);
        let staged = stager.await.map_err(|_| stager_gone())?;
        // A broken download is the cause of whatever the stager then said, unless the stager found
        // the server's own reason in the data.
        let staged = match (download, staged) {
            (Err(failure), Err(StageError::Format(error))) if error.server_text().is_none() => {
                return Err(failure);
            }
            (Err(failure), Ok(_) | Err(StageError::Stopped)) => return Err(failure),
            (_, staged) => staged.map_err(|error| self.stage_failure(slice, error))?,
        };
        (counts.series, counts.samples) = (staged.series, staged.samples);
        let staging = self.staging.clone();
        let slice = slice.clone();
        let facts = BodyFacts {
            bytes: counts.bytes,
            proven_complete,
        };
        let committed =
            tokio::task::spawn_blocking(move || staging.commit(&slice, file, staged, facts))
                .await
                .map_err(|_| stager_gone())?
                .map_err(|error| Failure::Final(FetchError::Stage(error)))?;
        attempt.commit(counts);
        Ok(committed)
    }

    async fn request(&self, slice: &Slice) -> Result<ExportBody, vmapi::Error> {
        let params = ExportParams {
            matches: slice.selectors.clone(),
            start_ms: slice.range.start_ms,
            end_ms: slice.range.end_ms,
            max_rows_per_line: match self.transport {
                Transport::Native => None,
                Transport::Json => Some(JSON_LINE_ROWS),
            },
            route: self.route,
        };
        match self.transport {
            Transport::Native => self.client.export_native(&params).await,
            Transport::Json => self.client.export_json_lines(&params).await,
        }
    }

    fn spawn_stager(
        &self,
        slice: &Slice,
        file: String,
        received: mpsc::Receiver<BodyEnd>,
        counts: Arc<Mutex<(u64, u64)>>,
    ) -> tokio::task::JoinHandle<Result<Staged, StageError>> {
        let staging = self.staging.clone();
        let slice = slice.clone();
        let transport = self.transport;
        let latest_end_ms = self.now_ms.saturating_add(LATEST_END_AHEAD_MS);
        tokio::task::spawn_blocking(move || {
            stage_body(
                &staging,
                &slice,
                transport,
                latest_end_ms,
                &file,
                received,
                |series, samples| {
                    *counts.lock().unwrap_or_else(PoisonError::into_inner) = (series, samples);
                },
            )
        })
    }

    fn stage_failure(&self, slice: &Slice, error: StageError) -> Failure {
        match error {
            StageError::Format(error) => match error.server_text() {
                Some(text) => Failure::Http(vmapi::Error::broke_off(text.as_bytes())),
                None => Failure::Format(FetchError::Format(error)),
            },
            StageError::OtherRange { understood } => Failure::Final(FetchError::OtherRange {
                asked: format!(
                    "{} to {}",
                    format_ms(slice.range.start_ms),
                    format_ms(slice.range.end_ms)
                ),
                understood,
            }),
            StageError::TimestampsFirst => Failure::Final(FetchError::TimestampsFirst),
            StageError::Staging(error) => Failure::Final(FetchError::Stage(error)),
            StageError::Stopped => Failure::Cancelled,
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
                slice.split_time()
            }
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
    }
}

fn stager_gone() -> Failure {
    Failure::Final(FetchError::StagerGone)
}

/// The whole chain of causes in one line.
fn reason(error: &FetchError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
