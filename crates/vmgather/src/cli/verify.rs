//! `vmgather verify`.

use std::path::PathBuf;

use clap::Args;

/// Recompute every checksum and count of a bundle
///
/// Reads the whole bundle and compares it with its metadata and with the .sha256 file
/// beside it, where there is one. Each check is printed.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather verify --help` ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather verify bundle.zip
  vmgather verify bundle.zip --json

Exit codes:
  0  every check holds
  1  a check fails, or the bundle cannot be read
  2  bad usage

Environment:
  NO_COLOR  no colours";
