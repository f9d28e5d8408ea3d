//! Writing the data entry of a bundle that is made from another one.

use std::io::{self, Write};

use bundle::{PIECE_TEXT_BYTES, Piece, PieceCompressor, PieceEntry};

use crate::bundle_lines::BUFFER_BYTES;

/// Quick, like an export.
const LEVEL: u32 = 1;

/// Compresses what is written into pieces of an entry.
pub(crate) struct EntryWriter<'a, W: Write> {
    entry: PieceEntry<'a, W>,
    compressor: PieceCompressor,
    text: Vec<u8>,
    piece: Piece,
}

impl<'a, W: Write> EntryWriter<'a, W> {
    pub(crate) fn new(entry: PieceEntry<'a, W>) -> Self {
        Self {
            entry,
            compressor: PieceCompressor::new(LEVEL),
            text: Vec::with_capacity(PIECE_TEXT_BYTES + BUFFER_BYTES),
            piece: Piece::default(),
        }
    }

    fn push(&mut self) -> Result<(), bundle::Error> {
        self.piece = self
            .compressor
            .compress(&self.text, std::mem::take(&mut self.piece));
        self.text.clear();
        self.entry.push(&self.piece)
    }

    pub(crate) fn end(mut self) -> Result<(), bundle::Error> {
        if !self.text.is_empty() {
            self.push()?;
        }
        self.entry.end()
    }
}

impl<W: Write> Write for EntryWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        if self.text.len() >= PIECE_TEXT_BYTES {
            self.push().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
