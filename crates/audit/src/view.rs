//! Looks through encodings.

use memchr::memchr;

/// Encodings laid over each other are taken off down to this depth.
const DEPTH: usize = 4;

/// More ways to read one text than this do not come about by honest means.
const MAX_VIEWS: usize = 32;

/// Takes one encoding off a text, if it has it.
type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

const DECODERS: [Decoder; 3] = [percent, plus, backslash];

/// All views of a text: itself, then what each encoding gives that can be taken off it.
pub(crate) fn views(text: &[u8], out: &mut Vec<Vec<u8>>) {
    out.clear();
    out.push(text.to_vec());
    let mut from = 0;
    for _ in 0..DEPTH {
        let to = out.len();
        for view in from..to {
            for decode in DECODERS {
                if let Some(decoded) = decode(&out[view])
                    && out.len() < MAX_VIEWS
                    && !out.contains(&decoded)
                {
                    out.push(decoded);
                }
            }
        }
        from = to;
    }
}

/// Percent-encoding as in URLs; what is malformed stays as it is.
fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = memchr(b'%', &text[at..]) {
        let sign = at + found;
        if let Some(byte) = text.get(sign + 1..sign + 3).and_then(number) {
            decoded.extend_from_slice(&text[copied..sign]);
            decoded.push(byte as u8);
            copied = sign + 3;
            at = copied;
        } else {
            at = sign + 1;
        }
    }
    finish(decoded, text, copied)
}

/// The plus sign that stands for a space in queries.
fn plus(text: &[u8]) -> Option<Vec<u8>> {
    memchr(b'+', text)?;
    Some(
        text.iter()
            .map(|&byte| if byte == b'+' { b' ' } else { byte })
            .collect(),
    )
}

/// Escapes of JSON and of string literals in Go: `\u0041`, `\U00000041`, `\x41`, `\n`, `\/`.
fn backslash(text: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = Vec::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = memchr(b'\\', &text[at..]) {
        let sign = at + found;
        if let Some(length) = escape(&text[sign..], &mut decoded, &text[copied..sign]) {
            copied = sign + length;
            at = copied;
        } else {
            at = sign + 1;
        }
    }
    finish(decoded, text, copied)
}

fn finish(mut decoded: Vec<u8>, text: &[u8], copied: usize) -> Option<Vec<u8>> {
    if copied == 0 {
        return None;
    }
    decoded.extend_from_slice(&text[copied..]);
    Some(decoded)
}

/// Writes `before` and what the escape at the start of `text` stands for; the bytes read, or nothing
/// if it is none.
fn escape(text: &[u8], out: &mut Vec<u8>, before: &[u8]) -> Option<usize> {
    let (byte, length) = match *text.get(1)? {
        b'u' => {
            let (c, length) = utf16_escape(text)?;
            push_char(out, before, c);
            return Some(length);
        }
        b'U' => {
            let c = char::from_u32(number(text.get(2..10)?)?)?;
            push_char(out, before, c);
            return Some(10);
        }
        b'x' => (number(text.get(2..4)?)? as u8, 4),
        b'n' => (b'\n', 2),
        b't' => (b'\t', 2),
        b'r' => (b'\r', 2),
        b'b' => (8, 2),
        b'f' => (12, 2),
        byte if byte.is_ascii_punctuation() => (byte, 2),
        _ => return None,
    };
    out.extend_from_slice(before);
    out.push(byte);
    Some(length)
}

/// What a `\uXXXX` at the start of `text` stands for, a pair of surrogates taken together, and its
/// length; a lone surrogate is the replacement character.
pub(crate) fn utf16_escape(text: &[u8]) -> Option<(char, usize)> {
    let unit = |at: usize| -> Option<u16> {
        if text.get(at..at + 2)? != b"\\u" {
            return None;
        }
        number(text.get(at + 2..at + 6)?).map(|unit| unit as u16)
    };
    let first = unit(0)?;
    let decode = |units: &[u16]| {
        char::decode_utf16(units.iter().copied())
            .next()
            .and_then(Result::ok)
    };
    if let Some(c) = decode(&[first]) {
        return Some((c, 6));
    }
    if let Some(second) = unit(6)
        && let Some(c) = decode(&[first, second])
    {
        return Some((c, 12));
    }
    Some((char::REPLACEMENT_CHARACTER, 6))
}

fn push_char(out: &mut Vec<u8>, before: &[u8], c: char) {
    out.extend_from_slice(before);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// The value of hexadecimal digits, at most eight of them.
fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, &digit| {
        Some(value << 4 | char::from(digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sees(text: &str, wanted: &str) -> bool {
        let mut out = Vec::new();
        views(text.as_bytes(), &mut out);
        out.iter().any(|view| view == wanted.as_bytes())
    }

    #[test]
    fn takes_off_each_encoding() {
        for text in [
            "10%2E1.2.3",
            "%31%30.1.2.3",
            "%2531%30.1.2.3",
            "\\u0031\\u0030.1.2.3",
            "\\x310.1.2.3",
            "\\U000000310.1.2.3",
            "%5Cu00310.1.2.3",
            "%25255Cu00310.1.2.3",
            "10.1.2.3",
        ] {
            assert!(sees(text, "10.1.2.3"), "{text}");
        }
        assert!(sees(r"http:\/\/a\n", "http://a\n"));
        assert!(sees(r"\ud83d\ude00", "😀"));
        assert!(sees("a+b%2Fc", "a b/c"));
        assert!(sees("a+b%2Fc", "a+b/c"));
    }

    #[test]
    fn what_is_malformed_stays() {
        assert!(sees("100% %zz %4", "100% %zz %4"));
        assert!(sees(r"\q \u12 \x4 \", r"\q \u12 \x4 \"));
        assert!(sees("%%41", "%A"));
        assert!(sees(r"\ud83dx", "\u{fffd}x"));
    }

    #[test]
    fn a_plain_text_has_one_view() {
        let mut out = Vec::new();
        views(b"vm_http_requests_total", &mut out);
        assert_eq!(out.len(), 1);
    }

    #[test]
    fn the_number_of_views_is_bounded() {
        let mut out = Vec::new();
        let text = "+%2B%5C%255Cu002B\\u0025\\\\\\u005c\\u005cu0025".repeat(20);
        views(text.as_bytes(), &mut out);
        assert!(out.len() <= MAX_VIEWS);
    }
}
