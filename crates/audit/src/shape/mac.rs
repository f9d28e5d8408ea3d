//! MAC addresses.

use super::{Finder, Text, is_number};
use crate::code::Code;

/// Reports `aa:bb:cc:dd:ee:ff`, the same with dashes, eight such parts, and `aabb.ccdd.eeff`.
///
/// None is what is part of a longer row of such parts (fingerprints have 16, 20 or 32), a date with
/// a time (`26-11-21-19-30-05`), or three numbers with dots and no letter (`2024.1010.1200`).
pub(super) fn find(finder: &mut Finder<'_>) {
    let text = finder.text;
    for at in 0..text.words.len() {
        for separator in [b':', b'-'] {
            for parts in [6, 8] {
                if let Some(span) = row(text, at, parts, 2, separator)
                    && !(separator == b'-' && is_date(text, at, parts))
                {
                    finder.report(Code::MacAddress, span);
                }
            }
        }
        if let Some(span) = row(text, at, 3, 4, b'.')
            && text.lower[span.clone()].iter().any(u8::is_ascii_lowercase)
        {
            finder.report(Code::MacAddress, span);
        }
    }
}

/// Where a row of exactly `parts` parts of `digits` hexadecimal digits stands.
fn row(
    text: Text<'_>,
    at: usize,
    parts: usize,
    digits: usize,
    separator: u8,
) -> Option<std::ops::Range<usize>> {
    let is_part = |word: &[u8]| word.len() == digits && word.iter().all(u8::is_ascii_hexdigit);
    if !is_part(text.word(at)?) {
        return None;
    }
    let span = text.joined(at, parts, separator)?;
    let whole = (at + 1..at + parts).all(|part| text.word(part).is_some_and(is_part))
        && !text.previous_by(at, separator).is_some_and(is_part)
        && !text.next_by(at + parts - 1, separator).is_some_and(is_part);
    whole.then_some(span)
}

fn is_date(text: Text<'_>, at: usize, parts: usize) -> bool {
    let within = |part: usize, low: &[u8], high: &[u8]| {
        text.word(at + part)
            .is_some_and(|word| is_number(word) && (low..=high).contains(&word))
    };
    parts == 6
        && within(0, b"20", b"99")
        && within(1, b"01", b"12")
        && within(2, b"01", b"31")
        && within(3, b"00", b"23")
        && within(4, b"00", b"59")
        && within(5, b"00", b"60")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing};
    use super::*;

    #[test]
    fn finds_all_spellings() {
        assert_finds(
            Code::MacAddress,
            &[
                "aa:bb:cc:dd:ee:ff",
                "00:11:22:33:44:55",
                "00-11-22-33-44-55",
                "AA-BB-CC-DD-EE-FF",
                "eth0-aa-bb-cc-dd-ee-ff.",
                "mac=aabb.ccdd.eeff",
                "1:aa:bb:cc:dd:ee:ff",
                "00:11:22:33:44:55:66:77",
                "0011.2233.44aa",
            ],
        );
    }

    #[test]
    fn rows_that_only_look_alike_are_none() {
        assert_finds_nothing(&[
            "26-11-21-19-30-05",
            "12:30:45",
            "aa:bb:cc:dd:ee",
            "aa:bb:cc:dd:ee:ff:00",
            "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
            "aa:bb-cc:dd-ee:ff",
            "2024.1010.1200",
            "aabb.ccdd.eeff.0011",
            "xaa:bb:cc:dd:ee:ff0",
        ]);
    }
}
