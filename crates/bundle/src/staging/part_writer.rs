//! Writing a part: an external sort by series and time.
//!
//! Blocks arrive in any order. They are collected until [`RUN_BYTES`] are full, sorted and written as
//! one *run*; the reader merges the runs. A part is its runs followed by a footer:
//!
//! ```text
//! run* | (u64 offset, u64 length, u32 CRC-32) per run | u32 count | u32 CRC-32 of the footer | magic
//! ```

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use tempfile::TempPath;

use super::error::StagingError;
use super::label_table::LabelId;
use super::record::{BlockInfo, HEADER_LEN, Header, Key};

pub(super) const MAGIC: &[u8; 8] = b"vmgpart1";
/// Bytes of one entry of the footer.
pub(super) const FOOTER_ENTRY_LEN: usize = 20;
/// Bytes behind the entries: count, CRC-32, magic.
pub(super) const FOOTER_END_LEN: usize = 16;

/// Memory for one run. Half of it would double the runs that the reader merges; twice as much shows
/// in the peak memory of a small export.
const RUN_BYTES: usize = 8 << 20;
/// Sorted records are gathered to this size before they are written.
const WRITE_BYTES: usize = 256 << 10;

/// Writes one part; without [`Self::finish`] the file is removed again.
pub struct PartWriter {
    // Dropped before `path`: some systems do not remove open files.
    file: File,
    path: TempPath,
    run_bytes: usize,
    pending: Vec<u8>,
    index: Vec<Pending>,
    out: Vec<u8>,
    runs: Vec<Run>,
    written: u64,
}

struct Pending {
    key: Key,
    at: u32,
    len: u32,
}

/// Where a run lies in the part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) offset: u64,
    pub(super) len: u64,
    pub(super) crc32: u32,
}

/// What the journal keeps of a finished part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSummary {
    /// Size of the part in bytes.
    pub bytes: u64,
    /// CRC-32 of the footer, which holds the CRC-32 of every run.
    pub crc32: u32,
}

impl PartWriter {
    /// Starts a part; a leftover of the same name, which no journal line names, is replaced.
    ///
    /// # Errors
    ///
    /// The file cannot be created.
    pub fn create(path: &Path) -> Result<Self, StagingError> {
        Self::with_run_bytes(path, RUN_BYTES)
    }

