//! What is sensitive in a label and what it becomes.
//!
//! [`Rules`] say which labels are replaced and which are dropped. A [`Collector`] is shown every
//! distinct (label name, label value) pair of an export, in any order, and [`Collector::finish`]
//! turns it into a [`Rewriter`], which gives each pair its clean form. The original texts and
//! their pseudonyms stand in a [`Map`] that stays with its owner; a [`Revealer`] reads it backwards.
//!
//! Nouns: an *original* is a text that must not leave; a *pseudonym* is the obviously fake text in
//! its place; a *kind* (host, job, or one custom label) is what an original is an original of; the
//! *key* decides the order in which originals are numbered.
//!
//! | original | pseudonym |
//! |---|---|
//! | host part of `instance` | `777.777.X.Y`, port kept |
//! | `job` | `<component>-job-<n>`, or `job-<n>` when the component is unknown |
//! | value of a custom label | `<label>-<n>` |
//!
//! ```
//! use privacy::{Collector, Key, Map, Rules};
//!
//! # fn main() -> Result<(), privacy::Error> {
//! let rules = Rules::builder().instance(true).job(true).build()?;
//! let mut collector = Collector::new(&rules, Map::new(Key::generate()?)?);
//! collector.observe(b"instance", b"db7.corp.example:8482");
//! collector.observe(b"job", b"storage-eu");
//! collector.job_component(b"storage-eu", "vmstorage");
//! let rewriter = collector.finish()?;
//! let clean = rewriter.label(b"instance", b"db7.corp.example:8482")?.expect("not dropped");
//! assert_eq!(clean.value(), b"777.777.1.1:8482");
//! assert_eq!(rewriter.job("storage-eu"), "vmstorage-job-1");
//! # Ok(())
//! # }
//! ```
//!
//! This crate does no I/O and knows nothing of HTTP or ZIP. It must never let an original of a
//! covered kind through: where it cannot decide, it returns an error.

mod clean_label;
mod collector;
mod component;
mod error;
mod escape;
mod host;
mod instance;
mod key;
mod kind;
mod map;
mod map_json;
mod numbering;
mod revealer;
mod rewriter;
mod rules;
mod shape;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the replacer and the audit will ask it")
)]
mod vocabulary;
mod word;

pub use clean_label::CleanLabel;
pub use collector::Collector;
pub use component::COMPONENTS;
pub use error::Error;
pub use key::Key;
pub use map::Map;
pub use revealer::Revealer;
pub use rewriter::{ReplacedCounts, Rewriter, UNKNOWN_JOB};
pub use rules::{Rules, RulesBuilder};
