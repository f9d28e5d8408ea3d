use super::metric::Label;
use super::reader::LineReader;
use super::sink::{LineSink, ValueChunk};
use crate::{Error, LineDefect};

/// A line that was read as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParsedLine {
    /// The labels, unescaped, each name once.
    pub labels: Vec<(Vec<u8>, Vec<u8>)>,
    /// The values as text, joined by commas; the spellings are those of [`ValueChunk`].
    pub values: Vec<u8>,
    /// The timestamps in Unix milliseconds, as many as values.
    pub timestamps: Vec<i64>,
}

impl ParsedLine {
    /// The text of each value.
    pub fn value_texts(&self) -> impl Iterator<Item = &[u8]> {
        let count = if self.timestamps.is_empty() {
            0
        } else {
            usize::MAX
        };
        self.values.split(|byte| *byte == b',').take(count)
    }
}

/// Reads one line, with or without its line break. Memory grows with the line; [`LineReader`] is
/// for lines of any length.
///
/// # Errors
///
/// [`Error::Line`] unless `line` is exactly one JSON line of series data.
pub fn parse_line(line: &[u8]) -> Result<ParsedLine, Error> {
    let mut collector = Collector::default();
    let mut reader = LineReader::new();
    reader.push(line, &mut collector)?;
    reader.finish()?;
    match collector.lines {
        1 => Ok(collector.line),
        _ => Err(Error::Line {
            line: 1,
            offset: 0,
            defect: LineDefect::Expected("exactly one line"),
            server_text: None,
        }),
    }
}

#[derive(Default)]
struct Collector {
    line: ParsedLine,
    lines: u64,
}

impl LineSink for Collector {
    type Error = Error;

    fn metric(&mut self, labels: &[Label]) -> Result<(), Error> {
        self.line = ParsedLine {
            labels: labels.to_vec(),
            ..ParsedLine::default()
        };
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Error> {
        if !self.line.values.is_empty() {
            self.line.values.push(b',');
        }
        self.line.values.extend_from_slice(chunk.text);
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Error> {
        self.line.timestamps.extend_from_slice(timestamps);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Error> {
        self.lines += 1;
        Ok(())
    }
}
