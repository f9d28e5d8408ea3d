//! Data to fill a server with: series that look like an installation's own metrics, and odd ones.

mod cluster;
mod odd;

pub use cluster::{Cluster, cluster};
pub use odd::{infinities, odd_series};
