//! The wire formats of VictoriaMetrics series data, without any I/O.
//!
//! VictoriaMetrics exports and imports *series* (a name made of *labels*, and *samples*: a value at
//! a Unix timestamp in milliseconds) in two forms, and this crate reads and writes both:
//!
//! * [`native`]: a binary stream of *frames*. A frame is the series name and one *block* of up to
//!   8,192 samples, stored as integer columns: timestamps, and decimal *mantissas* that share one
//!   power of ten, the *scale*.
//! * [`json_line`]: one JSON object per line with `metric`, `values` and `timestamps`.
//!
//! [`number`] is the bridge between them: it turns mantissas and timestamps into exactly the text
//! that the server's own JSON line export would print.
//!
//! Readers are push parsers: they take the bytes of a body in pieces of any size and hold a bounded
//! amount of memory whatever the input claims. They never skip what they do not understand: an
//! export is whole or it is an error.
//!
//! This crate must never do I/O, know about HTTP or ZIP, trust a length that it read, or panic on
//! input.

pub mod json_line;
pub mod native;
pub mod number;

mod error;
mod server_text;

pub use error::{BlockDefect, ColumnName, EncodeDefect, Error, LineDefect, NameDefect, StreamPart};
pub use server_text::{ServerText, Tail};
