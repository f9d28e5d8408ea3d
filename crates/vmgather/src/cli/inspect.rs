//! `vmgather inspect`.

use std::path::PathBuf;

use clap::Args;

/// Show what is in a bundle
///
/// Prints the metadata, the counts and the labels with their numbers of distinct
/// values, without unpacking the bundle.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather inspect --help` ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct InspectArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather inspect bundle.zip
  vmgather inspect bundle.zip --json

Exit codes:
  0  shown
  1  the bundle cannot be read
  2  bad usage

Environment:
  NO_COLOR  no colours";
