//! Hosts and users in URLs.

use std::net::Ipv4Addr;
use std::ops::Range;

use super::{Finder, hostname, mail};
use crate::code::Code;

/// Reports the host and the user info behind `scheme://`, unless they are clean.
///
/// Addresses are left to their own recognisers. None is what names no host in particular:
/// `localhost`, an empty host, a placeholder (`http://{host}/`), or user info of stars.
pub(super) fn find(finder: &mut Finder<'_>) {
    let lower = finder.text.lower;
    for at in memchr::memmem::find_iter(lower, b"://") {
        if at == 0 || !lower[at - 1].is_ascii_alphanumeric() {
            continue;
        }
        let start = at + 3;
        let end = lower[start..]
            .iter()
            .position(|byte| {
                byte.is_ascii_whitespace()
                    || byte.is_ascii_control()
                    || b"/?#\\\"'<>`,;|".contains(byte)
            })
            .map_or(lower.len(), |length| start + length);
        let sign = memchr::memrchr(b'@', &lower[start..end]).map(|length| start + length);
        let host_start = sign.map_or(start, |sign| sign + 1);
        let host = host_start..hostname::end(lower, host_start);
        if let Some(sign) = sign
            && tells_user(finder, start..sign)
        {
            finder.report(Code::Url, start..host.end);
        }
        if tells_host(&lower[host.clone()]) && !is_composed(finder, &host) {
            finder.report(Code::Url, host);
        }
    }
}

fn tells_user(finder: &Finder<'_>, info: Range<usize>) -> bool {
    let mut next = info.start;
    finder.text.lower[info]
        .split(|&byte| byte == b':')
        .any(|part| {
            let span = next..next + part.len();
            next = span.end + 1;
            !mail::is_blank(part) && !finder.cover.holds(&span)
        })
}

/// True for a host whose every word is clean, such as `ip-777.777.1.1.domain-1`.
fn is_composed(finder: &Finder<'_>, host: &Range<usize>) -> bool {
    let lower = finder.text.lower;
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte >= 0x80;
    let mut at = host.start;
    while let Some(offset) = lower[at..host.end].iter().position(is_word) {
        let start = at + offset;
        let length = lower[start..host.end]
            .iter()
            .take_while(|byte| is_word(byte))
            .count();
        at = start + length;
        if &lower[start..at] != b"ip" && !finder.cover.holds(&(start..at)) {
            return false;
        }
    }
    true
}

fn tells_host(host: &[u8]) -> bool {
    let is_address =
        || std::str::from_utf8(host).is_ok_and(|host| host.parse::<Ipv4Addr>().is_ok());
    !host.is_empty() && host != b"localhost" && !is_address()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing};
    use super::*;

    #[test]
    fn finds_hosts_and_users() {
        assert_finds(
            Code::Url,
            &[
                "http://vmselect:8481/select/0",
                "1:https://db.acme.com/x",
                "http://bob:secret@localhost/",
                "http://bob@localhost",
                "http://:secret@localhost",
                "redis://a,kafka://b",
                "http://bücher:80",
            ],
        );
    }

    #[test]
    fn urls_without_a_host_are_none() {
        assert_finds_nothing(&[
            "http://localhost:8428/",
            "http://***:***@localhost/",
            "http://:xxxxx@localhost/",
            "file:///etc/x",
            "unix://",
            "http://...",
            "http://{host}/",
            "http://%s/",
            "http://$HOST/",
            "http://[::]:80/",
            "http://0.0.0.0:80/",
            "http://777.777.1.1/",
            "://x",
        ]);
    }
}
