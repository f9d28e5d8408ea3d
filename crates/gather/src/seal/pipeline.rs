//! The threads of sealing and the batches that travel between them.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use bundle::staging::{PartReader, PartSummary};
use bundle::{Format, HashingWriter, Piece, PieceCompressor};
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::block_formatter::BlockFormatter;
use super::clean_labels::CleanLabels;
use super::distinct::Distinct;
use super::line_formatter::LineFormatter;
use super::line_writer::Counts;
use super::phases::Phases;
use super::unit_reader::UnitReader;
use super::{Output, SealError};
use crate::event::{Event, EventSink};
use crate::time_range::TimeRange;
use crate::watch::Watch;

/// Deflate at its quickest: better levels cost several times the time for a tenth of the size.
const DEFLATE_LEVEL: u32 = 1;

/// What is sealed.
pub(crate) struct Source<'a> {
    pub(crate) format: Format,
    pub(crate) parts: Vec<SealPart>,
    pub(crate) labels: &'a CleanLabels,
    pub(crate) phases: &'a Phases,
    /// Looks at every line or frame before it is compressed.
    pub(crate) watch: Option<&'a Watch>,
    /// Interval of which only the last sample stays, ms.
    pub(crate) thin_ms: Option<i64>,
    /// Whether a series can be in more than one part.
    pub(crate) several_windows: bool,
}

/// A part and the range of its slice.
pub(crate) struct SealPart {
    pub(crate) path: PathBuf,
    pub(crate) summary: PartSummary,
    pub(crate) range: TimeRange,
    /// Samples in the part, for progress.
    pub(crate) samples: u64,
}

/// What the bundle holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Lines or native blocks.
    pub(crate) lines: u64,
    pub(crate) samples: u64,
    /// Exact copies left out.
    pub(crate) copies: u64,
    pub(crate) series: u64,
    /// Series that share all labels with another one because labels were dropped.
    pub(crate) merged_series: u64,
    /// Bytes of lines or frames.
    pub(crate) bytes: u64,
}

/// What travels: a batch, and what a worker made of it: lines or frames.
#[derive(Default)]
struct Parcel {
    batch: Batch,
    text: Vec<u8>,
    piece: Piece,
    counts: Counts,
}

/// What the writer receives.
enum Arrival {
    Formatted(Box<Parcel>),
    Failed(SealError),
    /// All batches are on their way; there are this many.
    ReadAll {
        batches: u64,
        series: u64,
        merged_series: u64,
    },
}

/// What the bytes of an entry are hashed by, before compression.
pub(crate) type TextHash = HashingWriter<io::Sink>;

/// Formats everything in `source` into `output`, and into `text_hash`.
///
/// Series come in the order of the parts. Runs on the calling thread, as many workers as there are
/// cores, and one thread each for reading and hashing; returns when the last batch is written or the
/// first thing went wrong.
pub(crate) fn seal<O: Output>(
    source: &Source,
    output: &mut O,
    text_hash: Option<&mut TextHash>,
    events: &dyn EventSink,
    cancel: &CancellationToken,
) -> Result<Totals, SealError> {
    let workers = thread::available_parallelism().map_or(2, NonZero::get);
    let (free_tx, free_rx) = channel();
    // One parcel per worker, one waiting for each, and one each for reader, writer and hash.
    for _ in 0..workers * 2 + 3 {
        // The receiver lives in this function.
        let _ = free_tx.send(Box::<Parcel>::default());
    }
    let (filled_tx, filled_rx) = channel();
    let filled_rx = Mutex::new(filled_rx);
    let (arrivals_tx, arrivals_rx) = channel();
    thread::scope(|scope| {
        let reader_arrivals = arrivals_tx.clone();
        scope.spawn(move || {
            let last = match read(source, &free_rx, &filled_tx, cancel) {
                Ok(last) => last,
                Err(error) => Arrival::Failed(error),
            };
            // A writer that is gone has failed by itself.
            let _ = reader_arrivals.send(last);
        });
        for _ in 0..workers {
            let arrivals = arrivals_tx.clone();
            let filled = &filled_rx;
            scope.spawn(move || {
                if let Err(error) = work::<O>(source, filled, &arrivals) {
                    let _ = arrivals.send(Arrival::Failed(error));
                }
            });
        }
        drop(arrivals_tx);
        let written_tx = match text_hash {
            Some(hash) => {
                let (written_tx, written_rx) = channel();
                scope.spawn(move || hash_texts(hash, &written_rx, &free_tx));
                written_tx
            }
            None => free_tx,
        };
        // Ending the scope waits for the threads: they stop once a channel to them is closed, and
        // `write` owns the receiver of arrivals and the sender of written parcels.
        write(source, output, events, arrivals_rx, written_tx)
    })
}

