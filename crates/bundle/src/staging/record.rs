//! The records of a part: who a series is, and blocks of its samples.
//!
//! A record is a fixed header of 33 bytes, little endian, and a payload:
//!
//! ```text
//! u32 payload length | u64 position | u8 kind | i64 min ms | i64 max ms | u32 rows | payload
//! ```
//!
//! The position tells the series of a part apart and orders them. A series record (kind 0) carries label ids, four
//! bytes each; the other kinds carry samples and come after it.

use super::label_table::LabelId;

pub(super) const HEADER_LEN: usize = 33;
const SERIES: u8 = 0;

/// How the payload of a block is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A native block of layout A, as the server sent it.
    NativeA,
    /// A native block of layout B, as the server sent it.
    NativeB,
    /// Values as text, timestamps as integers; the workflow defines the bytes.
    Text,
}

impl BlockKind {
    pub(super) fn code(self) -> u8 {
        match self {
            Self::NativeA => 1,
            Self::NativeB => 2,
            Self::Text => 3,
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::NativeA),
            2 => Some(Self::NativeB),
            3 => Some(Self::Text),
            _ => None,
        }
    }
}

/// What is known of a block without decoding it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockInfo {
    /// Encoding of the payload.
    pub kind: BlockKind,
    /// Smallest timestamp in the block, Unix ms.
    pub min_ms: i64,
    /// Largest timestamp in the block, Unix ms.
    pub max_ms: i64,
    /// Samples in the block, those outside of the slice's range included.
    pub rows: u32,
}

/// One record as read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A series begins; its blocks follow, ordered by their smallest timestamp.
    Series(Labels<'a>),
    /// Samples of the series that began last.
    Block(BlockInfo, &'a [u8]),
}

/// The label ids of a series record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Labels<'a> {
    /// The ids in stored order.
    pub fn iter(self) -> impl Iterator<Item = LabelId> + use<'a> {
        let (ids, _) = self.0.as_chunks::<4>();
        ids.iter().map(|id| LabelId(u32::from_le_bytes(*id)))
    }
}

/// Sort key: all of a series together, its labels first, its blocks by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) position: u64,
    is_block: bool,
    min_ms: i64,
}

/// The fixed part of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub(super) payload_len: u32,
    pub(super) position: u64,
    code: u8,
    min_ms: i64,
    max_ms: i64,
    rows: u32,
}

impl Header {
    pub(super) fn series(position: u64, payload_len: u32) -> Self {
        Self {
            payload_len,
            position,
            code: SERIES,
            min_ms: 0,
            max_ms: 0,
            rows: 0,
        }
    }

    pub(super) fn block(position: u64, info: BlockInfo, payload_len: u32) -> Self {
        Self {
            payload_len,
            position,
            code: info.kind.code(),
            min_ms: info.min_ms,
            max_ms: info.max_ms,
            rows: info.rows,
        }
    }

    pub(super) fn key(&self) -> Key {
        Key {
            position: self.position,
            is_block: self.code != SERIES,
            min_ms: self.min_ms,
        }
    }

    pub(super) fn to_bytes(self) -> [u8; HEADER_LEN] {
        let mut bytes = [0; HEADER_LEN];
        bytes[0..4].copy_from_slice(&self.payload_len.to_le_bytes());
        bytes[4..12].copy_from_slice(&self.position.to_le_bytes());
        bytes[12] = self.code;
        bytes[13..21].copy_from_slice(&self.min_ms.to_le_bytes());
        bytes[21..29].copy_from_slice(&self.max_ms.to_le_bytes());
        bytes[29..33].copy_from_slice(&self.rows.to_le_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: &[u8; HEADER_LEN]) -> Self {
        fn array<const N: usize>(bytes: &[u8; HEADER_LEN], at: usize) -> [u8; N] {
            let mut array = [0; N];
            array.copy_from_slice(&bytes[at..at + N]);
            array
        }
        Self {
            payload_len: u32::from_le_bytes(array(bytes, 0)),
            position: u64::from_le_bytes(array(bytes, 4)),
            code: bytes[12],
            min_ms: i64::from_le_bytes(array(bytes, 13)),
            max_ms: i64::from_le_bytes(array(bytes, 21)),
            rows: u32::from_le_bytes(array(bytes, 29)),
        }
    }

    /// The record of this header and payload; `None` when they do not fit together.
    pub(super) fn record<'a>(&self, payload: &'a [u8]) -> Option<Record<'a>> {
        if self.code == SERIES {
            return payload
                .len()
                .is_multiple_of(4)
                .then_some(Record::Series(Labels(payload)));
        }
        let kind = BlockKind::from_code(self.code)?;
        Some(Record::Block(
            BlockInfo {
                kind,
                min_ms: self.min_ms,
                max_ms: self.max_ms,
                rows: self.rows,
            },
            payload,
        ))
    }
}
