//! Cutting the source into batches of whole lines or blocks.
//!
//! Where a batch ends depends on the text alone, not on how it arrives: a resumed import cuts the
//! same batches. Lines beyond [`LONG_LINE_BYTES`] are divided on the way, so a batch is never larger
//! than its size and one line.

use std::ops::ControlFlow;
use std::path::Path;

use vmformat::native::StreamHeader;

use crate::error::Error;
use crate::long_line::LongLine;
use crate::tally::SkipReason;

/// A batch, and so a request, ends with the line that reaches this size, in bytes.
pub const BATCH_BYTES: usize = 3 << 20;

/// Longer lines are divided, in bytes. Servers take 10 MiB and more.
pub(crate) const LONG_LINE_BYTES: usize = 1 << 20;

/// Whole lines or frames of the source.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Counted from 0.
    pub(crate) index: u64,
    pub(crate) text: Vec<u8>,
    pub(crate) spans: Vec<Span>,
    /// Long lines that turned out to be broken.
    pub(crate) broken: Vec<BrokenLine>,
    /// Long lines that were divided.
    pub(crate) divided: u64,
    /// The last line number in it, counted from 1.
    pub(crate) last_line: u64,
    /// The range in the header of a native stream.
    pub(crate) range: Option<StreamHeader>,
    /// How far the source was read when the batch was full, as [`Position`](crate::source::Position).
    pub(crate) position: u64,
}

/// Where a line or frame of a batch stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Its number in the source, counted from 1; pieces of a long line share one.
    pub(crate) number: u64,
    /// Whether it begins a line of the source.
    pub(crate) begins_line: bool,
}

/// A long line that cannot be used.
#[derive(Debug)]
pub(crate) struct BrokenLine {
    pub(crate) number: u64,
    pub(crate) reason: SkipReason,
    pub(crate) detail: String,
}

/// Takes batches until it breaks off.
pub(crate) type Emit<'a> = dyn FnMut(Batch) -> Result<ControlFlow<()>, Error> + 'a;

/// Makes batches of pieces of text.
pub(crate) struct Cutter<'a> {
    batch: Batch,
    /// Where the current line starts in the batch's text.
    line_start: usize,
    /// Its number.
    number: u64,
    long: Option<LongLine>,
    /// Where long lines are set aside.
    spool: &'a Path,
    /// Lines to cut at most.
    max_lines: Option<u64>,
    emit: &'a mut Emit<'a>,
}

impl<'a> Cutter<'a> {
    pub(crate) fn new(spool: &'a Path, max_lines: Option<u64>, emit: &'a mut Emit<'a>) -> Self {
        Self {
            batch: Batch::default(),
            line_start: 0,
            number: 1,
            long: None,
            spool,
            max_lines,
            emit,
        }
    }

