//! `vmgather convert`.

use std::path::PathBuf;

use clap::Args;

use super::BundleFormat;

/// Write a bundle again in the other format
///
/// Turns JSON lines into native blocks, which are a fraction of the size, or native
/// blocks into JSON lines, which every tool reads. Samples, names and metadata stay
/// what they are, and a new .sha256 file is written. (Query results nearer to zero than
/// 1e-290 lose digits in native blocks: those cannot say them.)
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather convert --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ConvertArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,

    /// Where to write the new bundle
    ///
    /// An existing file is never overwritten.
    #[arg(short = 'o', value_name = "OUT.zip", required = true)]
    pub(crate) out: PathBuf,

    /// What the new bundle holds: jsonl or native
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        hide_possible_values = true,
        required = true
    )]
    pub(crate) format: BundleFormat,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather convert bundle.zip -o small.zip --format native
  vmgather convert small.zip -o lines.zip --format jsonl

Exit codes:
  0  written
  1  the bundle cannot be read to its end, or the new one cannot be written
  2  bad usage";
