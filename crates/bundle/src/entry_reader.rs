//! Streaming one entry and checking it on the way.

use std::io::{self, BufReader, Read};

use crc32fast::Hasher;
use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, ZipReader};

use crate::error::Error;
use crate::reader::Entry;

/// Compressed bytes read from the file at a time.
const BUFFER_BYTES: usize = 128 << 10;

/// The inflated bytes of one entry.
///
/// The read that reaches the end checks size and CRC-32. Errors about the content are of kind
/// [`io::ErrorKind::InvalidData`] with an [`Error`] inside.
#[derive(Debug)]
pub struct EntryReader<'bundle> {
    source: Source<'bundle>,
    crc: Hasher,
    size_bytes: u64,
    ended: bool,
    entry: Entry,
}

#[derive(Debug)]
enum Source<'bundle> {
    Stored(ZipReader<&'bundle FileReader>),
    Deflated(Box<DeflateDecoder<BufReader<ZipReader<&'bundle FileReader>>>>),
}

impl<'bundle> EntryReader<'bundle> {
    pub(crate) fn new(
        entry: &Entry,
        reader: ZipReader<&'bundle FileReader>,
    ) -> Result<Self, Error> {
        let source = match entry.compression {
            CompressionMethod::STORE => Source::Stored(reader),
            CompressionMethod::DEFLATE => Source::Deflated(Box::new(DeflateDecoder::new(
                BufReader::with_capacity(BUFFER_BYTES, reader),
            ))),
            other => {
                return Err(Error::UnknownCompression {
                    entry: entry.name.clone(),
                    method: other.as_u16(),
                });
            }
        };
        Ok(Self {
            source,
            crc: Hasher::new(),
            size_bytes: 0,
            ended: false,
            entry: entry.clone(),
        })
    }

    /// Compares what was read with what the archive says of it.
    fn check(&self) -> Result<(), Error> {
        let entry = || self.entry.name.clone();
        if self.size_bytes != self.entry.size_bytes {
            return Err(Error::WrongSize {
                entry: entry(),
                got: self.size_bytes,
                want: self.entry.size_bytes,
            });
        }
        let crc32 = self.crc.clone().finalize();
        if crc32 != self.entry.crc32 {
            return Err(Error::WrongCrc {
                entry: entry(),
                got: crc32,
                want: self.entry.crc32,
            });
        }
        if let Source::Deflated(decoder) = &self.source {
            let bytes = self.entry.compressed_bytes - decoder.total_in();
            if bytes > 0 {
                return Err(Error::TrailingBytes {
                    entry: entry(),
                    bytes,
                });
            }
        }
        Ok(())
    }
}

impl Read for EntryReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() || self.ended {
            return Ok(0);
        }
        let read = match &mut self.source {
            Source::Stored(reader) => reader.read(buffer)?,
            Source::Deflated(decoder) => decoder.read(buffer)?,
        };
        self.crc.update(&buffer[..read]);
        self.size_bytes += read as u64;
        if read == 0 || self.size_bytes > self.entry.size_bytes {
            self.check()
                .map_err(|wrong| io::Error::new(io::ErrorKind::InvalidData, wrong))?;
            self.ended = true;
        }
        Ok(read)
    }
}
