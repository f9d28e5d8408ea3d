//! Where text goes: data to stdout, everything else to stderr.
//!
//! Only this module writes to either. A message that cannot be written to stderr is lost: there is
//! nowhere left to complain.

use std::io::{self, Write};

use crate::failure::{Failure, unwritable};

/// Prints help or version as clap formats them, coloured on terminals.
pub(crate) fn show(text: &clap::Error) -> Result<(), Failure> {
    text.print().map_err(|error| unwritable("to stdout", error))
}

/// Prints the reason for which a command stops.
pub(crate) fn error(failure: &Failure) {
    stderr(&format!("{failure}\n"));
}

/// Prints a remark that does not stop the command.
pub(crate) fn warning(text: &str) {
    stderr(&format!("warning: {text}\n"));
}

/// Prints text to stderr as it is.
pub(crate) fn stderr(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes());
    let _ = stderr.flush();
}

/// Prints data to stdout as they are.
pub(crate) fn stdout(data: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(data)
        .and_then(|()| stdout.flush())
        .map_err(|error| unwritable("to stdout", error))
}

/// Prints one JSON document and a line feed to stdout.
pub(crate) fn json(document: &impl serde::Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_vec_pretty(document)
        .map_err(|error| Failure::failed("cannot write JSON").because(error))?;
    text.push(b'\n');
    stdout(&text)
}
