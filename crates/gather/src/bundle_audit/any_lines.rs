//! Lines of any length for an audit that takes whole ones.
//!
//! What makes a line long are its arrays of numbers. Where one does not end in time, the numbers that
//! are there are audited in a line of their own and taken out.

use std::ops::Range;

use audit::Auditor;

/// Bytes of a line that are held; without its numbers no line is as long.
const MAX_HELD_BYTES: usize = 16 << 20;

/// A line that cannot be audited.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LineError {
    /// Counted from 1.
    pub(super) line: u64,
    pub(super) expected: &'static str,
}

/// Hands lines to an auditor as they come.
#[derive(Default)]
pub(super) struct AnyLines {
    /// The begun line.
    held: Vec<u8>,
    /// Bytes of `held` that were looked at for arrays.
    seen: usize,
    scan: Scan,
    lines_done: u64,
}

/// How far the look for arrays is.
#[derive(Default)]
struct Scan {
    in_text: bool,
    escaped: bool,
    /// The numbers of arrays that have ended.
    ended: Vec<Range<usize>>,
    /// The numbers of the open array, up to and with its last comma.
    open: Option<Range<usize>>,
}

impl AnyLines {
    /// Audits the lines that end in `bytes` and holds the rest.
    pub(super) fn push(&mut self, bytes: &[u8], auditor: &mut Auditor) -> Result<(), LineError> {
        self.push_holding(bytes, MAX_HELD_BYTES, auditor)
    }

    fn push_holding(
        &mut self,
        bytes: &[u8],
        limit: usize,
        auditor: &mut Auditor,
    ) -> Result<(), LineError> {
        let Some(end) = memchr::memrchr(b'\n', bytes) else {
            self.held.extend_from_slice(bytes);
            return self.shorten(limit, auditor);
        };
        let (whole, rest) = bytes.split_at(end + 1);
        if self.held.is_empty() {
            self.audit(whole, auditor)?;
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(whole);
            self.audit(&held, auditor)?;
            held.clear();
            self.held = held;
        }
        self.scan = Scan::default();
        self.seen = 0;
        self.held.extend_from_slice(rest);
        self.shorten(limit, auditor)
    }

    /// Audits the last line, which may lack its line feed.
    pub(super) fn finish(mut self, auditor: &mut Auditor) -> Result<(), LineError> {
        let held = std::mem::take(&mut self.held);
        self.audit(&held, auditor)
    }

    fn audit(&mut self, lines: &[u8], auditor: &mut Auditor) -> Result<(), LineError> {
        auditor
            .lines(lines)
            .map_err(|error| self.located(error))
            .map(|()| {
                self.lines_done += memchr::memchr_iter(b'\n', lines).count() as u64;
            })
    }

    fn located(&self, error: audit::Error) -> LineError {
        match error {
            audit::Error::Line { line, expected, .. } => LineError {
                line: self.lines_done + line,
                expected,
            },
            _ => self.refused("a line of labels and numbers"),
        }
    }

    fn refused(&self, expected: &'static str) -> LineError {
        LineError {
            line: self.lines_done + 1,
            expected,
        }
    }

    /// Takes numbers out of a line that is longer than `limit`.
    fn shorten(&mut self, limit: usize, auditor: &mut Auditor) -> Result<(), LineError> {
        if self.held.len() <= limit {
            return Ok(());
        }
        self.scan.go_on(&self.held, self.seen);
        let arrays = self.scan.take_arrays();
        let mut kept = Vec::with_capacity(self.held.len());
        let mut done = 0;
        for numbers in arrays {
            let mut line = b"{\"metric\":{},\"values\":[".to_vec();
            line.extend_from_slice(&self.held[numbers.clone()]);
            line.extend_from_slice(b"]}");
            auditor
                .lines(&line)
                .map_err(|_| self.refused("numbers in an array"))?;
            kept.extend_from_slice(&self.held[done..numbers.start]);
            done = numbers.end;
        }
        self.scan.open_at(kept.len());
        kept.extend_from_slice(&self.held[done..]);
        self.seen = kept.len();
        self.held = kept;
        if self.held.len() > limit {
            return Err(self.refused("fewer than 16 MiB without the numbers"));
        }
        Ok(())
    }
}

