//! How the program ends; scripts rely on these numbers.

/// Exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Something failed on the way.
    Failed = 1,
    /// Bad usage or bad config; nothing has been done.
    Usage = 2,
    /// Stopped by a signal: 128 and the number of SIGINT, as shells report it.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
