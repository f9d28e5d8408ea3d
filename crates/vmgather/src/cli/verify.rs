//! `vmgather verify`.

use std::path::PathBuf;

use clap::Args;

/// Recompute every checksum and count of a bundle
///
/// Reads the whole bundle and compares it with its metadata and with the .sha256 file
/// beside it, where there is one. Each check is printed. With --audit it is also
/// searched for originals.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather verify --help` ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct VerifyArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// Search the bundle for originals and for what is shaped like an address
    ///
    /// Labels, metadata, README and file names are read from the bundle itself. Originals are known
    /// from the map, which is looked for in ~/.vmgather/maps by the id in the bundle; without it
    /// only addresses, host names, e-mail addresses and URLs are found. Nothing that is found
    /// leaves this machine.
    #[arg(long)]
    pub(crate) audit: bool,

    /// With --audit: list every distinct value that stayed, by label
    #[arg(long)]
    pub(crate) values: bool,

    /// With --audit: the map that was written with the bundle
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,

    /// With --audit: a value that the export was told to keep; repeatable
    #[arg(long = "keep-value", value_name = "VALUE")]
    pub(crate) keep_values: Vec<String>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather verify bundle.zip
  vmgather verify bundle.zip --json

  Does anything leave that must not?
    vmgather verify --audit bundle.zip

  What does leave as it is?
    vmgather verify --audit --values bundle.zip | less

Exit codes:
  0  every check holds, and the audit finds nothing
  1  a check fails, the audit finds something, or the bundle cannot be read
  2  bad usage

Environment:
  HOME      holds .vmgather/maps
  NO_COLOR  no colours";
