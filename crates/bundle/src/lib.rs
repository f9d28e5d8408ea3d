//! The bundle on disk: staged parts and journal while it grows, the sealed ZIP afterwards.
//!
//! - A *part* holds one staged slice; [`staging`] keeps parts and the journal that names them.
//! - A *bundle* is the sealed ZIP: an [`Archive`] of *entries*, the data compressed as [`Piece`]s in
//!   parallel, [`Metadata`] and a [`readme()`] beside them, given its final name by a
//!   [`PendingFile`] only once it is complete.
//! - A [`Bundle`] reads one back, whoever made it; [`verify()`] recomputes all it claims and
//!   [`inspect()`] tells what is in it.
//!
//! This crate must never let a file with a bundle's final name be incomplete, overwrite a bundle,
//! or put into one anything that its caller did not hand over as rewritten.

mod archive;
mod checksum_file;
mod copies;
mod data_reader;
mod entry_reader;
mod error;
mod hashing;
mod inspect;
mod line_times;
mod metadata;
mod name;
mod name_table;
mod piece;
mod reader;
mod readme;
mod scan;
mod sealed;
mod series_key;
pub mod staging;
mod verify;
mod verify_report;
mod warning;

pub use archive::{Archive, PieceEntry};
pub use checksum_file::checksum_path;
pub use data_reader::DataReader;
pub use entry_reader::EntryReader;
pub use error::Error;
pub use hashing::{Digest, HashingWriter};
pub use inspect::{EntryInfo, Inspection, LabelInfo, SeriesCount, inspect};
pub use metadata::{
    AuditCode, AuditSummary, FORMAT_VERSION, Format, Metadata, Method, ObfuscationLevel,
    ObfuscationSummary, Replaced, RequestedRange,
};
pub use name::ExportId;
pub use name_table::NameTable;
pub use piece::{PIECE_TEXT_BYTES, Piece, PieceCompressor};
pub use reader::{Bundle, Data, Entry, METADATA_ENTRY, METRICS_ENTRY, NATIVE_ENTRY, README_ENTRY};
pub use readme::readme;
pub use sealed::{Leftover, PendingFile, Sealed, partial_path};
pub use series_key::SeriesKey;
pub use verify::{VerifyProgress, verify};
pub use verify_report::{Check, Outcome, Subject, VerifyReport};
pub use warning::Warning;
