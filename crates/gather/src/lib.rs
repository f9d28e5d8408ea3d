//! The export workflow: plan, fetch, stage, seal.
//!
//! ```text
//! plan ──▶ fetch (a request per slice) ──▶ stage (one part per slice, journal) ──▶ seal (bundle)
//! ```
//!
//! A *slice* is what one request fetches: a group of series and a span of time. What the server
//! sends is staged small and neutral, with labels as numbers; pseudonyms, text and compression come
//! in one pass at the end, when everything is known. So a resume is cheap, and the result does not
//! depend on the order in which data arrived.
//!
//! [`export`] and [`resume`] take a request, an [`EventSink`] and a cancellation token, and return an
//! [`Outcome`]. This crate knows neither terminals nor pages, and it must never write an original
//! of an obfuscated label anywhere but into the private staging folder and the map.

mod attempt;
mod audit_report;
pub mod bundle_audit;
mod bundle_lines;
pub mod config;
pub mod convert;
pub mod discover;
mod distinct;
mod dry_run;
mod entry_writer;
mod error;
mod event;
mod export;
mod fetch;
mod free_space;
mod job_evidence;
mod line_copy;
mod map_file;
mod outcome;
mod persist;
mod plan;
pub mod preview;
mod progress;
mod registry;
mod request;
mod resume;
pub mod reveal;
mod run;
mod saved_connection;
mod seal;
mod sealing;
mod series_table;
mod slice;
mod stage;
mod staging;
mod sweep;
mod time_range;
mod timestamp_columns;
mod watch;

pub use audit_report::AuditReport;
pub use dry_run::{PlanSummary, PlannedRequest, plan};
pub use error::{Error, FetchError, SealFailure};
pub use event::{Event, EventSink, Fetched, NoEvents};
pub use export::{export, prepare_destination};
pub use free_space::free_bytes;
pub use map_file::stored_map;
pub use outcome::{Outcome, Report, Resumable};
pub use registry::Registry;
pub use request::{Destination, ExportRequest, MAX_CONCURRENCY, Selection, TransportChoice};
pub use resume::{
    Amendment, Interrupted, ResumeRequest, check_source, discard, interrupted, resume,
};
pub use saved_connection::Missing;
pub use sealing::Writer;
pub use slice::Transport;
pub use sweep::sweep;
pub use time_range::{TimeRange, format_ms};
pub use watch::{AuditError, advice};
