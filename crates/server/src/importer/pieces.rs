//! The body of a request, piece by piece.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::reply::Problem;

/// Bytes that may be read while the parser gives nothing back: the longest header of a part.
const MOST_AHEAD: usize = 512 << 10;

/// How long a client that was refused may go on sending, so that it reads why.
const LINGER: Duration = Duration::from_secs(2);

/// The body of a request; all clones take from the same one.
///
/// The parser of forms reads on as long as there is something to read. So it gets one piece at a
/// time, and no more of them than it gives back.
#[derive(Clone)]
pub(super) struct Pieces(Arc<Mutex<State>>);

struct State {
    body: BodyDataStream,
    ahead: usize,
    pause: bool,
}

/// Why there is no next piece.
#[derive(Debug, thiserror::Error)]
pub(super) enum PieceError {
    #[error("the header of a part is longer than {} KiB", MOST_AHEAD >> 10)]
    TooFarAhead,
    #[error("the upload broke off")]
    BrokeOff(#[source] axum::Error),
}

impl Pieces {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(State {
            body: body.into_data_stream(),
            ahead: 0,
            pause: false,
        })))
    }

    /// The parser gave something back.
    pub(super) fn given_back(&self) {
        self.lock().ahead = 0;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A refusal, sent at once. What the client still sends is thrown away for a moment, because
    /// one that is cut off never reads the reply.
    pub(super) fn refuse(self, problem: Problem) -> Response {
        let (mut head, body) = problem.into_response().into_parts();
        head.headers.remove(axum::http::header::CONTENT_LENGTH);
        let text = async { body.collect().await.map(|body| body.to_bytes()) };
        let rest = async move {
            let drain = async {
                let mut pieces = self;
                while let Some(Ok(_)) = pieces.next().await {
                    pieces.given_back();
                }
            };
            let _ = timeout(LINGER, drain).await;
            Ok(Bytes::new())
        };
        let body = stream::once(text).chain(stream::once(rest));
        Response::from_parts(head, Body::from_stream(body))
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, PieceError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.lock();
        if std::mem::take(&mut state.pause) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if state.ahead > MOST_AHEAD {
            return Poll::Ready(Some(Err(PieceError::TooFarAhead)));
        }
        let piece = ready!(state.body.poll_next_unpin(cx));
        Poll::Ready(match piece {
            Some(Ok(piece)) => {
                state.ahead += piece.len();
                state.pause = true;
                Some(Ok(piece))
            }
            Some(Err(error)) => Some(Err(PieceError::BrokeOff(error))),
            None => None,
        })
    }
}
