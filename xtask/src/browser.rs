//! The tests of the pages, in a real browser.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::step::step;

/// Where Debian's package puts the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Where the tests are, from the root of the project.
const TESTS: &str = "e2e";

/// Installs the browser unless it is there; needs root for that.
#[expect(clippy::print_stdout, reason = "tells what is there")]
pub(crate) fn provide() -> Result<()> {
    if chosen().is_some() || Path::new(CHROMIUM).exists() {
        println!("chromium: already there");
        return Ok(());
    }
    println!("chromium: installing the package of this release");
    for arguments in [
        &["update"][..],
        &["install", "--yes", "--no-install-recommends", "chromium"],
    ] {
        let output = Command::new("apt-get")
            .arg("-qq")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .context("cannot run `apt-get`")?;
        ensure!(
            output.status.success(),
            "cannot install chromium: run `apt-get install chromium` as root, or name a browser in \
             `CHROMIUM_BIN`"
        );
    }
    Ok(())
}

/// Checks the types of the pages and runs their tests against the program that was built.
pub(crate) fn test() -> Result<()> {
    let program = std::path::absolute(target_dir().join("debug/vmgather"))?;
    npm(&["ci", "--no-audit", "--no-fund"], &program)?;
    npm(&["test"], &program)
}

fn npm(arguments: &[&str], program: &Path) -> Result<()> {
    let status = step("npm", arguments)
        .current_dir(TESTS)
        .env("VMGATHER_BIN", program)
        .status()
        .context("cannot run `npm`: the tests of the pages need Node")?;
    ensure!(status.success(), "`npm {}` failed", arguments.join(" "));
    Ok(())
}

fn chosen() -> Option<std::ffi::OsString> {
    std::env::var_os("CHROMIUM_BIN")
}

fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from)
}
