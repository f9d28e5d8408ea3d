//! Planted secrets: real VictoriaMetrics programs are given them as flags, files and labels, and no bundle may hold one.
//!
//! - `component`: starts a packaged program
//! - `installation`: the programs of one customer, with flags that tell who it is
//! - `corpus`: the recorded and crafted series, the secrets, and what must stay
//! - `spelling`: the ways in which a text may stand in another
//! - `bundles`: the promises, for both servers and every level
//!
//! `UPDATE_CORPUS=1` records the corpus of the installation anew.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

#[allow(dead_code, reason = "this binary uses a part of it")]
#[path = "../cli/harness.rs"]
mod harness;

mod bundles;
mod component;
mod corpus;
mod installation;
mod spelling;
