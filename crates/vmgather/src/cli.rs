//! What can be typed: one module per command, holding its options and their help.
//!
//! The structs hold exactly what was typed and touch nothing outside; `commands` turns them into
//! checked requests.

mod bad_arguments;
mod connection;
mod duration;
mod export;
mod inspect;
mod moment;
mod resume;
mod reveal;
mod verify;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use self::connection::ConnectionArgs;
pub(crate) use self::duration::Span;
pub(crate) use self::export::{ExportArgs, Transport};
pub(crate) use self::inspect::InspectArgs;
pub(crate) use self::moment::Moment;
pub(crate) use self::resume::ResumeArgs;
pub(crate) use self::reveal::RevealArgs;
pub(crate) use self::verify::VerifyArgs;
use crate::failure::Failure;

/// Version of the build: `VMGATHER_VERSION` at build time, else `dev`.
pub(crate) const VERSION: &str = env!("VMGATHER_BUILD_VERSION");

/// Collect the internal metrics of a VictoriaMetrics installation into one
/// privacy-safe support bundle
#[derive(Debug, Parser)]
#[command(
    name = "vmgather",
    version = VERSION,
    max_term_width = 79,
    disable_help_subcommand = true,
    after_help = "`vmgather COMMAND --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct Cli {
    /// Log every step and request to stderr; secrets stay masked
    #[arg(long, global = true)]
    pub(crate) debug: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather export --demo --last 1h
  vmgather export --url http://vmsingle:8428 --last 6h --job vmagent
  vmgather inspect vmexport_export-1.zip

Exit codes:
  0    done
  1    failed
  2    bad usage or bad config; nothing has been done
  130  interrupted; an export can be resumed";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Export(Box<ExportArgs>),
    Resume(ResumeArgs),
    Inspect(InspectArgs),
    Verify(VerifyArgs),
    Reveal(RevealArgs),
}

/// What the arguments ask for.
pub(crate) enum Parsed {
    /// Run a command.
    Run(Box<Cli>),
    /// Print this text to stdout and stop: help or version.
    Show(clap::Error),
}

/// Reads the arguments of the process, the program's name first.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Parsed, Failure> {
    let arguments: Vec<OsString> = arguments.enumerate().map(spell_out).collect();
    match Cli::try_parse_from(&arguments) {
        Ok(cli) => Ok(Parsed::Run(Box::new(cli))),
        Err(error) if !error.use_stderr() => Ok(Parsed::Show(error)),
        Err(error) => Err(bad_arguments::describe(&error)),
    }
}

/// The short help, for a call without a command.
pub(crate) fn short_help() -> String {
    Cli::command().render_help().to_string()
}

/// Scripts of older releases ask with one dash.
fn spell_out((position, argument): (usize, OsString)) -> OsString {
    match argument.to_str() {
        Some("-version") if position == 1 => "--version".into(),
        Some("-help") if position == 1 => "--help".into(),
        _ => argument,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_first_line_of_every_help_fits_a_terminal_and_has_no_full_stop() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let help = argument
                    .get_help()
                    .expect("every option has help")
                    .to_string();
                assert!(!help.ends_with('.'), "{}: {help}", argument.get_id());
            }
            let help = command.clone().render_help().to_string();
            for line in help.lines() {
                assert!(line.chars().count() <= 79, "{line}");
            }
            command.get_subcommands().for_each(check);
        }
        let mut cli = Cli::command();
        cli.build();
        check(&cli);
    }
}
