//! The data of the demo: a made-up installation whose every sample is computed, never stored.

mod installation;
mod label_order;
mod noise;
mod series;
mod shape;
mod table;
mod target;
mod view;

pub use installation::Installation;
pub(crate) use series::{Sample, Series};
pub(crate) use target::Tenant;
pub(crate) use view::{Owner, Place, View};
