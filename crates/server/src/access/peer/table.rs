//! The system's tables of connections as files, `/proc/net/tcp` and `/proc/net/tcp6`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::{canonical, differs};

/// Whether the client is another user's; `None` if the tables do not tell.
pub(super) fn is_stranger(remote: SocketAddr, local: SocketAddr) -> Option<bool> {
    let sockets: Vec<Socket> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|table| sockets(&table))
        .collect();
    differs(owner(&sockets, local, remote), || {
        owner(&sockets, remote, local)
    })
}

/// A line of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Socket {
    local: SocketAddr,
    remote: SocketAddr,
    user: u32,
}

/// The user of one end of a connection.
fn owner(sockets: &[Socket], from: SocketAddr, to: SocketAddr) -> Option<u32> {
    sockets
        .iter()
        .find(|socket| socket.local == from && socket.remote == to)
        .map(|socket| socket.user)
}

/// Lines that are none are left out.
fn sockets(table: &str) -> Vec<Socket> {
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

    #[cfg(target_endian = "little")]
    #[test]
    fn ends_are_found_with_their_users() {
        let mut all = sockets(TABLE);
        assert_eq!(all.len(), 3);
        all.extend(sockets(TABLE_6));
        let local = "127.0.0.1:8080".parse().unwrap();
        let stranger = "127.0.0.1:50000".parse().unwrap();
        assert_eq!(owner(&all, local, stranger), Some(1000));
        assert_eq!(owner(&all, stranger, local), Some(1001));
        let mapped = "127.0.0.1:50001".parse().unwrap();
        assert_eq!(owner(&all, mapped, local), Some(1000));
        assert_eq!(owner(&all, local, mapped), None);
    }
}
