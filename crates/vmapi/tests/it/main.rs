//! The public API against a server that says exactly what a test wants.

// The lint allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

mod check;
mod endpoint;
mod export;
mod import;
mod log_output;
mod messages;
mod paths;
mod probe;
mod proxy;
mod query;
mod range;
mod redirect;
mod secrets;
mod server;
mod tls;
mod urls;
mod validate;
