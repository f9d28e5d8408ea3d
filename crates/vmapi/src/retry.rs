//! Which failures are worth another attempt, and how long to wait before it.

use std::time::Duration;

use crate::error::Error;

impl Error {
    /// Whether the same request may succeed later.
    ///
    /// True of failed connections, replies that broke off or stalled, partial data, and the
    /// statuses 429, 500, 502, 503 and 504. False of everything that another attempt would only
    /// repeat: bad requests, refused credentials, certificates and redirects, and a series limit.
    /// A server that gave up at its deadline may be asked again, but a smaller request
    /// ([`Error::limit`]) is the better answer.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Status { status, .. } => {
                matches!(status, 429 | 500 | 502 | 503 | 504) && !self.is_too_many_series()
            }
            Self::BrokeOff(_) => self.limit().is_none(),
            // Behind a proxy, a server that restarts is a refusal of the proxy.
            Self::Proxy { wants_user, .. } => !wants_user,
            Self::Connect { .. }
            | Self::Aborted { .. }
            | Self::Stalled { .. }
            | Self::Partial { .. } => true,
            Self::Certificate { .. }
            | Self::Tls { .. }
            | Self::ClientCertificate { .. }
            | Self::Reported { .. }
            | Self::Html { .. }
            | Self::Redirect { .. }
            | Self::Unexpected { .. }
            | Self::TooLarge { .. }
            | Self::TimeRange { .. } => false,
        }
    }
}

/// How patient to be with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Upper bound of the first wait; the bound doubles with every attempt.
    pub first_wait: Duration,
    /// Upper bound of any wait that the server did not ask for.
    pub longest_wait: Duration,
    /// All waits together are not longer than this; zero means a single attempt.
    pub patience: Duration,
}

impl RetryPolicy {
    /// For a person who waits: 250 ms, doubling up to 2 s, for 5 s in all. A server that answers
    /// with failures at once is given up in less than 10 s.
    pub const BRIEF: Self = Self {
        first_wait: Duration::from_millis(250),
        longest_wait: Duration::from_secs(2),
        patience: Duration::from_secs(5),
    };
}

impl Default for RetryPolicy {
    /// 1 s, doubling up to 30 s, for 10 minutes: enough for a server that restarts and replays.
    fn default() -> Self {
        Self {
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(30),
            patience: Duration::from_secs(600),
        }
    }
}

/// The waits between attempts: exponential with jitter, until the patience is used up.
///
/// As an iterator it yields one wait per failed attempt; [`Backoff::wait_after`] also heeds what the
/// server asked for. It sleeps nowhere itself. Make a new one after each success.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: RetryPolicy,
    bound: Duration,
    left: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    /// Starts with the whole patience.
    #[must_use]
    pub fn new(policy: RetryPolicy) -> Self {
        Self::with_rng(policy, fastrand::Rng::new())
    }

    /// The same with fixed jitter, so that tests can foresee it.
    #[must_use]
    pub fn with_seed(policy: RetryPolicy, seed: u64) -> Self {
        Self::with_rng(policy, fastrand::Rng::with_seed(seed))
    }

    fn with_rng(policy: RetryPolicy, random: fastrand::Rng) -> Self {
        Self {
            policy,
            bound: policy.first_wait.min(policy.longest_wait),
            left: policy.patience,
            random,
        }
    }

    /// How long to wait before the next attempt; `None` if the failure is final.
    ///
    /// A `Retry-After` is a lower bound. If it asks for more than the patience that is left, waiting
    /// would be in vain, and the failure is final.
    pub fn wait_after(&mut self, error: &Error) -> Option<Duration> {
        if !error.is_retryable() {
            return None;
        }
        self.wait_at_least(error.retry_after().unwrap_or_default())
    }

    fn wait_at_least(&mut self, asked: Duration) -> Option<Duration> {
        if self.left.is_zero() || asked > self.left {
            return None;
        }
        // Between a half and the whole bound: spread out, yet never immediately.
        let jittered = self.bound.mul_f64(0.5 + self.random.f64() / 2.0);
        let wait = jittered.max(asked).min(self.left);
        self.left -= wait;
        self.bound = (self.bound * 2).min(self.policy.longest_wait);
        Some(wait)
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.wait_at_least(Duration::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret_text::SecretTexts;
    use crate::server_text::ServerText;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy(patience_s: u64) -> RetryPolicy {
        RetryPolicy {
            first_wait: SECOND,
            longest_wait: 8 * SECOND,
            patience: Duration::from_secs(patience_s),
        }
    }

    fn status(status: u16, retry_after: Option<Duration>) -> Error {
        Error::Status {
            url: url::Url::parse("http://vm/").unwrap().into(),
            status,
            text: ServerText::default(),
            retry_after,
        }
    }

    #[test]
    fn retries_503_but_not_400() {
        for code in [429, 500, 502, 503, 504] {
            assert!(status(code, None).is_retryable(), "{code}");
        }
        for code in [204, 400, 401, 403, 404, 405, 422, 501] {
            assert!(!status(code, None).is_retryable(), "{code}");
        }
    }

    #[test]
    fn a_series_limit_is_final_whatever_the_status() {
        let text = b"cannot search on vmstorage: the number of matching timeseries exceeds 3";
        let error = Error::Status {
            url: url::Url::parse("http://vm/").unwrap().into(),
            status: 503,
            text: ServerText::from_body(text, &SecretTexts::default()),
            retry_after: None,
        };
        assert!(!error.is_retryable());
    }

    #[test]
    fn waits_double_within_their_jitter() {
        for seed in 0..50 {
            let waits: Vec<_> = Backoff::with_seed(policy(1000), seed).take(6).collect();
            for (wait, bound) in waits.iter().zip([1, 2, 4, 8, 8, 8]) {
                let bound = bound * SECOND;
                assert!(*wait >= bound / 2 && *wait <= bound, "{waits:?}");
            }
        }
    }

    #[test]
    fn jitter_differs_between_clients() {
        let waits = |seed| Backoff::with_seed(policy(1000), seed).collect::<Vec<_>>();
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }

    #[test]
    fn patience_ends() {
        let waits: Vec<_> = Backoff::with_seed(policy(20), 7).collect();
        assert_eq!(waits.iter().sum::<Duration>(), 20 * SECOND);
        assert_eq!(Backoff::with_seed(policy(0), 7).next(), None);
    }

    #[test]
    fn retry_after_is_heeded_within_the_patience() {
        let mut backoff = Backoff::with_seed(policy(20), 7);
        let busy = status(429, Some(10 * SECOND));
        assert_eq!(backoff.wait_after(&busy), Some(10 * SECOND));
        assert_eq!(backoff.wait_after(&busy), Some(10 * SECOND));
        assert_eq!(backoff.wait_after(&busy), None);
        let mut backoff = Backoff::with_seed(policy(20), 7);
        assert_eq!(backoff.wait_after(&status(503, Some(21 * SECOND))), None);
        assert_eq!(backoff.wait_after(&status(400, None)), None);
    }
}
