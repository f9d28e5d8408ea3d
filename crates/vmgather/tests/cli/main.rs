//! Drives the real program, each test in a fresh folder that is also its home.
//!
//! - `help`: what a person reads, whole
//! - `wrong_inputs`: every mistake has its own line and exit code 2
//! - `export`: results, events, options
//! - `choices`: which series, thinning, the plan, the limit of size
//! - `config`: exports from a config
//! - `older_flags`: the flags of releases before there were commands
//! - `defects`: the list of known mistakes names tests that exist
//! - `discover`: what is there
//! - `interrupted`: signals, broken pipes, resume
//! - `promises`: mistakes that others made
//! - `privacy`: what is replaced
//! - `audit`: what is found before and after
//! - `prompt`: what is asked for on a terminal
//! - `serve`: the wizard's server, with and without a command
//! - `import_ui`: the server of the import page, and `vmimporter`
//! - `real_server`: what is promised, against VictoriaMetrics itself
//! - `secrets`: none in any output or file, at any level of the log
//! - `bundles`: inspect, verify, reveal
//! - `native`: bundles of native blocks, cat, convert

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod audit;
mod bundles;
mod choices;
mod config;
mod defects;
mod discover;
mod export;
mod harness;
mod help;
mod import_ui;
mod interrupted;
mod native;
mod older_flags;
mod privacy;
mod promises;
mod prompt;
mod real_server;
mod secrets;
mod serve;
mod wrong_inputs;
