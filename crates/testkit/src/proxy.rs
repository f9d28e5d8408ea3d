use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::SockRef;

use crate::fault::Fault;
use crate::relay::Relay;

/// A network between a client and a server that misbehaves on order.
///
/// It reads the head of each request to decide, then relays bytes without understanding them. Every connection carries one
/// request: the server is told so and tells the client. Requests without orders pass.
pub struct FaultProxy {
    state: Arc<State>,
    address: SocketAddr,
    accepting: Option<JoinHandle<()>>,
}

/// Orders and records, shared with the threads of the connections.
pub(crate) struct State {
    upstream: SocketAddr,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    rules: Vec<Rule>,
    log: Vec<Event>,
    stalls: usize,
    releases: u64,
    is_dark: bool,
    is_listening: bool,
    is_over: bool,
}

struct Rule {
    needle: String,
    queue: VecDeque<Fault>,
    then: Fault,
}

enum Event {
    Began(String),
    Ended(String),
}

impl FaultProxy {
    /// Starts a proxy on loopback in front of `upstream_url`, of the form `http://ADDRESS:PORT`.
    pub fn start(upstream_url: &str) -> FaultProxy {
        let upstream = upstream_url.strip_prefix("http://").expect("an http URL");
        let upstream = upstream
            .trim_end_matches('/')
            .parse()
            .expect("an IP address and a port");
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("bound");
        let inner = Inner {
            is_listening: true,
            ..Inner::default()
        };
        let state = Arc::new(State {
            upstream,
            inner: Mutex::new(inner),
            changed: Condvar::new(),
        });
        let accepting = {
            let state = Arc::clone(&state);
            Some(thread::spawn(move || accept(&state, listener, address)))
        };
        FaultProxy {
            state,
            address,
            accepting,
        }
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Orders `faults` for the next requests whose first line contains `needle`, one each, then `then` for all later ones.
    ///
    /// Of several orders that match a request the one given first counts; a second call with the same `needle` replaces it.
    pub fn order(&self, needle: &str, faults: impl IntoIterator<Item = Fault>, then: Fault) {
        let queue = faults.into_iter().collect();
        let rule = Rule {
            needle: needle.to_owned(),
            queue,
            then,
        };
        let rules = &mut self.state.lock().rules;
        match rules.iter_mut().find(|rule| rule.needle == needle) {
            Some(old) => *old = rule,
            None => rules.push(rule),
        }
    }

    /// Orders that were given and not yet used.
    pub fn orders_left(&self) -> usize {
        self.state
            .lock()
            .rules
            .iter()
            .map(|rule| rule.queue.len())
            .sum()
    }

    /// Waits until `count` responses in all have stalled, released ones included.
    ///
    /// # Panics
    /// If that does not happen within a minute.
    pub fn wait_for_stalls(&self, count: usize) {
        self.state.wait_until(|inner| inner.stalls >= count);
    }

    /// Lets every response that stalls now run on.
    pub fn release(&self) {
        self.state.lock().releases += 1;
        self.state.changed.notify_all();
    }

    /// Stops listening: connections are refused by the system until [`accept_again`](Self::accept_again).
    pub fn go_dark(&self) {
        self.state.lock().is_dark = true;
        self.wake_listener();
        self.state.wait_until(|inner| !inner.is_listening);
    }

    /// Listens again on the same port.
    pub fn accept_again(&self) {
        self.state.lock().is_dark = false;
        self.state.changed.notify_all();
        self.state.wait_until(|inner| inner.is_listening);
    }

    /// The heads of all requests so far that contain `needle` in the first line, in the order of arrival.
    pub fn requests(&self, needle: &str) -> Vec<String> {
        let inner = self.state.lock();
        let heads = inner.log.iter().filter_map(|event| match event {
            Event::Began(head) if first_line(head).contains(needle) => Some(head.clone()),
            _ => None,
        });
        heads.collect()
    }

    /// The highest number of requests with `needle` in the first line that were under way at once.
    ///
    /// A request that the client gave up lasts until the proxy notices.
    pub fn most_at_once(&self, needle: &str) -> usize {
        let (mut now, mut most) = (0, 0);
        for event in &self.state.lock().log {
            match event {
                Event::Began(head) if first_line(head).contains(needle) => now += 1,
                Event::Ended(head) if first_line(head).contains(needle) => now -= 1,
                _ => {}
            }
            most = most.max(now);
        }
        most
    }

    /// Waits until `count` requests with `needle` in the first line have arrived.
    ///
    /// # Panics
    /// If that does not happen within a minute.
    pub fn wait_for_requests(&self, needle: &str, count: usize) {
        self.state.wait_until(|inner| {
            let began = inner.log.iter().filter(
                |event| matches!(event, Event::Began(head) if first_line(head).contains(needle)),
            );
            began.count() >= count
        });
    }

    /// Waits until no request is under way.
    ///
    /// # Panics
    /// If that does not happen within a minute.
    pub fn wait_until_idle(&self) {
        self.state.wait_until(|inner| {
            let began = inner
                .log
                .iter()
                .filter(|event| matches!(event, Event::Began(_)))
                .count();
            began * 2 == inner.log.len()
        });
    }

    fn wake_listener(&self) {
        // An error means that it does not listen, so that there is nothing to wake.
        let _ = TcpStream::connect(self.address);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.state.lock().is_over = true;
        self.state.changed.notify_all();
        self.wake_listener();
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner
            .lock()
            .expect("no thread panics while it holds the lock")
    }

    fn wait_until(&self, condition: impl Fn(&Inner) -> bool) {
        let limit = Duration::from_secs(60);
        let waiting = |inner: &mut Inner| !condition(inner);
        let (_inner, result) = self
            .changed
            .wait_timeout_while(self.lock(), limit, waiting)
            .expect("no poison");
        assert!(
            !result.timed_out(),
            "the proxy did not get into the expected state"
        );
    }

    /// Waits for a release, the end of the proxy, or `is_gone`, which is looked at again after [`State::notify`].
    pub(crate) fn stall(&self, is_gone: impl Fn() -> bool) {
        let mut inner = self.lock();
        inner.stalls += 1;
        self.changed.notify_all();
        let releases = inner.releases;
        let waiting =
            |inner: &mut Inner| inner.releases == releases && !inner.is_over && !is_gone();
        drop(self.changed.wait_while(inner, waiting));
    }

    pub(crate) fn notify(&self) {
        // Taking the lock orders this after a look at the condition that is going on.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Records the request and takes the order for it.
    fn began(&self, head: &str) -> Fault {
        let mut inner = self.lock();
        inner.log.push(Event::Began(head.to_owned()));
        let line = first_line(head);
        let rule = inner
            .rules
            .iter_mut()
            .find(|rule| line.contains(&rule.needle));
        let fault = rule.map_or(Fault::Pass, |rule| {
            rule.queue.pop_front().unwrap_or_else(|| rule.then.clone())
        });
        drop(inner);
        self.changed.notify_all();
        fault
    }
}

/// A request under way. It must end before the client can see the end of its response: else the client's next request
/// could arrive first, and one after the other would look like two at once.
pub(crate) struct InFlight {
    state: Arc<State>,
    head: Option<String>,
}

impl InFlight {
    pub(crate) fn end(&mut self) {
        if let Some(head) = self.head.take() {
            self.state.lock().log.push(Event::Ended(head));
            self.state.changed.notify_all();
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.end();
    }
}

fn first_line(head: &str) -> &str {
    head.lines().next().unwrap_or_default()
}

fn accept(state: &Arc<State>, first: TcpListener, address: SocketAddr) {
    let mut listener = Some(first);
    loop {
        let inner = state.lock();
        if inner.is_over {
            return;
        }
        if inner.is_dark {
            listener = None;
            set_listening(state, inner, false);
            let waiting = |inner: &mut Inner| inner.is_dark && !inner.is_over;
            drop(state.changed.wait_while(state.lock(), waiting));
            continue;
        }
        drop(inner);
        if listener.is_none() {
            listener = Some(TcpListener::bind(address).expect("the port it had before"));
            set_listening(state, state.lock(), true);
        }
        let Some(Ok((client, _))) = listener.as_ref().map(TcpListener::accept) else {
            continue;
        };
        let state = Arc::clone(state);
        thread::spawn(move || serve(&state, client));
    }
}

fn set_listening(state: &State, mut inner: MutexGuard<'_, Inner>, is_listening: bool) {
    inner.is_listening = is_listening;
    drop(inner);
    state.changed.notify_all();
}

/// Serves the one request of a connection. Errors of either side end it, as they do on a real network.
fn serve(state: &Arc<State>, client: TcpStream) {
    let Ok(Some((head, rest))) = read_head(&client) else {
        return;
    };
    let head = String::from_utf8_lossy(&head).into_owned();
    let fault = state.began(&head);
    let mut in_flight = InFlight {
        state: Arc::clone(state),
        head: Some(head.clone()),
    };
    let _ = match fault {
        Fault::Refuse => {
            in_flight.end();
            reset(&client)
        }
        Fault::Answer(answer) => answer_and_close(in_flight, &client, &answer.to_bytes()),
        // Alert, version 3.1, length 2, fatal, protocol version.
        Fault::TlsAlert => answer_and_close(in_flight, &client, &[0x15, 3, 1, 0, 2, 2, 70]),
        fault => Relay::new(Arc::clone(state), &client, state.upstream)
            .and_then(|relay| relay.run(&head, &rest, &fault, in_flight)),
    };
}

/// The head of a message and the bytes that came with it.
pub(crate) type HeadAndRest = (Vec<u8>, Vec<u8>);

/// A message head up to and with its empty line, and what came after it; `None` when the peer closed before.
pub(crate) fn read_head(mut stream: &TcpStream) -> io::Result<Option<HeadAndRest>> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 << 10];
    loop {
        let count = stream.read(&mut buffer)?;
        if count == 0 {
            return Ok(None);
        }
        bytes.extend_from_slice(&buffer[..count]);
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let rest = bytes.split_off(at + 4);
            return Ok(Some((bytes, rest)));
        }
    }
}

/// Makes the system send a reset when the last handle of the stream is dropped.
pub(crate) fn reset(stream: &TcpStream) -> io::Result<()> {
    SockRef::from(stream).set_linger(Some(Duration::ZERO))
}

/// Reads the request to its end before closing: a close with unread bytes would be a reset and could destroy the answer.
fn answer_and_close(
    mut in_flight: InFlight,
    mut client: &TcpStream,
    answer: &[u8],
) -> io::Result<()> {
    in_flight.end();
    client.write_all(answer)?;
    client.shutdown(Shutdown::Write)?;
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    io::copy(&mut client, &mut io::sink()).map(drop)
}
