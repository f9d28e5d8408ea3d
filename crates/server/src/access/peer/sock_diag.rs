//! The kernel's answer about one connection, by its `sock_diag` interface.
//!
//! A message of 72 bytes asks for the socket with exactly these two ends, and the kernel finds it by
//! its hash, whatever the number of connections. The answer is there when the question has been
//! sent. Where the kernel or a container does not offer the interface, there is none.

use std::io::{self, Read as _};
use std::net::{IpAddr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

use super::{canonical, differs};

/// `AF_NETLINK`: sockets that lead to the kernel.
const NETLINK: i32 = 16;
/// `NETLINK_SOCK_DIAG`.
const SOCK_DIAG: i32 = 4;
/// `SOCK_DIAG_BY_FAMILY`, the type of question and answer.
const BY_FAMILY: u16 = 20;
/// `NLM_F_REQUEST`.
const REQUEST: u16 = 1;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;

/// Length of the header of a message.
const HEADER: usize = 16;
/// Length of the ends in question and answer: two ports and two addresses.
const ENDS: usize = 36;
/// Where the ends stand in a question.
const ASKED_ENDS: usize = HEADER + 8;
/// Length of a question.
const QUESTION: usize = HEADER + 56;
/// Where the ends stand in an answer.
const TOLD_ENDS: usize = HEADER + 4;
/// Where the user stands in an answer.
const TOLD_USER: usize = HEADER + 64;

/// Whether the client is another user's; `None` if the kernel does not tell.
pub(super) fn is_stranger(remote: SocketAddr, local: SocketAddr) -> Option<bool> {
    let kernel = Kernel::open().ok()?;
    differs(kernel.owner(local, remote), || kernel.owner(remote, local))
}

struct Kernel(Socket);

impl Kernel {
    fn open() -> io::Result<Self> {
        let socket = Socket::new(
            Domain::from(NETLINK),
            Type::DGRAM,
            Some(Protocol::from(SOCK_DIAG)),
        )?;
        // The answer is there at once, or never.
        socket.set_nonblocking(true)?;
        Ok(Self(socket))
    }

    /// The user of one end of a connection.
    fn owner(&self, from: SocketAddr, to: SocketAddr) -> Option<u32> {
        let question = question(from, to)?;
        // Without an address it goes to the kernel.
        self.0.send(&question).ok()?;
        let mut answer = [0; 512];
        let length = (&self.0).read(&mut answer).ok()?;
        user(answer.get(..length)?, from, to)
    }
}

fn question(from: SocketAddr, to: SocketAddr) -> Option<[u8; QUESTION]> {
    let family = match (from.ip(), to.ip()) {
        (IpAddr::V4(_), IpAddr::V4(_)) => AF_INET,
        (IpAddr::V6(_), IpAddr::V6(_)) => AF_INET6,
        _ => return None,
    };
    let mut message = [0; QUESTION];
    let mut set = |at: usize, bytes: &[u8]| message[at..at + bytes.len()].copy_from_slice(bytes);
    set(0, &(QUESTION as u32).to_ne_bytes());
    set(4, &BY_FAMILY.to_ne_bytes());
    set(6, &REQUEST.to_ne_bytes());
    set(HEADER, &[family, IPPROTO_TCP]);
    // Whatever the state.
    set(HEADER + 4, &[0xff; 4]);
    set(ASKED_ENDS, &from.port().to_be_bytes());
    set(ASKED_ENDS + 2, &to.port().to_be_bytes());
    for (at, address) in [(4, from), (20, to)] {
        match address.ip() {
            IpAddr::V4(ip) => set(ASKED_ENDS + at, &ip.octets()),
            IpAddr::V6(ip) => set(ASKED_ENDS + at, &ip.octets()),
        }
    }
    // Behind the number of the interface, any: no cookie is known.
    set(ASKED_ENDS + ENDS + 4, &[0xff; 8]);
    Some(message)
}

/// The user in an answer, if it is about these ends: a socket that listens is found by one end alone.
fn user(answer: &[u8], from: SocketAddr, to: SocketAddr) -> Option<u32> {
    let is_answer = answer.get(4..6)? == BY_FAMILY.to_ne_bytes();
    let family = *answer.get(HEADER)?;
    let ends = answer.get(TOLD_ENDS..TOLD_ENDS + ENDS)?;
    let end = |port: usize, address: usize| {
        let port = u16::from_be_bytes([ends[port], ends[port + 1]]);
        let ip = <[u8; 16]>::try_from(&ends[address..address + 16]).ok()?;
        let ip = match family {
            AF_INET => IpAddr::from([ip[0], ip[1], ip[2], ip[3]]),
            AF_INET6 => IpAddr::from(ip),
            _ => return None,
        };
        Some(canonical(SocketAddr::new(ip, port)))
    };
    if !is_answer || end(0, 4)? != from || end(2, 20)? != to {
        return None;
    }
    let user = answer.get(TOLD_USER..TOLD_USER + 4)?;
    user.try_into().ok().map(u32::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    /// An answer as the kernel writes it, about the ends of a question.
    fn answer(question: &[u8; QUESTION], user: u32) -> Vec<u8> {
        let mut answer = vec![0; HEADER + 72];
        answer[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
        answer[HEADER] = question[HEADER];
        answer[TOLD_ENDS..TOLD_ENDS + ENDS]
            .copy_from_slice(&question[ASKED_ENDS..ASKED_ENDS + ENDS]);
        answer[TOLD_USER..TOLD_USER + 4].copy_from_slice(&user.to_ne_bytes());
        answer
    }

    #[test]
    fn an_answer_counts_only_for_the_ends_that_it_names() {
        for (from, to) in [
            (end("127.0.0.1:50000"), end("127.0.0.1:8080")),
            (end("[::1]:50000"), end("[::1]:8080")),
        ] {
            let told = answer(&question(from, to).unwrap(), 1000);
            assert_eq!(user(&told, from, to), Some(1000));
            assert_eq!(user(&told, to, from), None);
            assert_eq!(user(&told, from, end("127.0.0.1:8081")), None);
            let mut failure = told.clone();
            failure[4..6].copy_from_slice(&2_u16.to_ne_bytes());
            assert_eq!(user(&failure, from, to), None);
            for length in 0..TOLD_USER + 4 {
                assert_eq!(user(&told[..length], from, to), None);
            }
        }
    }

    #[test]
    fn ends_of_two_families_are_no_connection() {
        assert_eq!(question(end("127.0.0.1:1"), end("[::1]:2")), None);
    }

    #[test]
    fn the_kernel_knows_a_connection_by_both_ends_and_no_listener() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let client = std::net::TcpStream::connect(address).unwrap();
        let remote = client.local_addr().unwrap();
        let Ok(kernel) = Kernel::open() else {
            return;
        };
        // Where the interface is not offered, nothing at all is known.
        if let Some(own) = kernel.owner(remote, address) {
            let (_stream, _) = listener.accept().unwrap();
            assert_eq!(kernel.owner(address, remote), Some(own));
        }
        assert_eq!(kernel.owner(address, end("127.0.0.1:1")), None);
    }
}
