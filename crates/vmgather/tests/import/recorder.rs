//! A network that notes every body that is imported, and whether the client heard of its success.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// What is done to one import with a body.
#[derive(Clone, Debug)]
pub(crate) enum Order {
    /// It passes, so much later.
    Pass(Duration),
    /// It is answered in the server's place.
    Answer(u16, &'static str),
    /// The connection ends before the server hears of it.
    Refuse,
    /// The server takes it, and the client never hears of that.
    LoseAnswer,
    /// It waits until the client is gone or the test says go.
    Hold,
}

/// One body.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) body: Vec<u8>,
    /// The server took it.
    pub(crate) taken: bool,
    /// The head of its request.
    pub(crate) head: String,
}

pub(crate) struct Recorder {
    state: Arc<State>,
    address: SocketAddr,
}

struct State {
    upstream: String,
    inner: Mutex<Inner>,
    changed: Condvar,
    over: AtomicBool,
}

struct Inner {
    orders: VecDeque<Order>,
    then: Order,
    imports: Vec<Import>,
    held: usize,
    released: bool,
}

impl Recorder {
    pub(crate) fn start(upstream_url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            upstream: upstream_url.strip_prefix("http://").unwrap().to_owned(),
            inner: Mutex::new(Inner {
                orders: VecDeque::new(),
                then: Order::Pass(Duration::ZERO),
                imports: Vec::new(),
                held: 0,
                released: false,
            }),
            changed: Condvar::new(),
            over: AtomicBool::new(false),
        });
        let accepting = state.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.over.load(Ordering::SeqCst) {
                    return;
                }
                let state = accepting.clone();
                // What goes wrong here shows in the program.
                thread::spawn(move || drop(serve(&state, client)));
            }
        });
        Self { state, address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next imports meet `orders`, all further ones `then`.
    pub(crate) fn order(&self, orders: impl IntoIterator<Item = Order>, then: Order) {
        let mut inner = self.state.inner.lock().unwrap();
        inner.orders = orders.into_iter().collect();
        inner.then = then;
        inner.released = false;
    }

    /// Every body so far, in the order of arrival.
    pub(crate) fn imports(&self) -> Vec<Import> {
        self.state.inner.lock().unwrap().imports.clone()
    }

    /// How many bodies came so far.
    pub(crate) fn count(&self) -> usize {
        self.state.inner.lock().unwrap().imports.len()
    }

    pub(crate) fn wait_for_held(&self, count: usize) {
        let inner = self.state.inner.lock().unwrap();
        let waiting = |inner: &mut Inner| inner.held < count;
        let limit = Duration::from_secs(60);
        let (_inner, result) = self
            .state
            .changed
            .wait_timeout_while(inner, limit, waiting)
            .unwrap();
        assert!(!result.timed_out());
    }

    /// What waits goes on, and is taken.
    pub(crate) fn release(&self) {
        self.state.inner.lock().unwrap().released = true;
        self.state.changed.notify_all();
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        self.release();
        let _ = TcpStream::connect(self.address);
    }
}

/// One request and its answer; then the connection ends.
fn serve(state: &State, client: TcpStream) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let lower = line.to_lowercase();
        if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        if !lower.starts_with("connection:") && !lower.starts_with("expect:") {
            head += &line;
        }
    }
    let mut body = vec![0; length];
    // A body that breaks off is none: the server would not take it either.
    reader.read_exact(&mut body)?;
    let is_import = head.starts_with("POST") && head.contains("/api/v1/import") && length > 0;
    if !is_import {
        return (&client).write_all(&ask(state, &head, &body)?);
    }
    let (at, order) = {
        let mut inner = state.inner.lock().unwrap();
        let order = inner.orders.pop_front().unwrap_or(inner.then.clone());
        inner.imports.push(Import {
            body: body.clone(),
            taken: false,
            head: head.clone(),
        });
        (inner.imports.len() - 1, order)
    };
    match order {
        Order::Answer(status, text) => {
            let length = text.len();
            let answer = format!(
                "HTTP/1.1 {status} Canned\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}"
            );
            return (&client).write_all(answer.as_bytes());
        }
        Order::Refuse => return client.shutdown(Shutdown::Both),
        Order::Hold => {
            let mut inner = state.inner.lock().unwrap();
            inner.held += 1;
            state.changed.notify_all();
            drop(state.changed.wait_while(inner, |inner| !inner.released));
        }
        Order::Pass(pause) => thread::sleep(pause),
        Order::LoseAnswer => {}
    }
    let answer = ask(state, &head, &body)?;
    state.inner.lock().unwrap().imports[at].taken = answer.starts_with(b"HTTP/1.1 204");
    if matches!(order, Order::LoseAnswer) {
        return client.shutdown(Shutdown::Both);
    }
    (&client).write_all(&answer)
}

fn ask(state: &State, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(&state.upstream)?;
    server.write_all(head.as_bytes())?;
    server.write_all(b"Connection: close\r\n\r\n")?;
    server.write_all(body)?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer)?;
    Ok(answer)
}
