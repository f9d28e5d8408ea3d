//! Opening the page in the person's browser.

use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;

/// Asks the system to show a URL; whatever that says is not for our terminal.
///
/// # Errors
///
/// There is no program that opens URLs.
pub fn open_browser(url: &str) -> io::Result<()> {
    let mut child = opener(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    // Some openers live as long as the browser does.
    thread::Builder::new()
        .name("browser".to_owned())
        .spawn(move || Child::wait(&mut child))?;
    Ok(())
}

fn opener(url: &str) -> Command {
    let (program, first): (_, &[&str]) = if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else if cfg!(target_os = "macos") {
        ("open", &[])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(first).arg(url);
    command
}
