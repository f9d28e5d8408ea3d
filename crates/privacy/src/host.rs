//! Spellings of a host.

use std::borrow::Cow;
use std::net::Ipv6Addr;

/// The one spelling under which a host is known.
///
/// An IPv6 address, in brackets or bare, with or without zone, is written as RFC 5952 says, without
/// brackets; one that stands for an IPv4 address is that address. A DNS name or IPv4 address is in
/// lower case. Anything else stays as it is.
pub(crate) fn canonical(spelling: &[u8]) -> Cow<'_, [u8]> {
    if let Some(address) = ipv6(spelling) {
        return Cow::Owned(address.into_bytes());
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    // The root of all names is written as a dot at the end, or not at all.
    if let Some(name) = spelling.strip_suffix(b".")
        && name.contains(&b'.')
        && name.iter().all(is_name)
    {
        return Cow::Owned(name.to_ascii_lowercase());
    }
    if spelling.iter().all(is_name) && spelling.iter().any(u8::is_ascii_uppercase) {
        return Cow::Owned(spelling.to_ascii_lowercase());
    }
    Cow::Borrowed(spelling)
}

/// True for a name or an address with nothing around it.
pub(crate) fn is_plain(spelling: &[u8]) -> bool {
    let is_name =
        |byte: &u8| *byte >= 0x80 || byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    !spelling.is_empty() && spelling.iter().all(is_name) || ipv6(spelling).is_some()
}

/// True for an IPv6 address without brackets, which needs them before a port and inside a URL.
pub(crate) fn is_bare_ipv6(spelling: &[u8]) -> bool {
    !spelling.starts_with(b"[") && ipv6(spelling).is_some()
}

/// True for an IPv6 address in brackets.
pub(crate) fn is_bracketed_ipv6(spelling: &[u8]) -> bool {
    spelling.starts_with(b"[") && ipv6(spelling).is_some()
}

fn ipv6(spelling: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(spelling).ok()?;
    let inner = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    match inner.split_once('%') {
        None => {
            let address = inner.parse::<Ipv6Addr>().ok()?;
            Some(match address.to_ipv4_mapped() {
                Some(address) => address.to_string(),
                None => address.to_string(),
            })
        }
        Some((address, zone)) => {
            let is_zone = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
            let address: Ipv6Addr = address.parse().ok()?;
            (!zone.is_empty() && zone.bytes().all(is_zone)).then(|| format!("{address}%{zone}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(spelling: &str) -> String {
        String::from_utf8(canonical(spelling.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn spellings_of_one_ipv6_address_are_one_host() {
        for spelling in [
            "2001:db8::1",
            "[2001:db8::1]",
            "2001:DB8:0:0::0001",
            "[2001:0DB8::1]",
        ] {
            assert_eq!(of(spelling), "2001:db8::1");
        }
        assert_eq!(of("[FE80::1%eth0]"), "fe80::1%eth0");
    }

    #[test]
    fn dns_names_are_compared_without_case() {
        assert_eq!(of("DB7.Corp.example"), "db7.corp.example");
        assert_eq!(of("10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn anything_else_stays_exact() {
        for other in [
            "",
            "Größe",
            "A b",
            "[x]",
            "[::1",
            "::1]",
            "1:2",
            "fe80::1%",
            "Run/x.sock",
        ] {
            assert_eq!(of(other), other);
        }
        assert_eq!(&*canonical(b"A\xff"), b"A\xff");
    }

    #[test]
    fn canonical_is_its_own_canonical() {
        for spelling in ["[0::1]", "[FE80::1%Eth0]", "DB7", "x y", "::ffff:10.0.0.1"] {
            let once = of(spelling);
            assert_eq!(of(&once), once);
        }
    }
}
