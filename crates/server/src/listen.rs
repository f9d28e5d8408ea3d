//! Taking a port: the one asked for, else a free one of the same host.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Protocol, Socket, Type};

use crate::error::Error;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 128;

/// A port that is ours from now on.
#[derive(Debug)]
pub struct Bound {
    pub(crate) listener: TcpListener,
    host: String,
    address: SocketAddr,
    wanted_port: u16,
}

impl Bound {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The host as it was asked for; empty for all interfaces.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Only this machine can connect.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.address.ip().to_canonical().is_loopback()
    }

    /// The port that was asked for, if it was taken and this is another one.
    #[must_use]
    pub fn moved_from(&self) -> Option<u16> {
        (self.wanted_port != 0 && self.wanted_port != self.address.port())
            .then_some(self.wanted_port)
    }

    /// Host and port for a URL; a server on all interfaces is reached as `localhost`.
    #[must_use]
    pub fn authority(&self) -> String {
        let port = self.address.port();
        let everywhere = self.address.ip().to_canonical().is_unspecified();
        match self.host.as_str() {
            _ if everywhere => format!("localhost:{port}"),
            host if host.contains(':') => format!("[{host}]:{port}"),
            host => format!("{host}:{port}"),
        }
    }
}

/// Listens on `host:port`; an IPv6 host stands in brackets, an empty one means all interfaces.
///
/// A port that is in use is replaced by a free one of the same host, unless `strict`.
///
/// # Errors
///
/// [`Error::Address`] for a text that is no address, [`Error::Resolve`] for a name without an address,
/// [`Error::Listen`] if the system refuses for another reason than that the port is in use, or for
/// that one with `strict`.
pub fn bind(address: &str, strict: bool) -> Result<Bound, Error> {
    let (host, port) = split(address).ok_or_else(|| Error::Address(address.to_owned()))?;
    let ip = resolve(host, port)?;
    let listener = match listen(ip, port) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && !strict => listen(ip, 0),
        listener => listener,
    };
    let failed = |error| Error::Listen(address.to_owned(), error);
    let listener = listener.map_err(failed)?;
    Ok(Bound {
        address: listener.local_addr().map_err(failed)?,
        listener,
        host: host.to_owned(),
        wanted_port: port,
    })
}

fn split(address: &str) -> Option<(&str, u16)> {
    let (host, port) = address.rsplit_once(':')?;
    let host = match host.strip_prefix('[') {
        Some(inside) => inside.strip_suffix(']').filter(|host| !host.is_empty())?,
        None if host.contains([':', '[', ']', '/', '@']) => return None,
        None => host,
    };
    // A sign or a blank is no part of a port.
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    Some((host, port.parse().ok().filter(|_| digits)?))
}

/// The IPv4 address of a name that has several, as its users expect of `localhost`.
fn resolve(host: &str, port: u16) -> Result<IpAddr, Error> {
    if host.is_empty() {
        return Ok(Ipv6Addr::UNSPECIFIED.into());
    }
    if let Ok(ip) = host.parse() {
        return Ok(ip);
    }
    let failed = |error| Error::Resolve(host.to_owned(), error);
    let mut found: Vec<IpAddr> = (host, port)
        .to_socket_addrs()
        .map_err(failed)?
        .map(|address| address.ip())
        .collect();
    found.sort_by_key(IpAddr::is_ipv6);
    let none = || failed(io::Error::from(io::ErrorKind::NotFound));
    found.first().copied().ok_or_else(none)
}

fn listen(ip: IpAddr, port: u16) -> io::Result<TcpListener> {
    let all = ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    match listen_on(ip, port) {
        // A machine without IPv6 has all its interfaces in IPv4.
        Err(error) if all && error.kind() != io::ErrorKind::AddrInUse => {
            listen_on(Ipv4Addr::UNSPECIFIED.into(), port)
        }
        listener => listener,
    }
}

fn listen_on(ip: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(ip, port);
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    if ip == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
        socket.set_only_v6(false)?;
    }
    // On Windows it would let two servers share a port.
    if cfg!(unix) {
        socket.set_reuse_address(true)?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_told_apart() {
        assert_eq!(split("localhost:8080"), Some(("localhost", 8080)));
        assert_eq!(split(":8080"), Some(("", 8080)));
        assert_eq!(split("[::1]:0"), Some(("::1", 0)));
        for wrong in [
            "localhost",
            "8080",
            "::1:8080",
            "[::1]",
            "[]:80",
            "a:b",
            "a:+80",
            "a:99999",
            "http://a:80",
            "a: 80",
            "a:",
        ] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_taken_port_is_replaced_on_the_same_host_unless_strict() {
        let first = bind("127.0.0.1:0", false).unwrap();
        let taken = first.address().to_string();
        let second = bind(&taken, false).unwrap();
        assert_eq!(second.address().ip(), first.address().ip());
        assert_eq!(second.moved_from(), Some(first.address().port()));
        assert_eq!(first.moved_from(), None);
        assert!(bind(&taken, true).unwrap_err().is_in_use());
    }

    #[test]
    fn any_other_failure_to_listen_is_one() {
        // Reserved for documentation, so no interface has it.
        let error = bind("192.0.2.1:0", false).unwrap_err();
        assert!(matches!(error, Error::Listen(..)), "{error:?}");
        assert!(!error.is_in_use());
        assert!(matches!(
            bind("no-such-host.invalid:80", false),
            Err(Error::Resolve(..))
        ));
    }

    #[test]
    fn urls_have_brackets_and_no_wildcards() {
        let bound = bind(":0", false).unwrap();
        assert_eq!(
            bound.authority(),
            format!("localhost:{}", bound.address().port())
        );
        assert!(!bound.is_loopback());
        if let Ok(bound) = bind("[::1]:0", false) {
            assert!(bound.authority().starts_with("[::1]:"));
            assert!(bound.is_loopback());
        }
    }
}
