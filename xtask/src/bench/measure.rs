//! One run of a program: how long, how much memory, how much work for the server.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use testkit::{VmServer, peak_rss};

use super::{Case, Gives};

const POLL: Duration = Duration::from_millis(2);
/// The server counts as idle when it used at most one tick in this time.
const IDLE_SPAN: Duration = Duration::from_millis(300);
const IDLE_CPU_SECONDS: f64 = 0.011;
const IDLE_DEADLINE: Duration = Duration::from_secs(120);

/// What one run took.
pub(crate) struct Measurement {
    pub(crate) wall: Duration,
    pub(crate) server_cpu_seconds: f64,
    pub(crate) peak_bytes: u64,
    pub(crate) result_bytes: u64,
}

/// Runs the program once and removes its result.
pub(crate) fn run(case: &Case, server: &VmServer, home: &Path) -> Result<Measurement> {
    wait_until_idle(server);
    let cpu_before = server.cpu_seconds();
    let start = Instant::now();
    let mut child = Command::new(&case.program)
        .args(&case.arguments)
        .env("HOME", home)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run `{}`", case.program.display()))?;
    let mut peak_bytes = 0;
    let status = loop {
        // The system forgets it when the program ends, so what it takes in its very last moments is missed.
        peak_bytes = peak_rss(child.id()).unwrap_or_default().max(peak_bytes);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        thread::sleep(POLL);
    };
    let wall = start.elapsed();
    let server_cpu_seconds = server.cpu_seconds() - cpu_before;
    let mut stdout = String::new();
    child
        .stdout
        .take()
        .context("piped")?
        .read_to_string(&mut stdout)?;
    ensure!(status.success(), "{status}");
    let result_bytes = match &case.gives {
        Gives::Bundle(folder) => take_bundle(folder)?,
        Gives::Printed => stdout.trim().parse().context("the size that curl tells")?,
        Gives::Known(bytes) => *bytes,
    };
    Ok(Measurement {
        wall,
        server_cpu_seconds,
        peak_bytes,
        result_bytes,
    })
}

fn take_bundle(folder: &Path) -> Result<u64> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "zip")
        {
            let size = entry.metadata()?.len();
            fs::remove_dir_all(folder)?;
            return Ok(size);
        }
    }
    anyhow::bail!("no bundle in `{}`", folder.display())
}

/// Merges after seeding and the clean-up after the run before would count as work for this one.
fn wait_until_idle(server: &VmServer) {
    let deadline = Instant::now() + IDLE_DEADLINE;
    while Instant::now() < deadline {
        let before = server.cpu_seconds();
        thread::sleep(IDLE_SPAN);
        if server.cpu_seconds() - before < IDLE_CPU_SECONDS {
            return;
        }
    }
}
