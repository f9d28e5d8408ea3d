use super::varint::{unzigzag, zigzag};

/// The time range at the start of a native stream, in Unix milliseconds, both ends inclusive.
///
/// In an export it is the range *as the server understood the request*: compare it with the wanted
/// one. In an import the server drops rows outside of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHeader {
    /// The first millisecond of the range.
    pub start_ms: i64,
    /// The last millisecond of the range.
    pub end_ms: i64,
}

impl StreamHeader {
    /// The length of a header in bytes.
    pub const BYTES: usize = 16;

    /// Reads a header. Every 16 bytes are one.
    pub fn parse(bytes: [u8; Self::BYTES]) -> Self {
        let both = u128::from_be_bytes(bytes);
        Self {
            start_ms: unzigzag((both >> 64) as u64),
            end_ms: unzigzag(both as u64),
        }
    }

    /// Appends the header to `out`.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&zigzag(self.start_ms).to_be_bytes());
        out.extend_from_slice(&zigzag(self.end_ms).to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_recorded_bytes() {
        let bytes = [0, 0, 3, 0x17, 0x9f, 0xca, 0xd0, 2, 0, 0, 0, 0, 0, 0, 0, 1];
        let header = StreamHeader::parse(bytes);
        assert_eq!(
            header,
            StreamHeader {
                start_ms: 1_700_000_000_001,
                end_ms: -1
            }
        );
        let mut out = Vec::new();
        header.write(&mut out);
        assert_eq!(out, bytes);
    }
}
