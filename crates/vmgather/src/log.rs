//! The log of `--debug`, and of connections that ask for it.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Crates of this program; others could log what they send, secrets included.
const OWN_CRATES: [&str; 9] = [
    "vmgather", "gather", "replay", "vmapi", "bundle", "privacy", "vmformat", "demo", "server",
];

/// Starts logging to stderr; without `--debug` nothing is logged, since everything a person must
/// know is an event or an error already.
pub(crate) fn start(debug: bool) {
    if !debug {
        return;
    }
    show(Targets::new().with_targets(OWN_CRATES.map(|name| (name, Level::DEBUG))));
}

/// Lets connections of the page show their requests, if they ask for it.
pub(crate) fn start_for_connections() {
    show(Targets::new().with_target(vmapi::REQUEST_LOG, Level::INFO));
}

fn show(targets: Targets) {
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // The log may have been started already, for more.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .try_init();
}
