use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What servers since v1.97.0 send in place of a chunk header when a stream fails.
const ABORT_LINE: &[u8] = b"\nthe connection has been aborted; see the last line in the response \
and/or in the server log for the reason\n";

/// How a connection is to end as soon as everything before has left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    AbortLine,
    Close,
    Reset,
}

/// Tells the wire below HTTP to end the connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct WireControl {
    cut: Arc<Mutex<Option<Cut>>>,
}

impl WireControl {
    /// Ends the connection at the next flush, which HTTP does when it has nothing more to send.
    pub(crate) fn cut(&self, cut: Cut) {
        *self.lock() = Some(cut);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Cut>> {
        self.cut
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A connection that can break below HTTP, where HTTP itself would only end in order.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    control: WireControl,
    /// Bytes of the abort line that have left.
    abort_line_sent: usize,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Wire, WireControl) {
        let control = WireControl::default();
        let wire = Wire {
            stream,
            control: control.clone(),
            abort_line_sent: 0,
        };
        (wire, control)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        let Some(cut) = *self.control.lock() else {
            return Poll::Ready(Ok(()));
        };
        if cut == Cut::AbortLine {
            while self.abort_line_sent < ABORT_LINE.len() {
                let rest = &ABORT_LINE[self.abort_line_sent..];
                self.abort_line_sent += ready!(Pin::new(&mut self.stream).poll_write(cx, rest))?;
            }
        }
        if cut == Cut::Reset {
            self.stream.set_zero_linger()?;
        }
        // The error makes HTTP drop the connection, which sends the end or the reset.
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
