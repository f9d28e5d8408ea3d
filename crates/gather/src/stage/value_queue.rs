//! Values of a line that wait for their timestamps.
//!
//! A line holds all values before the first timestamp, so those of a long line do not fit into a
//! bounded amount of memory: what is too much goes to a file.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use bundle::staging::StagingError;

/// Text kept in memory: some hundred thousand values.
const MEMORY_BYTES: usize = 4 << 20;

/// Chunks of values, first in, first out.
pub(super) struct ValueQueue {
    memory_bytes: usize,
    in_memory: VecDeque<(usize, Vec<u8>)>,
    held_bytes: usize,
    path: PathBuf,
    spill: Option<Spill>,
}

/// The chunks behind those in memory.
struct Spill {
    file: File,
    chunks: VecDeque<(usize, usize)>,
    read_at: u64,
    write_at: u64,
}

impl ValueQueue {
    /// `path` is where a file may be put while a long line is read.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            memory_bytes: MEMORY_BYTES,
            in_memory: VecDeque::new(),
            held_bytes: 0,
            path,
            spill: None,
        }
    }

    /// How many values the first chunk has.
    pub(super) fn first_count(&self) -> Option<usize> {
        let spilled = || self.spill.as_ref()?.chunks.front().map(|&(count, _)| count);
        self.in_memory
            .front()
            .map(|&(count, _)| count)
            .or_else(spilled)
    }

    pub(super) fn push(&mut self, count: usize, text: &[u8]) -> Result<(), StagingError> {
        if self.spill.is_none() && self.held_bytes + text.len() <= self.memory_bytes {
            self.held_bytes += text.len();
            self.in_memory.push_back((count, text.to_vec()));
            return Ok(());
        }
        let path = &self.path;
        let spill = match &mut self.spill {
            Some(spill) => spill,
            none => none.insert(Spill::create(path)?),
        };
        spill
            .push(count, text)
            .map_err(|source| io(path, "write", source))
    }

    /// Takes the first chunk into `text`, which is cleared; nothing happens when there is none.
    pub(super) fn pop(&mut self, text: &mut Vec<u8>) -> Result<(), StagingError> {
        text.clear();
        if let Some((_, mut first)) = self.in_memory.pop_front() {
            self.held_bytes -= first.len();
            std::mem::swap(text, &mut first);
            return Ok(());
        }
        let Some(spill) = &mut self.spill else {
            return Ok(());
        };
        let drained = spill
            .pop(text)
            .map_err(|source| io(&self.path, "read", source))?;
        if drained {
            self.remove_spill();
        }
        Ok(())
    }

    fn remove_spill(&mut self) {
        if self.spill.take().is_some() {
            // A leftover is removed with the staging folder.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

impl Drop for ValueQueue {
    fn drop(&mut self) {
        self.remove_spill();
    }
}

impl Spill {
    fn create(path: &Path) -> Result<Self, StagingError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let file = options
            .open(path)
            .map_err(|source| io(path, "create", source))?;
        Ok(Self {
            file,
            chunks: VecDeque::new(),
            read_at: 0,
            write_at: 0,
        })
    }

    fn push(&mut self, count: usize, text: &[u8]) -> std::io::Result<()> {
        self.file.seek(SeekFrom::Start(self.write_at))?;
        self.file.write_all(text)?;
        self.write_at += text.len() as u64;
        self.chunks.push_back((count, text.len()));
        Ok(())
    }

    /// Reads the first chunk; `true` if it was the last.
    fn pop(&mut self, text: &mut Vec<u8>) -> std::io::Result<bool> {
        if let Some((_, len)) = self.chunks.pop_front() {
            text.resize(len, 0);
            self.file.seek(SeekFrom::Start(self.read_at))?;
            self.file.read_exact(text)?;
            self.read_at += len as u64;
        }
        Ok(self.chunks.is_empty())
    }
}

fn io(path: &Path, action: &'static str, source: std::io::Error) -> StagingError {
    StagingError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_come_back_in_order_through_memory_and_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("values");
        let mut queue = ValueQueue::new(path.clone());
        queue.memory_bytes = 10;
        let mut text = Vec::new();
        for round in 0..2 {
            for number in 0..20 {
                queue
                    .push(number + 1, format!("{round}:{number}").as_bytes())
                    .unwrap();
            }
            assert!(path.exists());
            for number in 0..20 {
                assert_eq!(queue.first_count(), Some(number + 1));
                queue.pop(&mut text).unwrap();
                assert_eq!(text, format!("{round}:{number}").as_bytes());
            }
            assert_eq!(queue.first_count(), None);
            assert!(!path.exists());
        }
        queue.pop(&mut text).unwrap();
        assert!(text.is_empty());
    }
}
