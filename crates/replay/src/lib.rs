//! The import workflow: open, analyse, fit, send, verify.
//!
//! ```text
//! open (bundle, JSON lines) ──▶ batches of lines ──▶ fit ──▶ send (journal) ──▶ verify
//! ```
//!
//! A [`Source`] is read as a stream and cut into *batches* of whole lines by their size alone, so the
//! same source always makes the same batches. [`Fit`] says what becomes of a sample: its time unit,
//! the shift, the cut at the target's retention, labels dropped and added. What is left of a batch is
//! a *chunk*, the body of one request. The journal holds the chunks that the target acknowledged; a
//! resumed import makes all chunks again, proves that they are the same, and sends the others.
//!
//! Every sample of the source is sent or counted under a [`Tally`] entry that says why not. This
//! crate knows neither terminals nor pages, never changes a value, and never writes the source to
//! disk as a whole.

mod analysis;
mod batch;
mod check;
mod chunk;
mod claim;
mod comparison;
mod error;
mod event;
mod fit;
mod fitter;
mod frame_cutter;
mod frame_fitter;
mod import;
mod job_count;
mod journal;
mod lenient;
mod lenient_stream;
mod line;
mod line_fitter;
mod long_line;
mod maker;
mod picks;
mod pipeline;
mod place;
mod read_back;
mod report;
mod run;
mod send;
mod series_fit;
mod series_table;
mod shift;
mod source;
mod spool;
mod storage_rounding;
mod tally;
mod time_unit;
mod unfinished;
mod verification;
mod verify;

pub use analysis::{Analysis, AnalysisRequest, LabelStat, SeriesLabels, analyse};
pub use batch::BATCH_BYTES as CHUNK_BYTES;
pub use error::Error;
pub use event::{Event, EventSink, NoEvents, Sent};
pub use fit::{Fit, FitError, PROTECTED_LABELS, TargetFacts};
pub use import::{Ending, ImportRequest, Outcome, ResumeRequest, import, resume};
pub use report::Report;
pub use shift::Shift;
pub use source::{Format, Kind, Source};
pub use spool::{Spool, SpooledFile};
pub use tally::{JobTally, SkipReason, SkippedLine, Tally, TrimReason};
pub use time_unit::{TimeUnit, UnitChoice};
pub use unfinished::{Unfinished, begun, discard, is_running, unfinished};
pub use verification::{Difference, DifferenceReason, JobCheck, Verification};
