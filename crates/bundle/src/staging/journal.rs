//! The journal: one committed fact a line.
//!
//! A line is eight hex digits (CRC-32 of the rest), a space, JSON and a line feed. It counts once it
//! is on disk; a last line that is cut or does not match its checksum was never committed.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::StagingError;

/// An append-only list of facts of type `T`.
pub struct Journal<T> {
    path: PathBuf,
    file: File,
    len: u64,
    facts: PhantomData<fn(T) -> T>,
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens or creates a journal and reads its facts; a torn last line is removed.
    ///
    /// # Errors
    ///
    /// The file cannot be read or written, or a line before the last is damaged.
    pub fn open(path: &Path) -> Result<(Self, Vec<T>), StagingError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        super::folder::private_file(&mut options);
        let mut file = options.open(path).map_err(StagingError::io("open", path))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .map_err(StagingError::io("read", path))?;
        let (facts, len) = parse(&text, path)?;
        file.set_len(len)
            .and_then(|()| file.seek(SeekFrom::Start(len)))
            .map_err(StagingError::io("truncate", path))?;
        let journal = Self {
            path: path.to_owned(),
            file,
            len,
            facts: PhantomData,
        };
        Ok((journal, facts))
    }

    /// Reads the facts of a journal and changes nothing.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line before the last is damaged.
    pub fn read(path: &Path) -> Result<Vec<T>, StagingError> {
        let text = std::fs::read(path).map_err(StagingError::io("read", path))?;
        Ok(parse(&text, path)?.0)
    }

    /// Appends a fact; when this returns it is on disk.
    ///
    /// # Errors
    ///
    /// The line cannot be written or synced. What was written of it is removed as far as possible,
    /// so that a later line does not end up behind a torn one.
    pub fn append(&mut self, fact: &T) -> Result<(), StagingError> {
        self.write(fact, File::sync_data)
    }

    /// Appends a fact; when this returns it survives the end of this process. After a power loss it
    /// may be missing, with all that were noted after it.
    ///
    /// # Errors
    ///
    /// As for [`Self::append`].
    pub fn note(&mut self, fact: &T) -> Result<(), StagingError> {
        self.write(fact, |_| Ok(()))
    }

    fn write(
        &mut self,
        fact: &T,
        settle: impl FnOnce(&File) -> std::io::Result<()>,
    ) -> Result<(), StagingError> {
        let json = serde_json::to_string(fact)
            .map_err(|source| StagingError::io("write", &self.path)(source.into()))?;
        let line = format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()));
        let written = self
            .file
            .write_all(line.as_bytes())
            .and_then(|()| settle(&self.file));
        if let Err(source) = written {
            // Best effort: opening the journal again removes a torn line as well.
            let _ = self.file.set_len(self.len);
            let _ = self.file.seek(SeekFrom::Start(self.len));
            return Err(StagingError::io("write", &self.path)(source));
        }
        self.len += line.len() as u64;
        Ok(())
    }
}

/// The facts, and how many bytes they take up.
fn parse<T: DeserializeOwned>(text: &[u8], path: &Path) -> Result<(Vec<T>, u64), StagingError> {
    let mut facts = Vec::new();
    let mut len = 0;
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        match fact(line) {
            Some(fact) => {
                facts.push(fact);
                len += line.len();
            }
            None if len + line.len() == text.len() => break,
            None => {
                return Err(StagingError::damaged(
                    path,
                    "a line is not what was written",
                ));
            }
        }
    }
    Ok((facts, len as u64))
}

fn fact<T: DeserializeOwned>(line: &[u8]) -> Option<T> {
    let line = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (crc32, json) = line.split_once(' ')?;
    let crc32 = u32::from_str_radix(crc32, 16).ok()?;
    if crc32 != crc32fast::hash(json.as_bytes()) {
        return None;
    }
    serde_json::from_str(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_cut_anywhere_keeps_its_whole_lines() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let (mut journal, facts) = Journal::<String>::open(&path).unwrap();
        assert!(facts.is_empty());
        for fact in ["one", "two", "three"] {
            journal.append(&fact.to_owned()).unwrap();
        }
        let whole = std::fs::read(&path).unwrap();
        let ends: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] == b'\n').collect();
        for len in 0..=whole.len() {
            std::fs::write(&path, &whole[..len]).unwrap();
            let (mut journal, facts) = Journal::<String>::open(&path).unwrap();
            let expected = ends.iter().filter(|&&end| end < len).count();
            assert_eq!(facts, ["one", "two", "three"][..expected]);
            journal.append(&"next".to_owned()).unwrap();
            let facts = Journal::<String>::read(&path).unwrap();
            assert_eq!(facts.len(), expected + 1);
            assert_eq!(facts[expected], "next");
        }
    }

    #[test]
    fn a_changed_line_in_the_middle_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("journal");
        let (mut journal, _) = Journal::<u32>::open(&path).unwrap();
        journal.append(&1).unwrap();
        journal.append(&2).unwrap();
        let mut text = std::fs::read(&path).unwrap();
        text[9] = b'7';
        std::fs::write(&path, &text).unwrap();
        assert!(Journal::<u32>::open(&path).is_err());
    }
}
