use crate::server_text::ServerText;
use crate::{Error, LineDefect};

/// How much of a broken line is searched for the server's reason, before and behind the first wrong
/// byte.
const BEFORE_BYTES: usize = 1024;
const BEHIND_BYTES: usize = 8 * 1024;

/// A broken line, and its bytes around the defect.
pub(super) struct Failure {
    line: u64,
    offset: u64,
    defect: LineDefect,
    line_start: bool,
    around: Vec<u8>,
    defect_at: usize,
    complete: bool,
}

impl Failure {
    /// Starts with `around`, the bytes set aside so far, in which the first wrong byte is or will
    /// be at `defect_at`.
    pub(super) fn new(
        (line, offset): (u64, u64),
        defect: LineDefect,
        line_start: bool,
        mut around: Vec<u8>,
        defect_at: usize,
    ) -> Self {
        around.truncate(defect_at + BEHIND_BYTES);
        Self {
            line,
            offset,
            defect,
            line_start,
            around,
            defect_at,
            complete: false,
        }
    }

    /// Takes the next bytes of the line; a line break completes it.
    pub(super) fn collect(&mut self, rest: &[u8]) {
        if self.complete {
            return;
        }
        let room = self.defect_at + BEHIND_BYTES - self.around.len();
        let taken = &rest[..rest.len().min(room)];
        let line_break = memchr::memchr(b'\n', taken);
        self.around
            .extend_from_slice(&taken[..line_break.unwrap_or(taken.len())]);
        self.complete = line_break.is_some() || taken.len() == room;
    }

    /// Whether nothing more is needed for the error.
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn error(&self) -> Error {
        let start = self.defect_at.saturating_sub(BEFORE_BYTES);
        let rest = &self.around[start..];
        Error::Line {
            line: self.line,
            offset: self.offset,
            defect: self.defect,
            server_text: ServerText::in_line(rest, self.defect_at - start, self.line_start),
        }
    }
}
