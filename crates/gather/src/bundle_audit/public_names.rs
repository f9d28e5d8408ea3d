//! The public names in a bundle: an original may be a part of one, and that is no finding.

use std::collections::HashSet;

use bundle::{Bundle, Data};
use vmformat::json_line::{LineSink, ValueChunk};

use crate::bundle_lines::{StreamError, stream};

/// Names that are collected. The vocabulary allows for no end of them; installations have a few
/// thousand. An original in a name beyond is a finding, and a person looks at it.
const MAX_NAMES: usize = 200_000;

/// Metric and label names of the public vocabulary.
#[derive(Default)]
pub(super) struct PublicNames {
    metrics: HashSet<Vec<u8>>,
    labels: HashSet<Vec<u8>>,
}

impl PublicNames {
    /// Reads all lines for the names in them.
    pub(super) fn of(
        bundle: &Bundle,
        data: &Data<'_>,
    ) -> Result<Self, StreamError<vmformat::Error>> {
        let mut names = Self::default();
        stream(bundle, data, usize::MAX, &mut names)?;
        Ok(names)
    }

    /// Them as labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let metrics = self.metrics.iter();
        let labels = self.labels.iter();
        metrics
            .map(|metric| (&b"__name__"[..], metric.as_slice()))
            .chain(labels.map(|label| (label.as_slice(), &b""[..])))
    }
}

/// Adds a text that is not there yet if `is_public`.
fn add(names: &mut HashSet<Vec<u8>>, text: &[u8], is_public: fn(&str) -> bool) {
    if names.len() < MAX_NAMES
        && !names.contains(text)
        && std::str::from_utf8(text).is_ok_and(is_public)
    {
        names.insert(text.to_vec());
    }
}

impl LineSink for PublicNames {
    const NEEDS_VALUES: bool = false;

    type Error = vmformat::Error;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), vmformat::Error> {
        for (name, value) in labels {
            add(&mut self.labels, name, privacy::is_public_label);
            if name == b"__name__" {
                add(&mut self.metrics, value, privacy::is_public_metric);
            }
        }
        Ok(())
    }

    fn values(&mut self, _: ValueChunk<'_>) -> Result<(), vmformat::Error> {
        Ok(())
    }

    fn timestamps(&mut self, _: &[i64]) -> Result<(), vmformat::Error> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), vmformat::Error> {
        Ok(())
    }
}
