//! Developer commands: test environment, benchmarks, ci.

mod bench;
mod browser;
mod ci;
mod step;
mod test_env;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Developer commands of vmgather")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the VictoriaMetrics versions that tests need available in `.test-env`
    TestEnv,
    /// Compare exports with plain downloads by curl, and print a table in Markdown
    Bench(bench::Options),
    /// Run every check: formatting, lints, build, tests, pages, docs
    Ci,
}

#[expect(clippy::print_stderr, reason = "a command line")]
fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::TestEnv => test_env::run(),
        Command::Bench(options) => bench::run(&options),
        Command::Ci => ci::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
