//! The states of a job as server-sent events.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::reply::with_type;

/// Distance of two events, so that a busy job does not flood the page.
const APART: Duration = Duration::from_millis(250);

/// Distance of two events where nothing happens, so that a dead connection is noticed.
const ALIVE: Duration = Duration::from_secs(15);

/// A job that tells how it goes.
pub(crate) trait Told: Send + Sync + 'static {
    /// Hears of every change.
    fn changes(&self) -> watch::Receiver<()>;

    /// Whether it has not ended.
    fn is_active(&self) -> bool;

    /// Where it stands, as JSON in one line.
    fn status_json(&self) -> Option<String>;
}

/// Events named `status`, until the job has ended or `stop` is cancelled.
pub(crate) fn event_stream(job: Arc<impl Told>, stop: CancellationToken) -> Response {
    let body = Body::from_stream(stream::unfold(
        Follower::new(job, stop),
        async |mut follower| {
            let event = follower.next().await?;
            Some((Ok::<_, Infallible>(event), follower))
        },
    ));
    with_type(StatusCode::OK, "text/event-stream", body)
}

/// Follows one job.
struct Follower<J> {
    job: Arc<J>,
    changes: watch::Receiver<()>,
    stop: CancellationToken,
    told: bool,
    ended: bool,
}

impl<J: Told> Follower<J> {
    fn new(job: Arc<J>, stop: CancellationToken) -> Self {
        Self {
            changes: job.changes(),
            job,
            stop,
            told: false,
            ended: false,
        }
    }

    /// The next event; `None` after the one that tells the end.
    async fn next(&mut self) -> Option<Bytes> {
        if self.ended {
            return None;
        }
        if self.told {
            let wait = async {
                sleep(APART).await;
                // The job keeps the sender; silence is told as well.
                let _ = timeout(ALIVE, self.changes.changed()).await;
            };
            tokio::select! {
                () = wait => {}
                () = self.stop.cancelled() => return None,
            }
        }
        self.told = true;
        self.changes.mark_unchanged();
        self.ended = !self.job.is_active();
        let status = self.job.status_json()?;
        Some(format!("event: status\ndata: {status}\n\n").into())
    }
}
