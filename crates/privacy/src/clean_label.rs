//! Labels that may leave.

/// A label as it may stand in a bundle; only a [`Rewriter`](crate::Rewriter) makes one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CleanLabel {
    name: Box<[u8]>,
    value: Box<[u8]>,
}

impl CleanLabel {
    pub(crate) fn new(name: &[u8], value: Vec<u8>) -> CleanLabel {
        CleanLabel {
            name: name.into(),
            value: value.into(),
        }
    }

    /// The label name.
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// The label value, which may be empty.
    pub fn value(&self) -> &[u8] {
        &self.value
    }
}
