//! The token table on disk: distinct labels in order of their numbers.
//!
//! Append-only. The journal names the length and checksum up to which it counts; what lies behind
//! belongs to a slice that was never committed. An entry is
//! `u32 name length | name | u32 value length | value`, little endian.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StagingError;
use super::label_table::{LabelId, LabelTable};

/// Appends to the token table and reads it back.
pub struct TokenFile {
    path: PathBuf,
    file: File,
    mark: TokenMark,
    crc: crc32fast::Hasher,
}

/// A length of the token table that can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMark {
    /// Labels up to here.
    pub labels: u32,
    /// Bytes up to here.
    pub bytes: u64,
    /// CRC-32 of these bytes.
    pub crc32: u32,
}

impl TokenFile {
    /// Opens the table of a staging folder, keeps what `mark` vouches for and discards the rest.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or is damaged before the mark.
    pub fn open(path: &Path, mark: TokenMark) -> Result<(Self, LabelTable), StagingError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        super::folder::private_file(&mut options);
        let mut file = options.open(path).map_err(StagingError::io("open", path))?;
        let (table, crc) = load(&mut file, path, mark)?;
        file.set_len(mark.bytes)
            .and_then(|()| file.seek(SeekFrom::Start(mark.bytes)))
            .map_err(StagingError::io("truncate", path))?;
        let tokens = Self {
            path: path.to_owned(),
            file,
            mark,
            crc,
        };
        Ok((tokens, table))
    }

    /// Appends the labels that the file does not have yet and syncs it to disk.
    ///
    /// # Errors
    ///
    /// The file cannot be written; it may then be longer than the last mark, and the next call writes
    /// over what is behind it.
    pub fn append(&mut self, table: &LabelTable) -> Result<TokenMark, StagingError> {
        let mut bytes = Vec::new();
        let mut labels = self.mark.labels;
        while let Some((name, value)) = table.get(LabelId(labels)) {
            for text in [name, value] {
                let len = u32::try_from(text.len()).expect("the table limits lengths");
                bytes.extend_from_slice(&len.to_le_bytes());
                bytes.extend_from_slice(text);
            }
            labels += 1;
        }
        if bytes.is_empty() {
            return Ok(self.mark);
        }
        self.file
            .seek(SeekFrom::Start(self.mark.bytes))
            .and_then(|_| self.file.write_all(&bytes))
            .map_err(StagingError::io("write", &self.path))?;
        self.file
            .sync_data()
            .map_err(StagingError::io("sync", &self.path))?;
        self.crc.update(&bytes);
        self.mark = TokenMark {
            labels,
            bytes: self.mark.bytes + bytes.len() as u64,
            crc32: self.crc.clone().finalize(),
        };
        Ok(self.mark)
    }
}

fn load(
    file: &mut File,
    path: &Path,
    mark: TokenMark,
) -> Result<(LabelTable, crc32fast::Hasher), StagingError> {
    let mut reader = Checked {
        inner: BufReader::new(file).take(mark.bytes),
        crc: crc32fast::Hasher::new(),
    };
    let mut table = LabelTable::default();
    let mut name = Vec::new();
    let mut value = Vec::new();
    for _ in 0..mark.labels {
        reader.text(&mut name, path)?;
        reader.text(&mut value, path)?;
        table.intern(&name, &value)?;
    }
    let complete = reader.inner.limit() == 0 && table.len() == mark.labels as usize;
    if !complete || reader.crc.clone().finalize() != mark.crc32 {
        return Err(StagingError::damaged(path, "a checksum is wrong"));
    }
    Ok((table, reader.crc))
}

struct Checked<R> {
    inner: std::io::Take<R>,
    crc: crc32fast::Hasher,
}

impl<R: Read> Checked<R> {
    fn text(&mut self, text: &mut Vec<u8>, path: &Path) -> Result<(), StagingError> {
        let mut len = [0; 4];
        self.fill(&mut len, path)?;
        let len = u32::from_le_bytes(len);
        if u64::from(len) > self.inner.limit() {
            return Err(StagingError::damaged(path, "a length makes no sense"));
        }
        text.resize(len as usize, 0);
        self.fill(text, path)
    }

    fn fill(&mut self, bytes: &mut [u8], path: &Path) -> Result<(), StagingError> {
        self.inner.read_exact(bytes).map_err(|source| {
            if source.kind() == std::io::ErrorKind::UnexpectedEof {
                StagingError::damaged(path, "it is too short")
            } else {
                StagingError::io("read", path)(source)
            }
        })?;
        self.crc.update(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_behind_the_mark_are_discarded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let (mut file, mut table) = TokenFile::open(&path, TokenMark::default()).unwrap();
        table.intern(b"job", b"a").unwrap();
        table.intern(b"job", b"").unwrap();
        let mark = file.append(&table).unwrap();
        table.intern(b"job", b"lost").unwrap();
        file.append(&table).unwrap();
        drop(file);

        let (mut file, mut table) = TokenFile::open(&path, mark).unwrap();
        let labels: Vec<_> = table.iter().map(|(_, value)| value.to_vec()).collect();
        assert_eq!(labels, [b"a".to_vec(), b"".to_vec()]);
        table.intern(b"zone", b"b").unwrap();
        let mark = file.append(&table).unwrap();
        let (_, table) = TokenFile::open(&path, mark).unwrap();
        assert_eq!(table.get(LabelId(2)).unwrap(), (&b"zone"[..], &b"b"[..]));
    }

    #[test]
    fn what_a_failed_append_left_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let (mut file, mut table) = TokenFile::open(&path, TokenMark::default()).unwrap();
        table.intern(b"job", b"a").unwrap();
        file.append(&table).unwrap();
        file.file.write_all(b"half of an entry").unwrap();
        table.intern(b"job", b"b").unwrap();
        let mark = file.append(&table).unwrap();
        let (_, table) = TokenFile::open(&path, mark).unwrap();
        assert_eq!(table.get(LabelId(1)).unwrap(), (&b"job"[..], &b"b"[..]));
    }

    #[test]
    fn damage_before_the_mark_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("tokens");
        let (mut file, mut table) = TokenFile::open(&path, TokenMark::default()).unwrap();
        table.intern(b"job", b"abc").unwrap();
        let mark = file.append(&table).unwrap();
        let good = std::fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            assert!(TokenFile::open(&path, mark).is_err(), "byte {at}");
        }
        std::fs::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(TokenFile::open(&path, mark).is_err());
    }
}
