//! `vmgather serve`: the wizard, until a signal comes.

mod installation;

use jiff::Timestamp;
use server::{Exporter, ExporterOptions};
use tokio_util::sync::CancellationToken;

use self::installation::Installation;
use super::export::demo_cluster;
use super::listening::Listening;
use crate::cli::{OlderFlags, ServeArgs, VERSION};
use crate::exit::Exit;
use crate::failure::{Failure, unusable};
use crate::{folders, log, printer};

/// Serves as older releases did without a command.
pub(crate) fn run_older(flags: OlderFlags) -> Result<Exit, Failure> {
    log::start(flags.debug);
    for (flag, given) in [
        ("-oneshot-config", flags.oneshot_config.is_some()),
        ("-export-stdout", flags.export_stdout),
    ] {
        if given {
            printer::warning(&format!("`{flag}` has no effect without `-oneshot`"));
        }
    }
    run(flags.into())
}

pub(crate) fn run(args: ServeArgs) -> Result<Exit, Failure> {
    log::start_for_connections();
    let output = folders::output(args.output.as_deref())?;
    bundle::staging::create_private_folder(&output)
        .map_err(|error| unusable("use", &output, error).failing())?;
    let staging = folders::default_staging().map_err(|error| {
        Failure::failed("there is no folder for unfinished data").because(error)
    })?;
    let demo = args
        .demo
        .then(|| demo_cluster::start_growing(Timestamp::now()))
        .transpose()?;
    let listening = Listening::open(&args.addr, args.listen)?;
    let stop = CancellationToken::new();
    let exporter = Exporter::new(
        ExporterOptions {
            version: VERSION.to_owned(),
            output,
            staging,
            home: folders::home(),
            registry: folders::private_jobs(),
            pseudonyms: Box::new(Installation),
            max_jobs: args.max_jobs,
            allow_browse: args.allow_browse,
            loopback: listening.is_loopback(),
            demo_url: demo.as_ref().map(demo_cluster::url),
        },
        stop.clone(),
    );
    listening.serve("vmgather", exporter.routes(), stop, async || {
        exporter.ended().await
    })?;
    drop(demo);
    Ok(Exit::Done)
}
