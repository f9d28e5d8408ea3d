//! Where formatted batches go.

use std::io::Write;

use bundle::{Piece, PieceEntry};
use sha2::{Digest, Sha256};

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
    sha256: Sha256,
}

impl<'archive, W: Write> EntryOutput<'archive, W> {
    pub(crate) fn new(entry: PieceEntry<'archive, W>) -> Self {
        Self {
            entry,
            sha256: Sha256::new(),
        }
    }

    /// Ends the entry; returns the SHA-256 of its text, lower-case hex.
    pub(crate) fn end(self) -> Result<String, SealError> {
        self.entry.end()?;
        let digest = self.sha256.finalize();
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<W: Write> Output for EntryOutput<'_, W> {
    const COMPRESSED: bool = true;

    fn write(&mut self, text: &[u8], piece: &Piece) -> Result<(), SealError> {
        self.sha256.update(text);
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
