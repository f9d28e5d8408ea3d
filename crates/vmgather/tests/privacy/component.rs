//! Starts a packaged program that has no type of its own in `testkit`.

use std::fs::{self, File};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use testkit::VmVersion;

const START_DEADLINE: Duration = Duration::from_secs(60);
const PORT_ATTEMPTS: usize = 5;

/// A program that listens on a loopback port; killed when dropped.
pub(crate) struct Component {
    child: Child,
    port: u16,
}

impl Component {
    /// Starts `program` with these flags and waits until it listens; its log lies in `folder`.
    pub(crate) fn start(
        version: VmVersion,
        program: &str,
        folder: &Path,
        flags: &[String],
    ) -> Self {
        for _ in 0..PORT_ATTEMPTS {
            let port = free_port();
            let log = folder.join(format!("{program}.log"));
            let mut component = Self {
                child: spawn(version, program, folder, &log, port, flags),
                port,
            };
            if component.listens() {
                return component;
            }
            let log = fs::read_to_string(log).unwrap();
            let taken = log.contains("address already in use");
            assert!(taken, "`{program}` {version} did not start:\n{log}");
        }
        panic!("`{program}` {version} found no free port in {PORT_ATTEMPTS} attempts");
    }

    /// False if the program ended, or did not listen in time.
    fn listens(&mut self) -> bool {
        let deadline = Instant::now() + START_DEADLINE;
        while Instant::now() < deadline {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Component {
    fn drop(&mut self) {
        // An error means that it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    version: VmVersion,
    program: &str,
    folder: &Path,
    log: &Path,
    port: u16,
    flags: &[String],
) -> Child {
    let log = File::create(log).unwrap();
    Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .arg(version.program(program))
        .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
        .args(flags)
        .env("LD_LIBRARY_PATH", version.library_dir())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .expect("`setpriv` of util-linux starts programs")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
