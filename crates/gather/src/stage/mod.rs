//! Staging: what the server sends becomes parts on disk, small and neutral.
//!
//! Nothing is decided here that depends on data still to come: labels become numbers, blocks stay as
//! the server encoded them. Blocks without a sample in the range are dropped, and with them the
//! labels of series that have no other block, so that the token table holds exactly the labels of
//! the bundle.

mod body;
mod json;
mod native;
mod query;
mod sample_pairs;
mod slice_stage;
mod text_block;
mod text_stage;
mod value_queue;

use bundle::staging::StagingError;

pub(crate) use body::{BodyEnd, stage_body};
pub(crate) use query::QueryStager;
pub(crate) use sample_pairs::SamplePairs;
pub(crate) use slice_stage::{SliceStage, Staged};
pub(crate) use text_block::TextBlockDecoder;

/// Why a reply could not be staged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StageError {
    /// The reply breaks the format.
    #[error(transparent)]
    Format(#[from] vmformat::Error),
    /// The server answered for another range of time.
    #[error("the server answered for {understood}")]
    OtherRange { understood: String },
    /// A line that no VictoriaMetrics writes.
    #[error("a line has its timestamps before its values")]
    TimestampsFirst,
    /// The part or the token table cannot be written.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// The download ended before the body did; its own error says why.
    #[error("the download stopped")]
    Stopped,
}
