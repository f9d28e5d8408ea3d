//! Sealing: parts become the bundle, in one pass.
//!
//! ```text
//! read (one thread)          format (all cores)                      write (one thread)
//! merge runs, cut units  ─▶  decode, trim, join, drop copies,   ─▶   in order: hash, ZIP entry
//!                            lines or native frames,
//!                            CRC-32, deflate
//! ```
//!
//! A fixed number of batches travels round this circle, so memory does not depend on the size of the
//! export. Nothing of it changes the staging folder: it can be killed and repeated.

mod batch;
mod block_formatter;
mod clean_labels;
mod decimal_rows;
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

pub(crate) use clean_labels::{CleanLabels, LabelForm};
pub(crate) use decimal_rows::DecimalRows;
pub(crate) use error::SealError;
pub(crate) use line_writer::LINE_ROWS;
pub(crate) use output::{EntryOutput, LinesOutput, Output};
pub(crate) use phases::Phases;
pub(crate) use pipeline::{SealPart, Source, Totals, seal};
