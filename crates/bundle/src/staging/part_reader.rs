//! Reading a part back: a merge of its sorted runs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::StagingError;
use super::part_writer::{FOOTER_END_LEN, FOOTER_ENTRY_LEN, MAGIC, PartSummary, Run};
use super::record::{HEADER_LEN, Header, Key, Record};

/// Larger records are not written, and a length above is damage.
pub(super) const MAX_PAYLOAD: u32 = 64 << 20;
/// Memory for the buffers of all runs together, as long as each keeps [`MIN_BUFFER`].
const BUFFERS: usize = 4 << 20;
const MIN_BUFFER: usize = 16 << 10;
const MAX_BUFFER: usize = 256 << 10;

/// Reads the records of a part, series by series, the blocks of a series by their smallest timestamp.
///
/// Memory: at least 16 KiB per run, and one record per run where records are larger.
pub struct PartReader {
    path: PathBuf,
    file: File,
    runs: Vec<RunReader>,
    /// The next record of every run that has one.
    heap: BinaryHeap<Reverse<(Key, usize)>>,
    /// The run whose record was lent out last and must move on.
    lent: Option<usize>,
}

impl PartReader {
    /// Opens the part that the journal describes by `summary`.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or it is not the one that was written.
    pub fn open(path: &Path, summary: PartSummary) -> Result<Self, StagingError> {
        let mut file = File::open(path).map_err(StagingError::io("open", path))?;
        let runs = read_footer(&mut file, path, summary)?;
        let buffer_len = (BUFFERS / runs.len().max(1)).clamp(MIN_BUFFER, MAX_BUFFER);
        let mut reader = Self {
            path: path.to_owned(),
            file,
            runs: runs
                .into_iter()
                .map(|run| RunReader::new(run, buffer_len))
                .collect(),
            heap: BinaryHeap::new(),
            lent: None,
        };
        for number in 0..reader.runs.len() {
            reader.load(number)?;
        }
        Ok(reader)
    }

    /// Reads the whole part to see whether it is the one that was written.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or it is not the one that was written.
    pub fn check(path: &Path, summary: PartSummary) -> Result<(), StagingError> {
        let mut reader = Self::open(path, summary)?;
        while reader.next()?.is_some() {}
        Ok(())
    }

    /// The next record; `None` at the end of the part, and only after every checksum was right.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    #[expect(
        clippy::should_implement_trait,
        reason = "the record borrows the reader"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, StagingError> {
        if let Some(number) = self.lent.take() {
            self.load(number)?;
        }
        let Some(Reverse((_, number))) = self.heap.pop() else {
            return Ok(None);
        };
        self.lent = Some(number);
        let run = &self.runs[number];
        let record = run
            .header
            .and_then(|header| header.record(run.payload(header)));
        match record {
            Some(record) => Ok(Some(record)),
            None => Err(StagingError::damaged(&self.path, "a record makes no sense")),
        }
    }

    /// Reads the next record of a run and queues it.
    fn load(&mut self, number: usize) -> Result<(), StagingError> {
        let run = &mut self.runs[number];
        if run.advance(&mut self.file, &self.path)? {
            let header = run.header.expect("advancing set the header");
            self.heap.push(Reverse((header.key(), number)));
        }
        Ok(())
    }
}

/// One run with a window of its bytes in memory.
struct RunReader {
    offset: u64,
    left: u64,
    expected_crc: u32,
    crc: crc32fast::Hasher,
    /// What was read lies from `at` to `end`.
    buffer: Vec<u8>,
    at: usize,
    end: usize,
    buffer_len: usize,
    header: Option<Header>,
}

impl RunReader {
    fn new(run: Run, buffer_len: usize) -> Self {
        Self {
            offset: run.offset,
            left: run.len,
            expected_crc: run.crc32,
            crc: crc32fast::Hasher::new(),
            buffer: Vec::new(),
            at: 0,
            end: 0,
            buffer_len,
            header: None,
        }
    }

    fn payload(&self, header: Header) -> &[u8] {
        let start = self.at + HEADER_LEN;
        &self.buffer[start..start + header.payload_len as usize]
    }

