//! Originals as text.
//!
//! Label values are bytes and need not be UTF-8, JSON strings must be. Valid text stands as it is,
//! except that a backslash is doubled; a byte outside valid UTF-8 becomes `\x` and two lower-case
//! hex digits.

/// Text form of any bytes.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c == '\\' {
                text.push('\\');
            }
            text.push(c);
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// Bytes of a text form; `None` if [`escape`] would not have written it so.
pub(crate) fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escaped = &rest[at + 1..];
        if let Some(after) = escaped.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
        } else {
            let digits = escaped.strip_prefix('x')?.get(..2)?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &escaped[3..];
        }
    }
    bytes.extend_from_slice(rest.as_bytes());
    // One original must have one spelling, or two entries could mean the same bytes.
    (escape(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_stays_readable_and_bytes_become_hex() {
        assert_eq!(escape("größe".as_bytes()), "größe");
        assert_eq!(escape(b"a\\b\xff\xc3"), r"a\\b\xff\xc3");
    }

    #[test]
    fn only_the_form_that_is_written_is_read() {
        for text in [
            r"\",
            r"\x",
            r"\x4",
            r"\x41",
            r"\xFF",
            r"\xc3\xb6",
            r"\n",
            r"\x+f",
            r"\xä",
        ] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(unescape(&escape(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_is_read_or_refused(text in r"[\\x0-9a-fä]{0,12}") {
            if let Some(bytes) = unescape(&text) {
                prop_assert_eq!(escape(&bytes), text);
            }
        }
    }
}
