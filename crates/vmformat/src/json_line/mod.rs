//! JSON lines: one object per line with the labels and samples of a series.
//!
//! ```text
//! {"metric":{"__name__":"up","job":"node"},"values":[1,null],"timestamps":[1700000000000,1700000015000]}
//! ```
//!
//! Strings are bytes: servers copy invalid UTF-8 as it is. Numbers are text and stay text, so that
//! nothing is lost on the way through. Old servers (before v1.82.0) write infinities and NaNs in
//! ways that are not JSON; those spellings are read and become those of newer servers:
//! `"Infinity"`, `"-Infinity"` and `null`.
//!
//! [`LineReader`] reads lines of any length in bounded memory, [`parse_line`] one line in memory;
//! [`write_metric`] and [`write_string`] write, together with [`number`](crate::number).

mod failure;
mod line;
mod metric;
mod reader;
mod repeated_times;
mod samples;
mod scalar;
mod sink;
mod state;
mod string;

pub use line::{ParsedLine, parse_line};
pub use reader::LineReader;
pub use sink::{LineSink, MAX_CHUNK_VALUES, ValueChunk};
pub use string::{write_metric, write_string};