    /// Moves to the next record; `false` at the end of the run.
    fn advance(&mut self, file: &mut File, path: &Path) -> Result<bool, StagingError> {
        if let Some(header) = self.header.take() {
            self.at += HEADER_LEN + header.payload_len as usize;
        }
        if self.at == self.end && self.left == 0 {
            let crc = std::mem::take(&mut self.crc).finalize();
            if crc != self.expected_crc {
                return Err(StagingError::damaged(path, "a checksum is wrong"));
            }
            self.buffer = Vec::new();
            return Ok(false);
        }
        self.need(HEADER_LEN, file, path)?;
        let mut bytes = [0; HEADER_LEN];
        bytes.copy_from_slice(&self.buffer[self.at..self.at + HEADER_LEN]);
        let header = Header::from_bytes(&bytes);
        if header.payload_len > MAX_PAYLOAD {
            return Err(StagingError::damaged(path, "a length makes no sense"));
        }
        self.need(HEADER_LEN + header.payload_len as usize, file, path)?;
        self.header = Some(header);
        Ok(true)
    }

    /// Makes sure that `len` bytes from the current position are in the buffer.
    fn need(&mut self, len: usize, file: &mut File, path: &Path) -> Result<(), StagingError> {
        let have = self.end - self.at;
        if have >= len {
            return Ok(());
        }
        self.buffer.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, have);
        let want = (len.max(self.buffer_len) - have) as u64;
        let read = want.min(self.left);
        if have as u64 + read < len as u64 {
            return Err(StagingError::damaged(path, "a record is cut off"));
        }
        self.end += read as usize;
        if self.buffer.len() < self.end {
            self.buffer.resize(self.end, 0);
        }
        let fresh = &mut self.buffer[have..self.end];
        file.seek(SeekFrom::Start(self.offset))
            .and_then(|_| file.read_exact(fresh))
            .map_err(StagingError::io("read", path))?;
        self.crc.update(fresh);
        self.offset += read;
        self.left -= read;
        Ok(())
    }
}

fn read_footer(
    file: &mut File,
    path: &Path,
    summary: PartSummary,
) -> Result<Vec<Run>, StagingError> {
    let damaged = |what| StagingError::damaged(path, what);
    let len = file
        .metadata()
        .map_err(StagingError::io("read", path))?
        .len();
    if len != summary.bytes {
        return Err(damaged("its size is not the one that was written"));
    }
    let mut read_at = |offset: u64, bytes: &mut [u8]| {
        file.seek(SeekFrom::Start(offset))
            .and_then(|_| file.read_exact(bytes))
            .map_err(StagingError::io("read", path))
    };
    let mut end = [0; FOOTER_END_LEN];
    let end_at = len
        .checked_sub(FOOTER_END_LEN as u64)
        .ok_or_else(|| damaged("it is too short"))?;
    read_at(end_at, &mut end)?;
    let (numbers, magic) = end.split_at(8);
    if magic != MAGIC {
        return Err(damaged("its end is not that of a part"));
    }
    let count = u32_at(numbers, 0);
    let crc32 = u32_at(numbers, 4);
    let footer_len = u64::from(count) * FOOTER_ENTRY_LEN as u64;
    let footer_at = end_at
        .checked_sub(footer_len)
        .ok_or_else(|| damaged("its footer makes no sense"))?;
    let mut footer = vec![0; footer_len as usize];
    read_at(footer_at, &mut footer)?;
    let mut crc = crc32fast::Hasher::new();
    crc.update(&footer);
    crc.update(&numbers[..4]);
    if crc.finalize() != crc32 || crc32 != summary.crc32 {
        return Err(damaged("its footer is not the one that was written"));
    }
    let mut runs = Vec::with_capacity(count as usize);
    let mut expected_offset = 0;
    for entry in footer.chunks_exact(FOOTER_ENTRY_LEN) {
        let run = Run {
            offset: u64_at(entry, 0),
            len: u64_at(entry, 8),
            crc32: u32_at(entry, 16),
        };
        if run.offset != expected_offset {
            return Err(damaged("its runs do not follow each other"));
        }
        expected_offset = run.offset.saturating_add(run.len);
        runs.push(run);
    }
    if expected_offset != footer_at {
        return Err(damaged("its runs do not fill it"));
    }
    Ok(runs)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut array = [0; 4];
    array.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(array)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut array = [0; 8];
    array.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(array)
}
