//! The search of everything that leaves for what must not.
//!
//! A replacer that overlooks something does not notice it. So this crate looks at the outgoing
//! bytes alone, by means of its own: its own parser of label bytes, its own recognisers.
//!
//! Nouns: an *original* is a text that must not leave, of some [`Kind`]; a *shape* is what addresses
//! and host names look like, known or not; a *clean* text is one that may leave whatever it looks
//! like, a pseudonym or a text that was allowed; a *view* is a text as it is, or with an encoding
//! taken off; a *hit* is an original or a shape at a [`Place`].
//!
//! A [`Scope`] says what is searched for. An [`Audit`] is one search, with an [`Auditor`] per
//! thread, and [`Findings`] are what it ends with.
//!
//! ```
//! use audit::{Audit, Code, Kind, Scope};
//!
//! # fn main() -> Result<(), audit::Error> {
//! let scope = Scope::builder()
//!     .original(Kind::Job, b"acme")
//!     .pseudonym("777.777.1.1")
//!     .addresses(true)
//!     .build()?;
//! let audit = Audit::new(scope, 1_000);
//! let mut auditor = audit.auditor();
//! auditor.lines(br#"{"metric":{"__name__":"up","path":"/data/acme"},"values":[1],"timestamps":[1]}"#)?;
//! auditor.lines(br#"{"metric":{"__name__":"up","addr":"777.777.1.1:80"},"values":[1],"timestamps":[1]}"#)?;
//! let findings = auditor.finish();
//! let hit = findings.hits().next().expect("a hit");
//! assert_eq!((hit.place().to_string().as_str(), hit.code()), ("path", Code::Original(Kind::Job)));
//! assert_eq!(findings.hits().count(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! This crate does no I/O. It must never share code with what replaces, pass over bytes that it
//! cannot read, or show an original other than where its caller asks for examples.

mod audit;
mod auditor;
mod code;
mod cover;
mod error;
mod findings;
mod index;
mod line;
mod memo;
mod place;
mod scope;
mod search;
mod shape;
mod stayed;
mod token;
mod view;

pub use audit::Audit;
pub use auditor::Auditor;
pub use code::{Code, Kind};
pub use error::Error;
pub use findings::{Findings, Hit};
pub use place::Place;
pub use scope::{Scope, ScopeBuilder};
pub use stayed::Stayed;
