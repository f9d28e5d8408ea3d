//! Distinct series and their numbers.

use std::hash::BuildHasher;

use bundle::staging::{LabelId, StagingError};
use hashbrown::{DefaultHashBuilder, HashTable};

/// Numbers distinct series in order of arrival.
///
/// Series are compared by all their labels, never by a hash alone: two series must not become one.
#[derive(Default)]
pub(crate) struct SeriesTable {
    labels: Vec<LabelId>,
    /// Where the labels of each series end in `labels`.
    ends: Vec<u32>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl SeriesTable {
    /// The number of a series, and whether it is new.
    pub(crate) fn number(&mut self, labels: &[LabelId]) -> Result<(u32, bool), StagingError> {
        let hash = self.hasher.hash_one(labels);
        let found = self.index.find(hash, |&number| {
            series(&self.labels, &self.ends, number) == labels
        });
        if let Some(&number) = found {
            return Ok((number, false));
        }
        let too_many = || StagingError::TooMany {
            what: "series in a slice",
            limit: u32::MAX,
        };
        let number = u32::try_from(self.ends.len()).map_err(|_| too_many())?;
        self.labels.extend_from_slice(labels);
        let end = u32::try_from(self.labels.len()).map_err(|_| too_many())?;
        self.ends.push(end);
        let Self {
            labels,
            ends,
            index,
            hasher,
        } = self;
        index.insert_unique(hash, number, |&number| {
            hasher.hash_one(series(labels, ends, number))
        });
        Ok((number, true))
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

fn series<'a>(labels: &'a [LabelId], ends: &[u32], number: u32) -> &'a [LabelId] {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &labels[start as usize..ends[number] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_numbered_by_all_their_labels() {
        let mut table = SeriesTable::default();
        let ids = |ids: &[u32]| ids.iter().copied().map(LabelId).collect::<Vec<_>>();
        assert_eq!(table.number(&ids(&[1, 2])).unwrap(), (0, true));
        assert_eq!(table.number(&ids(&[1])).unwrap(), (1, true));
        assert_eq!(table.number(&ids(&[])).unwrap(), (2, true));
        assert_eq!(table.number(&ids(&[2, 1])).unwrap(), (3, true));
        assert_eq!(table.number(&ids(&[1, 2])).unwrap(), (0, false));
        assert_eq!(table.number(&ids(&[])).unwrap(), (2, false));
        assert_eq!(table.len(), 4);
    }
}
