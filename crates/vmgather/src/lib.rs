//! The command lines of vmgather and vmimporter.
//!
//! Each program is one call. Parse, dispatch, exit code: this file is the table of contents. `cli`
//! holds what can be typed, `commands` one module per command, `progress` what is shown meanwhile.

mod address;
mod cli;
mod commands;
mod core_dumps;
mod credentials;
mod exit;
mod failure;
mod folders;
mod key_file;
mod log;
mod maps;
mod password_prompt;
mod printer;
mod progress;
mod run;
mod shown;
mod signals;
mod summary;
mod unfinished;

use std::process::ExitCode;

use cli::{Cli, Command, ImporterParsed, OlderFlags, Parsed};
use exit::Exit;
use failure::Failure;

/// Runs `vmgather` with the arguments of this process.
#[must_use]
pub fn vmgather() -> ExitCode {
    core_dumps::forbid();
    let done = cli::parse(std::env::args_os()).and_then(|parsed| match parsed {
        Parsed::Run(cli) => dispatch(*cli),
        Parsed::Older(flags) if flags.oneshot => commands::oneshot::run(flags),
        Parsed::Older(flags) => commands::serve::run_older(flags),
        Parsed::Show(text) => printer::show(&text).map(|()| Exit::Done),
    });
    concluded(done)
}

/// Runs `vmimporter` with the arguments of this process.
#[must_use]
pub fn vmimporter() -> ExitCode {
    core_dumps::forbid();
    let done = cli::parse_importer(std::env::args_os()).and_then(|parsed| match parsed {
        ImporterParsed::Serve(flags) => commands::import_ui::run_importer(flags),
        ImporterParsed::Show(text) => printer::stdout(text.as_bytes()).map(|()| Exit::Done),
    });
    concluded(done)
}

/// Says why it failed, if it did.
fn concluded(done: Result<Exit, Failure>) -> ExitCode {
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.is_broken_pipe() {
                printer::error(&failure);
            }
            failure.exit().into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, Failure> {
    log::start(cli.debug);
    match cli.command {
        Some(Command::Export(args)) => {
            commands::export::run(*args, commands::export::Convention::Options, cli.debug)
        }
        Some(Command::Discover(args)) => commands::discover::run(&args),
        Some(Command::Resume(args)) => commands::resume::run(*args, cli.debug),
        Some(Command::Inspect(args)) => commands::inspect::run(&args),
        Some(Command::Verify(args)) => commands::verify::run(&args),
        Some(Command::Reveal(args)) => commands::reveal::run(&args),
        Some(Command::Import(args)) => commands::import::run(*args, cli.debug),
        Some(Command::ImportUi(args)) => commands::import_ui::run(args),
        Some(Command::Cat(args)) => commands::cat::run(&args),
        Some(Command::Convert(args)) => commands::convert::run(&args),
        Some(Command::Completions(args)) => commands::completions::run(&args),
        Some(Command::Man(args)) => commands::man::run(&args),
        Some(Command::Serve(args)) => commands::serve::run(args),
        // Only `--debug`, and `parse` takes that for an older flag.
        None => commands::serve::run_older(OlderFlags::default()),
    }
}
