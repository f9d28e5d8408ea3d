//! Imports into real servers, by the real program.
//!
//! - `flow`: a bundle from one server into another, what is cut, moved, marked and skipped
//! - `values`: numbers arrive as they are written
//! - `sources`: what can be imported, and what is refused before anything is sent
//! - `network`: targets that are busy, broken, gone or say no
//! - `kill`: `kill -9` at random moments, then resume
//! - `interrupted`: signals, resume, and giving up
//! - `secrets`: none in any file or output
//! - `trust`: certificates and redirects
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[allow(dead_code, reason = "this binary uses a part of it")]
#[path = "../cli/harness.rs"]
mod harness;

mod flow;
mod interrupted;
mod kill;
mod network;
mod recorder;
mod secrets;
mod sources;
mod target;
mod trust;
mod values;
