//! Label names and values as MetricsQL spells them.

use std::fmt::Write as _;

/// A string literal in double quotes.
///
/// Backslash, quote and control characters are escaped, and bytes that are not UTF-8 are written as
/// `\xNN`, which servers turn back into the same bytes.
pub(crate) fn value(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '\n' => quoted.push_str("\\n"),
                c if c.is_ascii_control() => hex(&mut quoted, c as u8),
                c => quoted.push(c),
            }
        }
        for byte in chunk.invalid() {
            hex(&mut quoted, *byte);
        }
    }
    quoted.push('"');
    quoted
}

/// An identifier: characters that do not belong into one get a backslash in front.
///
/// Letters outside ASCII get one too, because old servers (seen with v1.79.5) do not take them
/// for letters.
pub(crate) fn name(name: &str) -> String {
    let mut quoted = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let is_plain = is_name_start(c) || (at > 0 && is_name_inside(c));
        if !(is_plain && c.is_ascii()) {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// Whether an identifier may begin with this character.
pub(crate) fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || matches!(c, '_' | ':')
}

/// Whether this character may stand inside an identifier.
pub(crate) fn is_name_inside(c: char) -> bool {
    is_name_start(c) || c.is_ascii_digit() || c == '.'
}

fn hex(text: &mut String, byte: u8) {
    // Writing to a string cannot fail.
    let _ = write!(text, "\\x{byte:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out_of_their_quotes() {
        assert_eq!(value(b"a.b+(c)"), r#""a.b+(c)""#);
        assert_eq!(value(br#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(value(b"a\nb\t\0"), r#""a\nb\x09\x00""#);
        assert_eq!(value("ü\u{1f600}".as_bytes()), "\"ü\u{1f600}\"");
        assert_eq!(value(b"a\xff\xc3"), r#""a\xff\xc3""#);
    }

    #[test]
    fn names_are_escaped_where_needed() {
        assert_eq!(name("job"), "job");
        assert_eq!(name("a.b:c"), "a.b:c");
        assert_eq!(name("1a-b"), "\\1a\\-b");
        assert_eq!(name("aü"), "a\\ü");
    }
}