    fn with_run_bytes(path: &Path, run_bytes: usize) -> Result<Self, StagingError> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        super::folder::private_file(&mut options);
        let file = options
            .open(path)
            .map_err(StagingError::io("create", path))?;
        let path = TempPath::try_from_path(path).map_err(StagingError::io("create", path))?;
        Ok(Self {
            file,
            path,
            run_bytes,
            pending: Vec::new(),
            index: Vec::new(),
            out: Vec::new(),
            runs: Vec::new(),
            written: 0,
        })
    }

    /// Adds a series; `position` tells it apart from others and orders it among them.
    ///
    /// # Errors
    ///
    /// A run was full and cannot be written.
    pub fn series(&mut self, position: u64, labels: &[LabelId]) -> Result<(), StagingError> {
        let ids: Vec<u8> = labels.iter().flat_map(|id| id.0.to_le_bytes()).collect();
        let header = Header::series(position, self.payload_len(ids.len())?);
        self.push(header, &[&ids])
    }

    /// Adds samples of a series; the payload may come in several pieces.
    ///
    /// # Errors
    ///
    /// A run was full and cannot be written.
    pub fn block(
        &mut self,
        position: u64,
        info: BlockInfo,
        payload: &[&[u8]],
    ) -> Result<(), StagingError> {
        let len = payload.iter().map(|piece| piece.len()).sum();
        let header = Header::block(position, info, self.payload_len(len)?);
        self.push(header, payload)
    }

    /// Writes what is left and the footer, and syncs the file to disk.
    ///
    /// # Errors
    ///
    /// The part cannot be written or synced.
    pub fn finish(mut self) -> Result<PartSummary, StagingError> {
        self.end_run()?;
        let mut footer = Vec::with_capacity(self.runs.len() * FOOTER_ENTRY_LEN + FOOTER_END_LEN);
        for run in &self.runs {
            footer.extend_from_slice(&run.offset.to_le_bytes());
            footer.extend_from_slice(&run.len.to_le_bytes());
            footer.extend_from_slice(&run.crc32.to_le_bytes());
        }
        let count = u32::try_from(self.runs.len()).map_err(|_| StagingError::TooMany {
            what: "runs in a part",
            limit: u32::MAX,
        })?;
        footer.extend_from_slice(&count.to_le_bytes());
        let crc32 = crc32fast::hash(&footer);
        footer.extend_from_slice(&crc32.to_le_bytes());
        footer.extend_from_slice(MAGIC);
        self.write(&footer)?;
        self.file
            .sync_data()
            .map_err(StagingError::io("sync", &self.path))?;
        self.path
            .keep()
            .map_err(|failed| StagingError::io("keep", &failed.path)(failed.error))?;
        Ok(PartSummary {
            bytes: self.written,
            crc32,
        })
    }

    fn payload_len(&self, len: usize) -> Result<u32, StagingError> {
        u32::try_from(len)
            .ok()
            .filter(|&len| len <= super::part_reader::MAX_PAYLOAD)
            .ok_or(StagingError::TooMany {
                what: "bytes in a block",
                limit: super::part_reader::MAX_PAYLOAD,
            })
    }

    fn push(&mut self, header: Header, payload: &[&[u8]]) -> Result<(), StagingError> {
        let len = HEADER_LEN + header.payload_len as usize;
        if self.pending.len() + len > self.run_bytes {
            self.end_run()?;
        }
        let at = self.pending.len();
        self.pending.extend_from_slice(&header.to_bytes());
        for piece in payload {
            self.pending.extend_from_slice(piece);
        }
        self.index.push(Pending {
            key: header.key(),
            at: u32::try_from(at).expect("a run is smaller than 4 GiB"),
            len: u32::try_from(len).expect("a payload is limited"),
        });
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), StagingError> {
        if self.index.is_empty() {
            return Ok(());
        }
        let offset = self.written;
        let mut crc = crc32fast::Hasher::new();
        let mut index = std::mem::take(&mut self.index);
        // Stable: blocks with equal keys stay in order of arrival.
        index.sort_by_key(|pending| pending.key);
        let mut out = std::mem::take(&mut self.out);
        for pending in &index {
            let at = pending.at as usize;
            out.extend_from_slice(&self.pending[at..at + pending.len as usize]);
            if out.len() >= WRITE_BYTES {
                crc.update(&out);
                self.write(&out)?;
                out.clear();
            }
        }
        crc.update(&out);
        self.write(&out)?;
        out.clear();
        index.clear();
        self.out = out;
        self.index = index;
        self.pending.clear();
        self.runs.push(Run {
            offset,
            len: self.written - offset,
            crc32: crc.finalize(),
        });
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), StagingError> {
        self.file
            .write_all(bytes)
            .map_err(StagingError::io("write", &self.path))?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::staging::{BlockKind, PartReader, Record};

    #[derive(Clone, Debug)]
    struct Item {
        position: u64,
        min_ms: i64,
        payload: Vec<u8>,
    }

    fn items() -> impl Strategy<Value = Vec<Item>> {
        let item = (
            0u64..6,
            -5i64..50,
            proptest::collection::vec(any::<u8>(), 0..200),
        )
            .prop_map(|(position, min_ms, payload)| Item {
                position,
                min_ms,
                payload,
            });
        proptest::collection::vec(item, 0..120)
    }

    fn info(item: &Item) -> BlockInfo {
        BlockInfo {
            kind: BlockKind::NativeB,
            min_ms: item.min_ms,
            max_ms: item.min_ms + 7,
            rows: item.payload.len() as u32,
        }
    }

    proptest! {
        #[test]
        fn records_come_back_sorted_whatever_the_run_size(items in items(), run_bytes in 64usize..4000) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("part");
            let mut writer = PartWriter::with_run_bytes(&path, run_bytes).unwrap();
            for position in 0..6 {
                writer.series(position, &[LabelId(position as u32), LabelId(9)]).unwrap();
            }
            for item in &items {
                let (a, b) = item.payload.split_at(item.payload.len() / 2);
                writer.block(item.position, info(item), &[a, b]).unwrap();
            }
            let summary = writer.finish().unwrap();
            prop_assert_eq!(summary.bytes, std::fs::metadata(&path).unwrap().len());

            let mut expected = items.clone();
            expected.sort_by_key(|item| (item.position, item.min_ms));
            let mut expected = expected.iter();
            let mut reader = PartReader::open(&path, summary).unwrap();
            let mut position = None;
            while let Some(record) = reader.next().unwrap() {
                match record {
                    Record::Series(labels) => {
                        let next = position.map_or(0, |last: u64| last + 1);
                        prop_assert_eq!(labels.iter().collect::<Vec<_>>(), vec![LabelId(next as u32), LabelId(9)]);
                        position = Some(next);
                    }
                    Record::Block(read, payload) => {
                        let item = expected.next().unwrap();
                        prop_assert_eq!(Some(item.position), position);
                        prop_assert_eq!(read.min_ms, item.min_ms);
                        // Equal keys come in order of arrival, so the payload is exactly this one.
                        prop_assert_eq!(payload, &item.payload[..]);
                        prop_assert_eq!(read, info(item));
                    }
                }
            }
            prop_assert!(expected.next().is_none());
            prop_assert_eq!(position, Some(5));
        }
    }

    #[test]
    fn an_unfinished_part_takes_no_space() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part");
        let mut writer = PartWriter::with_run_bytes(&path, 64).unwrap();
        for position in 0..10 {
            writer.series(position, &[LabelId(1)]).unwrap();
        }
        assert!(path.exists());
        drop(writer);
        assert!(!path.exists());
    }

    #[test]
    fn damage_anywhere_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part");
        let mut writer = PartWriter::with_run_bytes(&path, 300).unwrap();
        writer.series(0, &[LabelId(1)]).unwrap();
        for min_ms in 0..20 {
            let item = Item {
                position: 0,
                min_ms,
                payload: vec![7; 40],
            };
            writer.block(0, info(&item), &[&item.payload]).unwrap();
        }
        let summary = writer.finish().unwrap();
        let good = std::fs::read(&path).unwrap();
        let read_all = |summary| PartReader::check(&path, summary);
        read_all(summary).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x40;
            std::fs::write(&path, &bad).unwrap();
            assert!(
                read_all(summary).is_err(),
                "a flipped bit at byte {at} passed"
            );
        }
        for len in 0..good.len() {
            std::fs::write(&path, &good[..len]).unwrap();
            assert!(read_all(summary).is_err(), "a cut at byte {len} passed");
        }
        let other = PartSummary {
            crc32: summary.crc32 ^ 1,
            ..summary
        };
        std::fs::write(&path, &good).unwrap();
        assert!(read_all(other).is_err());
    }
}
