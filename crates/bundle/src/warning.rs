//! Where a bundle differs from what its reader would expect.

use serde::{Deserialize, Serialize};

/// A stable word for one kind of surprise; the words are all that reaches the metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// Neither jobs nor components were chosen.
    EverythingSelected,
    /// No series has a sample in the range.
    NoSeries,
    /// The values are results of a query, not stored samples.
    QueryResults,
    /// Samples were left out on purpose, to make the bundle smaller.
    Thinned,
    /// The audit found something, and the user accepted it.
    AuditFindingsAccepted,
    /// Series became equal because labels were dropped; their samples stand under one name.
    SeriesMerged,
    /// The connection did not say where a reply ends, so that a missing end would go unnoticed.
    CompletenessUnproven,
    /// The export went on from another address than it began at; path and tenant are the same.
    SourceMoved,
    /// One that this version does not know.
    #[serde(other)]
    Unknown,
}

impl Warning {
    /// The same as a sentence for people, without names or numbers of this bundle.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::EverythingSelected => {
                "No job or component was chosen, so every series of the tenant is in this bundle."
            }
            Self::NoSeries => "No series has a sample in the time range.",
            Self::QueryResults => {
                "The values are results of a query at a fixed step, not the samples as stored."
            }
            Self::Thinned => "Samples were left out on purpose, to make the bundle smaller.",
            Self::AuditFindingsAccepted => {
                "The search for original names found some, and the sender accepted that."
            }
            Self::SeriesMerged => {
                "Series became equal because labels were dropped; their samples share one name."
            }
            Self::CompletenessUnproven => {
                "The connection did not mark the end of replies, so data may be missing unnoticed."
            }
            Self::SourceMoved => {
                "The export was resumed from another address than it began at, which the sender gave \
                 as that of the same server."
            }
            Self::Unknown => "There is a warning that this version does not know.",
        }
    }
}
