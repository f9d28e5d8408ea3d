//! A server that gives prepared replies, one per connection, and remembers the requests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use vmapi::{
    Auth, Client, Connection, Endpoint, Error, ExportBody, ExportParams, Selector, Timeouts,
};

/// What to send back.
#[derive(Clone)]
pub(crate) struct Reply {
    bytes: Vec<u8>,
    /// Keep the connection open and silent.
    holds: bool,
}

impl Reply {
    /// Exactly these bytes, then the connection ends.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            holds: false,
        }
    }

    /// A reply with a length.
    pub(crate) fn new(status: u16, headers: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref();
        let mut bytes = format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        Self::raw(bytes)
    }

    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::new(200, "", body)
    }

    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Self::new(status, &format!("Location: {location}\r\n"), "")
    }

    /// Chunks as given, framing included; nothing is added at the end.
    pub(crate) fn chunks(headers: &str, chunks: impl AsRef<[u8]>) -> Self {
        let head = format!(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n{headers}\r\n"
        );
        Self::raw([head.as_bytes(), chunks.as_ref()].concat())
    }

    pub(crate) fn then_hold(mut self) -> Self {
        self.holds = true;
        self
    }
}

/// What a client sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// Method and target, such as `POST /api/v1/query`.
    pub(crate) line: String,
    /// The header lines, names in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let prefix = format!("{name}: ");
        self.headers
            .iter()
            .find_map(|line| line.strip_prefix(&prefix))
    }

    /// The value of a form parameter.
    pub(crate) fn parameter(&self, name: &str) -> Vec<String> {
        url::form_urlencoded::parse(self.body.as_bytes())
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }
}

pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Gives the replies in order; after the last one connections are refused.
    pub(crate) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), replies)
    }

    /// The same at an address of the test's choice.
    pub(crate) fn on(listener: TcpListener, replies: impl IntoIterator<Item = Reply>) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let replies: Vec<_> = replies.into_iter().collect();
        let task = tokio::spawn(async move {
            let mut held = Vec::new();
            for reply in replies {
                let (mut stream, _) = listener.accept().await.unwrap();
                if let Some(request) = answer(&mut stream, &reply).await {
                    seen.lock().unwrap().push(request);
                }
                if reply.holds {
                    held.push(stream);
                }
            }
            if !held.is_empty() {
                std::future::pending::<()>().await;
            }
        });
        Self {
            url,
            requests,
            task,
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads one request and sends the reply; `None` if the client went away before.
pub(crate) async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    reply: &Reply,
) -> Option<Request> {
    let answered = answer_with(stream, |_| reply.clone()).await;
    answered.map(|(request, _)| request)
}

/// The same with a reply chosen by method and target; also says whether the connection is to be
/// held.
pub(crate) async fn answer_with(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    choose: impl Fn(&str) -> Reply,
) -> Option<(Request, bool)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1");
    let mut request = Request {
        line: line.to_owned(),
        headers: lines
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                format!("{}: {value}", name.to_ascii_lowercase())
            })
            .collect(),
        body: String::new(),
    };
    let length = request
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let body_start = head_end + 4;
    while bytes.len() < body_start + length {
        stream.read_buf(&mut bytes).await.unwrap();
    }
    request.body = String::from_utf8(bytes[body_start..].to_vec()).unwrap();
    let reply = choose(&request.line);
    // A client that has seen enough may be gone.
    let _ = stream.write_all(&reply.bytes).await;
    if reply.holds {
        let _ = stream.flush().await;
    } else {
        let _ = stream.shutdown().await;
    }
    Some((request, reply.holds))
}

pub(crate) fn connection(url: &str) -> Connection {
    Connection {
        url: url.to_owned(),
        ..Connection::default()
    }
}

pub(crate) fn client_of(connection: &Connection) -> Client {
    Client::new(Endpoint::new(connection).unwrap(), Timeouts::default()).unwrap()
}

pub(crate) fn client(url: &str) -> Client {
    client_of(&connection(url))
}

pub(crate) fn bearer(token: &str) -> Auth {
    Auth::Bearer {
        token: Some(token.into()),
    }
}

pub(crate) fn params() -> ExportParams {
    ExportParams {
        matches: vec![Selector::job("a\"b"), Selector::everything()],
        start_ms: 1_700_000_000_001,
        end_ms: 1_700_000_060_000,
        max_rows_per_line: Some(8192),
        route: Default::default(),
    }
}

/// What arrived, and the error if there was one.
pub(crate) async fn read(mut body: ExportBody) -> (Vec<u8>, Result<(), Error>) {
    let mut all = Vec::new();
    loop {
        match body.chunk().await {
            Ok(Some(piece)) => all.extend_from_slice(&piece),
            Ok(None) => {
                assert!(
                    body.chunk().await.unwrap().is_none(),
                    "the end stays the end"
                );
                return (all, Ok(()));
            }
            Err(error) => {
                assert!(body.chunk().await.is_err(), "a failure stays a failure");
                return (all, Err(error));
            }
        }
    }
}