    /// Takes the next piece of the text.
    pub(crate) fn push(&mut self, mut piece: &[u8]) -> Result<ControlFlow<()>, Error> {
        while !piece.is_empty() {
            let end = memchr::memchr(b'\n', piece);
            let (line, rest) = piece.split_at(end.unwrap_or(piece.len()));
            piece = rest.get(1..).unwrap_or_default();
            match &mut self.long {
                Some(long) => long.push(line)?,
                None => {
                    self.batch.text.extend_from_slice(line);
                    if self.batch.text.len() - self.line_start > LONG_LINE_BYTES {
                        let mut long = LongLine::new(self.spool)?;
                        let start = &self.batch.text[self.line_start..];
                        long.push(&start[mark_bytes(self.number, start)..])?;
                        self.batch.text.truncate(self.line_start);
                        self.long = Some(long);
                    }
                }
            }
            if end.is_some() && self.end_line()?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Ends a file: its last line needs no line feed.
    pub(crate) fn end_file(&mut self) -> Result<ControlFlow<()>, Error> {
        if self.batch.text.len() > self.line_start || self.long.is_some() {
            return self.end_line();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Hands over what is left.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        if !self.batch.spans.is_empty() || !self.batch.broken.is_empty() {
            let _ = self.emit_batch()?;
        }
        Ok(())
    }

    fn end_line(&mut self) -> Result<ControlFlow<()>, Error> {
        let number = self.number;
        self.number += 1;
        self.batch.last_line = number;
        let flow = match self.long.take() {
            Some(long) => self.divide(long, number)?,
            None => {
                let start = self.line_start;
                let line = &self.batch.text[start..];
                let bom = mark_bytes(number, line);
                if line[bom..].trim_ascii().is_empty() {
                    self.batch.text.truncate(start);
                    ControlFlow::Continue(())
                } else {
                    self.add_line(start + bom, number, true)?
                }
            }
        };
        let enough = self.max_lines.is_some_and(|most| number >= most);
        Ok(if enough { ControlFlow::Break(()) } else { flow })
    }

    /// Ends the line that starts at `start` where the text ends.
    fn add_line(
        &mut self,
        start: usize,
        number: u64,
        begins_line: bool,
    ) -> Result<ControlFlow<()>, Error> {
        let end = self.batch.text.len();
        self.batch.spans.push(Span {
            start,
            end,
            number,
            begins_line,
        });
        self.line_start = end;
        if end >= BATCH_BYTES {
            return self.emit_batch();
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Adds the pieces of a long line, each a line of its own.
    fn divide(&mut self, long: LongLine, number: u64) -> Result<ControlFlow<()>, Error> {
        let mut pieces = match long.finish()? {
            Ok(pieces) => pieces,
            Err((reason, detail)) => {
                self.batch.broken.push(BrokenLine {
                    number,
                    reason,
                    detail,
                });
                return Ok(ControlFlow::Continue(()));
            }
        };
        self.batch.divided += 1;
        let mut begins_line = true;
        loop {
            let start = self.batch.text.len();
            if !pieces.next(&mut self.batch.text)? {
                return Ok(ControlFlow::Continue(()));
            }
            if self.add_line(start, number, begins_line)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.batch.last_line = number;
            begins_line = false;
        }
    }

    fn emit_batch(&mut self) -> Result<ControlFlow<()>, Error> {
        let index = self.batch.index;
        let batch = std::mem::take(&mut self.batch);
        self.batch.index = index + 1;
        self.batch.last_line = batch.last_line;
        self.batch.text.reserve(BATCH_BYTES + (64 << 10));
        self.line_start = 0;
        (self.emit)(batch)
    }
}

/// The bytes of a byte order mark, which stands before the first line only.
fn mark_bytes(number: u64, line: &[u8]) -> usize {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    if number == 1 && line.starts_with(MARK) {
        MARK.len()
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &[u8], sizes: &[usize], max_lines: Option<u64>) -> Vec<Batch> {
        let dir = tempfile::tempdir().unwrap();
        let mut batches = Vec::new();
        let mut emit = |batch| {
            batches.push(batch);
            Ok(ControlFlow::Continue(()))
        };
        let mut cutter = Cutter::new(dir.path(), max_lines, &mut emit);
        let mut sizes = sizes.iter().cycle();
        let mut rest = text;
        let mut stopped = false;
        while !rest.is_empty() && !stopped {
            let (piece, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            stopped = cutter.push(piece).unwrap().is_break();
            rest = after;
        }
        if !stopped {
            let _ = cutter.end_file().unwrap();
        }
        cutter.finish().unwrap();
        batches
    }

    fn lines(batches: &[Batch]) -> Vec<(u64, &[u8])> {
        let mut all = Vec::new();
        for batch in batches {
            for line in &batch.spans {
                all.push((line.number, &batch.text[line.start..line.end]));
            }
        }
        all
    }

    #[test]
    fn blank_lines_are_numbered_and_left_out() {
        let batches = cut(b"\xef\xbb\xbf{1}\r\n\n  \n{4}", &[3], None);
        assert_eq!(lines(&batches), [(1, &b"{1}\r"[..]), (4, b"{4}")]);
        assert_eq!(batches[0].last_line, 4);
    }

    #[test]
    fn only_so_many_lines_are_cut() {
        let batches = cut(b"a\nb\nc\nd\n", &[100], Some(2));
        assert_eq!(lines(&batches), [(1, &b"a"[..]), (2, b"b")]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn batches_do_not_depend_on_pieces(
            lengths in prop::collection::vec(0usize..900_000, 1..14),
            sizes in prop::collection::vec(1usize..300_000, 1..5),
        ) {
            let mut text = Vec::new();
            for (i, length) in lengths.iter().enumerate() {
                text.resize(text.len() + length, b'a' + (i % 26) as u8);
                text.push(b'\n');
            }
            let (one, other) = (cut(&text, &[1 << 30], None), cut(&text, &sizes, None));
            prop_assert_eq!(one.len(), other.len());
            for (one, other) in one.iter().zip(&other) {
                prop_assert_eq!(&one.text, &other.text);
                prop_assert_eq!(one.last_line, other.last_line);
            }
        }
    }
}
