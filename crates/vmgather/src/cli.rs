//! What can be typed: one module per command, holding its options and their help.
//!
//! The structs hold exactly what was typed and touch nothing outside; `commands` turns them into
//! checked requests.

mod bad_arguments;
mod cat;
mod completions;
mod connection;
mod convert;
mod discover;
mod duration;
mod export;
mod flag_reader;
mod import;
mod import_ui;
mod importer_flags;
mod inspect;
mod listen;
mod man;
mod moment;
mod older_flags;
mod resume;
mod reveal;
mod serve;
mod size;
mod verify;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

pub(crate) use self::cat::CatArgs;
pub(crate) use self::completions::CompletionsArgs;
pub(crate) use self::connection::ConnectionArgs;
pub(crate) use self::convert::ConvertArgs;
pub(crate) use self::discover::{DiscoverArgs, Tenants};
pub(crate) use self::duration::Span;
pub(crate) use self::export::{BundleFormat, ExportArgs, Transport};
use self::flag_reader::{Reading, is_flag};
pub(crate) use self::import::ImportArgs;
pub(crate) use self::import_ui::ImportUiArgs;
pub(crate) use self::importer_flags::ImporterFlags;
pub(crate) use self::inspect::InspectArgs;
pub(crate) use self::listen::ListenArgs;
pub(crate) use self::man::ManArgs;
pub(crate) use self::moment::Moment;
pub(crate) use self::older_flags::OlderFlags;
pub(crate) use self::resume::ResumeArgs;
pub(crate) use self::reveal::RevealArgs;
pub(crate) use self::serve::ServeArgs;
pub(crate) use self::size::Size;
pub(crate) use self::verify::VerifyArgs;
use crate::failure::Failure;
use crate::printer;

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
Without a command it serves the wizard, as `vmgather serve` does.

Examples:
  vmgather --demo
  vmgather export --demo --last 1h
  vmgather export --url http://vmsingle:8428 --last 6h --job vmagent
  vmgather inspect vmexport_export-1.zip
  vmgather import vmexport_export-1.zip --url http://127.0.0.1:8428

Older options, with one dash or two, instead of a command:
  -oneshot              one export, then exit; needs -oneshot-config
  -oneshot-config FILE  its export config (JSON); - is stdin
  -export-stdout        with -oneshot: JSON lines to stdout, no bundle
  -output DIR           folder for bundles, as for `vmgather export`
  -debug                as --debug
  -addr HOST:PORT, -no-browser, -strict-port, --demo
                        without a command, as for `vmgather serve`

Exit codes:
  0    done
  1    failed; with -oneshot also a bad config
  2    bad usage or bad config; nothing has been done
  130  interrupted; an export or import can be resumed";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(ServeArgs),
    Export(Box<ExportArgs>),
    Discover(Box<DiscoverArgs>),
    Resume(Box<ResumeArgs>),
    Inspect(InspectArgs),
    Verify(VerifyArgs),
    Reveal(RevealArgs),
    Import(Box<ImportArgs>),
    ImportUi(ImportUiArgs),
    Cat(CatArgs),
    Convert(ConvertArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// What the arguments ask for.
pub(crate) enum Parsed {
    /// Run a command.
    Run(Box<Cli>),
    /// Do what releases before there were commands did.
    Older(OlderFlags),
    /// Print this text to stdout and stop: help or version.
    Show(clap::Error),
}

/// Reads the arguments of the process, the program's name first.
///
/// Flags in front of any command are those of older releases, and without a command they are all
/// there is.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Parsed, Failure> {
    let arguments: Vec<OsString> = arguments.skip(1).collect();
    if arguments.first().is_some_and(|first| !is_flag(first)) {
        return command(&arguments, &[]);
    }
    let (flags, rest) = match older_flags::read(&arguments) {
        Ok(Reading::Flags { flags, rest }) => (flags, rest),
        Ok(Reading::Help { long: false }) => return command(&[], &["-h"]),
        Ok(Reading::Help { long: true }) => return command(&[], &["--help"]),
        Ok(Reading::Version) => return command(&[], &["--version"]),
        Err(mistake) => {
            printer::stderr(&short_help());
            return Err(Failure::usage(&mistake).maybe_hint(where_it_belongs(&mistake)));
        }
    };
    let debug = flags.debug;
    let others = OlderFlags {
        debug: false,
        ..flags.clone()
    };
    if others == OlderFlags::default() && starts_with_command(rest) {
        return command(rest, if debug { &["--debug"] } else { &[] });
    }
    warn_of_rest(rest);
    Ok(Parsed::Older(flags))
}

/// Older releases stopped reading there without a word.
fn warn_of_rest(rest: &[OsString]) {
    if let Some(first) = rest.first() {
        let first = first.to_string_lossy();
        printer::warning(&format!(
            "`{first}` and what follows are ignored: they stand behind options that belong to no \
             command"
        ));
    }
}

/// What the arguments of `vmimporter` ask for.
pub(crate) enum ImporterParsed {
    /// Serve the page.
    Serve(ImporterFlags),
    /// Print this text to stdout and stop.
    Show(String),
}

/// Reads the arguments of `vmimporter`, the program's name first.
pub(crate) fn parse_importer(
    arguments: impl Iterator<Item = OsString>,
) -> Result<ImporterParsed, Failure> {
    let arguments: Vec<OsString> = arguments.skip(1).collect();
    match importer_flags::read(&arguments) {
        Ok(Reading::Flags { flags, rest }) => {
            warn_of_rest(rest);
            Ok(ImporterParsed::Serve(flags))
        }
        Ok(Reading::Help { .. }) => Ok(ImporterParsed::Show(importer_flags::HELP.to_owned())),
        Ok(Reading::Version) => Ok(ImporterParsed::Show(format!("vmimporter {VERSION}\n"))),
        Err(mistake) => {
            printer::stderr(importer_flags::HELP);
            Err(Failure::usage(mistake))
        }
    }
}

/// Reads a command and its options, `before` put in front.
fn command(arguments: &[OsString], before: &[&str]) -> Result<Parsed, Failure> {
    let program = OsString::from("vmgather");
    let before = before.iter().map(OsString::from);
    let behind = arguments.iter().map(|argument| match argument.to_str() {
        // Scripts of older releases ask with one dash.
        Some("-debug") => "--debug".into(),
        _ => argument.clone(),
    });
    match Cli::try_parse_from(std::iter::once(program).chain(before).chain(behind)) {
        Ok(cli) => Ok(Parsed::Run(Box::new(cli))),
        Err(error) if !error.use_stderr() => Ok(Parsed::Show(error)),
        Err(error) => Err(bad_arguments::describe(&error)),
    }
}

fn starts_with_command(arguments: &[OsString]) -> bool {
    let name = arguments.first().and_then(|name| name.to_str());
    name.is_some_and(|name| Cli::command().find_subcommand(name).is_some())
}

/// The command that has an option which was written without one.
fn where_it_belongs(mistake: &str) -> Option<String> {
    let option = mistake.split('`').nth(1)?.trim_start_matches('-');
    let cli = Cli::command();
    let owner = cli.get_subcommands().find(|command| {
        let mut arguments = command.get_arguments();
        arguments.any(|argument| argument.get_long() == Some(option))
    })?;
    Some(format!("write `vmgather {} --{option}`", owner.get_name()))
}

/// Every command and option, for what is made from them.
pub(crate) fn definition() -> clap::Command {
    Cli::command()
}

/// The short help, for a call without a command.
pub(crate) fn short_help() -> String {
    Cli::command().render_help().to_string()
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
