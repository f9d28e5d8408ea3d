//! Why there is no server.

use std::io;
use std::path::PathBuf;

/// A server that cannot start. `Display` says what was tried; the cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no address to listen on.
    #[error("`{0}` is not an address to listen on, such as `localhost:8080` or `[::1]:8080`")]
    Address(String),
    /// The name has no address.
    #[error("cannot find the address of `{0}`")]
    Resolve(String, #[source] io::Error),
    /// The system does not let us listen there.
    #[error("cannot listen on `{0}`")]
    Listen(String, #[source] io::Error),
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A file with a certificate or key cannot be used.
    #[error("cannot use `{path}` for TLS: {problem}", path = path.display())]
    Tls {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The folder for bundles cannot be used.
    #[error("cannot use the folder `{folder}`", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Whether somebody else listens there.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        matches!(self, Self::Listen(_, error) if error.kind() == io::ErrorKind::AddrInUse)
    }
}
