//! The bundle on disk: staged parts and journal while it grows, the sealed ZIP afterwards.

pub mod staging;
