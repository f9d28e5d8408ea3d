//! JSON lines.

use vmformat::Error;
use vmformat::json_line::{LineReader, LineSink, MAX_CHUNK_VALUES, ValueChunk, parse_line};
use vmformat::number::{read_decimal, share_scales, write_decimal};

use crate::pieces;

/// JSON lines, read in pieces and in one go, and the values in them as decimals.
pub fn json_line(data: &[u8]) {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| -> Result<Lines, Error> {
        let (mut reader, mut lines) = (LineReader::new(), Lines::default());
        for piece in pieces {
            reader.push(piece, &mut lines)?;
        }
        reader.finish()?;
        Ok(lines)
    };
    let in_one = read(&mut std::iter::once(data));
    let in_pieces = read(&mut pieces(data));
    assert_eq!(in_one.is_ok(), in_pieces.is_ok());
    if let (Ok(in_one), Ok(in_pieces)) = (in_one, in_pieces) {
        assert_eq!(in_one.samples, in_pieces.samples);
        decimals(&in_one.values);
    }
    if let Ok(line) = parse_line(data) {
        assert_eq!(line.value_texts().count(), line.timestamps.len());
    }
}

/// Scales may be shared only as long as the texts stay what they are.
fn decimals(values: &[Vec<u8>]) {
    let decimals = values.iter().filter_map(|text| read_decimal(text));
    let (mut mantissas, mut scales): (Vec<_>, Vec<_>) = decimals.unzip();
    let text = |mantissa, scale| {
        let mut text = Vec::new();
        write_decimal(&mut text, mantissa, scale);
        text
    };
    let texts = |mantissas: &[i64], scales: &[i16]| -> Vec<Vec<u8>> {
        let pairs = mantissas.iter().zip(scales);
        pairs
            .map(|(mantissa, scale)| text(*mantissa, *scale))
            .collect()
    };
    let before = texts(&mantissas, &scales);
    share_scales(&mut mantissas, &mut scales);
    assert_eq!(texts(&mantissas, &scales), before);
}

/// The values of whole lines.
#[derive(Default)]
struct Lines {
    samples: usize,
    values: Vec<Vec<u8>>,
}

impl LineSink for Lines {
    type Error = Error;

    fn metric(&mut self, _: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Error> {
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Error> {
        assert!((1..=MAX_CHUNK_VALUES).contains(&chunk.count));
        let texts = chunk.text.split(|byte| *byte == b',');
        self.values.extend(texts.map(<[u8]>::to_vec));
        Ok(())
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Error> {
        self.samples += timestamps.len();
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Error> {
        assert_eq!(self.samples, self.values.len());
        Ok(())
    }
}
