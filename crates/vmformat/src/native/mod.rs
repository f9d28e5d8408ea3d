//! The native format: a binary stream of series names and blocks of integer columns.
//!
//! ```text
//! stream  = start_ms end_ms frame*                    two 8 byte integers, then frames to the end
//! frame   = length name  length block                 lengths are unsigned, 4 bytes, big endian
//! block   = header  timestamps  values                two columns of integers
//! ```
//!
//! There is no magic number, version, checksum, count or end marker, and block headers exist in two
//! [`Layout`]s that nothing in the stream tells apart. So reading means checking: [`FrameSplitter`]
//! cuts the stream, [`LayoutDetector`] finds the layout that all blocks fit, [`Block`] parses a
//! header, [`Decoder`] unpacks the columns. [`BlockReader`] does all of it and tells the samples as a
//! reader of JSON lines would.
//!
//! Servers send stored blocks untouched: rows outside of the requested range are the reader's to
//! drop.

mod block;
mod block_reader;
mod column;
mod decoder;
mod encoder;
mod frame;
mod header;
mod layout;
mod name;
mod splitter;
mod varint;

pub use block::{Block, Encoding, MAX_ROWS};
pub use block_reader::BlockReader;
pub use decoder::Decoder;
pub use encoder::{Encoder, MAX_ROWS_WRITTEN};
pub use frame::{Frame, MAX_PART_BYTES, take_frame, write_block_frame, write_frame};
pub use header::StreamHeader;
pub use layout::{Layout, LayoutDetector};
pub(crate) use name::keep_last_values;
pub use name::{Label, SeriesName, read_labels, write_name, write_part};
pub use splitter::FrameSplitter;
