//! Decompresses a gzip body piece by piece, and notices when it is cut.

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::GzDecoder;

/// How much decompressed data is gathered before it is handed out, in bytes.
const PIECE: usize = 64 * 1024;

/// A gzip stream on its way in.
///
/// It holds the compressed piece that came last and little more than 64 KiB of decompressed data,
/// however well the stream compresses.
#[derive(Debug)]
pub(crate) struct Gunzip {
    decoder: GzDecoder<Vec<u8>>,
    waiting: Bytes,
}

impl Gunzip {
    pub(crate) fn new() -> Self {
        Self {
            decoder: GzDecoder::new(Vec::new()),
            waiting: Bytes::new(),
        }
    }

    /// Takes the next compressed piece; the one before must have been read out.
    pub(crate) fn push(&mut self, compressed: Bytes) {
        debug_assert!(self.waiting.is_empty());
        self.waiting = compressed;
    }

    /// The next decompressed piece, or `None` if more input is needed.
    ///
    /// # Errors
    ///
    /// The input is not gzip, is damaged, or goes on after its end.
    pub(crate) fn pull(&mut self) -> io::Result<Option<Bytes>> {
        while !self.waiting.is_empty() && self.decoder.get_ref().len() < PIECE {
            let taken = self.decoder.write(&self.waiting)?;
            if taken == 0 {
                let problem = "data after the end of the gzip stream";
                return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
            }
            let _ = self.waiting.split_to(taken);
        }
        let piece = std::mem::take(self.decoder.get_mut());
        Ok((!piece.is_empty()).then(|| piece.into()))
    }

    /// What is left at the end of the input.
    ///
    /// # Errors
    ///
    /// The stream is not complete, or its checksum does not fit.
    pub(crate) fn finish(&mut self) -> io::Result<Option<Bytes>> {
        self.decoder.try_finish()?;
        let piece = std::mem::take(self.decoder.get_mut());
        Ok((!piece.is_empty()).then(|| piece.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(compressed: &[u8], step: usize) -> io::Result<(Vec<u8>, usize)> {
        let mut gunzip = Gunzip::new();
        let (mut all, mut largest) = (Vec::new(), 0);
        for piece in compressed.chunks(step) {
            gunzip.push(Bytes::copy_from_slice(piece));
            while let Some(piece) = gunzip.pull()? {
                largest = largest.max(piece.len());
                all.extend_from_slice(&piece);
            }
        }
        if let Some(piece) = gunzip.finish()? {
            all.extend_from_slice(&piece);
        }
        Ok((all, largest))
    }

    #[test]
    fn pieces_of_any_size_add_up() {
        let data: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
        let compressed = gzip(&data);
        for step in [1, 7, 4096, compressed.len()] {
            assert!(gunzip(&compressed, step).unwrap().0 == data, "{step}");
        }
        assert_eq!(gunzip(&gzip(b""), 5).unwrap().0, b"");
    }

    #[test]
    fn every_cut_is_noticed() {
        let compressed = gzip(b"some data that is long enough to be compressed, compressed");
        for end in 0..compressed.len() {
            assert!(gunzip(&compressed[..end], 8).is_err(), "{end}");
        }
    }

    #[test]
    fn damage_and_trailing_data_are_noticed() {
        let mut damaged = gzip(b"some data");
        let crc = damaged.len() - 8;
        damaged[crc] ^= 1;
        assert!(gunzip(&damaged, 4).is_err());
        let mut longer = gzip(b"some data");
        longer.extend_from_slice(b"the connection has been aborted");
        assert!(gunzip(&longer, longer.len()).is_err());
        assert!(gunzip(b"no gzip at all", 14).is_err());
    }

    #[test]
    fn memory_stays_small_however_well_it_compresses() {
        let compressed = gzip(&vec![0; 32 << 20]);
        let (data, largest) = gunzip(&compressed, compressed.len()).unwrap();
        assert_eq!(data.len(), 32 << 20);
        assert!(largest <= 4 * PIECE, "{largest}");
    }
}
