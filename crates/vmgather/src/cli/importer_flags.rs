//! The flags of `vmimporter`, read as those of older releases.

use std::ffi::OsString;

use super::flag_reader::{self, Flag, Reading};
use super::import_ui::DEFAULT_ADDRESS;

/// What the flags say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ImporterFlags {
    /// Where to listen, as `host:port`.
    pub(crate) address: OsString,
    /// Do not open a browser.
    pub(crate) no_browser: bool,
    /// Never take another port.
    pub(crate) strict_port: bool,
    /// Log requests.
    pub(crate) debug: bool,
}

impl Default for ImporterFlags {
    fn default() -> Self {
        Self {
            address: DEFAULT_ADDRESS.into(),
            no_browser: false,
            strict_port: false,
            debug: false,
        }
    }
}

/// What `-h` prints.
pub(crate) const HELP: &str = "\
Serve the import page, which replays bundles of vmgather into VictoriaMetrics

Usage: vmimporter [-addr HOST:PORT] [-no-browser] [-strict-port] [-debug]

Options, with one dash or two:
  -addr HOST:PORT  where to listen [default: localhost:8081]; :8081 means all
                   interfaces, and then an access token is needed
  -no-browser      do not open a browser
  -strict-port     never take another port
  -debug           log every step and request to stderr; secrets stay masked
  -h, -help        print this
  -version         print the version

`vmgather import-ui` serves the same page and has more options, for HTTPS and
access by others; `vmgather import` does the same without a page.

Environment:
  VMGATHER_TOKEN  the access token, where one is needed; otherwise one is made
  HOME            holds .vmgather/imports, uploads and unfinished imports

Exit codes:
  0  stopped by a signal; running imports can be resumed
  1  cannot listen or serve
  2  a flag that does not exist or has a bad value
";

/// Reads the arguments behind the name of the program.
///
/// # Errors
///
/// As for [`flag_reader::read`].
pub(crate) fn read(arguments: &[OsString]) -> Result<Reading<'_, ImporterFlags>, String> {
    flag_reader::read(arguments, |flags: &mut ImporterFlags, name| {
        Some(match name {
            "addr" => Flag::Text(&mut flags.address),
            "no-browser" => Flag::Switch(&mut flags.no_browser),
            "strict-port" => Flag::Switch(&mut flags.strict_port),
            "debug" => Flag::Switch(&mut flags.debug),
            _ => return None,
        })
    })
}
