//! Kinds of originals.

use std::fmt;

/// What an original is an original of; numbers are counted per kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Host part of `instance`.
    Host,
    /// Value of `job`.
    Job,
    /// Value of the custom label of this name.
    Label(String),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Host => f.write_str("host"),
            Kind::Job => f.write_str("job"),
            Kind::Label(name) => write!(f, "label `{name}`"),
        }
    }
}
