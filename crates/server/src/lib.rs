//! The HTTP API and the embedded pages of vmgather.
//!
//! ```text
//! bind ──▶ serve: connections with limits ──▶ access: who may call ──▶ exporter or importer: API, page
//! ```
//!
//! [`bind`] takes a port, [`Access`] decides who may call, [`serve`] answers until it is told to stop.
//! What is answered is a router: [`Exporter`] is that of the wizard, [`ImportServer`] that of the
//! import page. Everything else here is about serving as such and knows nothing of either.
//!
//! Nouns: a *problem* is a reply that says what went wrong; a *job* is an export or an import
//! that the server runs; *kin* are processes of the same user on this machine.
//!
//! It must never answer a page of another site, send a secret, listen to everybody unasked, or serve a
//! file that is not a finished bundle.

mod access;
mod browser;
mod byte_range;
mod connection;
mod error;
mod event_stream;
mod exporter;
mod headers;
mod importer;
mod job_state;
mod json_body;
mod listen;
mod pages;
mod reply;
mod serve;
mod steered;
mod tls;

pub use access::{Access, AccessOptions};
pub use browser::open_browser;
pub use error::Error;
pub use exporter::{Exporter, ExporterOptions, Pseudonyms};
pub use importer::{ImportServer, ImportServerOptions};
pub use listen::{Bound, bind};
pub use serve::{Limits, serve};
pub use tls::tls_config;
