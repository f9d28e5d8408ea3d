//! Work of the workflow on a thread of its own.
//!
//! What the workflow awaits is tied to the thread that asks, while requests move between threads.

use axum::http::StatusCode;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::reply::Problem;

/// Waits for work that stays on one thread; dropping the result stops it.
pub(super) async fn apart<T, F, W>(work: F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: FnOnce() -> W + Send + 'static,
    W: Future<Output = Result<T, Problem>>,
{
    let runtime = Handle::current();
    let gone = CancellationToken::new();
    let _guard = gone.clone().drop_guard();
    let done = spawn_blocking(move || {
        runtime.block_on(async {
            tokio::select! {
                result = work() => result,
                () = gone.cancelled() => Err(interrupted()),
            }
        })
    });
    done.await.unwrap_or_else(|_| Err(interrupted()))
}

fn interrupted() -> Problem {
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "the work ended before its result",
    )
}
