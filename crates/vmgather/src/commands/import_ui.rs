//! `vmgather import-ui` and `vmimporter`: the import page, until a signal comes.

use server::{ImportServer, ImportServerOptions};
use tokio_util::sync::CancellationToken;

use super::listening::Listening;
use crate::cli::{ImportUiArgs, ImporterFlags, VERSION};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{folders, log};

/// Serves as `vmimporter` does; its flags know only success and failure besides bad usage.
pub(crate) fn run_importer(flags: ImporterFlags) -> Result<Exit, Failure> {
    log::start(flags.debug);
    run(flags.into())
}

pub(crate) fn run(args: ImportUiArgs) -> Result<Exit, Failure> {
    let spool = folders::imports().map_err(|error| {
        Failure::failed("there is no folder for uploads and unfinished imports").because(error)
    })?;
    let listening = Listening::open(&args.addr, args.listen)?;
    let stop = CancellationToken::new();
    let importer = ImportServer::new(
        ImportServerOptions {
            version: VERSION.to_owned(),
            spool,
            profiles: folders::recent_profiles(),
            max_jobs: args.max_jobs,
            max_upload_bytes: args.max_upload.map(|size| size.bytes()),
            loopback: listening.is_loopback(),
        },
        stop.clone(),
    );
    let routes = importer.routes();
    listening.serve("vmimporter", routes, stop, async || importer.ended().await)?;
    Ok(Exit::Done)
}
