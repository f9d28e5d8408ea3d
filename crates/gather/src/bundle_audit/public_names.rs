//! The public names in a bundle: an original may be a part of one, and that is no finding.

use bundle::{Bundle, Data, NameTable};
use vmformat::json_line::{LineSink, ValueChunk};

use crate::bundle_lines::{StreamError, stream};

/// Names that are collected. The vocabulary allows for no end of them; installations have a few
/// thousand. An original in a name beyond is a finding, and a person looks at it.
const MAX_NAMES: usize = 200_000;

/// Bytes of these names together, those of metrics and those of labels.
const MAX_NAME_BYTES: usize = 16 << 20;

/// The longest name that is collected; words can be strung together without end, and each such name
/// would be compared with every text of the same words.
const MAX_NAME_LENGTH: usize = 1 << 10;

/// Metric and label names of the public vocabulary.
pub(super) struct PublicNames {
    metrics: NameTable<()>,
    labels: NameTable<()>,
}

impl Default for PublicNames {
    fn default() -> Self {
        Self {
            metrics: NameTable::new(MAX_NAMES, MAX_NAME_BYTES),
            labels: NameTable::new(MAX_NAMES, MAX_NAME_BYTES),
        }
    }
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
            .map(|(metric, ())| (&b"__name__"[..], metric))
            .chain(labels.map(|(label, ())| (label, &b""[..])))
    }
}

/// Adds a text if `is_public` and there is room.
fn add(names: &mut NameTable<()>, text: &[u8], is_public: fn(&str) -> bool) {
    if text.len() <= MAX_NAME_LENGTH && std::str::from_utf8(text).is_ok_and(is_public) {
        // What finds no room is searched, and that errs on the side of a finding.
        let _ = names.entry(text, || ());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_public_names_are_not_collected() {
        let mut names = PublicNames::default();
        for i in 0..20_000 {
            let ending = format!("rows_{}_{}", i / 200, i % 200);
            let name = |words: usize| format!("vm_{}{ending}", "rows_".repeat(words));
            for name in [name(180), name(250)] {
                names
                    .metric(&[(b"__name__".to_vec(), name.into_bytes())])
                    .unwrap();
            }
        }
        let lengths: Vec<usize> = names.metrics.iter().map(|(name, ())| name.len()).collect();
        assert!(lengths.iter().all(|length| *length <= MAX_NAME_LENGTH));
        assert!(lengths.iter().sum::<usize>() <= MAX_NAME_BYTES);
        assert!(lengths.len() > 10_000, "{}", lengths.len());
    }
}
