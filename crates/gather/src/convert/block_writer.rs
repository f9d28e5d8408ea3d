//! Lines to native blocks.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;

use vmformat::json_line::{LineSink, ValueChunk};
use vmformat::native::{Encoder, MAX_ROWS_WRITTEN, StreamHeader, write_frame, write_name};
use vmformat::number::{STALE_MANTISSA, read_decimal, share_scales};

use crate::bundle_lines::BUFFER_BYTES;
use crate::seal::DecimalRows;
use crate::stage::{SamplePairs, StageError};

/// Samples that wait for more of their series, at most: bundles have the lines of some series by
/// turns, up to 98,304 samples of them.
const MAX_HELD_ROWS: usize = 256 << 10;
/// Bytes of names that wait with them.
const MAX_HELD_NAMES: usize = 16 << 20;

/// Why blocks cannot be made of lines.
#[derive(Debug)]
pub(super) enum BlockError {
    Format(vmformat::Error),
    Stage(StageError),
    Write(io::Error),
    /// A value is no number, infinity or `null`.
    Value,
}

impl From<vmformat::Error> for BlockError {
    fn from(error: vmformat::Error) -> Self {
        Self::Format(error)
    }
}

impl From<StageError> for BlockError {
    fn from(error: StageError) -> Self {
        Self::Stage(error)
    }
}

impl From<io::Error> for BlockError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) blocks: u64,
    pub(super) stale_markers: u64,
}

/// Writes lines as a native stream of layout B; lines of one series share blocks as far as they come
/// near each other.
pub(super) struct BlockWriter<W> {
    pairs: SamplePairs,
    open: OpenSeries,
    frames: Frames<W>,
}

/// Series whose last block may grow.
#[derive(Default)]
struct OpenSeries {
    /// Where each name stands in `series`.
    numbers: HashMap<Vec<u8>, usize>,
    series: Vec<Series>,
    /// The name of the line being read.
    name: Vec<u8>,
    held_rows: usize,
    held_names: usize,
    made: Made,
}

struct Series {
    name: Vec<u8>,
    timestamps: Vec<i64>,
    mantissas: Vec<i64>,
    scales: Vec<i16>,
}

/// Where frames are written.
struct Frames<W> {
    writer: W,
    out: Vec<u8>,
    encoder: Encoder,
    rows: DecimalRows,
    block: Vec<u8>,
}

impl<W: Write> BlockWriter<W> {
    /// Begins a stream with this header. `spill` is where the values of very long lines wait.
    pub(super) fn new(header: StreamHeader, writer: W, spill: PathBuf) -> io::Result<Self> {
        let mut out = Vec::with_capacity(BUFFER_BYTES);
        header.write(&mut out);
        Ok(Self {
            pairs: SamplePairs::new(spill),
            open: OpenSeries::default(),
            frames: Frames {
                writer,
                out,
                encoder: Encoder::new(),
                rows: DecimalRows::default(),
                block: Vec::new(),
            },
        })
    }

    /// Writes what is left, and gives the writer back.
    pub(super) fn end(mut self) -> Result<(W, Made), BlockError> {
        self.open.write_all(&mut self.frames)?;
        self.frames.writer.write_all(&self.frames.out)?;
        Ok((self.frames.writer, self.open.made))
    }
}

impl<W: Write> LineSink for BlockWriter<W> {
    type Error = BlockError;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), BlockError> {
        self.open.name.clear();
        let labels = labels.iter().map(|(name, value)| (&name[..], &value[..]));
        write_name(&mut self.open.name, labels);
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), BlockError> {
        Ok(self.pairs.values(chunk)?)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), BlockError> {
        let (open, frames) = (&mut self.open, &mut self.frames);
        self.pairs.timestamps(timestamps, |timestamps, values| {
            open.add(timestamps, values)?;
            open.write_if_full(frames)
        })
    }

    fn end_line(&mut self) -> Result<(), BlockError> {
        Ok(())
    }
}

impl OpenSeries {
    fn add(&mut self, timestamps: &[i64], values: &[u8]) -> Result<(), BlockError> {
        let number = match self.numbers.get(&self.name) {
            Some(number) => *number,
            None => {
                self.held_names += self.name.len();
                self.numbers.insert(self.name.clone(), self.series.len());
                self.series.push(Series {
                    name: self.name.clone(),
                    timestamps: Vec::new(),
                    mantissas: Vec::new(),
                    scales: Vec::new(),
                });
                self.series.len() - 1
            }
        };
        let series = &mut self.series[number];
        for value in values.split(|&byte| byte == b',') {
            let (mantissa, scale) = read_decimal(value).ok_or(BlockError::Value)?;
            self.made.stale_markers += u64::from(mantissa == STALE_MANTISSA);
            series.mantissas.push(mantissa);
            series.scales.push(scale);
        }
        series.timestamps.extend_from_slice(timestamps);
        self.held_rows += timestamps.len();
        Ok(())
    }

    /// Writes all series once there is too much of them; the one that grew last once it fills a
    /// block.
    fn write_if_full<W: Write>(&mut self, frames: &mut Frames<W>) -> Result<(), BlockError> {
        if self.held_rows >= MAX_HELD_ROWS || self.held_names >= MAX_HELD_NAMES {
            return self.write_all(frames);
        }
        let number = self.numbers.get(&self.name).copied();
        if let Some(series) = number.and_then(|number| self.series.get_mut(number))
            && series.timestamps.len() >= MAX_ROWS_WRITTEN
        {
            self.held_rows -= series.timestamps.len();
            self.made.blocks += frames.write(series)?;
        }
        Ok(())
    }

    fn write_all<W: Write>(&mut self, frames: &mut Frames<W>) -> Result<(), BlockError> {
        for series in &mut self.series {
            self.made.blocks += frames.write(series)?;
        }
        self.series.clear();
        self.numbers.clear();
        (self.held_rows, self.held_names) = (0, 0);
        Ok(())
    }
}

impl<W: Write> Frames<W> {
    /// Writes the samples of a series and forgets them; returns how many blocks they are.
    fn write(&mut self, series: &mut Series) -> Result<u64, BlockError> {
        share_scales(&mut series.mantissas, &mut series.scales);
        self.rows.clear();
        let decimals = series.mantissas.drain(..).zip(series.scales.drain(..));
        for (ms, (mantissa, scale)) in series.timestamps.drain(..).zip(decimals) {
            self.rows.push(ms, mantissa, scale);
        }
        self.rows.sort();
        let mut blocks = 0;
        let (out, name) = (&mut self.out, &series.name);
        self.rows
            .encode(0, &mut self.encoder, &mut self.block, |block| {
                blocks += 1;
                Ok::<_, BlockError>(write_frame(out, name, block)?)
            })?;
        if self.out.len() >= BUFFER_BYTES {
            self.writer.write_all(&self.out)?;
            self.out.clear();
        }
        Ok(blocks)
    }
}
