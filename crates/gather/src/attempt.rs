//! One attempt at a slice: ask, stage what comes, commit it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, SemaphorePermit, mpsc};
use vmapi::{ExportBody, ExportFormat, ExportParams};

use crate::error::FetchError;
use crate::fetch::Fetcher;
use crate::progress::{Attempt, Counts};
use crate::slice::{Slice, Transport};
use crate::stage::{BodyEnd, QueryStager, SliceStage, StageError, Staged, stage_body};
use crate::staging::{BodyFacts, Committed};
use crate::time_range::{TimeRange, format_ms};

/// Chunks that may wait between download and stager. They have up to some hundred KiB each, and a
/// download at full speed needs a few.
const WAITING_CHUNKS: usize = 16;

/// JSON lines are asked for in pieces of this many samples, as large as a stored block.
const JSON_LINE_ROWS: u32 = 8192;

/// Servers before v1.141 move an end that is further ahead than two days; the minutes are for
/// clocks that differ.
const LATEST_END_AHEAD_MS: i64 = (2 * 24 * 60 - 10) * 60 * 1000;

/// What an attempt brought: the part, whether its end is proven, and the bytes of the reply.
type Received = (Staged, bool, u64);

/// Why one attempt failed.
pub(crate) enum Failure {
    /// The server's fault, or the network's.
    Http(vmapi::Error),
    /// The reply breaks the format and holds no reason of the server.
    Format(FetchError),
    /// Another attempt would change nothing.
    Final(FetchError),
    Cancelled,
}

impl Fetcher<'_> {
    /// Asks once, and commits what came.
    pub(crate) async fn attempt(
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
        let file = self.staging.new_part();
        let (staged, proven_complete, bytes) = match self.step_ms {
            Some(step_ms) => self.query(slice, step_ms, &file, &attempt, permit).await?,
            None => self.export(slice, &file, &attempt, permit).await?,
        };
        let counts = Counts {
            series: staged.series,
            samples: staged.samples,
            bytes,
        };
        let staging = self.staging.clone();
        let slice = slice.clone();
        let facts = BodyFacts {
            bytes,
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

    /// Stages the results of a query. They come no faster than the server computes them, so there
    /// is nothing to win from a thread of its own.
    async fn query(
        &self,
        slice: &Slice,
        step_ms: i64,
        file: &str,
        attempt: &Attempt<'_, '_>,
        permit: SemaphorePermit<'_>,
    ) -> Result<Received, Failure> {
        let query = slice.query();
        let TimeRange { start_ms, end_ms } = slice.range;
        let step_s = u32::try_from(step_ms / 1000).unwrap_or(u32::MAX);
        let asked = self.client.query_range(&query, start_ms, end_ms, step_s);
        let mut result = tokio::select! {
            () = self.cancel.cancelled() => return Err(Failure::Cancelled),
            result = asked => result.map_err(Failure::Http)?,
        };
        let path = self.staging.folder().file(file);
        let stage = SliceStage::create(&path, &self.staging.labels, slice.range)
            .map_err(|error| Failure::Final(FetchError::Stage(error)))?;
        let failed = |error| self.stage_failure(slice, error);
        let mut stager = QueryStager::new(stage).map_err(failed)?;
        loop {
            let series = tokio::select! {
                () = self.cancel.cancelled() => return Err(Failure::Cancelled),
                series = result.next_series() => series.map_err(Failure::Http)?,
            };
            let Some(series) = series else {
                break;
            };
            stager.series(&series).map_err(failed)?;
            let (series, samples) = stager.counts();
            attempt.update(Counts {
                series,
                samples,
                bytes: result.received_bytes(),
            });
        }
        drop(permit);
        let staged = stager.finish().map_err(failed)?;
        // The JSON document is closed behind the last series, so nothing is missing.
        Ok((staged, true, result.received_bytes()))
    }

    /// Stages the body of an export. The next request may begin once this body has come, while its
    /// part is still on its way to the disk.
    async fn export(
        &self,
        slice: &Slice,
        file: &str,
        attempt: &Attempt<'_, '_>,
        permit: SemaphorePermit<'_>,
    ) -> Result<Received, Failure> {
        let mut body = tokio::select! {
            () = self.cancel.cancelled() => return Err(Failure::Cancelled),
            body = self.request(slice) => body.map_err(Failure::Http)?,
        };
        let (chunks, received) = mpsc::channel(WAITING_CHUNKS);
        let staged_counts = Arc::new(Mutex::new((0, 0)));
        let stager = self.spawn_stager(slice, file.to_owned(), received, staged_counts.clone());

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
        Ok((staged, proven_complete, counts.bytes))
    }

    async fn request(&self, slice: &Slice) -> Result<ExportBody, vmapi::Error> {
        let format = self.format();
        let params = ExportParams {
            matches: slice.selectors.clone(),
            start_ms: slice.range.start_ms,
            end_ms: slice.range.end_ms,
            max_rows_per_line: match format {
                ExportFormat::Native => None,
                ExportFormat::JsonLines => Some(JSON_LINE_ROWS),
            },
            route: self.route,
        };
        match format {
            ExportFormat::Native => self.client.export_native(&params).await,
            ExportFormat::JsonLines => self.client.export_json_lines(&params).await,
        }
    }

    fn format(&self) -> ExportFormat {
        if self.transport == Transport::Native {
            ExportFormat::Native
        } else {
            ExportFormat::JsonLines
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
        let format = self.format();
        let latest_end_ms = self.now_ms.saturating_add(LATEST_END_AHEAD_MS);
        tokio::task::spawn_blocking(move || {
            stage_body(
                &staging,
                &slice,
                format,
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
}

fn stager_gone() -> Failure {
    Failure::Final(FetchError::StagerGone)
}
