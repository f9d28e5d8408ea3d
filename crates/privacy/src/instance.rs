//! The parts of an `instance` value.

use crate::host;

/// Schemes that stay in front of a replaced host; all are public words.
const SCHEMES: [&[u8]; 9] = [
    b"http", b"https", b"tcp", b"udp", b"tls", b"ws", b"wss", b"grpc", b"grpcs",
];

/// An `instance` value cut around its host.
///
/// Forms with parts to keep: `host:port`, `[ipv6]:port`, and `scheme://host` with an optional port
/// and whatever follows. A URL with user info is not taken apart, nor is anything else: then the
/// whole value is the host, so that what is not understood is replaced whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instance<'a> {
    /// `scheme://`, or empty.
    prefix: &'a [u8],
    /// The host as spelled; an IPv6 address without the brackets that a port or URL demands.
    host: &'a [u8],
    /// `:port`, and in a URL what follows; or empty.
    suffix: &'a [u8],
}

impl<'a> Instance<'a> {
    pub(crate) fn split(value: &'a [u8]) -> Instance<'a> {
        let whole = Instance {
            prefix: b"",
            host: value,
            suffix: b"",
        };
        if let Some(url) = split_url(value) {
            return url;
        }
        match split_port(value) {
            (authority, port) if !port.is_empty() => {
                in_authority(b"", authority, port).unwrap_or(whole)
            }
            _ => whole,
        }
    }

    /// What stays beside the host.
    pub(crate) fn around(&self) -> (&'a [u8], &'a [u8]) {
        (self.prefix, self.suffix)
    }
}

fn split_url(value: &[u8]) -> Option<Instance<'_>> {
    let colon = value.iter().position(|&byte| byte == b':')?;
    let (scheme, rest) = value.split_at(colon);
    let after = rest.strip_prefix(b"://")?;
    if !SCHEMES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(scheme))
    {
        return None;
    }
    let end = after
        .iter()
        .position(|byte| b"/?#".contains(byte))
        .unwrap_or(after.len());
    let (host, _) = split_port(&after[..end]);
    in_authority(&value[..colon + 3], host, &after[host.len()..])
}

/// Cuts `:port` off, one to five digits; the port is empty if there is none.
fn split_port(authority: &[u8]) -> (&[u8], &[u8]) {
    let Some(colon) = authority.iter().rposition(|&byte| byte == b':') else {
        return (authority, b"");
    };
    let (host, port) = authority.split_at(colon);
    let digits = &port[1..];
    if (1..=5).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) {
        (host, port)
    } else {
        (authority, b"")
    }
}

/// A host where an IPv6 address must be in brackets; `None` if it is not a clear host.
fn in_authority<'a>(prefix: &'a [u8], host: &'a [u8], suffix: &'a [u8]) -> Option<Instance<'a>> {
    if host::is_bracketed_ipv6(host) {
        return Some(Instance {
            prefix,
            host: &host[1..host.len() - 1],
            suffix,
        });
    }
    let unclear = host.is_empty() || host.iter().any(|byte| b":[]@".contains(byte));
    (!unclear).then_some(Instance {
        prefix,
        host,
        suffix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(value: &str) -> [&str; 3] {
        let instance = Instance::split(value.as_bytes());
        [instance.prefix, instance.host, instance.suffix]
            .map(|part| std::str::from_utf8(part).unwrap())
    }

    #[test]
    fn keeps_port_and_finds_host_in_every_form() {
        assert_eq!(parts("10.0.0.1:8482"), ["", "10.0.0.1", ":8482"]);
        assert_eq!(parts("db7.corp.example"), ["", "db7.corp.example", ""]);
        assert_eq!(parts("[2001:db8::1]:80"), ["", "2001:db8::1", ":80"]);
        assert_eq!(parts("2001:db8::1"), ["", "2001:db8::1", ""]);
        assert_eq!(parts("[::1]"), ["", "[::1]", ""]);
        assert_eq!(parts("http://h:80/p?q=1"), ["http://", "h", ":80/p?q=1"]);
        assert_eq!(parts("HTTPS://[::1]/"), ["HTTPS://", "::1", "/"]);
        assert_eq!(parts("https://h#f"), ["https://", "h", "#f"]);
    }

    #[test]
    fn what_is_not_understood_is_host_as_a_whole() {
        for value in [
            "",
            ":80",
            "::1:8080",
            "1:2:3:4:5:6:7:8:80",
            "host:http",
            "host:123456",
            "host:80/metrics",
            "user@host:80",
            "user:pass@host:80",
            "http://user:pass@host:80/",
            "http://",
            "http:///x",
            "http://host:",
            "http://host:x/",
            "http://::1/",
            "[x]:80",
            "secret://host/",
            "/var/run/x.sock",
        ] {
            assert_eq!(parts(value), ["", value, ""]);
        }
    }
}
