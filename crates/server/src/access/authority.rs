//! Names and ports in `Host` and `Origin`.

/// The host of a `Host` header, lower case and without brackets; `None` if it is none.
pub(super) fn host_of(authority: &str) -> Option<String> {
    let (host, port) = split(authority)?;
    if port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return None;
    }
    Some(host.to_ascii_lowercase())
}

/// Whether an `Origin` is that of the page that the `Host` serves.
pub(super) fn same_authority(origin: &str, host: &str) -> bool {
    let (authority, usual) = match (
        origin.strip_prefix("http://"),
        origin.strip_prefix("https://"),
    ) {
        (Some(authority), _) => (authority, "80"),
        (_, Some(authority)) => (authority, "443"),
        _ => return false,
    };
    let (Some((name, port)), Some((own_name, own_port))) = (split(authority), split(host)) else {
        return false;
    };
    name.eq_ignore_ascii_case(own_name) && port.unwrap_or(usual) == own_port.unwrap_or(usual)
}

fn split(authority: &str) -> Option<(&str, Option<&str>)> {
    let (host, rest) = match authority.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => match authority.find(':') {
            Some(at) => authority.split_at(at),
            None => (authority, ""),
        },
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(port),
        None if rest.is_empty() => None,
        None => return None,
    };
    let odd = |byte: u8| !byte.is_ascii_alphanumeric() && !b"-._:%".contains(&byte);
    (!host.is_empty() && !host.bytes().any(odd)).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read_with_and_without_port() {
        assert_eq!(host_of("LocalHost:8080").as_deref(), Some("localhost"));
        assert_eq!(host_of("127.0.0.1").as_deref(), Some("127.0.0.1"));
        assert_eq!(host_of("[::1]:80").as_deref(), Some("::1"));
        for odd in [
            "", ":80", "a:b", "a b", "a@b", "[::1", "[::1]x", "a:80:80", "a/b", "a:99999",
        ] {
            assert_eq!(host_of(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_origin_is_ours_only_with_host_and_port() {
        assert!(same_authority("http://localhost:8080", "localhost:8080"));
        assert!(same_authority("http://LOCALHOST", "localhost:80"));
        assert!(same_authority("https://vm.example", "vm.example"));
        assert!(same_authority("http://[::1]:8080", "[::1]:8080"));
        for other in [
            "null",
            "http://localhost:8081",
            "http://localhost",
            "https://localhost:8080.evil.example",
            "http://localhost:8080@evil.example",
            "file://localhost:8080",
            "",
        ] {
            assert!(!same_authority(other, "localhost:8080"), "{other}");
        }
    }
}
