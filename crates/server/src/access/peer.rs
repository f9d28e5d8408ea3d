//! Who is at the other end of a connection.

use std::net::SocketAddr;

/// The client of one connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    stranger: bool,
}

impl Peer {
    /// Finds out whose process the client is, where the system tells.
    pub(crate) async fn new(remote: SocketAddr, local: SocketAddr) -> Self {
        let looked = tokio::task::spawn_blocking(move || is_stranger(remote, local)).await;
        Self {
            stranger: looked.unwrap_or(true),
        }
    }

    /// The client is on this machine and another user's.
    pub(super) fn is_stranger(&self) -> bool {
        self.stranger
    }
}

/// Connections from elsewhere are a matter of the token alone.
#[cfg(not(target_os = "linux"))]
fn is_stranger(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

#[cfg(target_os = "linux")]
fn is_stranger(remote: SocketAddr, local: SocketAddr) -> bool {
    if !remote.ip().to_canonical().is_loopback() {
        return false;
    }
    let sockets: Vec<linux::Socket> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|table| linux::sockets(&table))
        .collect();
    linux::is_stranger(&sockets, remote, local).unwrap_or(false)
}

#[cfg(target_os = "linux")]
mod linux {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    /// A line of the system's table of connections.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Socket {
        pub(super) local: SocketAddr,
        pub(super) remote: SocketAddr,
        pub(super) user: u32,
    }

    /// Whether the client's end belongs to another user than ours; `None` if the table does not show
    /// our own end, so that it says nothing.
    ///
    /// A client whose end is not there is in another container, or gone: no kin.
    pub(super) fn is_stranger(
        sockets: &[Socket],
        remote: SocketAddr,
        local: SocketAddr,
    ) -> Option<bool> {
        let (remote, local) = (canonical(remote), canonical(local));
        let find = |from: SocketAddr, to: SocketAddr| {
            sockets
                .iter()
                .find(|socket| socket.local == from && socket.remote == to)
                .map(|socket| socket.user)
        };
        let own = find(local, remote)?;
        Some(find(remote, local) != Some(own))
    }

    /// Reads `/proc/net/tcp` or `/proc/net/tcp6`; lines that are none are left out.
    pub(super) fn sockets(table: &str) -> Vec<Socket> {
        let socket = |line: &str| {
            let mut fields = line.split_whitespace();
            let local = address(fields.nth(1)?)?;
            let remote = address(fields.next()?)?;
            let user = fields.nth(4)?.parse().ok()?;
            Some(Socket {
                local,
                remote,
                user,
            })
        };
        table.lines().filter_map(socket).collect()
    }

    /// Words of 32 bits in the byte order of the machine, then the port.
    fn address(text: &str) -> Option<SocketAddr> {
        let (ip, port) = text.split_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        if !ip.is_ascii() {
            return None;
        }
        let words: Vec<[u8; 4]> = ip
            .as_bytes()
            .chunks(8)
            .map(|word| {
                let text = std::str::from_utf8(word).ok()?;
                u32::from_str_radix(text, 16).ok().map(u32::to_ne_bytes)
            })
            .collect::<Option<_>>()?;
        let ip = match words.as_slice() {
            [word] => IpAddr::from(Ipv4Addr::from(*word)),
            [_, _, _, _] => {
                let bytes: [u8; 16] = words.concat().try_into().ok()?;
                IpAddr::from(Ipv6Addr::from(bytes))
            }
            _ => return None,
        };
        Some(canonical(SocketAddr::new(ip, port)))
    }

    fn canonical(address: SocketAddr) -> SocketAddr {
        SocketAddr::new(address.ip().to_canonical(), address.port())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 3 1 0 20 4 30 10 -1
";
        const TABLE_6: &str = "  sl  local_address                         remote_address                        st
   0: 0000000000000000FFFF00000100007F:C351 0000000000000000FFFF00000100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 4
";

        fn local() -> SocketAddr {
            "127.0.0.1:8080".parse().unwrap()
        }

        #[cfg(target_endian = "little")]
        #[test]
        fn the_client_is_known_by_the_user_of_its_end() {
            let mut all = sockets(TABLE);
            assert_eq!(all.len(), 3);
            let stranger = "127.0.0.1:50000".parse().unwrap();
            assert_eq!(is_stranger(&all, stranger, local()), Some(true));
            let kin = "127.0.0.1:50001".parse().unwrap();
            assert_eq!(is_stranger(&all, kin, local()), None);
            all.extend(sockets(TABLE_6));
            let mine = Socket {
                local: local(),
                remote: kin,
                user: 1000,
            };
            all.push(mine);
            assert_eq!(is_stranger(&all, kin, local()), Some(false));
        }

        #[test]
        fn a_client_that_is_gone_is_no_kin() {
            let gone = "127.0.0.1:50002".parse().unwrap();
            let own = Socket {
                local: local(),
                remote: gone,
                user: 1000,
            };
            assert_eq!(is_stranger(&[own], gone, local()), Some(true));
        }

        #[test]
        fn our_own_connections_are_kin() {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (_stream, remote) = listener.accept().unwrap();
            assert!(!super::super::is_stranger(
                remote,
                client.peer_addr().unwrap()
            ));
        }
    }
}
