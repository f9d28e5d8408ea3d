//! Asking until the server answers.

use std::time::Duration;

use vmapi::{Backoff, RetryPolicy};

use crate::error::chain;
use crate::event::{Event, EventSink};

/// How long a person at a terminal waits for the first sign of life.
const PATIENCE: RetryPolicy = RetryPolicy {
    first_wait: Duration::from_millis(500),
    longest_wait: Duration::from_secs(5),
    patience: Duration::from_secs(20),
};

/// Asks again after failures that may pass, with the patience of a person who waits for the start.
///
/// # Errors
///
/// The last failure.
pub(crate) async fn persist<T>(
    events: &dyn EventSink,
    ask: impl AsyncFn() -> Result<T, vmapi::Error>,
) -> Result<T, vmapi::Error> {
    let mut backoff = Backoff::new(PATIENCE);
    let mut attempt = 0;
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(wait) = backoff.wait_after(&error) else {
            return Err(error);
        };
        attempt += 1;
        events.event(&Event::Retrying {
            slice: None,
            attempt,
            wait,
            reason: chain(&error),
        });
        tokio::time::sleep(wait).await;
    }
}
