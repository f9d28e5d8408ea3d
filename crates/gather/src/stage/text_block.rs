//! Samples whose values stay text, as the JSON transport brings them.
//!
//! The payload of a text block is a `u32` (little endian) and one zstd frame that unpacks to that
//! many bytes:
//!
//! ```text
//! i64 first timestamp | i64 difference to the one before, per further timestamp | values joined by `,`
//! ```
//!
//! Integers are little endian; the number of samples stands in the record. The bytes of every value
//! are those that the server sent.

use std::io;

use zstd::bulk::{Compressor, Decompressor};

/// JSON lines shrink to a tenth at the quickest level; better ones cost more than the disk saves.
const LEVEL: i32 = 1;

/// Makes payloads of text blocks.
pub(crate) struct TextBlockEncoder {
    compressor: Compressor<'static>,
    plain: Vec<u8>,
    packed: Vec<u8>,
}

impl TextBlockEncoder {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            compressor: Compressor::new(LEVEL)?,
            plain: Vec::new(),
            packed: Vec::new(),
        })
    }

    pub(crate) fn encode(&mut self, timestamps: &[i64], values: &[u8]) -> io::Result<&[u8]> {
        self.plain.clear();
        let mut before = 0i64;
        for &ms in timestamps {
            self.plain
                .extend_from_slice(&ms.wrapping_sub(before).to_le_bytes());
            before = ms;
        }
        self.plain.extend_from_slice(values);
        let plain_len = u32::try_from(self.plain.len())
            .map_err(|_| io::Error::other("a block of values is larger than 4 GiB"))?;
        self.packed.clear();
        self.packed.extend_from_slice(&plain_len.to_le_bytes());
        let frame = self.compressor.compress(&self.plain)?;
        self.packed.extend_from_slice(&frame);
        Ok(&self.packed)
    }
}

/// Reads payloads of text blocks.
pub(crate) struct TextBlockDecoder {
    decompressor: Decompressor<'static>,
    plain: Vec<u8>,
}

impl TextBlockDecoder {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            decompressor: Decompressor::new()?,
            plain: Vec::new(),
        })
    }

    /// The timestamps go into `timestamps`, the joined values are returned; `None` if the payload
    /// was not made by [`TextBlockEncoder`] from `rows` samples.
    pub(crate) fn decode(
        &mut self,
        payload: &[u8],
        rows: usize,
        timestamps: &mut Vec<i64>,
    ) -> Option<&[u8]> {
        let (plain_len, frame) = payload.split_first_chunk::<4>()?;
        let plain_len = u32::from_le_bytes(*plain_len) as usize;
        self.plain.clear();
        self.plain.reserve(plain_len);
        let read = self
            .decompressor
            .decompress_to_buffer(frame, &mut self.plain)
            .ok()?;
        if read != plain_len {
            return None;
        }
        let (deltas, values) = self.plain.split_at_checked(rows.checked_mul(8)?)?;
        timestamps.clear();
        let mut ms = 0i64;
        for delta in deltas.as_chunks::<8>().0 {
            ms = ms.wrapping_add(i64::from_le_bytes(*delta));
            timestamps.push(ms);
        }
        Some(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_and_values_come_back() {
        let timestamps = [5, 5, i64::MAX, i64::MIN, -3];
        let values = b"1,2.50,null,\"Infinity\",1e5";
        let mut encoder = TextBlockEncoder::new().unwrap();
        let payload = encoder.encode(&timestamps, values).unwrap().to_vec();
        let mut decoder = TextBlockDecoder::new().unwrap();
        let mut read = Vec::new();
        assert_eq!(decoder.decode(&payload, 5, &mut read).unwrap(), values);
        assert_eq!(read, timestamps);
    }

    #[test]
    fn other_bytes_are_refused() {
        let mut decoder = TextBlockDecoder::new().unwrap();
        let mut read = Vec::new();
        assert!(decoder.decode(b"", 1, &mut read).is_none());
        assert!(decoder.decode(&[9; 40], 1, &mut read).is_none());
        let mut encoder = TextBlockEncoder::new().unwrap();
        let payload = encoder.encode(&[1], b"2").unwrap();
        assert!(decoder.decode(payload, 5000, &mut read).is_none());
    }
}
