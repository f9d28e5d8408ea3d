use std::sync::Mutex;

use crate::Gate;

/// What goes wrong with a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The answer is an error.
    Refuse(Refusal),
    /// The right answer begins and then breaks off; a shorter answer breaks at its end.
    Break {
        /// Bytes of the body that arrive before, as they go over the wire; for
        /// [`Ending::ErrorText`] before compression.
        after_bytes: u64,
        /// What the client sees then.
        ending: Ending,
    },
    /// The right answer begins, then waits at a gate. An answer that is shorter waits before its
    /// end.
    Stall {
        /// Bytes of the body that arrive before.
        after_bytes: u64,
        /// Where it waits.
        gate: Gate,
    },
    /// The right answer arrives slowly.
    Slow {
        /// Bytes of the body a second.
        bytes_per_second: u64,
    },
    /// The connection is closed without an answer.
    HangUp,
    /// `start`, `end` and `time` are understood this much too late.
    MisreadTimes {
        /// Milliseconds, negative for too early.
        by_ms: i64,
    },
    /// Every other series is missing; a cluster's query endpoints say so by `isPartial`.
    Partial,
}

/// Errors in place of an answer, with the texts of the servers.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// All slots are taken: 429 with `Retry-After`, or 503 without it before v1.97.0.
    QueueFull {
        /// Seconds in `Retry-After`; servers say 10.
        retry_after_seconds: u32,
    },
    /// 400 for requests that match more series than this; others are not touched.
    TooManySeries {
        /// The limit.
        limit: usize,
    },
    /// 400 for requests whose range is longer than this; others are not touched.
    Timeout {
        /// The longest range that is answered, in milliseconds; negative refuses all.
        longest_ms: i64,
    },
    /// 503, a vmstorage cannot be reached.
    StorageDown,
    /// 502, as from a vmauth without backends.
    BackendDown,
    /// 400, as from a vmauth whose user has no route for the path.
    MissingRoute,
    /// 401, as for wrong credentials.
    Unauthorized,
    /// 200 with the page of a login form.
    LoginPage,
    /// Any status with a plain text, sent as it is.
    Plain {
        /// The HTTP status.
        status: u16,
        /// The body.
        text: String,
    },
}

/// How a broken answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As a complete HTTP answer that happens to be short.
    Clean,
    /// As a complete HTTP answer whose last bytes are the text of the error: servers before
    /// v1.97.0.
    ErrorText,
    /// With a raw line in place of a chunk header, then the end: servers since v1.97.0.
    AbortLine,
    /// With the one of the two above that fits the version of the demo.
    AsVersion,
    /// The connection is closed in order, in the middle of the chunks.
    Close,
    /// The connection is reset.
    Reset,
}

/// A fault and the requests that it hits: by default the next one, whatever its path.
#[derive(Debug, Clone)]
pub struct Order {
    path: String,
    skip: usize,
    /// Requests still to hit; `None` never ends.
    times: Option<usize>,
    fault: Fault,
}

impl Order {
    /// Hits the next request.
    pub fn new(fault: Fault) -> Order {
        Order {
            path: String::new(),
            skip: 0,
            times: Some(1),
            fault,
        }
    }

    /// Counts only requests whose path contains `part`.
    pub fn on(mut self, part: &str) -> Order {
        part.clone_into(&mut self.path);
        self
    }

    /// Begins with the `number`-th request, counted from 1 and from now on.
    pub fn nth(mut self, number: usize) -> Order {
        self.skip = number.saturating_sub(1);
        self
    }

    /// Hits this many requests in a row.
    pub fn times(mut self, times: usize) -> Order {
        self.times = Some(times);
        self
    }

    /// Never ends.
    pub fn always(mut self) -> Order {
        self.times = None;
        self
    }
}

/// The orders that wait for their requests, the oldest first.
#[derive(Debug, Default)]
pub struct Orders {
    waiting: Mutex<Vec<Order>>,
}

impl Orders {
    /// Adds an order behind those that wait.
    pub fn add(&self, order: Order) {
        self.lock().push(order);
    }

    /// Drops all orders; what has begun goes on.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// Number of orders that still wait for a request.
    pub fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// The fault for a request. Of the orders that fit it, the first one that is due is used,
    /// and all others that are not due yet have seen it. An order whose fault does not `apply`
    /// is neither used nor counted.
    pub(crate) fn take(&self, path: &str, applies: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut waiting = self.lock();
        let mut hit = None;
        for (at, order) in waiting.iter_mut().enumerate() {
            if !path.contains(&order.path) || !applies(&order.fault) {
                continue;
            }
            if order.skip > 0 {
                order.skip -= 1;
            } else if hit.is_none() {
                hit = Some(at);
            }
        }
        let at = hit?;
        let order = &mut waiting[at];
        let fault = order.fault.clone();
        if let Some(times) = &mut order.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                waiting.remove(at);
            }
        }
        Some(fault)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Order>> {
        // A panic while the lock is held cannot leave the list half changed.
        self.waiting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_hits_its_path_from_the_nth_request_on() {
        let orders = Orders::default();
        orders.add(Order::new(Fault::HangUp).on("/export").nth(2).times(2));
        let hits: Vec<_> = ["/export", "/query", "/export", "/export", "/export"]
            .map(|path| orders.take(path, |_| true).is_some())
            .into();
        assert_eq!(hits, [false, false, true, true, false]);
        assert_eq!(orders.waiting(), 0);
    }

    #[test]
    fn an_order_that_does_not_apply_waits() {
        let orders = Orders::default();
        orders.add(Order::new(Fault::Partial));
        orders.add(Order::new(Fault::HangUp));
        let fault = orders.take("/", |fault| matches!(fault, Fault::HangUp));
        assert!(matches!(fault, Some(Fault::HangUp)));
        assert_eq!(orders.waiting(), 1);
    }
}
