//! Reading the samples of a bundle, whatever its format.

use vmformat::json_line::{LineReader, LineSink};
use vmformat::native::BlockReader;

use crate::metadata::Format;

/// Reads one data entry from pieces of any size, and gives its samples to a [`LineSink`].
pub struct DataReader(Reader);

enum Reader {
    Lines(Box<LineReader>),
    Blocks(Box<BlockReader>),
}

impl DataReader {
    /// Starts an entry. Lines are told as they are, and each native block as one line.
    pub fn new(format: Format) -> Self {
        Self(match format {
            Format::Native => Reader::Blocks(Box::default()),
            _ => Reader::Lines(Box::new(LineReader::new())),
        })
    }

    /// As [`Self::new`]; native blocks are told as lines of at most `line_rows` samples.
    pub fn with_line_rows(format: Format, line_rows: usize) -> Self {
        match format {
            Format::Native => Self(Reader::Blocks(Box::new(BlockReader::with_line_rows(
                line_rows,
            )))),
            _ => Self::new(format),
        }
    }

    /// Reads the next piece.
    ///
    /// # Errors
    ///
    /// The data are broken, or the sink refused what it was told; nothing can be read after that.
    pub fn push<S: LineSink>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), S::Error> {
        match &mut self.0 {
            Reader::Lines(lines) => lines.push(bytes, sink),
            Reader::Blocks(blocks) => blocks.push(bytes, sink),
        }
    }

    /// Says whether the entry may end here.
    ///
    /// # Errors
    ///
    /// It ends inside of a line or a block.
    pub fn finish(&mut self) -> Result<(), vmformat::Error> {
        match &mut self.0 {
            Reader::Lines(lines) => lines.finish(),
            Reader::Blocks(blocks) => blocks.finish(),
        }
    }

    /// Samples so far outside of the range in the header of native data, which servers drop on
    /// import.
    pub fn samples_outside(&self) -> u64 {
        match &self.0 {
            Reader::Lines(_) => 0,
            Reader::Blocks(blocks) => blocks.rows_outside(),
        }
    }
}
