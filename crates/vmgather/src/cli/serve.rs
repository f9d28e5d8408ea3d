//! `vmgather serve`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::{ListenArgs, OlderFlags};

/// Where the page listens unless told otherwise.
pub(super) const DEFAULT_ADDRESS: &str = "localhost:8080";

/// Exports at once unless told otherwise.
const DEFAULT_JOBS: usize = 3;

/// Serve the wizard, a web page that leads through an export
///
/// This is what vmgather does without a command. The page is for this machine and
/// this user; others need an access token.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather serve --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ServeArgs {
    /// Where to listen
    ///
    /// If the port is in use, a free one of the same host is taken. `:8080` means all interfaces, and
    /// then an access token is needed.
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    pub(crate) addr: String,

    #[command(flatten)]
    pub(crate) listen: ListenArgs,

    /// Folder for bundles
    ///
    /// By default `vmgather` in the downloads, else `exports` in the working directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Offer an embedded demo cluster as the source
    ///
    /// Needs no VictoriaMetrics and no network.
    #[arg(long)]
    pub(crate) demo: bool,

    /// Exports at once; more wait
    #[arg(
        long,
        value_name = "N",
        default_value_t = DEFAULT_JOBS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=16)
    )]
    pub(crate) max_jobs: usize,

    /// Let the page list folders to choose one
    ///
    /// Only below the home folder and that of the bundles, and only on this machine.
    #[arg(long)]
    pub(crate) allow_browse: bool,
}

const AFTER_HELP: &str = "\
Environment:
  VMGATHER_TOKEN  the access token, if there is no --token-file

Examples:
  vmgather
  vmgather serve --demo
  vmgather serve --addr :8080 --token-file token --tls-cert cert.pem \\
    --tls-key key.pem

Exit codes:
  0    stopped by a signal; running exports can be resumed
  1    cannot listen or serve
  2    bad usage; nothing has been done";

impl From<OlderFlags> for ServeArgs {
    fn from(flags: OlderFlags) -> Self {
        Self {
            addr: flags.address.to_string_lossy().into_owned(),
            listen: ListenArgs {
                strict_port: flags.strict_port,
                no_browser: flags.no_browser,
                ..ListenArgs::default()
            },
            output: flags.output,
            demo: flags.demo,
            max_jobs: DEFAULT_JOBS,
            allow_browse: false,
        }
    }
}
