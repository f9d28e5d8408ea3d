//! Sealing: parts become the bundle, in one pass.
//!
//! ```text
//! read (one thread)          format (all cores)                      write (one thread)
//! merge runs, cut units  ─▶  decode, trim, join, drop copies,   ─▶   in order: hash, ZIP entry
//!                            text, CRC-32, deflate
//! ```
//!
//! A fixed number of batches travels round this circle, so memory does not depend on the size of the
//! export. Nothing of it changes the staging folder: it can be killed and repeated.

mod batch;
mod clean_labels;
mod distinct;
mod error;
mod line_formatter;
mod line_writer;
mod output;
mod phases;
mod pipeline;
mod rows;
mod timestamp_texts;
mod unit_reader;

pub(crate) use clean_labels::CleanLabels;
pub(crate) use error::SealError;
pub(crate) use output::{EntryOutput, LinesOutput, Output};
pub(crate) use phases::Phases;
pub(crate) use pipeline::{SealPart, Source, Totals, seal};