/// Reads all parts into batches.
fn read(
    source: &Source,
    free: &Receiver<Box<Parcel>>,
    filled: &Sender<Box<Parcel>>,
    cancel: &CancellationToken,
) -> Result<Arrival, SealError> {
    let mut distinct = Distinct::new(source.labels, source.several_windows);
    let mut batches = 0;
    for part in &source.parts {
        let reader = PartReader::open(&part.path, part.summary)?;
        let mut units = UnitReader::new(reader, part.range, source.thin_ms, source.format);
        let mut more = true;
        while more {
            if cancel.is_cancelled() {
                return Err(SealError::Cancelled);
            }
            let Ok(mut parcel) = free.recv() else {
                // The writer has failed and says why.
                return Err(SealError::WorkerGone);
            };
            parcel.batch.clear();
            parcel.batch.number = batches;
            more = units.fill(&mut parcel.batch, &mut distinct)?;
            batches += 1;
            if filled.send(parcel).is_err() {
                return Err(SealError::WorkerGone);
            }
        }
    }
    Ok(Arrival::ReadAll {
        batches,
        series: distinct.series(),
        merged_series: distinct.merged(),
    })
}

/// Makes what the bundle holds.
enum Formatter<'a> {
    Lines(Box<LineFormatter<'a>>),
    Blocks(Box<BlockFormatter<'a>>),
}

impl<'a> Formatter<'a> {
    fn new(source: &Source<'a>) -> std::io::Result<Self> {
        let (labels, phases, thin_ms) = (source.labels, source.phases, source.thin_ms);
        Ok(match source.format {
            Format::Native => Self::Blocks(Box::new(BlockFormatter::new(labels, phases, thin_ms)?)),
            _ => Self::Lines(Box::new(LineFormatter::new(labels, phases, thin_ms)?)),
        })
    }

    fn format(&mut self, batch: &Batch, out: &mut Vec<u8>) -> Result<Counts, SealError> {
        match self {
            Self::Lines(lines) => lines.format(batch, out),
            Self::Blocks(blocks) => blocks.format(batch, out),
        }
    }
}

/// Formats and compresses batches until there are no more.
fn work<O: Output>(
    source: &Source,
    filled: &Mutex<Receiver<Box<Parcel>>>,
    arrivals: &Sender<Arrival>,
) -> Result<(), SealError> {
    let mut formatter = Formatter::new(source).map_err(SealError::Decoder)?;
    let mut compressor = PieceCompressor::new(DEFLATE_LEVEL);
    loop {
        let received = filled.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(mut parcel) = received else {
            return Ok(());
        };
        parcel.text.clear();
        parcel.counts = formatter.format(&parcel.batch, &mut parcel.text)?;
        if let Some(watch) = source.watch {
            match source.format {
                Format::Native => watch.frames(&parcel.text)?,
                _ => watch.lines(&parcel.text)?,
            }
        }
        if O::COMPRESSED {
            let piece = std::mem::take(&mut parcel.piece);
            parcel.piece = match source.format {
                Format::Native => compressor.compress_if_worth(&parcel.text, piece),
                _ => compressor.compress(&parcel.text, piece),
            };
        }
        if arrivals.send(Arrival::Formatted(parcel)).is_err() {
            return Ok(());
        }
    }
}

/// Hashes the texts of parcels in the order they were written, and hands their memory back.
///
/// A thread of its own: what is written is hashed once more, as part of the file, by the writer.
fn hash_texts(hash: &mut TextHash, written: &Receiver<Box<Parcel>>, free: &Sender<Box<Parcel>>) {
    for parcel in written {
        hash.write_all(&parcel.text)
            .expect("a sink takes everything");
        // The reader may have finished already.
        let _ = free.send(parcel);
    }
}

/// Writes batches in order and hands their memory on.
fn write<O: Output>(
    source: &Source,
    output: &mut O,
    events: &dyn EventSink,
    arrivals: Receiver<Arrival>,
    written: Sender<Box<Parcel>>,
) -> Result<Totals, SealError> {
    let samples_total = source.parts.iter().map(|part| part.samples).sum();
    let mut early = BTreeMap::new();
    let mut totals = Totals::default();
    let mut next = 0;
    let mut expected = None;
    let mut rows = 0;
    while expected != Some(next) {
        match arrivals.recv().map_err(|_| SealError::WorkerGone)? {
            Arrival::Formatted(parcel) => {
                early.insert(parcel.batch.number, parcel);
            }
            Arrival::Failed(error) => return Err(error),
            Arrival::ReadAll {
                batches,
                series,
                merged_series,
            } => {
                expected = Some(batches);
                totals.series = series;
                totals.merged_series = merged_series;
            }
        }
        while let Some(parcel) = early.remove(&next) {
            if !parcel.text.is_empty() {
                output.write(&parcel.text, &parcel.piece)?;
            }
            totals.lines += parcel.counts.lines;
            totals.samples += parcel.counts.samples;
            totals.copies += parcel.counts.copies;
            totals.bytes += parcel.text.len() as u64;
            rows += parcel.batch.rows;
            next += 1;
            events.event(&Event::Sealing {
                samples_done: rows.min(samples_total),
                samples_total,
                bytes: totals.bytes,
            });
            // Whoever takes memory back may have finished already.
            let _ = written.send(parcel);
        }
    }
    Ok(totals)
}
