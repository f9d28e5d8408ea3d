//! IPv4 addresses, dotted and dashed.

use super::{Finder, Text, is_number};
use crate::code::Code;

/// Reports `10.1.2.3`, with whatever around it, and `10-1-2-3` as in `ip-10-1-2-3`.
///
/// No address is what is part of a longer number (`1.3.6.1.4.1`), glued to letters (`v1.2.3.4`), or
/// all zeros (`0.0.0.0`, which is every host and tells of none). In labels of versions a dotted quad
/// is a version. A dashed quad does not begin with zero: charts and images are numbered like that.
pub(super) fn find(finder: &mut Finder<'_>) {
    let text = finder.text;
    for at in 0..text.words.len() {
        if !text.word(at).is_some_and(is_octet) {
            continue;
        }
        let quad = |separator| {
            let span = text.joined(at, 4, separator)?;
            (at + 1..at + 4)
                .all(|part| text.word(part).is_some_and(is_octet))
                .then_some(span)
        };
        if let Some(span) = quad(b'.')
            && !text.version
            && !is_longer(text, at, b'.')
            && text.lower[span.clone()]
                .iter()
                .any(|byte| !matches!(byte, b'0' | b'.'))
        {
            finder.report(Code::IpAddress, span);
        }
        if let Some(span) = quad(b'-')
            && !is_longer(text, at, b'-')
            && (at..at + 4).all(|part| {
                text.word(part)
                    .is_some_and(|w| w.len() == 1 || w[0] != b'0')
            })
            && text.word(at) != Some(b"0")
        {
            finder.report(Code::IpAddress, span);
        }
    }
}

fn is_octet(word: &[u8]) -> bool {
    word.len() <= 3
        && is_number(word)
        && word
            .iter()
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0'))
            <= 255
}

/// Whether the quad at word `at` goes on before or behind.
fn is_longer(text: Text<'_>, at: usize, separator: u8) -> bool {
    let goes_on = |word: &[u8]| {
        let number = word.strip_prefix(b"v").or(word.strip_prefix(b"go"));
        let number = number.unwrap_or(word);
        !number.is_empty() && is_number(number)
    };
    text.previous_by(at, separator).is_some_and(goes_on)
        || text
            .next_by(at + 3, separator)
            .is_some_and(|word| word[0].is_ascii_digit() && (separator == b'.' || is_number(word)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing, codes};
    use super::*;

    #[test]
    fn finds_addresses_in_whatever_stands_around_them() {
        assert_finds(
            Code::IpAddress,
            &[
                "10.1.2.3",
                "255.255.255.255",
                "10.1.2.3:8480",
                "10.1.2.0/24",
                "http://10.1.2.3:8480/insert/0/",
                "1:10.1.2.3",
                "tcp_10.1.2.3_x",
                "node.10.1.2.3",
                "10.1.2.3.",
                "010.001.002.003",
                "(10.1.2.3,10.1.2.4)",
                "10.1.2.3-10.1.2.9",
                "—10.1.2.3—",
                "0.0.0.1",
            ],
        );
    }

    #[test]
    fn finds_dashed_addresses() {
        assert_finds(
            Code::IpAddress,
            &[
                "ip-10-1-2-3",
                "10-1-2-3",
                "ec2-10-1-2-3",
                "worker-10-1-2-3-a",
                "x_10-0-0-1",
            ],
        );
        assert_eq!(
            codes(b"10-1-2-3.ns.pod", false),
            [Code::IpAddress, Code::HostName]
        );
    }

    #[test]
    fn numbers_that_only_look_alike_are_none() {
        assert_finds_nothing(&[
            "1.2.3",
            "v1.2.3.4",
            "v1.2.3.4.5",
            "1.2.3.4.5",
            "1.3.6.1.4.1",
            "10.1.2.256",
            "10.1.2.3x",
            "x10.1.2.3",
            "10..1.2.3",
            "0...1.000e-09",
            "1.000e+01...1.136e+01",
            "0.0.0.0:8428",
            "2026-11-21",
            "11-21-19-30-05",
            "2026-11-21-19-30",
            "app-0-1-2-3",
            "app-1-02-3-4",
            "1-2-3",
            "1-2.3-4",
        ]);
    }

    #[test]
    fn versions_are_none_in_their_labels() {
        assert_eq!(codes(b"1.2.3.4", true), []);
        assert_eq!(codes(b"1.2.3.4", false), [Code::IpAddress]);
        assert_eq!(codes(b"ip-10-1-2-3", true), [Code::IpAddress]);
    }
}
