//! An embedded demo cluster that speaks enough of the VictoriaMetrics HTTP API, and fails on order.

mod data;
mod version;

pub use data::Installation;
pub use version::Version;
