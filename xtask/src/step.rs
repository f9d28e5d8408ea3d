//! Other programs that a command runs, one after the other.

use std::process::Command;
use std::sync::LazyLock;
use std::time::Instant;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// A program and its arguments, told to the person who waits, with the minutes since the first step.
#[expect(clippy::print_stdout, reason = "tells what is being done")]
pub(crate) fn step(program: &str, arguments: &[&str]) -> Command {
    let seconds = START.elapsed().as_secs();
    let (minutes, seconds) = (seconds / 60, seconds % 60);
    println!(
        "== {minutes}:{seconds:02} {program} {}",
        arguments.join(" ")
    );
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// `cargo`, the same one that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = step("cargo", arguments);
    // A clean checkout is built once: nothing is gained by notes for the next build.
    if std::env::var_os("CI").is_some() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}
