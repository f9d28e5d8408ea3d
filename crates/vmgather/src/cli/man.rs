//! `vmgather man`.

use clap::Args;

/// Print a manual page
///
/// One page tells of the program, and each command has one of its own.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather man --help` ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ManArgs {
    /// The command to tell of; the program without it
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Option<String>,
}

const AFTER_HELP: &str = "\
Examples:
  Read the page of a command:
    vmgather man export | man -l -

  Install two pages:
    vmgather man > /usr/local/share/man/man1/vmgather.1
    vmgather man export > /usr/local/share/man/man1/vmgather-export.1

Exit codes:
  0  printed
  1  stdout cannot be written
  2  bad usage, or no such command";
