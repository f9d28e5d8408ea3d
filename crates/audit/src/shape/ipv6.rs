//! IPv6 addresses.

use std::net::Ipv6Addr;

use super::Finder;
use crate::code::Code;
use crate::token::char_at;

/// The longest spelling has 45 bytes; a port and something before it may be glued to it.
const LONGEST: usize = 64;

/// Reports every spelling that is an address, with or without brackets, port or zone.
///
/// None is `::` (every host), what is glued to letters (`std::fs`), and, unless it stands in
/// brackets, one or two words around `::` without a digit (`dead::beef`), as in names of classes.
pub(super) fn find(finder: &mut Finder<'_>) {
    let lower = finder.text.lower;
    let mut at = 0;
    while let Some(colon) = memchr::memchr(b':', &lower[at..]) {
        let is_inside = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
        let colon = at + colon;
        let before = lower[at..colon]
            .iter()
            .rev()
            .take_while(|&byte| is_inside(byte))
            .count();
        let start = colon - before;
        let length = lower[start..]
            .iter()
            .take_while(|&byte| is_inside(byte))
            .count();
        at = start + length;
        if let Some((from, to)) = address_in(lower, start, at) {
            finder.report(Code::IpAddress, from..to);
        }
    }
}

/// The address among the characters of addresses from `start` to `end`.
fn address_in(lower: &[u8], start: usize, end: usize) -> Option<(usize, usize)> {
    let run = &lower[start..end];
    if run.len() > LONGEST {
        return None;
    }
    // `1:fe80::1` and `host:fe80::1`, `2001:db8:0:0:0:0:0:1:8482`: a part too many on either side.
    let after_first = run
        .iter()
        .position(|&byte| byte == b':')
        .map(|colon| start + colon + 1);
    let before_last = run
        .iter()
        .rposition(|&byte| byte == b':')
        .map(|colon| start + colon);
    let starts = [Some(start), after_first];
    let ends = [Some(end), before_last];
    for from in starts.into_iter().flatten() {
        for to in ends.into_iter().flatten() {
            if from < to && is_address(lower, from, to) {
                return Some((from, to));
            }
        }
    }
    None
}

fn is_address(lower: &[u8], from: usize, to: usize) -> bool {
    // A sentence may end here, or a colon follow: `fe80::1: no route`.
    let text = &lower[from..to];
    let text = text.strip_suffix(b".").unwrap_or(text);
    let text = match text.strip_suffix(b":") {
        Some(shorter) if !shorter.ends_with(b":") => shorter,
        _ => text,
    };
    let to = from + text.len();
    let is_glued = from > 0 && char_before(lower, from) || char_at(lower, to).0;
    // Every host and a port, without brackets: `:::8428`.
    let is_wildcard = text.starts_with(b"::") && from > 0 && lower[from - 1] == b':';
    if is_glued || is_wildcard {
        return false;
    }
    let Some(address) = std::str::from_utf8(text)
        .ok()
        .and_then(|text| text.parse::<Ipv6Addr>().ok())
    else {
        return false;
    };
    let in_brackets = from > 0 && lower[from - 1] == b'[';
    let words = text
        .split(|&byte| byte == b':')
        .filter(|word| !word.is_empty())
        .count();
    !address.is_unspecified() && (in_brackets || words > 2 || text.iter().any(u8::is_ascii_digit))
}

/// Whether a letter or digit ends at `at`.
fn char_before(text: &[u8], at: usize) -> bool {
    let first = text[..at]
        .iter()
        .rposition(|byte| byte & 0xc0 != 0x80)
        .unwrap_or(0);
    let (inside, length) = char_at(text, first);
    inside && first + length == at
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing};
    use super::*;

    #[test]
    fn finds_all_spellings() {
        assert_finds(
            Code::IpAddress,
            &[
                "::1",
                "fe80::1",
                "FE80::1%eth0",
                "[fe80::1%eth0]:8482",
                "[fe80::1%25eth0]",
                "2001:db8::",
                "2001:db8::/32",
                "2001:0DB8:0000:0000:0000:0000:0000:0001",
                "2001:db8:0:0:0:0:0:1:8482",
                "1:2001:db8:0:0:0:0:0:1",
                "1:fe80::1",
                "instance:fe80::1",
                "fe80::1:12345",
                "1:fe80::1:12345",
                "ipadd:fe80::1",
                "http://[2001:db8::1]:8480/",
                "fe80::1,fe80::2",
                "dial fe80::1: no route",
                "at fe80::1.",
                "[dead::beef]",
                "fdaa:bbcc::ddee",
                "::ffff:10.1.2.3",
                "::ffff:a01:203",
                "64:ff9b::10.1.2.3",
                "—fe80::1—",
            ],
        );
    }

    #[test]
    fn names_times_and_nothing_are_none() {
        assert_finds_nothing(&[
            "::",
            "[::]:8428",
            ":::8428",
            "12:30:45",
            "std::fs",
            "std::dead::beef",
            "Cache::add",
            "dead::beef",
            "job:up:sum",
            "ab:cd:12",
            "storage.go:123",
            "a:b:c:d:e:f:a:b:c:d:e",
            "1:secret-url",
            "12ab:34cd",
            "éfe80::1",
            "fe80::1é",
        ]);
    }
}
