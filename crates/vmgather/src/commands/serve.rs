//! What older releases did without further flags: to serve the web page.

use crate::cli::{self, OlderFlags};
use crate::failure::Failure;
use crate::printer;

/// Says that there is no page to serve, and what there is instead.
pub(crate) fn refused(flags: &OlderFlags) -> Failure {
    if *flags == OlderFlags::default() {
        printer::stderr(&cli::short_help());
    }
    for (flag, given) in [
        ("-oneshot-config", flags.oneshot_config.is_some()),
        ("-export-stdout", flags.export_stdout),
    ] {
        if given {
            printer::warning(&format!("`{flag}` has no effect without `-oneshot`"));
        }
    }
    Failure::failed("this version of vmgather has no web page to serve")
        .hint("export from the command line: start with `vmgather export --demo`")
}
