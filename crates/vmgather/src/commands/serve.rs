//! `vmgather serve`: the wizard, until a signal comes.

mod installation;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use server::{Access, AccessOptions, Bound, Exporter, ExporterOptions, Limits};
use tokio_util::sync::CancellationToken;

use self::installation::Installation;
use super::export::demo_cluster;
use crate::cli::{OlderFlags, ServeArgs, VERSION};
use crate::exit::Exit;
use crate::failure::{Failure, unusable};
use crate::{folders, log, printer, signals};

/// Where a token may be given besides the option.
const TOKEN_VARIABLE: &str = "VMGATHER_TOKEN";

/// How long exports have to stop in good order.
const STOPPING: Duration = Duration::from_secs(5);

/// A shorter token could be guessed.
const SHORTEST_TOKEN: usize = 16;

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
    let token = token(args.token_file.as_deref())?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(server::tls_config(certificate, key).map_err(failed)?)
        }
        _ => None,
    };
    let output = folders::output(args.output.as_deref())?;
    bundle::staging::create_private_folder(&output)
        .map_err(|error| unusable("use", &output, error).failing())?;
    let staging = folders::default_staging().map_err(|error| {
        Failure::failed("there is no folder for unfinished data").because(error)
    })?;
    let demo = args
        .demo
        .then(|| demo_cluster::start(Timestamp::now()))
        .transpose()?;
    let bound = server::bind(&args.addr, args.strict_port).map_err(failed)?;
    let access = Access::new(
        &bound,
        AccessOptions {
            token,
            hosts: args.hosts,
            tls: tls.is_some(),
        },
    )
    .map_err(failed)?;
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
            loopback: bound.is_loopback(),
            demo_url: demo.as_ref().map(demo_cluster::url),
        },
        stop.clone(),
    );
    signals::watch(stop.clone(), || printer::stderr("stopping\n"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::failed("cannot start").because(error))?;
    announce(&bound, &access, tls.is_some(), args.no_browser);
    let app = access.protect(exporter.routes());
    let serving = server::serve(bound, tls, app, Limits::default(), stop.clone());
    let exporting = async {
        stop.cancelled().await;
        // Whatever has not stopped by then is resumed as after a crash.
        let _ = tokio::time::timeout(STOPPING, exporter.ended()).await;
    };
    let (served, ()) = runtime.block_on(async { tokio::join!(serving, exporting) });
    runtime.shutdown_background();
    served.map_err(failed)?;
    drop(demo);
    Ok(Exit::Done)
}

/// Says where the page is, and opens it.
fn announce(bound: &Bound, access: &Access, tls: bool, no_browser: bool) {
    let scheme = if tls { "https" } else { "http" };
    let base = format!("{scheme}://{}", bound.authority());
    if let Some(port) = bound.moved_from() {
        printer::warning(&format!(
            "port {port} is in use; port {} is taken instead",
            bound.address().port()
        ));
    }
    printer::stderr(&format!("vmgather is at {base}\n"));
    if !bound.is_loopback() && !tls {
        printer::warning(
            "whoever is on the way can read everything: `--tls-cert` and `--tls-key` encrypt it",
        );
    }
    if let Some(token) = access.made_token() {
        let token = token.expose_secret();
        printer::stderr(&format!("access token: {token}\n"));
    }
    let Some(start) = access.start_path() else {
        return;
    };
    let start = format!("{base}{start}");
    if no_browser {
        if !bound.is_loopback() {
            printer::stderr(&format!("opens the page once: {start}\n"));
        }
    } else if let Err(error) = server::open_browser(&start) {
        printer::stderr(&format!("open it in a browser: {error}\n"));
    }
}

/// The access token of the file, else of the environment.
fn token(file: Option<&Path>) -> Result<Option<SecretString>, Failure> {
    let (text, place) = match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|e| unusable("read", path, e))?;
            (text, format!("`{}`", path.display()))
        }
        None => match std::env::var(TOKEN_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => (text, format!("`{TOKEN_VARIABLE}`")),
            _ => return Ok(None),
        },
    };
    let text = SecretString::from(text);
    let token = text.expose_secret().trim();
    let fits = |byte: u8| byte.is_ascii_graphic();
    if token.len() < SHORTEST_TOKEN || !token.bytes().all(fits) {
        return Err(Failure::usage(format!(
            "{place} holds no access token: one line of at least {SHORTEST_TOKEN} letters, digits \
             or signs"
        )));
    }
    Ok(Some(SecretString::from(token)))
}

fn failed(error: server::Error) -> Failure {
    Failure::from_error(Exit::Failed, &error)
}
