//! Lines of a bundle, written again: the same numbers, and names that may be others.

use std::io::{self, Write};

use memchr::memmem;
use privacy::Revealer;
use vmformat::json_line::{LineSink, ValueChunk, write_metric};

use crate::bundle_lines::BUFFER_BYTES;

/// By how much the timestamps of a series are later than the stored ones, ms.
pub(crate) fn shift_of<'a>(
    revealer: &Revealer,
    mut labels: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> i64 {
    let instance = labels.find(|(name, _)| *name == b"instance");
    let phase = instance.map_or(0, |(_, instance)| revealer.phase(instance));
    i64::try_from(phase).unwrap_or_default()
}

#[derive(Debug)]
pub(crate) enum LineError {
    Format(vmformat::Error),
    Write(io::Error),
}

impl From<vmformat::Error> for LineError {
    fn from(error: vmformat::Error) -> Self {
        Self::Format(error)
    }
}

impl From<io::Error> for LineError {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// The array of the current line that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Values,
    Timestamps,
}

/// What was copied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Copied {
    pub(crate) lines: u64,
    /// Lines in which a name was replaced.
    pub(crate) changed_lines: u64,
    /// Values that stand there as `null`.
    pub(crate) nulls: u64,
}

/// Writes lines again.
pub(crate) struct LineCopy<'a, W> {
    revealer: Option<&'a Revealer>,
    writer: W,
    open: Open,
    text: Vec<u8>,
    changed: bool,
    /// By how much the timestamps of the current line are later than the stored ones, ms.
    shift_ms: i64,
    copied: Copied,
}

impl<'a, W: Write> LineCopy<'a, W> {
    /// Copies lines to `writer`; with a `revealer` they get their original names and times.
    pub(crate) fn new(revealer: Option<&'a Revealer>, writer: W) -> Self {
        Self {
            revealer,
            writer,
            open: Open::Nothing,
            text: Vec::with_capacity(BUFFER_BYTES),
            changed: false,
            shift_ms: 0,
            copied: Copied::default(),
        }
    }

    /// Writes what is left, and gives the writer back.
    pub(crate) fn end(mut self) -> io::Result<(W, Copied)> {
        self.writer.write_all(&self.text)?;
        Ok((self.writer, self.copied))
    }

    /// Continues the array `open`, or ends another one and begins it with `key`.
    fn continue_array(&mut self, open: Open, key: &[u8]) {
        if self.open == open {
            self.text.push(b',');
            return;
        }
        self.close_array();
        self.text.extend_from_slice(b",\"");
        self.text.extend_from_slice(key);
        self.text.extend_from_slice(b"\":[");
        self.open = open;
    }

    fn close_array(&mut self) {
        if self.open != Open::Nothing {
            self.text.push(b']');
        }
        self.open = Open::Nothing;
    }

    fn pass_on(&mut self) -> io::Result<()> {
        if self.text.len() >= BUFFER_BYTES {
            self.writer.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }
}

impl<W: Write> LineSink for LineCopy<'_, W> {
    type Error = LineError;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), LineError> {
        self.text.extend_from_slice(b"{\"metric\":");
        let Some(revealer) = self.revealer else {
            let pairs = labels.iter().map(|(name, value)| (&name[..], &value[..]));
            write_metric(&mut self.text, pairs);
            return Ok(());
        };
        self.shift_ms = shift_of(
            revealer,
            labels.iter().map(|(name, value)| (&name[..], &value[..])),
        );
        let originals: Vec<_> = labels
            .iter()
            .map(|(name, value)| (revealer.label_name(name), revealer.value(value)))
            .collect();
        self.changed =
            originals
                .iter()
                .zip(labels)
                .any(|((name, value), (old_name, old_value))| {
                    **value != **old_value || *name != &old_name[..]
                });
        let pairs = originals.iter().map(|(name, value)| (*name, &**value));
        write_metric(&mut self.text, pairs);
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), LineError> {
        self.continue_array(Open::Values, b"values");
        self.text.extend_from_slice(chunk.text);
        self.copied.nulls += memmem::find_iter(chunk.text, b"null").count() as u64;
        Ok(self.pass_on()?)
    }

    fn timestamps(&mut self, timestamps: &[i64]) -> Result<(), LineError> {
        self.continue_array(Open::Timestamps, b"timestamps");
        for (number, timestamp) in timestamps.iter().enumerate() {
            if number > 0 {
                self.text.push(b',');
            }
            write!(self.text, "{}", timestamp.saturating_sub(self.shift_ms))?;
        }
        Ok(self.pass_on()?)
    }

    fn end_line(&mut self) -> Result<(), LineError> {
        self.close_array();
        self.text.extend_from_slice(b"}\n");
        self.copied.lines += 1;
        self.copied.changed_lines += u64::from(self.changed);
        Ok(self.pass_on()?)
    }
}
