//! Whoever pulls the plug: never a wrong bundle, and always a way on.
//!
//! Drives the real program against real servers.
//!
//! - `kill`: `kill -9` at random moments of every stage, then resume
//! - `disk_full`: writes that fail, in every file that is written
//! - `damage`: staged files that are not what was written, and two processes on one export
//! - `output`: places that cannot be written, or go away meanwhile
//! - `stop`: signals, and readers that leave

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[allow(dead_code, reason = "this binary uses a part of it")]
#[path = "../cli/harness.rs"]
mod harness;

mod damage;
mod disk_full;
mod kill;
mod output;
mod source;
mod stop;
