use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::fault::Fault;
use crate::proxy::{HeadAndRest, InFlight, State, read_head, reset};

/// Throttled bytes go out in portions, so many a second.
const PORTIONS_PER_SECOND: u64 = 20;

/// One request on its way to the server and its response on the way back.
pub(crate) struct Relay<'a> {
    state: Arc<State>,
    client: &'a TcpStream,
    server: TcpStream,
}

impl<'a> Relay<'a> {
    pub(crate) fn new(
        state: Arc<State>,
        client: &'a TcpStream,
        upstream: SocketAddr,
    ) -> io::Result<Relay<'a>> {
        Ok(Relay {
            state,
            client,
            server: TcpStream::connect(upstream)?,
        })
    }

    /// Relays the request while the fault is done to the response, then closes both sides.
    pub(crate) fn run(
        &self,
        head: &str,
        rest: &[u8],
        fault: &Fault,
        in_flight: InFlight,
    ) -> io::Result<()> {
        (&self.server).write_all(one_request_only(head, fault).as_bytes())?;
        (&self.server).write_all(rest)?;
        let (mut from, mut to) = (self.client.try_clone()?, self.server.try_clone()?);
        let client_gone = Arc::new(AtomicBool::new(false));
        let upload = {
            let (state, client_gone) = (Arc::clone(&self.state), Arc::clone(&client_gone));
            thread::spawn(move || {
                let _ = io::copy(&mut from, &mut to);
                let _ = to.shutdown(Shutdown::Write);
                client_gone.store(true, Ordering::SeqCst);
                state.notify();
            })
        };
        let mut client = HeldBack {
            client: self.client,
            last: Vec::new(),
            in_flight,
        };
        let result = self
            .response(&mut client, fault, &|| client_gone.load(Ordering::SeqCst))
            .and_then(|ending| client.finish().map(|()| ending));
        let _ = self.server.shutdown(Shutdown::Both);
        if matches!(fault, Fault::ResetAfter(_)) && matches!(result, Ok(Ending::Cut)) {
            // The reset goes out when the last handle is dropped, so the upload must give back its own first.
            reset(self.client)?;
            let _ = self.client.shutdown(Shutdown::Read);
        } else {
            let _ = self.client.shutdown(Shutdown::Both);
        }
        let _ = upload.join();
        result.map(drop)
    }

    fn response(
        &self,
        client: &mut HeldBack<'_>,
        fault: &Fault,
        client_gone: &dyn Fn() -> bool,
    ) -> io::Result<Ending> {
        let Some((head, body)) = self.final_head()? else {
            return Ok(Ending::Complete);
        };
        let mut body = io::Cursor::new(body).chain(&self.server);
        if let Fault::EndWithText { bytes, text } = fault {
            return end_with_text(client, &head, body, *bytes, text);
        }
        client.write_all(&head)?;
        let (Fault::ResetAfter(limit)
        | Fault::CloseAfter(limit)
        | Fault::StallAfter(limit)
        | Fault::InjectAfter { bytes: limit, .. }) = *fault
        else {
            match fault {
                Fault::Throttle { bytes_per_second } => throttle(client, body, *bytes_per_second)?,
                _ => drop(io::copy(&mut body, client)?),
            }
            return Ok(Ending::Complete);
        };
        if io::copy(&mut (&mut body).take(limit), client)? < limit {
            return Ok(Ending::Complete);
        }
        match fault {
            Fault::InjectAfter { text, .. } => client.write_all(text)?,
            Fault::StallAfter(_) => {
                client.flush()?;
                self.state.stall(client_gone);
                io::copy(&mut body, client)?;
            }
            _ => {}
        }
        Ok(Ending::Cut)
    }

    /// The head of the response and the first bytes of its body; an interim `100 Continue` is passed on.
    fn final_head(&self) -> io::Result<Option<HeadAndRest>> {
        while let Some((head, rest)) = read_head(&self.server)? {
            if !head.starts_with(b"HTTP/1.1 1") {
                return Ok(Some((head, rest)));
            }
            let mut client = self.client;
            client.write_all(&head)?;
            // Servers send nothing after an interim head before the request's body has come.
            debug_assert!(rest.is_empty(), "bytes after an interim response");
        }
        Ok(None)
    }
}

enum Ending {
    Complete,
    Cut,
}

/// The server was asked in HTTP/1.0, so its body has no framing and ends with the connection; the client gets chunks.
fn end_with_text(
    client: &mut HeldBack<'_>,
    head: &[u8],
    body: impl Read,
    bytes: u64,
    text: &[u8],
) -> io::Result<Ending> {
    let mut start = Vec::new();
    body.take(bytes).read_to_end(&mut start)?;
    let is_cut = start.len() as u64 == bytes;
    if is_cut {
        start.extend_from_slice(text);
    }
    let head = String::from_utf8_lossy(head);
    let lines = head.trim_end().lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("content-length:") && !line.starts_with("connection:")
    });
    let head = lines
        .collect::<Vec<_>>()
        .join("\r\n")
        .replacen("HTTP/1.0", "HTTP/1.1", 1);
    write!(
        client,
        "{head}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )?;
    write!(client, "{:x}\r\n", start.len())?;
    client.write_all(&start)?;
    // A chunk of length zero would end the body early.
    client.write_all(if start.is_empty() {
        b"\r\n"
    } else {
        b"\r\n0\r\n\r\n"
    })?;
    Ok(if is_cut {
        Ending::Cut
    } else {
        Ending::Complete
    })
}

fn throttle(
    client: &mut HeldBack<'_>,
    mut body: impl Read,
    bytes_per_second: u64,
) -> io::Result<()> {
    let portion = (bytes_per_second / PORTIONS_PER_SECOND).max(1);
    let pause = Duration::from_secs(1) / PORTIONS_PER_SECOND as u32;
    while io::copy(&mut (&mut body).take(portion), client)? > 0 {
        thread::sleep(pause);
    }
    Ok(())
}

/// Passes bytes on but keeps back the last write until the response is known to be over.
struct HeldBack<'a> {
    client: &'a TcpStream,
    last: Vec<u8>,
    in_flight: InFlight,
}

impl HeldBack<'_> {
    fn finish(&mut self) -> io::Result<()> {
        self.in_flight.end();
        self.flush()
    }
}

impl Write for HeldBack<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.flush()?;
        self.last.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.client.write_all(&self.last)?;
        self.last.clear();
        Ok(())
    }
}

/// The request head with one connection per request, so that no second one hides behind the first.
fn one_request_only(head: &str, fault: &Fault) -> String {
    let ends_with_text = matches!(fault, Fault::EndWithText { .. });
    let lines = head.trim_end().lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        let is_ours = line.starts_with("connection:");
        !is_ours && (!ends_with_text || !line.starts_with("accept-encoding:"))
    });
    let mut head = lines.collect::<Vec<_>>().join("\r\n");
    if ends_with_text {
        head = head.replacen("HTTP/1.1", "HTTP/1.0", 1);
    }
    head + "\r\nConnection: close\r\n\r\n"
}
