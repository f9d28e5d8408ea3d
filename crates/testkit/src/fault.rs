use std::time::Duration;

/// What a [`FaultProxy`](crate::FaultProxy) does with one request.
///
/// Byte counts begin at the first byte after the response head and count what is on the wire: chunk framing and compression
/// included. A response that is shorter passes unharmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Forwards the response untouched.
    Pass,
    /// Resets the connection as soon as the request head was read; the server sees nothing.
    Refuse,
    /// Resets the connection after so many bytes, of which the system may throw away those still under way.
    ResetAfter(u64),
    /// Closes the connection in good order after so many bytes, without the end of the framing.
    CloseAfter(u64),
    /// Sends `text` raw after so many bytes, in place of a chunk header, and closes: what newer servers do when an export
    /// fails midway.
    InjectAfter {
        /// Bytes that pass before.
        bytes: u64,
        /// What is sent then.
        text: Vec<u8>,
    },
    /// Sends `text` as if it were data after so many bytes of the body, then ends the response in good order: what servers
    /// before 1.97 do when an export fails midway. The bytes are those of the body without framing or compression.
    EndWithText {
        /// Bytes of the body that pass before.
        bytes: u64,
        /// What is sent then.
        text: Vec<u8>,
    },
    /// Sends nothing more after so many bytes, until [`release`](crate::FaultProxy::release) is called or the client goes.
    StallAfter(u64),
    /// Forwards the response at this speed.
    Throttle {
        /// Bytes per second, at least 20.
        bytes_per_second: u64,
    },
    /// Answers in the server's place; the server sees nothing.
    Answer(Answer),
    /// Answers with a TLS alert, as a port does that speaks another protocol; the server sees nothing.
    TlsAlert,
}

impl Fault {
    /// [`Fault::InjectAfter`] with the line that servers since 1.97 write when they abort a response.
    pub fn abort_after(bytes: u64) -> Fault {
        let line = "the connection has been aborted; see the last line in the response and/or in the server log for the reason";
        Fault::InjectAfter {
            bytes,
            text: format!("\n{line}\n").into_bytes(),
        }
    }

    /// [`Fault::EndWithText`] with the error that 1.79 writes into a response when its deadline is over.
    pub fn deadline_text_after(bytes: u64) -> Fault {
        let text = "remoteAddr: \"127.0.0.1:59372\"; requestURI: /api/v1/export; error during sending data to remote client: \
                    timeout exceeded while fetching data block #8427 from storage: 1.000 seconds (elapsed 5.326 seconds); \
                    the timeout can be adjusted with `-search.maxExportDuration` command-line flag\n";
        Fault::EndWithText {
            bytes,
            text: text.into(),
        }
    }

    /// A refusal of too many concurrent requests, in the words of newer servers.
    pub fn too_many_requests(retry_after: Duration) -> Fault {
        let text = "couldn't start executing the request in 10.000 seconds, since -search.maxConcurrentRequests=4 \
                    concurrent requests are executed";
        let seconds = retry_after.as_secs().to_string();
        Fault::Answer(Answer::new(429, text).header("Retry-After", &seconds))
    }

    /// The error of a selection that matches more series than the server allows.
    pub fn too_many_series() -> Fault {
        let text = "error during sending native data to remote client: search error after reading 0 data blocks: \
                    failed to search metricIDs: the number of matching timeseries exceeds 5; either narrow down the search \
                    or increase -search.max* command-line flag values (the most likely limit is -search.maxUniqueTimeseries)";
        Fault::Answer(Answer::new(400, text))
    }

    /// The error of an export that took too long before its first byte.
    pub fn timeout_exceeded() -> Fault {
        let text = "timeout exceeded while fetching data block #1 from storage: 1.000 seconds (elapsed 1.326 seconds); \
                    the timeout can be adjusted with `-search.maxExportDuration` command-line flag";
        Fault::Answer(Answer::new(400, text))
    }
}

/// A response that the proxy gives in the server's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A response with a status and a body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Canned\r\n", self.status);
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!(
            "Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.body.len()
        );
        [head.as_bytes(), &self.body].concat()
    }
}
