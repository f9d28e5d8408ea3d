//! Asking a person for a password.

use std::io::{self, IsTerminal};

use console::Term;
use secrecy::SecretString;

/// Asks on the terminal without showing what is typed; `None` where nobody can be asked.
///
/// # Errors
///
/// The terminal cannot be read.
pub(crate) fn ask(username: &str) -> io::Result<Option<SecretString>> {
    let terminal = Term::stderr();
    if !io::stdin().is_terminal() || !terminal.is_term() {
        return Ok(None);
    }
    terminal.write_str(&format!("password for `{username}`: "))?;
    terminal
        .read_secure_line()
        .map(|line| Some(SecretString::from(line)))
}
