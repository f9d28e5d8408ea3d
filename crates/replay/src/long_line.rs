//! Lines that are too long for memory.
//!
//! The values and the timestamps of a line stand in two arrays, and a piece of the line needs both.
//! So they are set aside in two temporary files that have no name, and read back side by side. The
//! text of the line goes to a third one: where a line is not spelled as servers write it, it is read
//! once more, leniently. Only one line is on disk at a time.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use vmformat::LineDefect;
use vmformat::json_line::{LineReader, LineSink, MAX_CHUNK_VALUES, ValueChunk, write_metric};
use vmformat::number::write_timestamps;

use crate::error::Error;
use crate::lenient_stream::{PartSink, read_leniently_from};
use crate::tally::SkipReason;

/// A piece of a line ends with the value that reaches this size, in bytes.
const PIECE_VALUE_BYTES: usize = 256 << 10;

/// A long line that is being read.
pub(crate) struct LongLine {
    reader: LineReader,
    columns: Columns,
    /// The line as it came, in case servers read more of it than the reader does.
    text: BufWriter<File>,
    folder: PathBuf,
    broken: bool,
}

/// The labels in memory and the arrays on disk.
struct Columns {
    labels: Vec<(Vec<u8>, Vec<u8>)>,
    values: BufWriter<File>,
    timestamps: BufWriter<File>,
    samples: u64,
    ended: bool,
}

impl Columns {
    fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            labels: Vec::new(),
            values: BufWriter::new(tempfile::tempfile_in(folder)?),
            timestamps: BufWriter::new(tempfile::tempfile_in(folder)?),
            samples: 0,
            ended: false,
        })
    }
}

impl PartSink for Columns {
    fn labels(&mut self, labels: Vec<(Vec<u8>, Vec<u8>)>) {
        self.labels = labels;
    }

    fn value(&mut self, text: &[u8]) -> io::Result<()> {
        self.values.write_all(text)?;
        self.values.write_all(b",")
    }

    fn timestamp(&mut self, timestamp: i64) -> io::Result<()> {
        self.samples += 1;
        self.timestamps.write_all(&timestamp.to_le_bytes())
    }
}

/// Why the sink stops the reader.
enum Stop {
    /// The line is broken; the reader says how when it is asked to finish.
    Line,
    Io(io::Error),
}

impl From<vmformat::Error> for Stop {
    fn from(_: vmformat::Error) -> Self {
        Self::Line
    }
}

impl LineSink for Columns {
    type Error = Stop;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Stop> {
        self.labels = labels.to_vec();
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Stop> {
        self.values
            .write_all(chunk.text)
            .and_then(|()| self.values.write_all(b","))
            .map_err(Stop::Io)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), Stop> {
        self.samples += timestamps.len() as u64;
        for timestamp in timestamps {
            self.timestamps
                .write_all(&timestamp.to_le_bytes())
                .map_err(Stop::Io)?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Stop> {
        self.ended = true;
        Ok(())
    }
}

impl LongLine {
    /// Begins a line; `folder` takes its arrays.
    pub(crate) fn new(folder: &Path) -> Result<Self, Error> {
        let failed = Error::temporary(folder);
        let text = tempfile::tempfile_in(folder).map_err(&failed)?;
        Ok(Self {
            reader: LineReader::new(),
            columns: Columns::new(folder).map_err(&failed)?,
            text: BufWriter::new(text),
            folder: folder.to_owned(),
            broken: false,
        })
    }

    /// Takes more of the line, without its line feed.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.text
            .write_all(piece)
            .map_err(Error::temporary(&self.folder))?;
        if self.broken {
            return Ok(());
        }
        match self.reader.push(piece, &mut self.columns) {
            Ok(()) => Ok(()),
            Err(Stop::Line) => {
                self.broken = true;
                Ok(())
            }
            Err(Stop::Io(source)) => Err(Error::temporary(&self.folder)(source)),
        }
    }

    /// Ends the line: its pieces, or why it cannot be used.
    pub(crate) fn finish(self) -> Result<Result<Pieces, (SkipReason, String)>, Error> {
        let Self {
            mut reader,
            mut columns,
            text,
            folder,
            ..
        } = self;
        let failed = Error::temporary(&folder);
        let strictly = match reader.finish() {
            Err(error) => Err(reason_of(&error)),
            Ok(()) if columns.ended => Ok(()),
            Ok(()) => Err((SkipReason::NotALine, "the line is cut off".to_owned())),
        };
        if let Err(reason) = strictly {
            if reason.0 != SkipReason::NotALine {
                return Ok(Err(reason));
            }
            columns = Columns::new(&folder).map_err(&failed)?;
            let text = back(text).map_err(&failed)?;
            if !read_leniently_from(text, &mut columns).map_err(&failed)? {
                return Ok(Err(reason));
            }
        }
        let open = || Ok((back(columns.values)?, back(columns.timestamps)?));
        let (values, timestamps) = open().map_err(&failed)?;
        let mut metric = Vec::new();
        write_metric(
            &mut metric,
            columns.labels.iter().map(|(n, v)| (&n[..], &v[..])),
        );
        Ok(Ok(Pieces {
            metric,
            values,
            timestamps,
            left: columns.samples,
            folder: folder.clone(),
        }))
    }
}

/// Reads back what was written.
fn back(writer: BufWriter<File>) -> io::Result<BufReader<File>> {
    let mut file = writer.into_inner().map_err(|error| error.into_error())?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BufReader::new(file))
}

/// Why a line cannot be used, for the tally and for a person.
pub(crate) fn reason_of(error: &vmformat::Error) -> (SkipReason, String) {
    match error {
        vmformat::Error::Line { defect, .. } => {
            let reason = match defect {
                LineDefect::Counts { .. } => SkipReason::CountsDiffer,
                _ => SkipReason::NotALine,
            };
            (reason, defect.to_string())
        }
        other => (SkipReason::NotALine, other.to_string()),
    }
}

/// The pieces of a long line, in order.
pub(crate) struct Pieces {
    metric: Vec<u8>,
    values: BufReader<File>,
    timestamps: BufReader<File>,
    left: u64,
    folder: PathBuf,
}

impl Pieces {
    /// Appends the next piece, a line of its own without line feed; false if there is none.
    pub(crate) fn next(&mut self, text: &mut Vec<u8>) -> Result<bool, Error> {
        if self.left == 0 {
            return Ok(false);
        }
        self.write(text)
            .map_err(Error::temporary(&self.folder))
            .map(|()| true)
    }

    fn write(&mut self, text: &mut Vec<u8>) -> io::Result<()> {
        text.extend_from_slice(b"{\"metric\":");
        text.extend_from_slice(&self.metric);
        text.extend_from_slice(b",\"values\":[");
        let start = text.len();
        let mut rows = 0;
        while self.left > 0 && rows < MAX_CHUNK_VALUES && text.len() - start < PIECE_VALUE_BYTES {
            self.values.read_until(b',', text)?;
            rows += 1;
            self.left -= 1;
        }
        text.pop();
        text.extend_from_slice(b"],\"timestamps\":[");
        let mut timestamps = Vec::with_capacity(rows);
        for _ in 0..rows {
            let mut timestamp = [0; 8];
            self.timestamps.read_exact(&mut timestamp)?;
            timestamps.push(i64::from_le_bytes(timestamp));
        }
        write_timestamps(text, &timestamps);
        text.extend_from_slice(b"]}");
        Ok(())
    }
}
