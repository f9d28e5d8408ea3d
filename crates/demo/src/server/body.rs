use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame};

use super::pieces::Pieces;
use super::wire::{Cut, WireControl};
use crate::Gate;

/// Slow answers move every so often.
const SLOW_TICK: Duration = Duration::from_millis(50);

/// What happens to a body on its way.
pub(crate) enum Mishap {
    Cut {
        after_bytes: u64,
        /// `None` ends in order.
        cut: Option<Cut>,
    },
    Stall {
        after_bytes: u64,
        gate: Gate,
    },
    Slow {
        bytes_per_tick: u64,
    },
}

impl Mishap {
    pub(crate) fn slow(bytes_per_second: u64) -> Mishap {
        Mishap::Slow {
            bytes_per_tick: (bytes_per_second / 20).max(1),
        }
    }
}

/// The body of a response, sent in chunks, with the mishap that was ordered.
pub(crate) struct AnswerBody {
    pieces: Box<dyn Pieces>,
    mishap: Option<Mishap>,
    wire: WireControl,
    /// Of the last piece, what has not been sent.
    rest: Bytes,
    sent: u64,
    /// What the body waits for.
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
}

impl AnswerBody {
    pub(crate) fn new(
        pieces: Box<dyn Pieces>,
        mishap: Option<Mishap>,
        wire: WireControl,
    ) -> AnswerBody {
        AnswerBody {
            pieces,
            mishap,
            wire,
            rest: Bytes::new(),
            sent: 0,
            pause: None,
        }
    }

    /// At most `limit` bytes; `None` at the end, and if `limit` is 0.
    fn take(&mut self, limit: u64) -> Option<Bytes> {
        if limit == 0 {
            return None;
        }
        if self.rest.is_empty() {
            self.rest = self.pieces.next_piece()?;
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let piece = self.rest.split_to(limit.min(self.rest.len()));
        self.sent += piece.len() as u64;
        Some(piece)
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        let sent = self.sent;
        let piece = match &self.mishap {
            None => self.take(u64::MAX),
            Some(Mishap::Cut { after_bytes, cut }) => {
                let (left, cut) = (after_bytes.saturating_sub(sent), *cut);
                let piece = self.take(left);
                if let (None, Some(cut)) = (&piece, cut) {
                    // HTTP flushes what it has while the body waits, and the wire cuts then.
                    self.wire.cut(cut);
                    return Poll::Pending;
                }
                piece
            }
            Some(Mishap::Stall { after_bytes, gate }) => {
                let (left, gate) = (after_bytes.saturating_sub(sent), gate.clone());
                let piece = self.take(left);
                if piece.is_none() {
                    self.mishap = None;
                    self.pause = Some(Box::pin(gate.pass()));
                    return self.poll_frame(cx);
                }
                piece
            }
            Some(Mishap::Slow { bytes_per_tick }) => {
                let limit = *bytes_per_tick;
                self.pause = Some(Box::pin(tokio::time::sleep(SLOW_TICK)));
                self.take(limit)
            }
        };
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }
}
