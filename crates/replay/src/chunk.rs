//! What is left of a batch: the body of one request.

use bytes::Bytes;
use vmapi::ImportFormat;

use crate::tally::Tally;

/// A fitted batch.
#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) index: u64,
    /// The body as it is sent; empty if nothing of the batch is to be sent.
    pub(crate) body: Bytes,
    pub(crate) format: ImportFormat,
    pub(crate) gzip: bool,
    /// Size of the body before compression, in bytes.
    pub(crate) text_bytes: u64,
    /// CRC-32 of the body before compression.
    pub(crate) crc32: u32,
    pub(crate) first_line: u64,
    pub(crate) last_line: u64,
    /// How far the source was read for it.
    pub(crate) position: u64,
    pub(crate) tally: Tally,
}
