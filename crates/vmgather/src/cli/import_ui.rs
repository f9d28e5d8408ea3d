//! `vmgather import-ui`, and what `vmimporter` serves.

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::{ImporterFlags, ListenArgs, Size};

/// Where the page listens unless told otherwise.
pub(super) const DEFAULT_ADDRESS: &str = "localhost:8081";

/// Imports at once unless told otherwise.
const DEFAULT_JOBS: usize = 3;

/// Serve the import page, which replays bundles into VictoriaMetrics
///
/// This is what vmimporter does. The page is for this machine and this user; others
/// need an access token.
#[derive(Args, Debug)]
#[command(
    after_help = "`vmgather import-ui --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ImportUiArgs {
    /// Where to listen
    ///
    /// If the port is in use, a free one of the same host is taken. `:8081` means all interfaces, and
    /// then an access token is needed.
    #[arg(long, value_name = "HOST:PORT", default_value = DEFAULT_ADDRESS)]
    pub(crate) addr: String,

    #[command(flatten)]
    pub(crate) listen: ListenArgs,

    /// Imports at once; more wait
    #[arg(
        long,
        value_name = "N",
        default_value_t = DEFAULT_JOBS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=16)
    )]
    pub(crate) max_jobs: usize,

    /// Refuse larger files, such as 20GiB
    ///
    /// Without it a file may be as large as the free space for its copy.
    #[arg(long, value_name = "SIZE", value_parser = Size::parse)]
    pub(crate) max_upload: Option<Size>,
}

const AFTER_HELP: &str = "\
Environment:
  VMGATHER_TOKEN  the access token, if there is no --token-file
  HOME            holds .vmgather/imports, uploads and unfinished imports

Examples:
  vmgather import-ui
  vmgather import-ui --addr 0.0.0.0:8081 --token-file token \\
    --tls-cert cert.pem --tls-key key.pem

Exit codes:
  0    stopped by a signal; running imports can be resumed
  1    cannot listen or serve
  2    bad usage; nothing has been done";

impl From<ImporterFlags> for ImportUiArgs {
    fn from(flags: ImporterFlags) -> Self {
        Self {
            addr: flags.address.to_string_lossy().into_owned(),
            listen: ListenArgs {
                strict_port: flags.strict_port,
                no_browser: flags.no_browser,
                ..ListenArgs::default()
            },
            max_jobs: DEFAULT_JOBS,
            max_upload: None,
        }
    }
}
