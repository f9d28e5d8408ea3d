//! Asking until the server answers.

use vmapi::{Backoff, RetryPolicy};

/// Asks again after failures that may pass, as patiently as `policy` says.
///
/// # Errors
///
/// The last failure.
pub(crate) async fn persist<T>(
    policy: RetryPolicy,
    ask: impl AsyncFn() -> Result<T, vmapi::Error>,
) -> Result<T, vmapi::Error> {
    let mut backoff = Backoff::new(policy);
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        match backoff.wait_after(&error) {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return Err(error),
        }
    }
}
