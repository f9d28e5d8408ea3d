//! Staging one body on a thread of its own, beside the download.

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;
use vmapi::ExportFormat;
use vmformat::Tail;

use super::StageError;
use super::json::JsonStager;
use super::native::NativeStager;
use super::slice_stage::{SliceStage, Staged};
use crate::slice::Slice;
use crate::staging::Staging;

/// How far behind the first damage a server's reason is looked for, in bytes.
const REASON_WITHIN: usize = 1 << 20;

/// What the download sends to the stager.
pub(crate) enum BodyEnd {
    /// The next bytes.
    Chunk(Bytes),
    /// The body ended cleanly.
    Clean,
}

/// Stages the chunks of one body into `file`. Reports series and samples so far after every chunk.
///
/// A body counts only when the download says that it ended cleanly and it parses to its end.
pub(crate) fn stage_body(
    staging: &Staging,
    slice: &Slice,
    format: ExportFormat,
    latest_end_ms: i64,
    file: &str,
    mut chunks: Receiver<BodyEnd>,
    counted: impl Fn(u64, u64),
) -> Result<Staged, StageError> {
    let path = staging.folder().file(file);
    let stage = SliceStage::create(&path, &staging.labels, slice.range)?;
    let spill = staging.folder().file(&format!("{file}.values"));
    let mut stager = match format {
        ExportFormat::Native => Stager::Native(Box::new(NativeStager::new(stage, latest_end_ms))),
        ExportFormat::JsonLines => Stager::Json(Box::new(JsonStager::new(stage, &spill)?)),
    };
    let mut tail = Tail::default();
    let failed = loop {
        match chunks.blocking_recv() {
            Some(BodyEnd::Chunk(chunk)) => {
                tail.push(&chunk);
                if let Err(error) = stager.push(&chunk) {
                    break error;
                }
                let (series, samples) = stager.counts();
                counted(series, samples);
            }
            Some(BodyEnd::Clean) => match stager.finish() {
                Ok(staged) => return Ok(staged),
                Err(error) => break error,
            },
            None => return Err(StageError::Stopped),
        }
    };
    // Old servers write the reason at the very end of the body, right behind the damage.
    if let StageError::Format(error) = failed {
        let mut left = REASON_WITHIN;
        while left > 0
            && let Some(BodyEnd::Chunk(chunk)) = chunks.blocking_recv()
        {
            left = left.saturating_sub(chunk.len());
            tail.push(&chunk);
        }
        return Err(error.with_tail(&tail).into());
    }
    Err(failed)
}

enum Stager<'a> {
    Native(Box<NativeStager<'a>>),
    Json(Box<JsonStager<'a>>),
}

impl Stager<'_> {
    fn push(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        match self {
            Self::Native(stager) => stager.push(bytes),
            Self::Json(stager) => stager.push(bytes),
        }
    }

    fn counts(&self) -> (u64, u64) {
        match self {
            Self::Native(stager) => stager.counts(),
            Self::Json(stager) => stager.counts(),
        }
    }

    fn finish(self) -> Result<Staged, StageError> {
        match self {
            Self::Native(stager) => stager.finish(),
            Self::Json(stager) => stager.finish(),
        }
    }
}
