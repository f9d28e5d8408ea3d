//! E-mail addresses and `user@host`.

use super::{Finder, hostname};
use crate::code::Code;

/// Reports a user and a host around `@`, unless both are clean.
///
/// None are digests (`vmagent@sha256:...`), versions (`metrics@v1.2.3`), the modifier of MetricsQL
/// (`up@end()`, `up@1609746000`), and instances of systemd units (`getty@tty1.service`).
pub(super) fn find(finder: &mut Finder<'_>) {
    let lower = finder.text.lower;
    for at in memchr::memchr_iter(b'@', lower) {
        let mut start = at;
        while start > 0 && is_user(lower[start - 1]) {
            start -= 1;
        }
        let user = start..at;
        let host = at + 1..hostname::end(lower, at + 1);
        if host.is_empty()
            || is_other(&lower[host.clone()], &lower[host.end..])
            || is_blank(&lower[user.clone()])
        {
            continue;
        }
        let is_clean = finder.cover.holds(&user)
            && (finder.cover.holds(&host) || &lower[host.clone()] == b"localhost");
        if !is_clean {
            finder.report(Code::Email, start..host.end);
        }
    }
}

/// Whether a user or password tells nothing: Go writes `xxxxx` for a password that it hides.
pub(super) fn is_blank(user: &[u8]) -> bool {
    user == b"xxxxx" || user.iter().all(u8::is_ascii_punctuation)
}

fn is_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"._%+-".contains(&byte)
}

fn is_other(host: &[u8], after: &[u8]) -> bool {
    const UNITS: [&[u8]; 7] = [
        b".service",
        b".socket",
        b".timer",
        b".mount",
        b".slice",
        b".target",
        b".scope",
    ];
    matches!(host, b"sha256" | b"sha384" | b"sha512") && after.starts_with(b":")
        || matches!(host, b"end" | b"start") && after.starts_with(b"(")
        || UNITS.iter().any(|unit| host.ends_with(unit))
        || is_version(host)
}

/// Whether `host` begins like a version or time and is neither a name nor an address.
fn is_version(host: &[u8]) -> bool {
    let number = host.strip_prefix(b"v").unwrap_or(host);
    let digits = number
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let parts = host.split(|&byte| byte == b'.');
    let is_quad = parts.clone().count() == 4 && parts.clone().all(super::is_number);
    digits > 0
        && matches!(number.get(digits), None | Some(b'.' | b'-'))
        && !is_quad
        && !hostname::has_suffix(host)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing};
    use super::*;

    #[test]
    fn finds_users_and_hosts() {
        assert_finds(
            Code::Email,
            &[
                "bob@acme.com",
                "<bob.b+x@acme.example>",
                "root@db7",
                "bob@10.1.2.3",
                "bob@777.777.1.1",
                "bob@163.com",
                "bob@3com.de",
                "bob@v2x",
                "müller@firma",
                "a:b@c",
                "bob@localhost",
            ],
        );
    }

    #[test]
    fn other_uses_of_the_sign_are_none() {
        assert_finds_nothing(&[
            "vmagent@sha256:0123456789abcdef",
            "metrics@v1.2.3/gauge.go",
            "compress@1.18.0",
            "up@end()",
            "up@start()",
            "up@1609746000",
            "up @ 1609746000",
            "getty@tty1.service",
            "@daily",
            "x@",
            "...@host",
            "xxxxx@localhost",
        ]);
    }
}
