//! `vmgather cat`.

use std::path::PathBuf;

use clap::Args;

/// Print the samples of a bundle as JSON lines
///
/// Whatever the bundle holds, the lines have the form of VictoriaMetrics'
/// /api/v1/export. Nothing is unpacked to disk.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather cat --help` ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct CatArgs {
    /// The bundle
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: PathBuf,
}

const AFTER_HELP: &str = "\
Examples:
  vmgather cat bundle.zip | grep vm_app_version | head
  vmgather cat bundle.zip | curl -T - http://vmsingle:8428/api/v1/import

Exit codes:
  0  printed, or the reader had enough
  1  the bundle cannot be read to its end
  2  bad usage";
