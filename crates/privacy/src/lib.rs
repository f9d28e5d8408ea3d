//! What is sensitive in a label and what it becomes.
//!
//! [`Rules`] say which labels are replaced and which are dropped. A [`Collector`] goes through
//! every distinct (label name, label value) pair of an export, in any order, and
//! [`Collector::finish`] makes a [`Rewriter`] of it, which gives each pair its clean form. The original texts and
//! their pseudonyms stand in a [`Map`] that stays with its owner; a [`Revealer`] reads it backwards.
//!
//! Nouns: an *original* is a text that must not leave; a *pseudonym* is the obviously fake text in
//! its place; a *kind* (host, job, one label, user, token and so on) is what an original is an
//! original of; the *key* decides the order in which originals are numbered. A text is *public* if
//! it belongs to the vocabulary of VictoriaMetrics and of its surroundings.
//!
//! | original | pseudonym |
//! |---|---|
//! | host part of `instance` | `777.777.X.Y`, port kept |
//! | `job` | `<component>-job-<n>`, or `job-<n>` when the component is unknown |
//! | value of a custom label, or what is not public in a label that names targets | `<label>-<n>` |
//! | user, password, token, hash, id, MAC address, part of a URL | `user-<n>`, `token-<n>` and so on |
//! | label name, metric name | `label_<n>`, `metric_<n>` |
//!
//! ```
//! use privacy::{Collector, Key, Map, Rules};
//!
//! # fn main() -> Result<(), privacy::Error> {
//! let labels: [(&[u8], &[u8]); 3] = [
//!     (b"instance", b"db7.corp.example:8482"),
//!     (b"job", b"storage-eu"),
//!     (b"url", b"http://db7.corp.example:8482/insert/0"),
//! ];
//! let rules = Rules::builder().instance(true).job(true).build()?;
//! let mut collector = Collector::new(&rules, Map::new(Key::generate()?)?);
//! collector.job_component(b"storage-eu", "vmstorage");
//! let rewriter = collector.finish(|| labels.into_iter())?;
//! let clean = rewriter.label(labels[2].0, labels[2].1)?.expect("not dropped");
//! assert_eq!(clean.value(), b"http://777.777.1.1:8482/insert/0");
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
mod identity;
mod instance;
mod key;
mod kind;
mod known;
mod lexicon;
mod look_alikes;
mod map;
mod map_json;
mod numbering;
mod pattern;
mod piece;
mod revealer;
mod rewriter;
mod rules;
mod scanner;
mod shape;
mod shapes;
mod token;
mod url;
mod view;
mod vocabulary;

pub use clean_label::CleanLabel;
pub use collector::Collector;
pub use component::COMPONENTS;
pub use error::Error;
pub use key::Key;
pub use map::{Family, Map, Original};
pub use revealer::Revealer;
pub use rewriter::{HIDDEN, ReplacedCounts, Rewriter, UNKNOWN_JOB};
pub use rules::{Level, Rules, RulesBuilder};
pub use vocabulary::{is_public, is_public_label, is_public_metric, public_names};
