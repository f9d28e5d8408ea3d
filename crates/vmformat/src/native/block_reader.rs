use super::block::{Block, MAX_ROWS};
use super::decoder::Decoder;
use super::header::StreamHeader;
use super::layout::LayoutDetector;
use super::name::SeriesName;
use super::splitter::FrameSplitter;
use crate::Error;
use crate::json_line::{LineSink, MAX_CHUNK_VALUES, ValueChunk};
use crate::number;

/// Reads a native stream from pieces of any size, and tells its samples as if they stood in lines.
///
/// Values get the text that the server's own JSON lines have. Rows outside of the range in the
/// stream's header are told like all others, and counted. Holds a frame (2 MiB), a piece, and the
/// columns of a block.
pub struct BlockReader {
    splitter: FrameSplitter,
    blocks: Blocks,
}

/// What one frame needs, apart from the splitter that lends it.
struct Blocks {
    line_rows: usize,
    detector: LayoutDetector,
    decoder: Decoder,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
    text: Vec<u8>,
    /// The name of the block before, and its labels.
    name: Vec<u8>,
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    rows_outside: u64,
}

impl BlockReader {
    /// Tells every block as one line.
    pub fn new() -> Self {
        Self::with_line_rows(MAX_ROWS as usize)
    }

    /// Tells every block as lines of at most `line_rows` samples (at least one).
    pub fn with_line_rows(line_rows: usize) -> Self {
        Self {
            splitter: FrameSplitter::new(),
            blocks: Blocks {
                line_rows: line_rows.max(1),
                detector: LayoutDetector::new(),
                decoder: Decoder::new(),
                timestamps: Vec::new(),
                mantissas: Vec::new(),
                text: Vec::new(),
                name: Vec::new(),
                labels: Vec::new(),
                rows_outside: 0,
            },
        }
    }

    /// The range of the stream, once its first 16 bytes were read.
    pub fn header(&self) -> Option<StreamHeader> {
        self.splitter.header()
    }

    /// Rows so far that lie outside of the range in the header; servers drop them on import.
    pub fn rows_outside(&self) -> u64 {
        self.blocks.rows_outside
    }

    /// Reads the next piece of the stream, and gives `sink` all blocks that end in it.
    ///
    /// # Errors
    ///
    /// The stream is broken, or the sink refused what it was told; nothing can be read after that.
    pub fn push<S: LineSink>(&mut self, bytes: &[u8], sink: &mut S) -> Result<(), S::Error> {
        self.splitter.push(bytes);
        let Some(header) = self.splitter.header() else {
            return Ok(());
        };
        while let Some(frame) = self.splitter.next_frame()? {
            self.blocks.tell(header, frame.name, frame.block, sink)?;
        }
        Ok(())
    }

    /// Says whether the stream may end here.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if it is cut off.
    pub fn finish(&self) -> Result<(), Error> {
        self.splitter.finish()
    }
}

impl Default for BlockReader {
    fn default() -> Self {
        Self::new()
    }
}

impl Blocks {
    fn tell<S: LineSink>(
        &mut self,
        header: StreamHeader,
        name: &[u8],
        block: &[u8],
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let layout = self.detector.decide(block, &mut self.decoder)?;
        let block = Block::parse(block, layout)?;
        self.decoder
            .decode_timestamps(&block, &mut self.timestamps)?;
        self.decoder.decode_mantissas(&block, &mut self.mantissas)?;
        // No series has an empty name: it ends in a byte at least.
        if self.name != name {
            let parsed = SeriesName::parse(name)?;
            self.labels.clear();
            let labels = parsed.iter();
            self.labels
                .extend(labels.map(|(name, value)| (name.to_vec(), value.to_vec())));
            self.name.clear();
            self.name.extend_from_slice(name);
        }
        let before = self.timestamps.partition_point(|&ms| ms < header.start_ms);
        let until = self.timestamps.partition_point(|&ms| ms <= header.end_ms);
        let inside = until.saturating_sub(before);
        self.rows_outside += (self.timestamps.len() - inside) as u64;
        let lines = self.timestamps.chunks(self.line_rows);
        for (timestamps, mantissas) in lines.zip(self.mantissas.chunks(self.line_rows)) {
            sink.metric(&self.labels)?;
            if S::NEEDS_VALUES {
                for chunk in mantissas.chunks(MAX_CHUNK_VALUES) {
                    self.text.clear();
                    number::write_decimals(&mut self.text, chunk, block.scale);
                    sink.values(ValueChunk {
                        text: &self.text,
                        count: chunk.len(),
                    })?;
                }
            }
            for chunk in timestamps.chunks(MAX_CHUNK_VALUES) {
                sink.timestamps(chunk)?;
            }
            sink.end_line()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::native::{Encoder, Layout, write_frame, write_name};

    #[derive(Default)]
    struct Told(Vec<String>);

    impl LineSink for Told {
        type Error = Error;

        fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
            let value = String::from_utf8_lossy(&labels[0].1).into_owned();
            self.0.push(format!("{value}:"));
            Ok(())
        }

        fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Error> {
            let text = String::from_utf8_lossy(chunk.text).into_owned();
            self.0.push(text);
            Ok(())
        }

        fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Error> {
            self.0.push(format!("{timestamps:?}"));
            Ok(())
        }

        fn end_line(&mut self) -> Result<(), Error> {
            self.0.push("end".to_owned());
            Ok(())
        }
    }

    fn stream() -> Vec<u8> {
        let mut stream = Vec::new();
        let (start_ms, end_ms) = (10, 30);
        StreamHeader { start_ms, end_ms }.write(&mut stream);
        for (name, times, mantissas) in [
            ("a", [10, 20, 40], [15, number::STALE_MANTISSA, -3]),
            ("b", [5, 10, 30], [0, number::INFINITY_MANTISSA, 10]),
        ] {
            let (mut escaped, mut block) = (Vec::new(), Vec::new());
            write_name(&mut escaped, [(&b"__name__"[..], name.as_bytes())]);
            Encoder::new()
                .encode(Layout::B, &times, &mantissas, -1, &mut block)
                .unwrap();
            write_frame(&mut stream, &escaped, &block).unwrap();
        }
        stream
    }

    #[test]
    fn blocks_are_told_as_lines_whatever_the_pieces() {
        let stream = stream();
        for size in [1, 7, stream.len()] {
            let (mut reader, mut told) = (BlockReader::with_line_rows(2), Told::default());
            for piece in stream.chunks(size) {
                reader.push(piece, &mut told).unwrap();
            }
            reader.finish().unwrap();
            let expected = [
                "a:",
                "1.5,null",
                "[10, 20]",
                "end",
                "a:",
                "-0.3",
                "[40]",
                "end",
                "b:",
                "0,\"Infinity\"",
                "[5, 10]",
                "end",
                "b:",
                "1",
                "[30]",
                "end",
            ];
            assert_eq!(told.0, expected);
            assert_eq!(reader.rows_outside(), 2);
        }
    }

    #[test]
    fn a_stream_that_is_cut_off_is_no_stream() {
        let stream = stream();
        for end in (0..stream.len()).filter(|end| *end != 16) {
            let (mut reader, mut told) = (BlockReader::new(), Told::default());
            let read = reader.push(&stream[..end], &mut told);
            // Only between two frames a shorter stream is whole as well.
            let whole = read.and_then(|()| reader.finish()).is_ok();
            assert_eq!(
                whole,
                told.0.len() == 4 && stream[end..].starts_with(&[0, 0, 0, 2])
            );
        }
    }
}
