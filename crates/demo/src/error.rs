use std::io;

/// Why the demo could not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No port of the loopback address could be had.
    #[error("cannot listen on a free port of `127.0.0.1`")]
    Listen(#[source] io::Error),
    /// The system refused a thread or what its event loop needs.
    #[error("cannot start the thread of the demo server")]
    Thread(#[source] io::Error),
}
