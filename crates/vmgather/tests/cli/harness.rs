//! A small vocabulary: a place to run the program in, and what it said.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use demo::{Demo, Options, Personality, Version};
use tempfile::TempDir;

/// A fresh folder, home and working directory of everything that runs in it.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a finished run said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        path
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// Names of what lies in a folder, sorted; none if it does not exist.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else {
            return Vec::new();
        };
        let name = |entry: std::io::Result<fs::DirEntry>| {
            entry.unwrap().file_name().into_string().unwrap()
        };
        let mut names: Vec<String> = entries.map(name).collect();
        names.sort();
        names
    }

    /// The only file in a folder whose name ends so.
    pub(crate) fn only(&self, folder: &str, ending: &str) -> PathBuf {
        let mut names = self.names(folder);
        names.retain(|name| name.ends_with(ending));
        let [name] = &names[..] else {
            panic!("not one *{ending} in {folder}: {names:?}");
        };
        self.path(folder).join(name)
    }

    /// The program, with nothing of this process's environment.
    pub(crate) fn command<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmgather"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("NO_PROXY", "127.0.0.1,localhost")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(&self, args: &[S]) -> Said {
        Said::of(self.command(args).output().unwrap())
    }

    pub(crate) fn run_with_stdin(&self, args: &[&str], stdin: &[u8]) -> Said {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(stdin).unwrap();
        Said::of(child.wait_with_output().unwrap())
    }
}

impl Said {
    pub(crate) fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: output.stdout,
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn stdout(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap()
    }

    #[track_caller]
    pub(crate) fn done(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }

    /// The events of `--json`.
    pub(crate) fn events(&self) -> Vec<serde_json::Value> {
        self.stdout()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A job of the demo as it stands in the lines of a plain export.
pub(crate) const SHOP: &str = r#""job":"shop-checkout""#;

/// The end of the demo's data: a fixed time, so that results can be compared.
pub(crate) const NOW_MS: i64 = 1_780_000_000_000;

/// A time as configs have it.
pub(crate) fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
}

/// A single node that stands still in time.
pub(crate) fn single_node() -> Demo {
    Demo::start(Options::new(Personality::Single, Version::V1_150, NOW_MS)).unwrap()
}

/// `export` of the last minutes of the demo's data.
pub(crate) fn export_args(demo: &Demo, minutes: i64) -> Vec<String> {
    let start = (NOW_MS - minutes * 60_000).to_string();
    let end = NOW_MS.to_string();
    let url = demo.url();
    ["export", "--url", &url, "--start", &start, "--end", &end]
        .map(str::to_owned)
        .to_vec()
}

pub(crate) fn with(mut args: Vec<String>, more: &[&str]) -> Vec<String> {
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    args
}

/// The text of one entry of a bundle.
pub(crate) fn entry(bundle: &Path, name: &str) -> String {
    let opened = bundle::Bundle::open(bundle).unwrap();
    let mut text = String::new();
    let entry = opened.find(name).unwrap();
    std::io::Read::read_to_string(&mut opened.read(entry).unwrap(), &mut text).unwrap();
    text
}

/// The lines of a bundle's data, sorted: their order is not promised.
pub(crate) fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}
