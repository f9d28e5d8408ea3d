//! Hashing and counting what is written.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use sha2::{Digest as _, Sha256};

/// SHA-256 and length of a stream of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// SHA-256, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub size_bytes: u64,
}

impl Digest {
    /// Hashes everything `reader` holds; only a small buffer is kept.
    ///
    /// # Errors
    ///
    /// Those of the reader.
    pub fn of(mut reader: impl Read) -> io::Result<Self> {
        let mut writer = HashingWriter::new(io::sink());
        let mut buffer = vec![0; 256 << 10];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return writer.finish().map(|(_, digest)| digest),
                Ok(read) => writer.write_all(&buffer[..read])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// Passes bytes on and takes their SHA-256 and number.
#[derive(Debug)]
pub struct HashingWriter<W> {
    inner: W,
    sha256: Sha256,
    size_bytes: u64,
}

impl<W: Write> HashingWriter<W> {
    /// Wraps `inner`.
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            sha256: Sha256::new(),
            size_bytes: 0,
        }
    }

    /// Bytes written so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Flushes, and gives the inner writer back with the digest of what it took.
    ///
    /// # Errors
    ///
    /// Those of flushing the inner writer.
    pub fn finish(mut self) -> io::Result<(W, Digest)> {
        self.inner.flush()?;
        let digest = Digest {
            sha256: hex(self.sha256),
            size_bytes: self.size_bytes,
        };
        Ok((self.inner, digest))
    }
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.sha256.update(&bytes[..taken]);
        self.size_bytes += taken as u64;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The finished hash as 64 lower-case hexadecimal digits.
pub(crate) fn hex(sha256: Sha256) -> String {
    let mut text = String::with_capacity(64);
    for byte in sha256.finalize() {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most three bytes a call, as a pipe may.
    struct Trickle(Vec<u8>);

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn short_writes_are_hashed_once() {
        let mut writer = HashingWriter::new(Trickle(Vec::new()));
        writer.write_all(b"abc").unwrap();
        writer.write_all(b"defgh").unwrap();
        let (inner, digest) = writer.finish().unwrap();
        assert_eq!(inner.0, b"abcdefgh");
        assert_eq!(digest, Digest::of(&b"abcdefgh"[..]).unwrap());
        assert_eq!(digest.size_bytes, 8);
    }

    #[test]
    fn the_digest_is_the_published_one() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            Digest::of(&b"abc"[..]).unwrap().sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
