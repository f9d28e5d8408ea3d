//! Writing the ZIP archive of a bundle.
//!
//! Every entry is deflated and followed by a data descriptor, so that nothing is sought back to and
//! the archive can go to a pipe. ZIP64 records appear when a size or an offset needs them.

use std::io::Write;

use crc32fast::Hasher;
use jiff::Timestamp;
use rawzip::{
    CompressionMethod, DataDescriptorOutput, ZipArchiveWriter, ZipEntryWriter,
    time::{UtcDateTime, ZipDateTime},
};

use crate::error::Error;
use crate::piece::{Piece, PieceCompressor};

/// An empty block with fixed codes and the final bit set, padded to whole bytes (RFC 1951,
/// section 3.2.6): closes a stream of pieces.
pub(crate) const FINAL_BLOCK: [u8; 2] = [0x03, 0x00];

/// Regular file, readable by its owner only once unpacked.
const ENTRY_MODE: u32 = 0o100_600;

/// Level for entries that are written whole; they are small, so it is chosen for size.
const SMALL_ENTRY_LEVEL: u32 = 6;

/// A ZIP archive being written.
#[derive(Debug)]
pub struct Archive<W> {
    zip: ZipArchiveWriter<W>,
    modified: UtcDateTime,
    entry_open: bool,
}

impl<W: Write> Archive<W> {
    /// Begins an archive whose entries are all dated `export_date`, in UTC and whole seconds.
    pub fn new(writer: W, export_date: Timestamp) -> Self {
        Self {
            zip: ZipArchiveWriter::new(writer),
            modified: ZipDateTime::from_unix(export_date.as_second()),
            entry_open: false,
        }
    }

    /// Begins an entry that is then filled piece by piece.
    ///
    /// # Errors
    ///
    /// The writer fails, or an entry begun earlier was dropped instead of ended.
    pub fn begin(&mut self, name: &str) -> Result<PieceEntry<'_, W>, Error> {
        if std::mem::replace(&mut self.entry_open, true) {
            return Err(Error::UnfinishedEntry);
        }
        let (entry, _) = self
            .zip
            .new_file(name)
            .compression_method(CompressionMethod::DEFLATE)
            .last_modified(self.modified)
            .unix_permissions(ENTRY_MODE)
            .start()
            .map_err(Error::write)?;
        Ok(PieceEntry {
            entry,
            open: &mut self.entry_open,
            crc: Hasher::new(),
            plain_len: 0,
        })
    }

    /// Writes a small entry at once.
    ///
    /// # Errors
    ///
    /// As [`Archive::begin`].
    pub fn entry(&mut self, name: &str, content: &[u8]) -> Result<(), Error> {
        let piece = PieceCompressor::new(SMALL_ENTRY_LEVEL).compress(content, Piece::default());
        let mut entry = self.begin(name)?;
        entry.push(&piece)?;
        entry.end()
    }

    /// Writes the archive's directory and gives the writer back, flushed.
    ///
    /// # Errors
    ///
    /// The writer fails, or an entry was begun and never ended.
    pub fn finish(self) -> Result<W, Error> {
        if self.entry_open {
            return Err(Error::UnfinishedEntry);
        }
        self.zip.finish().map_err(Error::write)
    }
}

/// An entry being filled; without [`PieceEntry::end`] the archive cannot be finished.
#[derive(Debug)]
#[must_use = "an entry that is not ended spoils the archive"]
pub struct PieceEntry<'archive, W> {
    entry: ZipEntryWriter<'archive, W>,
    open: &'archive mut bool,
    crc: Hasher,
    plain_len: u64,
}

impl<W: Write> PieceEntry<'_, W> {
    /// Appends one piece; the order of calls is the order of the text.
    ///
    /// # Errors
    ///
    /// The writer fails.
    pub fn push(&mut self, piece: &Piece) -> Result<(), Error> {
        self.crc
            .combine(&Hasher::new_with_initial_len(piece.crc32, piece.plain_len));
        self.plain_len += piece.plain_len;
        self.entry.write_all(&piece.deflated).map_err(Error::Write)
    }

    /// Closes the entry.
    ///
    /// # Errors
    ///
    /// The writer fails.
    pub fn end(mut self) -> Result<(), Error> {
        self.entry.write_all(&FINAL_BLOCK).map_err(Error::Write)?;
        self.entry
            .finish(DataDescriptorOutput::new(
                self.crc.finalize(),
                self.plain_len,
            ))
            .map_err(Error::write)?;
        *self.open = false;
        Ok(())
    }
}
