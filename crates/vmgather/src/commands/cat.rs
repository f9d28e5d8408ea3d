//! `vmgather cat`: the samples of a bundle as JSON lines.

use std::io;

use gather::convert::cat_bundle;

use crate::cli::CatArgs;
use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) fn run(args: &CatArgs) -> Result<Exit, Failure> {
    match cat_bundle(&args.bundle, io::stdout().lock()) {
        Ok(()) => Ok(Exit::Done),
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.is_broken_pipe() => Ok(Exit::Done),
        Err(error) => Err(Failure::from_error(Exit::Failed, &error)),
    }
}
