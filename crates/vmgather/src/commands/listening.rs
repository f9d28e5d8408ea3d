//! A port, who may come through it, and serving a page there until a signal comes.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rustls::ServerConfig;
use secrecy::{ExposeSecret as _, SecretString};
use server::{Access, AccessOptions, Bound, Limits};
use tokio_util::sync::CancellationToken;

use crate::cli::ListenArgs;
use crate::exit::Exit;
use crate::failure::{Failure, unusable};
use crate::{printer, signals};

/// Where a token may be given besides the option.
const TOKEN_VARIABLE: &str = "VMGATHER_TOKEN";

/// How long work has to stop in good order.
const STOPPING: Duration = Duration::from_secs(5);

/// A shorter token could be guessed.
const SHORTEST_TOKEN: usize = 16;

/// A port that is taken.
pub(super) struct Listening {
    bound: Bound,
    access: Arc<Access>,
    tls: Option<Arc<ServerConfig>>,
    no_browser: bool,
}

impl Listening {
    pub(super) fn open(address: &str, args: ListenArgs) -> Result<Self, Failure> {
        let token = token(args.token_file.as_deref())?;
        let tls = match (&args.tls_cert, &args.tls_key) {
            (Some(certificate), Some(key)) => {
                Some(server::tls_config(certificate, key).map_err(failed)?)
            }
            _ => None,
        };
        let bound = server::bind(address, args.strict_port).map_err(failed)?;
        let options = AccessOptions {
            token,
            hosts: args.hosts,
            tls: tls.is_some(),
        };
        let access = Access::new(&bound, options).map_err(failed)?;
        Ok(Self {
            bound,
            access,
            tls,
            no_browser: args.no_browser,
        })
    }

    /// Only this machine can connect.
    pub(super) fn is_loopback(&self) -> bool {
        self.bound.is_loopback()
    }

    /// Serves until a signal comes; then `ended` has some seconds.
    pub(super) fn serve(
        self,
        program: &str,
        routes: Router,
        stop: CancellationToken,
        ended: impl AsyncFnOnce(),
    ) -> Result<(), Failure> {
        signals::watch(stop.clone(), || printer::stderr("stopping\n"))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failure::failed("cannot start").because(error))?;
        announce(
            program,
            &self.bound,
            &self.access,
            self.tls.is_some(),
            self.no_browser,
        );
        let app = self.access.protect(routes);
        let serving = server::serve(self.bound, self.tls, app, Limits::default(), stop.clone());
        let working = async {
            stop.cancelled().await;
            // Whatever has not stopped by then is resumed as after a crash.
            let _ = tokio::time::timeout(STOPPING, ended()).await;
        };
        let (served, ()) = runtime.block_on(async { tokio::join!(serving, working) });
        runtime.shutdown_background();
        served.map_err(failed)
    }
}

/// Says where the page is, and opens it.
fn announce(program: &str, bound: &Bound, access: &Access, tls: bool, no_browser: bool) {
    let scheme = if tls { "https" } else { "http" };
    let base = format!("{scheme}://{}", bound.authority());
    if let Some(port) = bound.moved_from() {
        printer::warning(&format!(
            "port {port} is in use; port {} is taken instead",
            bound.address().port()
        ));
    }
    printer::stderr(&format!("{program} is at {base}\n"));
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
