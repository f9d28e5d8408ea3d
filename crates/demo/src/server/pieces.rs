use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A body that is made while it is sent.
pub(crate) trait Pieces: Send {
    /// The next bytes, never empty; `None` at the end.
    fn next_piece(&mut self) -> Option<Bytes>;
}

/// A body that is there as a whole.
pub(crate) struct Whole(pub(crate) Bytes);

impl Pieces for Whole {
    fn next_piece(&mut self) -> Option<Bytes> {
        let bytes = std::mem::take(&mut self.0);
        (!bytes.is_empty()).then_some(bytes)
    }
}

/// A body that stops after some bytes and ends with an error text instead.
pub(crate) struct TextAfter {
    pub(crate) inner: Box<dyn Pieces>,
    pub(crate) left: u64,
    pub(crate) text: Bytes,
}

impl Pieces for TextAfter {
    fn next_piece(&mut self) -> Option<Bytes> {
        if self.left > 0
            && let Some(mut piece) = self.inner.next_piece()
        {
            piece.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
            self.left -= piece.len() as u64;
            return Some(piece);
        }
        self.left = 0;
        let text = std::mem::take(&mut self.text);
        (!text.is_empty()).then_some(text)
    }
}

/// A body compressed with gzip.
pub(crate) struct Gzip {
    inner: Box<dyn Pieces>,
    /// Gone when the stream is finished.
    encoder: Option<GzEncoder<Vec<u8>>>,
}

impl Gzip {
    pub(crate) fn new(inner: Box<dyn Pieces>) -> Gzip {
        Gzip {
            inner,
            encoder: Some(GzEncoder::new(Vec::new(), Compression::fast())),
        }
    }
}

impl Pieces for Gzip {
    fn next_piece(&mut self) -> Option<Bytes> {
        const IN_MEMORY: &str = "a vector accepts every byte";
        while let Some(encoder) = &mut self.encoder {
            let Some(piece) = self.inner.next_piece() else {
                let encoder = self.encoder.take()?;
                return Some(encoder.finish().expect(IN_MEMORY).into());
            };
            encoder.write_all(&piece).expect(IN_MEMORY);
            let ready = std::mem::take(encoder.get_mut());
            if !ready.is_empty() {
                return Some(ready.into());
            }
        }
        None
    }
}
