//! Where a hit stands.

use std::fmt;

/// Where a hit stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// The values of the label with this name, cut at 256 bytes; metric names are those of `__name__`.
    Label(String),
    /// The values of labels for which there is no room, above 4,096 that hold hits.
    FurtherLabels,
    /// The name of a label.
    LabelName,
    /// The value of a label whose name is a hit itself and therefore not told.
    HiddenLabel,
    /// Something else that leaves, such as `metadata.json`.
    Text(&'static str),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(name) => f.write_str(name),
            Self::FurtherLabels => f.write_str("(further labels)"),
            Self::LabelName => f.write_str("(label name)"),
            Self::HiddenLabel => f.write_str("(label with a hit in its name)"),
            Self::Text(what) => f.write_str(what),
        }
    }
}
