//! Who is at the other end of a connection.

#[cfg(target_os = "linux")]
mod sock_diag;
#[cfg(target_os = "linux")]
mod table;

use std::net::SocketAddr;

/// The client of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    stranger: bool,
}

impl Peer {
    /// Finds out whose process the client is, where the system tells.
    pub(crate) async fn new(remote: SocketAddr, local: SocketAddr) -> Self {
        Self {
            stranger: is_stranger(remote, local).await,
        }
    }

    /// The client is on this machine and another user's.
    pub(super) fn is_stranger(&self) -> bool {
        self.stranger
    }
}

/// Connections from elsewhere are a matter of the token alone.
#[cfg(not(target_os = "linux"))]
async fn is_stranger(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

#[cfg(target_os = "linux")]
async fn is_stranger(remote: SocketAddr, local: SocketAddr) -> bool {
    let (remote, local) = (canonical(remote), canonical(local));
    if !remote.ip().is_loopback() {
        return false;
    }
    if let Some(stranger) = sock_diag::is_stranger(remote, local) {
        return stranger;
    }
    // The system walks through its whole table for that, which takes it milliseconds.
    tokio::task::spawn_blocking(move || table::is_stranger(remote, local))
        .await
        .map_or(true, |found| found.unwrap_or(false))
}

/// Connections of IPv4 may stand in tables of IPv6.
#[cfg(target_os = "linux")]
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Whether the client's end belongs to another user than ours; `None` if our own end is not known
/// either, so that the answers say nothing.
///
/// A client whose end is not known is in another container, or gone: no kin.
#[cfg(target_os = "linux")]
fn differs(own: Option<u32>, client: impl FnOnce() -> Option<u32>) -> Option<bool> {
    own.map(|own| client() != Some(own))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_is_gone_is_no_kin() {
        assert_eq!(differs(Some(1000), || None), Some(true));
        assert_eq!(differs(Some(1000), || Some(1001)), Some(true));
        assert_eq!(differs(Some(1000), || Some(1000)), Some(false));
        assert_eq!(differs(None, || Some(1000)), None);
    }

    #[tokio::test]
    async fn our_own_connections_are_kin_by_both_addresses() {
        for listen in ["127.0.0.1:0", "[::1]:0", "[::]:0"] {
            let Ok(listener) = std::net::TcpListener::bind(listen) else {
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            let at = if listen.starts_with("[::1]") {
                "::1"
            } else {
                "127.0.0.1"
            };
            let client = std::net::TcpStream::connect((at, port)).unwrap();
            let (stream, remote) = listener.accept().unwrap();
            let local = stream.local_addr().unwrap();
            assert!(!Peer::new(remote, local).await.is_stranger(), "{listen}");
            let known = table::is_stranger(canonical(remote), canonical(local));
            assert!(known.is_none_or(|stranger| !stranger), "{listen}");
            drop(client);
        }
    }
}
