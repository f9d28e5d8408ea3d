//! `vmgather completions`: what shells need to complete commands and options.

use crate::cli::{self, CompletionsArgs};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;

pub(crate) fn run(args: &CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::definition(), "vmgather", &mut script);
    printer::stdout(&script)?;
    Ok(Exit::Done)
}
