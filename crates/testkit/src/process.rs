use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::VmVersion;

const START_DEADLINE: Duration = Duration::from_secs(60);
const PORT_ATTEMPTS: usize = 5;

/// A packaged program that listens on a loopback port, with a folder of its own; killed when dropped.
pub(crate) struct Process {
    child: Child,
    port: u16,
    dir: TempDir,
}

impl Process {
    /// Starts `program` and returns once it listens; `arguments` gets the program's folder and port.
    pub(crate) fn start(
        version: VmVersion,
        program: &str,
        arguments: impl Fn(&Path, u16) -> Vec<String>,
    ) -> Process {
        for _ in 0..PORT_ATTEMPTS {
            let dir = TempDir::with_prefix("testkit-").expect("temporary folder");
            let port = free_port();
            let mut command = Command::new("setpriv");
            command
                .args(["--pdeathsig", "KILL", "--"])
                .arg(version.program(program))
                .args(arguments(dir.path(), port))
                .env("LD_LIBRARY_PATH", version.library_dir())
                .stdin(Stdio::null())
                .stdout(log_file(dir.path()))
                .stderr(log_file(dir.path()));
            let child = spawn(command).expect("`setpriv` of util-linux starts programs");
            let mut process = Process { child, port, dir };
            match process.wait_until_listening() {
                Ok(()) => return process,
                Err(log) if log.contains("address already in use") => {}
                Err(log) => panic!("`{program}` {version} did not start; its log:\n{log}"),
            }
        }
        panic!("`{program}` {version} found no free port in {PORT_ATTEMPTS} attempts");
    }

    /// The log is the error, when the program ended or did not listen in time.
    fn wait_until_listening(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let ended = self.child.try_wait().expect("own child").is_some();
            if ended || Instant::now() > deadline {
                return Err(self.log());
            }
            if listens(self.pid(), self.port) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn log(&self) -> String {
        let bytes = fs::read(self.dir.path().join("log")).expect("log file");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("own child");
        self.child.wait().expect("own child");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that it ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn log_file(dir: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(dir.join("log"))
        .expect("log file")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    listener.local_addr().expect("bound").port()
}

/// Starts the command from a thread that lives as long as the test process.
///
/// The parent death signal is sent when the *thread* that started a program ends, and tests end their threads while
/// servers shared between tests have to stay.
fn spawn(command: Command) -> io::Result<Child> {
    type Order = (Command, Sender<io::Result<Child>>);
    static SPAWNER: LazyLock<Sender<Order>> = LazyLock::new(|| {
        let (orders, inbox) = channel::<Order>();
        thread::spawn(move || {
            for (mut command, reply) in inbox {
                let _ = reply.send(command.spawn());
            }
        });
        orders
    });
    let (reply, result) = channel();
    SPAWNER.send((command, reply)).expect("spawner lives on");
    result.recv().expect("spawner answers")
}

/// Whether the process itself holds the listening socket of the port: a program of somebody else may have taken it.
fn listens(pid: u32, port: u16) -> bool {
    let local = format!("0100007F:{port:04X}");
    let table = fs::read_to_string(format!("/proc/{pid}/net/tcp")).unwrap_or_default();
    let inodes = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let is_ours = fields.get(1) == Some(&local.as_str()) && fields.get(3) == Some(&"0A");
        is_ours.then(|| format!("socket:[{}]", fields[9]))
    });
    inodes.into_iter().any(|socket| holds(pid, &socket))
}

fn holds(pid: u32, socket: &str) -> bool {
    let Ok(descriptors) = fs::read_dir(format!("/proc/{pid}/fd")) else {
        return false;
    };
    descriptors
        .flatten()
        .any(|entry| fs::read_link(entry.path()).is_ok_and(|target| target == Path::new(socket)))
}
