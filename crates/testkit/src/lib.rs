//! Real VictoriaMetrics servers and hostile networks for the tests.
//!
//! * [`VmServer`] and [`VmAuth`] run the packaged programs that `cargo xtask test-env` unpacks, on loopback and a free
//!   port, in a folder of their own, and end them when dropped or when the test process dies.
//! * [`FaultProxy`] stands between a client and a server and does to the n-th response what a [`Fault`] says.
//! * [`seed`] makes JSON lines that look like an installation's own metrics, and series that are odd.
//! * [`canonical`] turns JSON lines into a form in which equal data are equal, whatever the order and split of lines.
//!
//! Everything blocks and panics on trouble: this crate is only for tests and developer commands.

mod auth;
mod canonical;
mod fault;
mod process;
mod proxy;
mod relay;
pub mod seed;
mod server;
mod usage;
mod version;

pub use auth::VmAuth;
pub use canonical::{CanonicalSeries, Labels, canonical, diff};
pub use fault::{Answer, Fault};
pub use proxy::FaultProxy;
pub use server::{EVERYTHING, VmServer};
pub use usage::{cpu_seconds, peak_rss};
pub use version::{VmVersion, test_env_dir};
