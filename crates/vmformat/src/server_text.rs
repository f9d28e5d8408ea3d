//! The reason that a failing server writes into the body of an export.
//!
//! VictoriaMetrics before v1.97.0 ends an export that fails half way as a clean response: the data
//! are cut anywhere and the error message follows as if it were data, then a newline. All that
//! tells the failure is that the format breaks, and all that tells the reason is this text.

use std::fmt;

/// How much of a body is kept for the text: a message holds the request's URI, hence can be long.
const TAIL_BYTES: usize = 8 * 1024;
/// How long a text may become; its end is kept, where the reason is.
const TEXT_BYTES: usize = 4 * 1024;
/// Shorter readable ends are taken for data.
const MIN_TEXT_BYTES: usize = 16;
/// How versions that append the text begin it.
const MARKER: &[u8] = b"remoteAddr: \"";

/// What a server wrote about its own failure: one line, at most 4 KiB.
///
/// It may name hosts, users and selectors, so it is for the user's eyes only: it must not get into
/// a bundle, and neither errors nor `Debug` print it.
#[derive(Clone, PartialEq, Eq)]
pub struct ServerText(Box<str>);

impl ServerText {
    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Finds a text at the end of `tail`, the last bytes of a broken native stream.
    pub(crate) fn at_end_of(tail: &[u8]) -> Option<Self> {
        match memchr::memmem::rfind(tail, MARKER) {
            Some(start) => Self::clean(&tail[start..]),
            None => {
                let text = tail.strip_suffix(b"\n")?;
                let start = text
                    .iter()
                    .rposition(|byte| !is_readable(*byte))
                    .map_or(0, |at| at + 1);
                Self::clean(&text[start..]).filter(Self::is_prose)
            }
        }
    }

    /// Finds a text in the rest of a line of which the byte at `defect` is the first that cannot be
    /// JSON.
    ///
    /// What stands at the start of a line is a text whatever it looks like; behind cut data it must
    /// be readable.
    pub(crate) fn in_line(rest: &[u8], defect: usize, line_start: bool) -> Option<Self> {
        match memchr::memmem::rfind(rest, MARKER) {
            Some(start) => Self::clean(&rest[start..]),
            None => Self::clean(&rest[defect..]).filter(|text| line_start || text.is_prose()),
        }
    }

    fn clean(bytes: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(bytes);
        let text: String = text
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let text = text.trim();
        let mut start = text.len().saturating_sub(TEXT_BYTES);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        (!text.is_empty()).then(|| Self(text[start..].trim_start().into()))
    }

    fn is_prose(&self) -> bool {
        self.0.len() >= MIN_TEXT_BYTES && self.0.contains(' ')
    }
}

impl fmt::Debug for ServerText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerText({} bytes)", self.0.len())
    }
}

fn is_readable(byte: u8) -> bool {
    byte == b'\t' || (b' '..=b'~').contains(&byte)
}

/// Keeps the last bytes of a broken body while it is read to its end, to find the server's reason
/// there.
///
/// Holds at most 8 KiB.
#[derive(Default)]
pub struct Tail {
    bytes: Vec<u8>,
}

impl Tail {
    /// Takes the next bytes of the body.
    pub fn push(&mut self, chunk: &[u8]) {
        let chunk = &chunk[chunk.len().saturating_sub(TAIL_BYTES)..];
        let surplus = (self.bytes.len() + chunk.len()).saturating_sub(TAIL_BYTES);
        self.bytes.drain(..surplus);
        self.bytes.extend_from_slice(chunk);
    }

    /// The server's reason, if the bytes so far end with one.
    pub fn server_text(&self) -> Option<ServerText> {
        ServerText::at_end_of(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Option<String> {
        ServerText::at_end_of(bytes).map(|text| text.as_str().to_owned())
    }

    #[test]
    fn finds_the_marked_text_behind_binary_data() {
        let tail = b"\x00\x00\x16abc\x62remoteAddr: \"10.0.0.7:59372\"; error: timeout\n";
        assert_eq!(
            text(tail).unwrap(),
            "remoteAddr: \"10.0.0.7:59372\"; error: timeout"
        );
    }

    #[test]
    fn finds_an_unmarked_text_only_at_the_end_of_a_line() {
        assert_eq!(
            text(b"\x01\x02cannot fetch the data\n").unwrap(),
            "cannot fetch the data"
        );
        assert_eq!(text(b"\x01\x02cannot fetch the data"), None);
        assert_eq!(text(b"\x01\x02short one\n"), None);
    }

    #[test]
    fn keeps_the_end_of_a_long_text() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            tail.push(&[b'x'; 500]);
        }
        tail.push(b" the reason\n");
        let text = tail.server_text().unwrap();
        assert!(text.as_str().ends_with(" the reason"));
        assert_eq!(text.as_str().len(), TEXT_BYTES);
        assert_eq!(tail.bytes.len(), TAIL_BYTES);
    }

    #[test]
    fn debug_does_not_show_the_text() {
        let text = ServerText::at_end_of(b"remoteAddr: \"10.0.0.7\"\n").unwrap();
        assert_eq!(format!("{text:?}"), "ServerText(22 bytes)");
    }
}
