//! No core dumps: the memory of this process holds credentials and originals.

/// Forbids them for this process and those that it starts. Where the system refuses, everything
/// else still works.
pub(crate) fn forbid() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // A dump is a matter of the crash and of the system's settings, not of this run.
        let _ = setrlimit(Resource::Core, none);
    }
}
