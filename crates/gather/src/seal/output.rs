//! Where formatted batches go.

use std::io::Write;

use bundle::{Piece, PieceCompressor, PieceEntry};

use super::SealError;

/// Takes the text of the bundle in order.
pub(crate) trait Output {
    /// Whether [`Self::write`] wants its text compressed as well.
    const COMPRESSED: bool;

    /// Takes the next text; `piece` is the same compressed, if [`Self::COMPRESSED`].
    fn write(&mut self, text: &[u8], piece: &Piece) -> Result<(), SealError>;
}

/// The metrics entry of a bundle.
pub(crate) struct EntryOutput<'archive, W> {
    entry: PieceEntry<'archive, W>,
}

impl<'archive, W: Write> EntryOutput<'archive, W> {
    pub(crate) fn new(entry: PieceEntry<'archive, W>) -> Self {
        Self { entry }
    }

    /// Writes what stands before the first piece.
    pub(crate) fn begin(&mut self, bytes: &[u8]) -> Result<(), SealError> {
        let piece = PieceCompressor::new(0).compress(bytes, Piece::default());
        self.write(bytes, &piece)
    }

    /// Ends the entry.
    pub(crate) fn end(self) -> Result<(), SealError> {
        Ok(self.entry.end()?)
    }
}

impl<W: Write> Output for EntryOutput<'_, W> {
    const COMPRESSED: bool = true;

    fn write(&mut self, _: &[u8], piece: &Piece) -> Result<(), SealError> {
        Ok(self.entry.push(piece)?)
    }
}

/// Plain lines.
pub(crate) struct LinesOutput<W> {
    writer: W,
    pub(crate) bytes: u64,
}

impl<W: Write> LinesOutput<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer, bytes: 0 }
    }

    pub(crate) fn end(mut self) -> Result<u64, SealError> {
        self.writer.flush().map_err(SealError::Lines)?;
        Ok(self.bytes)
    }
}

impl<W: Write> Output for LinesOutput<W> {
    const COMPRESSED: bool = false;

    fn write(&mut self, text: &[u8], _: &Piece) -> Result<(), SealError> {
        self.bytes += text.len() as u64;
        self.writer.write_all(text).map_err(SealError::Lines)
    }
}
