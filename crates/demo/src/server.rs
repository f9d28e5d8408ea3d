//! The HTTP side: what a request asks, what the installation answers, what goes wrong on the way.

mod answer;
mod api;
mod asked;
mod body;
mod export;
mod handler;
mod json;
mod metrics_page;
mod params;
mod pieces;
mod refusal;
mod route;
mod time;
mod wire;

pub(crate) use handler::{Handler, Server};
pub(crate) use wire::Wire;
