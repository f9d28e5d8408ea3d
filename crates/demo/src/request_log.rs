use std::sync::Mutex;

/// A request that the demo received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// Parameters of the query, then of the form, decoded and in order.
    pub params: Vec<(String, String)>,
}

impl Request {
    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut found = self.params.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.params
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All requests in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    requests: Mutex<Vec<Request>>,
}

impl RequestLog {
    pub(crate) fn push(&self, request: Request) {
        self.lock().push(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Request>> {
        // A panic while the lock is held cannot leave the list half changed.
        self.requests
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
