use std::fs;
use std::path::Path;

use crate::process::Process;
use crate::version::VmVersion;

/// A vmauth on loopback with a given configuration, killed when dropped.
pub struct VmAuth {
    process: Process,
}

impl VmAuth {
    /// Starts vmauth with the text of an `-auth.config` file, in YAML.
    ///
    /// # Panics
    /// If the test environment is missing or the configuration is wrong.
    pub fn start(version: VmVersion, config: &str) -> VmAuth {
        let process = Process::start(version, "vmauth", |dir: &Path, port| {
            let file = dir.join("auth.yml");
            fs::write(&file, config).expect("own folder");
            vec![
                format!("-auth.config={}", file.display()),
                format!("-httpListenAddr=127.0.0.1:{port}"),
            ]
        });
        VmAuth { process }
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        self.process.url()
    }

    /// What vmauth has logged so far.
    pub fn log(&self) -> String {
        self.process.log()
    }
}
