//! The bundle while it grows: a private folder of parts, a token table and a journal.
//!
//! ```text
//! <staging root>/<export id>/      0700
//!   lock                           held while a process works on this export
//!   plan.json                      what the export is, without credentials
//!   tokens                         distinct labels, numbered in order of arrival
//!   journal                        one checksummed line per committed fact
//!   part-<n>                       the data of one slice, labels as token numbers
//! ```
//!
//! Write order: part and tokens are written and synced, then the journal line that names both. Read
//! order: the journal first, then only what it names, up to the lengths it names. So a crash leaves
//! at most a part that no line names, and bytes behind the named length of the token table; both are
//! discarded when the export is resumed. The plan comes last and goes first: a folder without one is
//! what a crash left of making or removing it.

mod error;
mod folder;
mod journal;
mod label_table;
mod part_reader;
mod part_writer;
mod record;
mod token_file;

pub use error::StagingError;
pub use folder::{StagingFolder, create_private_folder, read_whole};
pub use journal::Journal;
pub use label_table::{LabelId, LabelTable};
pub use part_reader::PartReader;
pub use part_writer::{PartSummary, PartWriter};
pub use record::{BlockInfo, BlockKind, Labels, Record};
pub use token_file::{TokenFile, TokenMark};