impl Scan {
    fn go_on(&mut self, line: &[u8], from: usize) {
        for (at, byte) in line.iter().enumerate().skip(from) {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_text => self.escaped = true,
                b'"' => self.in_text = !self.in_text,
                _ if self.in_text => {}
                b'[' => self.open = Some(at + 1..at + 1),
                b']' => {
                    let open = self.open.take();
                    self.ended.extend(open.map(|numbers| numbers.start..at));
                }
                b',' => {
                    if let Some(numbers) = &mut self.open {
                        numbers.end = at + 1;
                    }
                }
                _ => {}
            }
        }
    }

    /// Where the numbers are, in order.
    fn take_arrays(&mut self) -> Vec<Range<usize>> {
        let mut arrays = std::mem::take(&mut self.ended);
        arrays.extend(self.open.clone());
        arrays
    }

    /// Says where an array that is open goes on.
    fn open_at(&mut self, at: usize) {
        self.open = self.open.as_ref().map(|_| at..at);
    }
}

#[cfg(test)]
mod tests {
    use audit::{Audit, Findings, Kind, Scope};
    use proptest::prelude::*;

    use super::*;

    fn audit() -> Audit {
        let scope = Scope::builder()
            .original(Kind::Job, b"acme")
            .addresses(true)
            .build()
            .unwrap();
        Audit::new(scope, 100)
    }

    /// The findings in a text that comes in pieces of `size` bytes, with at most `limit` held.
    fn search(text: &str, size: usize, limit: usize) -> Result<Findings, LineError> {
        let mut auditor = audit().auditor();
        let mut lines = AnyLines::default();
        for piece in text.as_bytes().chunks(size) {
            lines.push_holding(piece, limit, &mut auditor)?;
            assert!(lines.held.len() <= limit);
        }
        lines.finish(&mut auditor)?;
        Ok(auditor.finish())
    }

    fn lines() -> String {
        let line = |path: &str, numbers: &str| {
            format!(
                "{{\"metric\":{{\"path\":\"{path}\",\"b\":\"[1,2,\\\"x\"}},\
                 \"values\":[{numbers}],\"timestamps\":[{numbers}]}}\n"
            )
        };
        let many = "\"NaN\",null, -1.5e9,17,".repeat(300) + "1";
        line("/data/acme", "1") + &line("/b", &many) + "\n" + &line("/acme/c", &many)
    }

    #[test]
    fn a_text_that_stands_among_numbers_is_refused_however_long_the_line() {
        let text = lines().replacen("1],", "\"acme\",2],", 3);
        for limit in [150, 1 << 20] {
            let error = search(&text, 100, limit).unwrap_err();
            assert_eq!(error.line, 1, "{limit}");
        }
        let broken = lines().replacen("null", "\"acme\"", 700);
        let line = search(&broken, 100, 150).unwrap_err().line;
        assert_eq!(line, 2);
    }

    #[test]
    fn endless_labels_are_refused() {
        let error = search(
            &format!("\n{{\"metric\":{{\"a\":\"{}", "[,".repeat(100)),
            10,
            150,
        );
        assert_eq!(error.unwrap_err().line, 2);
    }

    #[test]
    fn a_last_line_needs_no_line_feed_but_must_be_whole() {
        let text = lines();
        let found = search(text.trim_end(), 1000, 1 << 20).unwrap();
        assert_eq!(found, search(&text, 1000, 1 << 20).unwrap());
        assert_eq!(
            search(&text[..text.len() - 5], 64, 200).unwrap_err().line,
            4
        );
    }

    proptest! {
        #[test]
        fn the_findings_do_not_depend_on_the_pieces(size in 1usize..300, limit in 150usize..20_000) {
            // A piece is held whole, besides the labels.
            let limit = limit.max(size + 150);
            let found = search(&lines(), size, limit).unwrap();
            prop_assert_eq!(found.hits().map(audit::Hit::texts).sum::<u64>(), 2);
            prop_assert_eq!(found, search(&lines(), 1 << 20, 1 << 20).unwrap());
        }
    }
}
