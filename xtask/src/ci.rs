//! Everything that must hold before a change lands, on a Debian machine that has Rust.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, anyhow, ensure};

use crate::{browser, step, test_env};

/// Runs every check and ends at the first that fails.
///
/// # Errors
/// If a check fails or cannot be run; its output has been printed.
#[expect(clippy::print_stdout, reason = "tells what is being done")]
pub(crate) fn run() -> Result<()> {
    test_env::run()?;
    browser::provide()?;
    cargo(&["fmt", "--all", "--check"])?;
    let all = ["clippy", "--workspace", "--all-targets", "--locked"];
    cargo(&[&all[..], &["--", "-D", "warnings"]].concat())?;
    cargo(&["build", "--workspace", "--locked"])?;
    cargo(&["test", "--workspace", "--locked", "--no-run"])?;
    // Both wait for servers most of the time.
    let (totals, pages) = thread::scope(|scope| {
        let pages = scope.spawn(browser::test);
        (test(), pages.join())
    });
    let totals = totals?;
    pages.map_err(|_| anyhow!("the tests of the pages ended early"))??;
    let mut doc = step::cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    run_step(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    println!(
        "total: {} passed, {} ignored",
        totals.passed, totals.ignored
    );
    Ok(())
}

fn cargo(arguments: &[&str]) -> Result<()> {
    run_step(&mut step::cargo(arguments))
}

fn run_step(step: &mut Command) -> Result<()> {
    let status = step.status()?;
    ensure!(status.success(), "`{step:?}` failed");
    Ok(())
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: usize,
    ignored: usize,
}

/// Runs all tests, passes their output on, and adds up what the test programs tell.
#[expect(clippy::print_stdout, reason = "passes the output on")]
fn test() -> Result<Totals> {
    // Most of them wait for servers.
    let mut child = step::cargo(&["test", "--workspace", "--locked", "--no-fail-fast"])
        .env("RUST_TEST_THREADS", "8")
        .stdout(Stdio::piped())
        .spawn()?;
    let mut totals = Totals::default();
    for line in BufReader::new(child.stdout.take().context("piped")?).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        totals.add(&line);
    }
    let status = child.wait()?;
    ensure!(status.success(), "`cargo test` failed");
    ensure!(totals.passed > 0, "`cargo test` ran no test");
    Ok(totals)
}

impl Totals {
    /// Reads `test result: ok. 3 passed; 0 failed; 1 ignored; ...`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        let words: Vec<&str> = result.split([' ', ';']).collect();
        let count = |noun| {
            let at = words.iter().position(|&word| word == noun)?;
            words.get(at.checked_sub(1)?)?.parse::<usize>().ok()
        };
        self.passed += count("passed").unwrap_or_default();
        self.ignored += count("ignored").unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adds_up_the_results_of_all_test_programs() {
        let mut totals = Totals::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s",
            "5 passed",
            "test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.00s",
        ] {
            totals.add(line);
        }
        assert_eq!(
            totals,
            Totals {
                passed: 43,
                ignored: 1
            }
        );
    }
}
