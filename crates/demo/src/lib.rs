//! An embedded demo cluster that speaks enough of the VictoriaMetrics HTTP API, and fails on order.
//!
//! A [`Demo`] is a small HTTP server inside the process. It serves an [`Installation`] that never
//! was: components, jobs and an hour of samples, all computed when they are asked for, so the same
//! request always gets the same answer. It behaves like a single node or a cluster
//! ([`Personality`]) of a certain [`Version`], with that version's texts and quirks.
//!
//! Tests give it an [`Order`]: a [`Fault`] and the requests it hits. Faults reach below HTTP, down
//! to a reset connection or a raw line between two chunks, because that is what real servers do.
//!
//! ```
//! use demo::{Demo, Ending, Fault, Options, Order, Personality, Version};
//!
//! let options = Options::new(Personality::Single, Version::V1_150, 1_795_000_000_000);
//! let demo = Demo::start(options)?;
//! let ending = Ending::Reset;
//! demo.orders().add(
//!     Order::new(Fault::Break { after_bytes: 1_000, ending })
//!         .on("/api/v1/export")
//!         .nth(2),
//! );
//! assert!(demo.url().starts_with("http://127.0.0.1:"));
//! assert!(demo.requests().is_empty());
//! # Ok::<(), demo::Error>(())
//! ```
//!
//! The crate must never listen anywhere but on the loopback address, hold real data, or panic on
//! what a client sends.

mod data;
mod demo;
mod error;
mod gate;
mod options;
mod orders;
mod query;
mod request_log;
mod server;
mod version;

pub use data::Installation;
pub use demo::Demo;
pub use error::Error;
pub use gate::Gate;
pub use options::{Credentials, Options, Personality};
pub use orders::{Ending, Fault, Order, Orders, Refusal};
pub use request_log::Request;
pub use version::Version;
