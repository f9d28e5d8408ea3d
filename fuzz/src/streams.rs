//! Native streams.

use vmformat::Error;
use vmformat::json_line::{LineSink, ValueChunk};
use vmformat::native::{
    Block, BlockReader, Decoder, Encoder, Layout, MAX_ROWS, MAX_ROWS_WRITTEN, read_labels,
    take_frame,
};

use crate::pieces;

/// A native stream; its frames are also taken on their own, as blocks of both layouts.
pub fn native(data: &[u8]) {
    let mut whole = Count::default();
    let in_one = read(std::iter::once(data), &mut whole);
    let mut cut = Count::default();
    let in_pieces = read(pieces(data), &mut cut);
    assert_eq!(in_one.is_ok(), in_pieces.is_ok());
    if in_one.is_ok() {
        assert_eq!(whole, cut);
    }
    let mut rest = data.get(16..).unwrap_or_default();
    while let Some(frame) = take_frame(&mut rest) {
        let _ = read_labels(frame.name, |_| ());
        for layout in Layout::ALL {
            block(frame.block, layout);
        }
    }
    for layout in Layout::ALL {
        block(data, layout);
    }
}

fn read<'a>(pieces: impl Iterator<Item = &'a [u8]>, sink: &mut Count) -> Result<(), Error> {
    let mut reader = BlockReader::with_line_rows(100);
    for piece in pieces {
        reader.push(piece, sink)?;
    }
    reader.finish()
}

/// What is accepted as a block comes back the same when it is written again.
fn block(bytes: &[u8], layout: Layout) {
    let Ok(block) = Block::parse(bytes, layout) else {
        return;
    };
    let mut decoder = Decoder::new();
    let (mut timestamps, mut mantissas) = (Vec::new(), Vec::new());
    if decoder.decode_timestamps(&block, &mut timestamps).is_err()
        || decoder.decode_mantissas(&block, &mut mantissas).is_err()
    {
        return;
    }
    assert!(timestamps.len() <= MAX_ROWS as usize && timestamps.len() == mantissas.len());
    if timestamps.len() > MAX_ROWS_WRITTEN {
        return;
    }
    let mut written = Vec::new();
    Encoder::new()
        .encode(layout, &timestamps, &mantissas, block.scale, &mut written)
        .expect("decoded rows can be encoded");
    let again = Block::parse(&written, layout).expect("written blocks can be read");
    decoder.validate(&again).expect("written blocks are valid");
    let mut rows = Vec::new();
    decoder
        .decode_mantissas(&again, &mut rows)
        .expect("written blocks can be decoded");
    assert_eq!(rows, mantissas);
    decoder
        .decode_timestamps(&again, &mut rows)
        .expect("written blocks can be decoded");
    assert_eq!(rows, timestamps);
}

/// Counts what it is told.
#[derive(Debug, Default, PartialEq)]
struct Count {
    lines: u64,
    values: usize,
    timestamps: usize,
}

impl LineSink for Count {
    type Error = Error;

    fn metric(&mut self, _: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Error> {
        self.values += chunk.count;
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Error> {
        self.timestamps += timestamps.len();
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Error> {
        assert_eq!(self.values, self.timestamps);
        self.lines += 1;
        Ok(())
    }
}
