//! The ways in which a text may stand in another.

use std::net::Ipv6Addr;

/// A text percent-encoded inside JSON inside a URL takes three rounds.
const ROUNDS: usize = 3;

/// The text as it is and with escapes of URLs and JSON undone, once and again, all in lower case.
pub(crate) fn readings(text: &str) -> Vec<String> {
    let mut readings = vec![text.to_lowercase()];
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..ROUNDS {
        let read = unescaped(&bytes);
        if read == bytes {
            break;
        }
        readings.push(String::from_utf8_lossy(&read).to_lowercase());
        bytes = read;
    }
    readings
}

/// The forms under which a secret is known, in lower case: an IPv6 address has a short and two long ones.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_lowercase()];
    if let Ok(address) = secret.parse::<Ipv6Addr>() {
        let groups = address.segments();
        forms.push(groups.map(|group| format!("{group:x}")).join(":"));
        forms.push(groups.map(|group| format!("{group:04x}")).join(":"));
        forms.push(groups.map(|group| format!("{group:04x}")).concat());
    }
    forms
}

fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut read = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let (byte, length) = match rest {
            [b'%', digits @ ..] => match hexadecimal(digits, 2) {
                Some(code) => (vec![code as u8], 3),
                None => (vec![b'%'], 1),
            },
            [b'\\', b'u', digits @ ..] => match hexadecimal(digits, 4).and_then(char::from_u32) {
                Some(c) => (c.to_string().into_bytes(), 6),
                None => (b"u".to_vec(), 2),
            },
            [b'\\', escaped, ..] => (vec![*escaped], 2),
            [byte, ..] => (vec![*byte], 1),
            [] => break,
        };
        read.extend(byte);
        at += length;
    }
    read
}

fn hexadecimal(digits: &[u8], count: usize) -> Option<u32> {
    let digits = std::str::from_utf8(digits.get(..count)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

#[test]
fn a_secret_is_found_in_every_spelling() {
    let found = |secret: &str, text: &str| {
        let readings = readings(text);
        forms(secret)
            .iter()
            .any(|form| readings.iter().any(|reading| reading.contains(form)))
    };
    for text in [
        "x a/b:C y",
        "A%2FB%3Ac",
        "a%2fb:c",
        r"a\/b:c",
        "%61%2f%62%3a%63",
        r"\u0061\u002f\u0062\u003A\u0063",
        "a%252fb%253ac",
        r"\\u0061%5c/b:c",
    ] {
        assert!(found("a/b:C", text), "{text}");
    }
    for text in ["GRÖßE", "gr%C3%B6%C3%9Fe", r"gr\u00f6\u00dfe"] {
        assert!(found("Größe", text), "{text}");
    }
    for text in [
        "FD12:0:0:0:0:0:0:7",
        "[fd12:0000:0000:0000:0000:0000:0000:0007]",
        "fd12%3A%3A7",
    ] {
        assert!(found("fd12::7", text), "{text}");
    }
    assert!(!found("a/b:C", "a b c") && !found("fd12::7", "fd12::8"));
}
