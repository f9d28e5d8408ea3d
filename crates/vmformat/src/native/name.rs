use std::borrow::Cow;
use std::collections::HashMap;

use crate::{Error, NameDefect};

/// The label that holds the metric name.
const METRIC_NAME: &[u8] = b"__name__";

const ESCAPE: u8 = 0;
const END: u8 = 1;
/// The largest byte that is escaped, and what is added to an escaped byte.
const LAST_ESCAPED: u8 = 2;
const ESCAPED_BASE: u8 = b'0';

/// Up to this many labels, duplicates are found by comparing all pairs: faster than hashing, and
/// bounded.
const PAIRWISE_LABELS: usize = 32;

/// A label name and its value. Neither need be UTF-8.
pub type Label<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// The name of a series, taken apart into labels.
///
/// The metric name comes first, as the label `__name__`, unless it is empty. The other labels keep
/// their stored order, in which JSON lines show them too. Some server versions store label names
/// twice after a native import, with equal values: each name is kept once, at its first position,
/// with its last value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesName<'a> {
    labels: Vec<Label<'a>>,
}

impl<'a> SeriesName<'a> {
    /// Parses the name of a frame.
    ///
    /// # Errors
    ///
    /// [`Error::Name`] if the last part is not terminated, an escape is malformed, or a label has
    /// no value.
    pub fn parse(name: &'a [u8]) -> Result<Self, Error> {
        let mut labels = Vec::with_capacity(16);
        read_labels(name, |label| labels.push(label))?;
        keep_last_values(
            &mut labels,
            |(name, _)| name,
            |kept, dropped| kept.1 = dropped.1,
        );
        Ok(Self { labels })
    }

    /// The labels, in order.
    pub fn labels(&self) -> &[Label<'a>] {
        &self.labels
    }

    /// The labels as plain bytes, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> + Clone {
        self.labels.iter().map(|(name, value)| (&**name, &**value))
    }
}

impl<'a> IntoIterator for SeriesName<'a> {
    type Item = Label<'a>;
    type IntoIter = std::vec::IntoIter<Label<'a>>;

    fn into_iter(self) -> Self::IntoIter {
        self.labels.into_iter()
    }
}

/// Gives `take` every label of an escaped name as it stands there: the metric name first, as the
/// label `__name__`, unless it is empty; repeated names with each of their values.
///
/// # Errors
///
/// As [`SeriesName::parse`]; `take` may have been called then.
pub fn read_labels<'a>(name: &'a [u8], mut take: impl FnMut(Label<'a>)) -> Result<(), Error> {
    let mut rest = name;
    let metric_name = read_part(&mut rest)?;
    if !metric_name.is_empty() {
        take((Cow::Borrowed(METRIC_NAME), metric_name));
    }
    while !rest.is_empty() {
        let label = read_part(&mut rest)?;
        if rest.is_empty() {
            return Err(NameDefect::MissingValue.into());
        }
        take((label, read_part(&mut rest)?));
    }
    Ok(())
}

/// Removes labels whose name occurred before; `take_value` moves the value of a removed label to
/// the one that is kept.
pub(crate) fn keep_last_values<L>(
    labels: &mut Vec<L>,
    name: impl Fn(&L) -> &[u8],
    take_value: impl Fn(&mut L, L),
) {
    let has_duplicates = if labels.len() <= PAIRWISE_LABELS {
        labels.iter().enumerate().any(|(i, label)| {
            labels[..i]
                .iter()
                .any(|earlier| name(earlier) == name(label))
        })
    } else {
        let mut seen = std::collections::HashSet::with_capacity(labels.len());
        !labels.iter().all(|label| seen.insert(name(label)))
    };
    if !has_duplicates {
        return;
    }
    let mut positions: HashMap<Vec<u8>, usize> = HashMap::with_capacity(labels.len());
    let mut kept: Vec<L> = Vec::with_capacity(labels.len());
    for label in labels.drain(..) {
        match positions.get(name(&label)) {
            Some(&position) => take_value(&mut kept[position], label),
            None => {
                positions.insert(name(&label).to_vec(), kept.len());
                kept.push(label);
            }
        }
    }
    *labels = kept;
}

fn read_part<'a>(rest: &mut &'a [u8]) -> Result<Cow<'a, [u8]>, NameDefect> {
    let end = memchr::memchr(END, rest).ok_or(NameDefect::Unterminated)?;
    let (part, behind) = (&rest[..end], &rest[end + 1..]);
    *rest = behind;
    match memchr::memchr(ESCAPE, part) {
        None => Ok(Cow::Borrowed(part)),
        Some(first) => unescape(part, first).map(Cow::Owned),
    }
}

