//! Taking URLs apart.

use std::ops::Range;

/// The parts of a URL inside a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// `user`, `user:password` or a token before `@`; empty if there is none.
    pub(crate) user_info: Range<usize>,
    /// The host, with brackets if it has them; empty in `file:///`.
    pub(crate) host: Range<usize>,
    /// Path, query and fragment, with their separators.
    pub(crate) rest: Range<usize>,
}

/// The URLs in `text`, from left to right: `scheme://` and what follows up to a space, a quote or
/// a comma.
pub(crate) fn find(text: &[u8]) -> Vec<Url> {
    let mut urls = Vec::new();
    let mut at = 0;
    while let Some(offset) = text[at..].windows(3).position(|bytes| bytes == b"://") {
        let mark = at + offset;
        at = mark + 3;
        let has_scheme = mark > 0 && text[mark - 1].is_ascii_alphanumeric();
        if has_scheme {
            let mut url = parse(text, mark + 3);
            at = url.rest.end;
            // What goes on behind a comma or quote may belong to it, up to the next URL.
            url.rest.end = tail(text, url.rest.end);
            urls.push(url);
        }
    }
    urls
}

/// Where a space ends what may be a URL, or the next one begins.
fn tail(text: &[u8], from: usize) -> usize {
    let rest = &text[from..];
    let space = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || byte.is_ascii_control())
        .unwrap_or(rest.len());
    match rest[..space].windows(3).position(|bytes| bytes == b"://") {
        None => from + space,
        Some(mark) => {
            let scheme = rest[..mark]
                .iter()
                .rposition(|byte| !byte.is_ascii_alphanumeric())
                .map_or(0, |at| at + 1);
            from + scheme
        }
    }
}

fn parse(text: &[u8], start: usize) -> Url {
    let position = |from: usize, stops: &[u8]| {
        text[from..]
            .iter()
            .position(|byte| stops.contains(byte) || byte.is_ascii_control())
            .map_or(text.len(), |offset| from + offset)
    };
    let end = position(start, b" \"'<>|,;`");
    let mut authority = start..position(start, b"/?#\\ \"'<>|,;`").min(end);
    // A password may hold what should have been encoded: all before the last `@` belongs to it
    // if what stands in its place is no host.
    let rest = &text[start..end];
    if !text[authority.clone()].contains(&b'@')
        && !is_host_port(&text[authority.clone()])
        && let Some(sign) = rest.iter().position(|&byte| byte == b'@')
    {
        let host = start + sign + 1;
        authority = start..position(host, b"/?#\\ \"'<>|,;`").min(end);
    }
    let sign = text[authority.clone()]
        .iter()
        .rposition(|&byte| byte == b'@');
    let (user_info, host_start) = match sign {
        Some(sign) => (start..start + sign, start + sign + 1),
        None => (start..start, start),
    };
    let host_port = &text[host_start..authority.end];
    let host_length = if host_port.starts_with(b"[") {
        host_port
            .iter()
            .position(|&byte| byte == b']')
            .map_or(host_port.len(), |at| at + 1)
    } else if is_bare_ipv6(host_port) {
        host_port.len()
    } else {
        host_port
            .iter()
            .position(|&byte| byte == b':')
            .unwrap_or(host_port.len())
    };
    let host = host_start..host_start + host_length;
    Url {
        user_info,
        rest: host.end..end,
        host,
    }
}

/// `host` or `host:port`, so that no password can be meant.
fn is_host_port(authority: &[u8]) -> bool {
    if authority.starts_with(b"[") || is_bare_ipv6(authority) {
        return true;
    }
    match authority.iter().position(|&byte| byte == b':') {
        None => true,
        Some(colon) => authority[colon + 1..].iter().all(u8::is_ascii_digit),
    }
}

fn is_bare_ipv6(host: &[u8]) -> bool {
    std::str::from_utf8(host).is_ok_and(|host| host.parse::<std::net::Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<[&str; 3]> {
        find(text.as_bytes())
            .into_iter()
            .map(|url| [&text[url.user_info], &text[url.host], &text[url.rest]])
            .collect()
    }

    #[test]
    fn takes_every_form_apart() {
        assert_eq!(
            parts("1:http://10.1.2.3:8480/insert/0?x=1"),
            [["", "10.1.2.3", ":8480/insert/0?x=1"]]
        );
        assert_eq!(
            parts("https://u:p@h:1/,http://[fe80::1%eth0]:8482"),
            [["u:p", "h", ":1/,"], ["", "[fe80::1%eth0]", ":8482"]]
        );
        assert_eq!(parts("file:///data/x"), [["", "", "/data/x"]]);
        assert_eq!(parts("http://h/a@b"), [["", "h", "/a@b"]]);
        assert_eq!(parts("://x :// y"), [[""; 3]; 0]);
    }

    #[test]
    fn passwords_may_hold_anything() {
        assert_eq!(
            parts("http://u:p/s?s@10.1.2.3:80/x"),
            [["u:p/s?s", "10.1.2.3", ":80/x"]]
        );
        assert_eq!(parts("http://a@b@h/"), [["a@b", "h", "/"]]);
    }
}
