//! A value as it stands and as it reads once its encodings are undone.

use std::ops::Range;

/// Encodings are undone at most so often; nobody encodes a value more often by accident.
const MAX_DEPTH: usize = 3;

/// A text derived from a value, with the way back to the bytes it came from.
pub(crate) struct View {
    pub(crate) text: Vec<u8>,
    /// Where each byte of the text begins in the value, and one more for its end; `None` if the
    /// text is the value.
    source: Option<Vec<usize>>,
}

impl View {
    /// Bytes of the value that a part of the text came from.
    pub(crate) fn source(&self, range: Range<usize>) -> Range<usize> {
        match &self.source {
            Some(source) => source[range.start]..source[range.end],
            None => range,
        }
    }

    /// One level of percent-encoding and of backslash escapes undone; `None` if there is none.
    fn decoded(&self) -> Option<View> {
        let text = &self.text;
        let mut decoded = Vec::with_capacity(text.len());
        let mut source = Vec::with_capacity(text.len() + 1);
        let mut at = 0;
        let mut changed = false;
        while at < text.len() {
            let (bytes, length) = match unit(&text[at..]) {
                Some(unit) => {
                    changed = true;
                    unit
                }
                None => (vec![text[at]], 1),
            };
            for byte in bytes {
                decoded.push(byte);
                source.push(self.source(at..at).start);
            }
            at += length;
        }
        source.push(self.source(text.len()..text.len()).start);
        changed.then_some(View {
            text: decoded,
            source: Some(source),
        })
    }
}

/// The readings of a value: with all encodings undone first, the bytes as they stand last.
pub(crate) fn views(value: &[u8]) -> Vec<View> {
    let mut views = vec![View {
        text: value.to_vec(),
        source: None,
    }];
    while views.len() <= MAX_DEPTH {
        match views.last().and_then(View::decoded) {
            Some(decoded) => views.push(decoded),
            None => break,
        }
    }
    views.reverse();
    views
}

/// What an escape at the start of `text` stands for, and its length.
fn unit(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    match text {
        [b'%', high, low, ..] => Some((vec![hex(*high)? << 4 | hex(*low)?], 3)),
        [b'\\', b'u', digits @ ..] => {
            let digits = std::str::from_utf8(digits.get(..4)?).ok()?;
            let code = u32::from_str_radix(digits, 16).ok()?;
            let c = char::from_u32(code)?;
            Some((c.to_string().into_bytes(), 6))
        }
        [b'\\', escaped, ..] => {
            let byte = match escaped {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'"' | b'\'' | b'\\' | b'/' => *escaped,
                _ => return None,
            };
            Some((vec![byte], 2))
        }
        _ => None,
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(value: &str) -> Vec<String> {
        let views = views(value.as_bytes());
        let text = |view: View| String::from_utf8_lossy(&view.text).into_owned();
        views.into_iter().map(text).collect()
    }

    #[test]
    fn plain_values_have_one_reading() {
        assert_eq!(readings("100% a%zz \\d"), ["100% a%zz \\d"]);
    }

    #[test]
    fn encodings_are_undone_level_by_level() {
        assert_eq!(readings("a%253A%2Fb"), ["a:/b", "a%3A/b", "a%253A%2Fb"]);
        assert_eq!(readings(r#"{\"h\":\"\u0031\/2\"}"#)[0], r#"{"h":"1/2"}"#);
    }

    #[test]
    fn ranges_lead_back_to_the_encoded_bytes() {
        let value = b"x%253A10%2E1";
        let views = views(value);
        let deepest = &views[0];
        assert_eq!(deepest.text, b"x:10.1");
        assert_eq!(&value[deepest.source(2..6)], b"10%2E1");
        assert_eq!(&value[deepest.source(1..2)], b"%253A");
    }
}
