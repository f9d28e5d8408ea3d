//! Reads the labels of JSON lines.
//!
//! A parser of its own, strict where it passes over something: between the labels it accepts nothing
//! that could hold a text.

use memchr::memchr2;

use crate::error::Error;
use crate::view::utf16_escape;

/// The labels of lines of series data, one after another.
pub(crate) struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    state: State,
    has_labels: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a line.
    Line,
    /// Before the first label of a line, or the end of the labels.
    FirstLabel,
    /// Behind a label.
    NextLabel,
    /// Behind a member of the line.
    NextMember,
}

/// What stands between two quotes.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'a> {
    raw: &'a [u8],
    start: usize,
    has_escapes: bool,
}

impl<'a> Quoted<'a> {
    /// Whether the text is what stands there.
    pub(crate) fn is_plain(self) -> bool {
        !self.has_escapes
    }

    pub(crate) fn raw(self) -> &'a [u8] {
        self.raw
    }
}

impl<'a> Lines<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            state: State::Line,
            has_labels: false,
        }
    }

    /// The next label, name and value, of this line or a later one.
    pub(crate) fn next_label(&mut self) -> Result<Option<(Quoted<'a>, Quoted<'a>)>, Error> {
        loop {
            match self.state {
                State::Line => {
                    self.skip_empty_lines();
                    if self.at == self.bytes.len() {
                        return Ok(None);
                    }
                    self.expect(b'{', "`{`")?;
                    self.has_labels = false;
                    self.member()?;
                }
                State::NextMember => match self.next_byte() {
                    Some(b',') => self.member()?,
                    Some(b'}') if self.has_labels => {
                        self.end_of_line()?;
                        self.state = State::Line;
                    }
                    Some(b'}') => return Err(self.error_behind("`metric` in the line")),
                    _ => return Err(self.error_behind("`,` or `}`")),
                },
                State::FirstLabel => {
                    self.space();
                    if self.bytes.get(self.at) == Some(&b'}') {
                        self.at += 1;
                        self.state = State::NextMember;
                    } else {
                        return self.label().map(Some);
                    }
                }
                State::NextLabel => match self.next_byte() {
                    Some(b',') => return self.label().map(Some),
                    Some(b'}') => self.state = State::NextMember,
                    _ => return Err(self.error_behind("`,` or `}`")),
                },
            }
        }
    }

    /// Writes into `out` what `quoted` stands for.
    pub(crate) fn unescape(&self, quoted: Quoted<'_>, out: &mut Vec<u8>) -> Result<(), Error> {
        out.clear();
        let raw = quoted.raw;
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'\\', &raw[at..]) {
            let sign = at + found;
            out.extend_from_slice(&raw[at..sign]);
            at = sign + 2;
            let byte = match raw.get(sign + 1) {
                Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
                Some(b'b') => 8,
                Some(b'f') => 12,
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(b't') => b'\t',
                _ => {
                    let Some((c, length)) = utf16_escape(&raw[sign..]) else {
                        return Err(self.error_at(quoted.start + sign, "an escape of JSON"));
                    };
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    at = sign + length;
                    continue;
                }
            };
            out.push(byte);
        }
        out.extend_from_slice(&raw[at..]);
        Ok(())
    }

    fn label(&mut self) -> Result<(Quoted<'a>, Quoted<'a>), Error> {
        let name = self.quoted()?;
        self.expect(b':', "`:`")?;
        let value = self.quoted()?;
        self.state = State::NextLabel;
        Ok((name, value))
    }

    fn member(&mut self) -> Result<(), Error> {
        const NAMES: &str = "`metric`, `values` or `timestamps`";
        let start = self.at;
        let name = self.quoted()?.raw;
        self.expect(b':', "`:`")?;
        match name {
            b"metric" if !self.has_labels => {
                self.expect(b'{', "`{`")?;
                self.has_labels = true;
                self.state = State::FirstLabel;
                Ok(())
            }
            b"metric" => Err(self.error_at(start, "`metric` once")),
            b"values" | b"timestamps" => {
                self.numbers()?;
                self.state = State::NextMember;
                Ok(())
            }
            _ => Err(self.error_at(start, NAMES)),
        }
    }

    /// Passes over an array of numbers.
    fn numbers(&mut self) -> Result<(), Error> {
        const WORDS: [&[u8]; 4] = [b"null", b"\"Infinity\"", b"\"-Infinity\"", b"\"NaN\""];
        self.expect(b'[', "`[`")?;
        loop {
            self.at += numeric_length(&self.bytes[self.at..]);
            let rest = &self.bytes[self.at..];
            match rest.first() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                _ => match WORDS.iter().find(|word| rest.starts_with(word)) {
                    Some(word) => self.at += word.len(),
                    None => return Err(self.error_at(self.at, "a number")),
                },
            }
        }
    }

    fn quoted(&mut self) -> Result<Quoted<'a>, Error> {
        self.expect(b'"', "`\"`")?;
        let start = self.at;
        let mut has_escapes = false;
        loop {
            match memchr2(b'"', b'\\', &self.bytes[self.at..]) {
                Some(found) if self.bytes[self.at + found] == b'"' => {
                    let end = self.at + found;
                    self.at = end + 1;
                    let raw = &self.bytes[start..end];
                    return Ok(Quoted {
                        raw,
                        start,
                        has_escapes,
                    });
                }
                Some(found) if self.at + found + 1 < self.bytes.len() => {
                    has_escapes = true;
                    self.at += found + 2;
                }
                _ => return Err(self.error_at(self.bytes.len(), "the end of a string")),
            }
        }
    }

    fn skip_empty_lines(&mut self) {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn end_of_line(&mut self) -> Result<(), Error> {
        self.space();
        match self.bytes.get(self.at) {
            None | Some(b'\n') => Ok(()),
            _ => Err(self.error_at(self.at, "the end of the line")),
        }
    }

    fn expect(&mut self, wanted: u8, expected: &'static str) -> Result<(), Error> {
        match self.next_byte() {
            Some(byte) if byte == wanted => Ok(()),
            _ => Err(self.error_behind(expected)),
        }
    }

    /// The next byte that is no white space.
    fn next_byte(&mut self) -> Option<u8> {
        self.space();
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    /// Line feeds are no white space here: a line that breaks off must not borrow from the next.
    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn error_behind(&self, expected: &'static str) -> Error {
        self.error_at(self.at - 1, expected)
    }

    fn error_at(&self, offset: usize, expected: &'static str) -> Error {
        let before = &self.bytes[..offset.min(self.bytes.len())];
        Error::Line {
            line: 1 + memchr::memchr_iter(b'\n', before).count() as u64,
            offset,
            expected,
        }
    }
}

/// How many bytes at the start of `bytes` belong to numbers and what separates them.
fn numeric_length(bytes: &[u8]) -> usize {
    // `+` `,` `-` `.` `/` and digits follow one another; chunks become vector instructions.
    let is_numeric =
        |byte: u8| (byte.wrapping_sub(b'+') <= b'9' - b'+') & (byte != b'/') | (byte | 32 == b'e');
    let mut length = 0;
    for chunk in bytes.chunks_exact(64) {
        if !chunk.iter().fold(true, |all, &byte| all & is_numeric(byte)) {
            break;
        }
        length += 64;
    }
    length
        + bytes[length..]
            .iter()
            .take_while(|&&byte| is_numeric(byte))
            .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Label = (String, String);

    fn labels(text: &str) -> Result<Vec<Label>, Error> {
        let mut lines = Lines::new(text.as_bytes());
        let mut labels = Vec::new();
        let mut out = Vec::new();
        while let Some((name, value)) = lines.next_label()? {
            let mut unescape = |quoted| {
                lines.unescape(quoted, &mut out)?;
                Ok(String::from_utf8(out.clone()).unwrap())
            };
            labels.push((unescape(name)?, unescape(value)?));
        }
        Ok(labels)
    }

    fn own(labels: &[(&str, &str)]) -> Vec<Label> {
        labels
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn reads_the_labels_of_all_lines() {
        let text = concat!(
            r#"{"metric":{"__name__":"up","job":"a"},"values":[1,-2.5e+3,null],"timestamps":[1,2,3]}"#,
            "\n\n",
            r#" { "timestamps" : [ 1 ] , "values":["Infinity","-Infinity","NaN"],"metric" : { "x" : "y" } } "#,
            "\r\n",
            r#"{"metric":{},"values":[],"timestamps":[]}"#,
        );
        assert_eq!(
            labels(text).unwrap(),
            own(&[("__name__", "up"), ("job", "a"), ("x", "y")])
        );
    }

    #[test]
    fn reads_escapes() {
        let text = r#"{"metric":{"a\"b":"\\\/\b\f\n\r\t\u0041\ud83d\ude00\ud83dx"}}"#;
        assert_eq!(
            labels(text).unwrap(),
            own(&[("a\"b", "\\/\u{8}\u{c}\n\r\tA😀\u{fffd}x")])
        );
    }

    #[test]
    fn a_line_of_any_length_is_read() {
        let values = "1.25e+9,".repeat(200_000);
        let text = format!(
            r#"{{"metric":{{"a":"{}"}},"values":[{values}1],"timestamps":[{values}1]}}"#,
            "v".repeat(1 << 20)
        );
        assert_eq!(labels(&text).unwrap()[0].1.len(), 1 << 20);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (text, offset) in [
            ("x", 0),
            ("{", 1),
            (r#"{"metric":{"a":"b"}"#, 19),
            (r#"{"metric":{"a":"b"},"values":[1]"#, 32),
            (r#"{"metric":{"a":"b"},"values":["acme"]}"#, 30),
            (r#"{"metric":{"a":"b"},"values":[[1]]}"#, 30),
            (r#"{"metric":{"a":"b"},"values":[1,acme]}"#, 32),
            (r#"{"metric":{"a":"b"},"values":[1/2]}"#, 31),
            (r#"{"metric":{"a":"b"},"values":[{}]}"#, 30),
            (r#"{"metric":{"a":"b"},"values":["Infinity]}"#, 30),
            (r#"{"metric":{"a":"b"},"values":[1}"#, 31),
            (r#"{"metric":{"a":"b"},"extra":[1]}"#, 20),
            (r#"{"metric":{"a":"b"},"metric":{}}"#, 20),
            (r#"{"metric":{"a":1}}"#, 15),
            (r#"{"metric":{"a":"b",}}"#, 19),
            (r#"{"metric":{"a":"b"}} {}"#, 21),
            (r#"{"metric":{"a":"\q"}}"#, 16),
            (r#"{"metric":{"a":"\u12"}}"#, 16),
            (r#"{"metric":{"a":"b"#, 17),
            (r#"{"metric":{"a":"b\"#, 18),
            (r#"{"values":[1]}"#, 13),
            ("{\"metric\":{}\n}", 12),
        ] {
            let error = labels(text).unwrap_err();
            assert!(
                matches!(error, Error::Line { line: 1, offset: at, .. } if at == offset),
                "{text}: {error}"
            );
        }
        let second = "{\"metric\":{}}\n{\"metric\":[]}";
        assert!(matches!(
            labels(second).unwrap_err(),
            Error::Line { line: 2, .. }
        ));
    }
}
