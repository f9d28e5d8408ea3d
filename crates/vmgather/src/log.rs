//! The log of `--debug`.

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Crates of this program; others could log what they send, secrets included.
const OWN_CRATES: [&str; 8] = [
    "vmgather", "gather", "vmapi", "bundle", "privacy", "vmformat", "demo", "server",
];

/// Starts logging to stderr; without `--debug` nothing is logged, since everything a person must
/// know is an event or an error already.
pub(crate) fn start(debug: bool) {
    if !debug {
        return;
    }
    let own = Targets::new().with_targets(OWN_CRATES.map(|name| (name, Level::DEBUG)));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_writer(std::io::stderr);
    // A config may ask for the log that an option has already started.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(own)
        .try_init();
}
