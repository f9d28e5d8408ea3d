use std::fmt;
use std::path::{Path, PathBuf};

/// A VictoriaMetrics version that the test environment provides.
///
/// The two stand for the two generations: 1.79.5 writes the older layout of native blocks and ends a failed
/// export with an error text inside a complete 200; 1.112.0 writes the newer layout and aborts the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VmVersion {
    /// 1.79.5, packaged by Debian 12 (bookworm).
    V1_79,
    /// 1.112.0, packaged by Debian 13 (trixie).
    V1_112,
}

impl VmVersion {
    /// Every version, oldest first.
    pub fn all() -> [VmVersion; 2] {
        [VmVersion::V1_79, VmVersion::V1_112]
    }

    /// The version number, e.g. `1.112.0`.
    pub fn number(self) -> &'static str {
        match self {
            VmVersion::V1_79 => "1.79.5",
            VmVersion::V1_112 => "1.112.0",
        }
    }

    /// The Debian release that packages this version.
    pub fn debian_codename(self) -> &'static str {
        match self {
            VmVersion::V1_79 => "bookworm",
            VmVersion::V1_112 => "trixie",
        }
    }

    /// The folder that `cargo xtask test-env` unpacks this version into.
    pub fn root(self) -> PathBuf {
        test_env_dir().join(format!("vm-{}", self.number()))
    }

    /// The folder of shared libraries that came with this version.
    pub fn library_dir(self) -> PathBuf {
        self.root().join("libraries")
    }

    /// The path of a program of this version: `victoria-metrics`, `vmauth` or `vmagent`.
    ///
    /// # Panics
    /// If it is not there, with the command that makes it.
    pub fn program(self, name: &str) -> PathBuf {
        let path = self.root().join("usr/bin").join(name);
        assert!(
            path.exists(),
            "`{name}` {self} is not in the test environment: run `cargo xtask test-env`"
        );
        path
    }
}

impl fmt::Display for VmVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.number())
    }
}

/// The folder of the test environment, ignored by git.
pub fn test_env_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.test-env")
}
