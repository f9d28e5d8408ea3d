//! What would leave: a few series as the bundle will have them, and what happens to each label.
//!
//! Pseudonyms come from the whole selection, and from a map that the export started afterwards begins
//! with: what a person approves is what leaves.

pub(super) mod changes;
mod listing;
mod memory;
mod points;
pub(super) mod samples;
mod spread;

pub(super) use self::changes::preview;
pub(super) use self::memory::Memory;
pub(super) use self::samples::sample;
