//! Pieces of one compressed entry, made in parallel.
//!
//! A deflate stream may be cut where a block ends on a byte border. Each piece is compressed on its
//! own, without looking at the text before it, and ended with a sync flush (an empty stored block,
//! RFC 1951 section 3.2.4), so that pieces put one after another are one valid stream; the archive
//! adds the final block. That is how many cores write one ZIP entry.

use flate2::{Compress, Compression, FlushCompress, Status};

/// Text for one piece, in bytes, at which the cost of starting afresh is below one per cent of the
/// compressed size and enough pieces are in flight to keep all cores busy.
pub const PIECE_TEXT_BYTES: usize = 512 << 10;

/// What is compressed to see whether the rest is worth it: so many spans, spread over the data, of so
/// many bytes each.
const SAMPLE_SPANS: usize = 8;
const SAMPLE_SPAN_BYTES: usize = 1 << 10;

/// Data that shrink to less than this are compressed.
const WORTH_PERCENT: usize = 80;

/// One compressed piece of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// Raw deflate blocks, none of them final, ended on a byte border.
    pub deflated: Vec<u8>,
    /// CRC-32 of the text.
    pub crc32: u32,
    /// Length of the text in bytes.
    pub plain_len: u64,
}

/// Compresses pieces one after another; one per worker thread.
#[derive(Debug)]
pub struct PieceCompressor {
    deflate: Compress,
}

impl PieceCompressor {
    /// Prepares a compressor of `level` 0 (stored) to 9 (smallest); higher ones count as 9.
    pub fn new(level: u32) -> Self {
        Self {
            deflate: Compress::new(Compression::new(level.min(9)), false),
        }
    }

    /// As [`Self::compress`], but stores data that hardly shrink: compressing what is compressed
    /// already takes longer than everything else.
    pub fn compress_if_worth(&mut self, data: &[u8], out: Piece) -> Piece {
        let sample = sample(data);
        let mut out = self.compress(&sample, out);
        if out.deflated.len() * 100 < sample.len() * WORTH_PERCENT {
            return self.compress(data, out);
        }
        out.deflated.clear();
        for block in data.chunks(usize::from(u16::MAX)) {
            let length = block.len() as u16;
            // Not final, stored, and padded to the next byte (RFC 1951, section 3.2.4).
            out.deflated.push(0);
            out.deflated.extend_from_slice(&length.to_le_bytes());
            out.deflated.extend_from_slice(&(!length).to_le_bytes());
            out.deflated.extend_from_slice(block);
        }
        out.crc32 = crc32fast::hash(data);
        out.plain_len = data.len() as u64;
        out
    }

    /// Compresses `text` into the memory of `out`, whose old content is dropped.
    pub fn compress(&mut self, text: &[u8], mut out: Piece) -> Piece {
        self.deflate.reset();
        out.deflated.clear();
        out.crc32 = crc32fast::hash(text);
        out.plain_len = text.len() as u64;
        let mut rest = text;
        loop {
            out.deflated.reserve(rest.len() / 4 + 1024);
            let before = self.deflate.total_in();
            let status = self
                .deflate
                .compress_vec(rest, &mut out.deflated, FlushCompress::Sync)
                .expect("deflate fails only on misuse");
            let taken = (self.deflate.total_in() - before) as usize;
            rest = &rest[taken..];
            // The flush is complete once deflate leaves room in the output unused. `BufError` says
            // that nothing was left to do, after a flush that filled the output exactly.
            let room = out.deflated.len() < out.deflated.capacity();
            if status == Status::BufError || (rest.is_empty() && room) {
                return out;
            }
        }
    }
}

/// Spans of `data` at equal distances, the first at its start.
fn sample(data: &[u8]) -> Vec<u8> {
    data.chunks(data.len().div_ceil(SAMPLE_SPANS).max(1))
        .flat_map(|span| &span[..span.len().min(SAMPLE_SPAN_BYTES)])
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn inflate(pieces: &[Piece]) -> Vec<u8> {
        let mut stream: Vec<u8> = pieces.iter().flat_map(|p| p.deflated.clone()).collect();
        stream.extend(crate::archive::FINAL_BLOCK);
        let mut text = Vec::new();
        flate2::read::DeflateDecoder::new(&stream[..])
            .read_to_end(&mut text)
            .unwrap();
        text
    }

    proptest! {
        #[test]
        fn pieces_in_a_row_inflate_to_the_whole_text(
            texts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5000), 0..6),
            repeat in 1usize..20,
            level in 0u32..=9,
        ) {
            let mut compressor = PieceCompressor::new(level);
            let texts: Vec<Vec<u8>> = texts.iter().map(|t| t.repeat(repeat)).collect();
            let pieces: Vec<Piece> = texts
                .iter()
                .map(|text| compressor.compress(text, Piece::default()))
                .collect();
            prop_assert_eq!(inflate(&pieces), texts.concat());
            for (piece, text) in pieces.iter().zip(&texts) {
                prop_assert_eq!(piece.crc32, crc32fast::hash(text));
                prop_assert_eq!(piece.plain_len, text.len() as u64);
            }
        }
    }

    #[test]
    fn a_reused_piece_equals_a_fresh_one() {
        let mut compressor = PieceCompressor::new(1);
        let long = b"1769169600000,1769169615000,".repeat(3000);
        let used = compressor.compress(&long, Piece::default());
        let reused = compressor.compress(b"short", used);
        assert_eq!(reused, compressor.compress(b"short", Piece::default()));
        assert_eq!(inflate(&[reused]), b"short");
    }

    #[test]
    fn data_that_do_not_shrink_are_stored_beside_others() {
        let mut noise = vec![0; 200_000];
        getrandom::fill(&mut noise).unwrap();
        let text = b"1769169600000,1769169615000,".repeat(3000);
        // The head of the data alone would mislead.
        let mixed = [&text[..10_000], &noise].concat();
        let mut compressor = PieceCompressor::new(1);
        let mut piece = Piece::default();
        let mut pieces = Vec::new();
        for data in [&noise[..], &text, b"", &mixed, &noise[..10]] {
            piece = compressor.compress_if_worth(data, piece);
            assert_eq!(piece.crc32, crc32fast::hash(data));
            assert_eq!(piece.plain_len, data.len() as u64);
            assert!(piece.deflated.len() <= data.len() + 5 * (data.len() / 65_535 + 1));
            pieces.push(piece.clone());
        }
        assert!(pieces[1].deflated.len() < text.len() / 10);
        assert!(pieces[3].deflated.len() > mixed.len());
        let whole = [&noise[..], &text, &mixed, &noise[..10]].concat();
        assert_eq!(inflate(&pieces), whole);
    }

    #[test]
    fn text_that_does_not_compress_fits() {
        let mut noise = vec![0; 300_000];
        getrandom::fill(&mut noise).unwrap();
        let piece = PieceCompressor::new(1).compress(&noise, Piece::default());
        assert_eq!(inflate(&[piece]), noise);
    }
}
