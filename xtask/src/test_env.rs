//! Unpacks the VictoriaMetrics packages of two Debian releases into `.test-env`, without installing them.

mod apt;
mod sources;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use testkit::{VmVersion, test_env_dir};

use apt::Apt;

/// The programs of the package that tests run.
const PROGRAMS: [&str; 3] = ["victoria-metrics", "vmauth", "vmagent"];

/// Makes every version available; does nothing for those that are.
#[expect(clippy::print_stdout, reason = "tells what is there")]
pub(crate) fn run() -> Result<()> {
    for version in VmVersion::all() {
        // The folder appears by a rename at the very end, so it is complete or not there.
        if version.root().exists() {
            println!("VictoriaMetrics {version}: already there");
            continue;
        }
        unpack(version).with_context(|| format!("cannot provide VictoriaMetrics {version}"))?;
        println!("VictoriaMetrics {version}: unpacked");
    }
    Ok(())
}

fn unpack(version: VmVersion) -> Result<()> {
    fs::create_dir_all(test_env_dir())?;
    let staging = tempfile::Builder::new()
        .prefix("unpack-")
        .tempdir_in(test_env_dir())?;
    let root = staging.path().join("root");
    let apt = Apt::new(staging.path(), version.debian_codename())?;
    // The server is linked to the compression library of its own release, which another release may be too old for.
    let packages = apt.download(&["victoria-metrics", "libzstd1"])?;
    let wanted = format!("victoria-metrics_{version}");
    ensure!(
        packages
            .iter()
            .any(|path| path.to_string_lossy().contains(&wanted)),
        "`{}` packages another version now",
        version.debian_codename()
    );
    for package in packages {
        let status = Command::new("dpkg")
            .arg("-x")
            .args([&package, &root])
            .status()?;
        ensure!(status.success(), "`dpkg -x {}` failed", package.display());
    }
    move_libraries(&root)?;
    for program in PROGRAMS {
        check_libraries(&root, program)?;
    }
    fs::rename(&root, version.root())?;
    Ok(())
}

/// Moves the libraries out of the folder that is named after the processor, to where the tests look for them.
fn move_libraries(root: &Path) -> Result<()> {
    for entry in fs::read_dir(root.join("usr/lib"))? {
        let path = entry?.path();
        if path.join("libzstd.so.1").exists() {
            return Ok(fs::rename(path, root.join("libraries"))?);
        }
    }
    bail!("the package `libzstd1` holds no `libzstd.so.1`")
}

fn check_libraries(root: &Path, program: &str) -> Result<()> {
    let output = Command::new("ldd")
        .arg(root.join("usr/bin").join(program))
        .env("LD_LIBRARY_PATH", root.join("libraries"))
        .output()
        .context("cannot run `ldd`")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let missing: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("not found"))
        .map(str::trim)
        .collect();
    ensure!(
        missing.is_empty(),
        "`{program}` lacks shared libraries: {}; install them with apt-get",
        missing.join(", ")
    );
    Ok(())
}
