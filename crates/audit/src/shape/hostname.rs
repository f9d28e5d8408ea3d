//! Host names with a domain that is known for what it is.

use super::{Finder, suffix};
use crate::code::Code;
use crate::token::char_at;

/// Reports names with dots that end in a known suffix, and names with an encoded label (`xn--`).
///
/// A name without a dot is a word like any other. Names of files, flags and packages have dots, too;
/// [`suffix`] says what is told from them and how.
pub(super) fn find(finder: &mut Finder<'_>) {
    let lower = finder.text.lower;
    let mut at = 0;
    while at < lower.len() {
        let (is_start, length) = char_at(lower, at);
        if !is_start {
            at += length;
            continue;
        }
        let start = at;
        at = end(lower, start);
        let name = &lower[start..at];
        if has_suffix(name) || has_encoded_label(name) {
            finder.report(Code::HostName, start..at);
        }
    }
}

/// Where the host name that begins at `start` ends: labels of letters, digits, `-` and `_`, with
/// single dots between them.
pub(super) fn end(lower: &[u8], start: usize) -> usize {
    let mut at = start;
    let mut ends = start;
    loop {
        let (is_inside, length) = char_at(lower, at);
        match lower.get(at) {
            _ if is_inside => {
                at += length;
                ends = at;
            }
            Some(b'-' | b'_') => at += 1,
            Some(b'.') if ends == at && at > start => at += 1,
            _ => return ends,
        }
    }
}

/// Whether `name` ends like a host name and has labels enough to be one.
pub(super) fn has_suffix(name: &[u8]) -> bool {
    let Some(dot) = memchr::memrchr(b'.', name) else {
        return false;
    };
    let labels = 1 + memchr::memchr_iter(b'.', name).count();
    suffix::labels_wanted(&name[dot + 1..]).is_some_and(|wanted| labels >= wanted)
}

fn has_encoded_label(name: &[u8]) -> bool {
    name.split(|byte| matches!(byte, b'.' | b'_'))
        .any(|label| label.len() > 4 && label.starts_with(b"xn--"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{assert_finds, assert_finds_nothing};
    use super::*;

    #[test]
    fn finds_public_and_internal_names() {
        assert_finds(
            Code::HostName,
            &[
                "db7.corp.example:8482",
                "DB7.ACME.COM.",
                "vmstorage-0.vmstorage.monitoring.svc.cluster.local:8400",
                "vmstorage-0.vmstorage.monitoring.svc",
                "node.eu-west-1.compute.internal",
                "163.com",
                "acme.de",
                "db.acme.pl",
                "db.acme.co.id",
                "x.lan",
                "_http._tcp.acme.com",
                "bücher.example.org",
                "пример.рф",
                "xn--bcher-kva.test",
                "xn--bcher-kva",
                "a=acme.com,b=2",
                "777.777.1.1.acme.com",
            ],
        );
    }

    #[test]
    fn names_of_other_things_are_none() {
        assert_finds_nothing(&[
            "remoteWrite.url",
            "promscrape.cluster.name",
            "remoteWrite.aws.service",
            "storage.go:123",
            "main.rs",
            "run.sh",
            "libc.so.6",
            "service.instance.id",
            "rules.yml",
            "index.html",
            "v1.112.0",
            "go1.22.3",
            "com",
            ".com",
            "a..com",
            "com.acme.Foo",
            "vm_http_requests_total",
            "xn--",
            "latency.us",
        ]);
    }
}
