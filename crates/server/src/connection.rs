//! A connection that waits for its client only so long.
//!
//! What a client may take its time for depends on where the exchange stands: a header has seconds, a
//! reply may take hours as long as the client takes some of it now and then.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

use crate::serve::Limits;

/// Where the exchange on one connection stands; shared by the stream and the replies on it.
///
/// A number that grows with every step: 0 until the first byte of the first header, then by three for
/// each request.
#[derive(Debug, Default)]
pub(crate) struct Stage(AtomicU64);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waiting {
    /// For a first request, or for one more on a kept connection.
    Idle { first: bool },
    /// For the rest of a header.
    Header,
    /// For nothing: the request is being answered.
    Answering,
}

impl Stage {
    fn number(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn waiting(number: u64) -> Waiting {
        match number % 3 {
            0 => Waiting::Idle { first: number == 0 },
            1 => Waiting::Header,
            _ => Waiting::Answering,
        }
    }

    /// The first bytes of a header came.
    fn header(&self, number: u64) {
        let _ = self
            .0
            .compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The header is complete; the reply is on its way until the result is dropped.
    pub(crate) fn answer(self: &Arc<Self>) -> Answering {
        let number = self.number();
        // Two requests may have come in one piece.
        self.0.store(number - number % 3 + 2, Ordering::Release);
        Answering(self.clone())
    }

    /// Nothing would be lost if the connection ended now.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(Self::waiting(self.number()), Waiting::Idle { .. })
    }
}

/// A request being answered.
pub(crate) struct Answering(Arc<Stage>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
    }
}

/// A stream that fails when its client is too slow.
pub(crate) struct Paced<S> {
    stream: S,
    limits: Limits,
    stage: Arc<Stage>,
    /// The stage for which it counts, and its end.
    reading: Option<(u64, Pin<Box<Sleep>>)>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S, limits: Limits, stage: Arc<Stage>) -> Self {
        Self {
            stream,
            limits,
            stage,
            reading: None,
            writing: None,
        }
    }

    fn read_patience(&self, number: u64) -> Option<Duration> {
        match Stage::waiting(number) {
            Waiting::Idle { first: false } => Some(self.limits.idle),
            Waiting::Idle { first: true } | Waiting::Header => Some(self.limits.header),
            Waiting::Answering => None,
        }
    }

    /// Fails once a write has waited too long.
    fn wait_to_write<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let stall = self.limits.stall;
        let writing = self.writing.get_or_insert_with(|| Box::pin(sleep(stall)));
        ready!(writing.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let number = self.stage.number();
        let before = buffer.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before && self.stage.is_idle() {
                self.stage.header(number);
            }
            return Poll::Ready(result);
        }
        let Some(patience) = self.read_patience(number) else {
            self.reading = None;
            return Poll::Pending;
        };
        // A first request has the time of its header from the first moment on.
        let same = |at: u64| at == number || (at == 0 && number == 1);
        let mut waiting = self.reading.take().filter(|(at, _)| same(*at));
        let (_, end) = waiting.get_or_insert_with(|| (number, Box::pin(sleep(patience))));
        let over = end.as_mut().poll(cx).is_ready();
        self.reading = waiting;
        if over {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_write(cx, bytes) {
            self.writing = None;
            return Poll::Ready(result);
        }
        self.wait_to_write(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces) {
            self.writing = None;
            return Poll::Ready(result);
        }
        self.wait_to_write(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_flush(cx) {
            self.writing = None;
            return Poll::Ready(result);
        }
        self.wait_to_write(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Poll::Ready(result) = Pin::new(&mut self.stream).poll_shutdown(cx) {
            return Poll::Ready(result);
        }
        self.wait_to_write(cx)
    }
}
