//! `-oneshot`: one export by a config, as scripts of older releases run it.

use crate::cli::{ExportArgs, OlderFlags};
use crate::commands::export::{self, Convention};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::log;

/// Runs it; every failure ends with 1.
pub(crate) fn run(flags: OlderFlags) -> Result<Exit, Failure> {
    log::start(flags.debug);
    let Some(config) = flags.oneshot_config else {
        return Err(Failure::failed("`-oneshot` needs `-oneshot-config FILE`")
            .hint("the file is an export config (JSON); `-` is stdin"));
    };
    let args = ExportArgs {
        config: Some(config),
        output: flags.output,
        stdout: flags.export_stdout,
        ..ExportArgs::default()
    };
    export::run(args, Convention::Oneshot, flags.debug).map_err(Failure::without_usage)
}
