//! An HTTP client that shows what really came over the wire.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{self, Read, Write};
use std::net::TcpStream;

use demo::{Demo, Fault, Order};

/// How the bytes of a response ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// With the last chunk.
    Complete,
    /// With these bytes where a chunk should begin, often none.
    Broken(Vec<u8>),
    /// With a reset.
    Reset,
}

#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Sends a request head and reads to the end; `None` if nothing came back.
pub(crate) fn send(demo: &Demo, request: &str) -> Option<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", demo.port())).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let (raw, error) = read_all(&mut stream);
    parse(&raw, error)
}

pub(crate) fn get(demo: &Demo, path: &str) -> Reply {
    get_with(demo, path, "")
}

/// A path whose quotes and spaces may stand in a request line.
pub(crate) fn encoded(path: &str) -> String {
    path.replace('"', "%22").replace(' ', "%20")
}

/// `headers` are whole lines.
pub(crate) fn get_with(demo: &Demo, path: &str, headers: &str) -> Reply {
    let path = encoded(path);
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n{headers}\r\n");
    send(demo, &request).unwrap()
}

pub(crate) fn post(demo: &Demo, path: &str, params: &[(&str, &str)]) -> Reply {
    let form = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: demo\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    send(demo, &request).unwrap()
}

/// Gives the order and sends the request.
pub(crate) fn get_faulty(demo: &Demo, path: &str, fault: Fault) -> Reply {
    demo.orders().add(Order::new(fault));
    get(demo, path)
}

fn read_all(stream: &mut TcpStream) -> (Vec<u8>, Option<io::ErrorKind>) {
    let mut raw = Vec::new();
    let error = stream.read_to_end(&mut raw).err();
    (raw, error.map(|error| error.kind()))
}

pub(crate) fn parse(raw: &[u8], error: Option<io::ErrorKind>) -> Option<Reply> {
    let head_end = raw.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..head_end]).unwrap().to_owned();
    let status = head[9..12].parse().unwrap();
    let mut rest = &raw[head_end + 4..];
    let mut body = Vec::new();
    let end = loop {
        if error == Some(io::ErrorKind::ConnectionReset) {
            break End::Reset;
        }
        let Some(size) = chunk_size(&mut rest) else {
            break End::Broken(rest.to_vec());
        };
        if size == 0 {
            break End::Complete;
        }
        body.extend_from_slice(&rest[..size]);
        rest = rest[size..].strip_prefix(b"\r\n").unwrap();
    };
    Some(Reply {
        status,
        head,
        body,
        end,
    })
}

/// Takes a chunk header from the front, if one stands there.
fn chunk_size(rest: &mut &[u8]) -> Option<usize> {
    let line_end = rest.windows(2).position(|w| w == b"\r\n")?;
    let size = std::str::from_utf8(&rest[..line_end]).ok()?;
    let size = usize::from_str_radix(size, 16).ok()?;
    *rest = &rest[line_end + 2..];
    Some(size)
}
