//! What every reader must survive: any bytes, in bounded memory, without a panic.
//!
//! Each function is one fuzz target. It reads the bytes as hostile input, and checks what must hold of
//! input that is accepted. `cargo fuzz run NAME` drives them by coverage; `cargo test` runs the
//! corpora and a bounded number of mutations of them, with any compiler.

#![forbid(unsafe_code)]

mod bundles;
mod documents;
mod lines;
mod streams;

pub use bundles::{bundle_zip, journal};
pub use documents::{config, map};
pub use lines::json_line;
pub use streams::native;

/// Takes one input; must neither panic nor take memory without bound.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its corpus.
pub const TARGETS: [(&str, Target); 6] = [
    ("native", native),
    ("json_line", json_line),
    ("bundle_zip", bundle_zip),
    ("journal", journal),
    ("map", map),
    ("config", config),
];

/// Pieces of which the first byte tells the size, so that borders fall everywhere.
fn pieces(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let size = data.first().map_or(1, |first| usize::from(*first) + 1);
    data.chunks(size)
}