fn unescape(part: &[u8], first: usize) -> Result<Vec<u8>, NameDefect> {
    let mut raw = part[..first].to_vec();
    let mut bytes = part[first..].iter();
    while let Some(&byte) = bytes.next() {
        raw.push(match byte {
            ESCAPE => match bytes.next() {
                Some(&code @ ESCAPED_BASE..=b'2') => code - ESCAPED_BASE,
                _ => return Err(NameDefect::Escape),
            },
            byte => byte,
        });
    }
    Ok(raw)
}

/// Appends the name of a series with these labels, escaped as in a frame.
///
/// The label `__name__` becomes the metric name wherever it stands; the others keep their order,
/// which is free: importers sort labels themselves.
pub fn write_name<'a, I>(out: &mut Vec<u8>, labels: I)
where
    I: IntoIterator<Item = (&'a [u8], &'a [u8])>,
    I::IntoIter: Clone,
{
    let labels = labels.into_iter();
    let metric_name = labels.clone().find(|(name, _)| *name == METRIC_NAME);
    write_part(out, metric_name.map_or(&[], |(_, value)| value));
    for (name, value) in labels.filter(|(name, _)| *name != METRIC_NAME) {
        write_part(out, name);
        write_part(out, value);
    }
}

/// Appends one part of a name, escaped and ended: a metric name, a label name or a label value.
pub fn write_part(out: &mut Vec<u8>, raw: &[u8]) {
    let mut rest = raw;
    while let Some(at) = memchr::memchr3(0, 1, LAST_ESCAPED, rest) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(&[ESCAPE, ESCAPED_BASE + rest[at]]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(END);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(name: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
        let name = SeriesName::parse(name).unwrap();
        name.iter()
            .map(|(name, value)| (name.to_vec(), value.to_vec()))
            .collect()
    }

    fn pair(name: &str, value: &str) -> (Vec<u8>, Vec<u8>) {
        (name.into(), value.into())
    }

    #[test]
    fn an_empty_metric_name_is_no_label() {
        assert_eq!(pairs(b"\x01a\x01b\x01"), [pair("a", "b")]);
        assert_eq!(pairs(b"up\x01"), [pair("__name__", "up")]);
        assert_eq!(pairs(b"\x01"), []);
    }

    #[test]
    fn duplicate_label_names_keep_first_position_and_last_value() {
        let name = b"m\x01Type\x011\x01type\x012\x01Type\x013\x01type\x012\x01";
        assert_eq!(
            pairs(name),
            [pair("__name__", "m"), pair("Type", "3"), pair("type", "2")]
        );
    }

    #[test]
    fn duplicates_among_many_labels_are_found() {
        let mut name = b"\x01".to_vec();
        for i in 0..100_000 {
            name.extend_from_slice(format!("l{}\x01{i}\x01", i % 50_000).as_bytes());
        }
        let labels = pairs(&name);
        assert_eq!(labels.len(), 50_000);
        assert_eq!(labels[7], pair("l7", "50007"));
    }

    #[test]
    fn broken_names_are_refused() {
        let defect = |name: &[u8]| match SeriesName::parse(name) {
            Err(Error::Name { defect, .. }) => defect,
            other => panic!("{other:?}"),
        };
        assert_eq!(defect(b""), NameDefect::Unterminated);
        assert_eq!(defect(b"ab"), NameDefect::Unterminated);
        assert_eq!(defect(b"a\x01b\x01c"), NameDefect::Unterminated);
        assert_eq!(defect(b"a\x01b\x01"), NameDefect::MissingValue);
        assert_eq!(defect(b"a\x003\x01"), NameDefect::Escape);
        assert_eq!(defect(b"a\x00\x01"), NameDefect::Escape);
    }

    proptest! {
        #[test]
        fn written_names_are_read_back(
            labels in prop::collection::btree_map(
                prop::collection::vec(0u8..5, 1..4), prop::collection::vec(any::<u8>(), 1..6), 0..50,
            ),
            metric_name in prop::collection::vec(0u8..5, 0..4),
        ) {
            let mut expected: Vec<_> = labels.into_iter().collect();
            if !metric_name.is_empty() {
                expected.insert(0, (METRIC_NAME.to_vec(), metric_name));
            }
            let mut name = Vec::new();
            write_name(&mut name, expected.iter().rev().map(|(n, v)| (&n[..], &v[..])));
            let mut read = pairs(&name);
            let named = usize::from(read.first().is_some_and(|(name, _)| name == METRIC_NAME));
            read[named..].reverse();
            prop_assert_eq!(read, expected);
        }
    }
}
