//! Distinct labels and their numbers.

use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::error::StagingError;

/// The number of a distinct label (name and value) within one export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelId(pub u32);

impl LabelId {
    /// The number as an index.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Every distinct label of an export, numbered in order of arrival.
///
/// Parts hold these numbers only, so the table is the one place in staging where originals stand.
/// Memory grows with the distinct labels: their value bytes plus about 28 bytes each.
#[derive(Default)]
pub struct LabelTable {
    names: Vec<Box<[u8]>>,
    name_numbers: HashMap<Box<[u8]>, u32>,
    values: Vec<u8>,
    entries: Vec<Entry>,
    index: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

#[derive(Clone, Copy)]
struct Entry {
    name: u32,
    value_len: u32,
    value_at: u64,
}

impl LabelTable {
    /// The number of a label, a new one if it was not seen before.
    ///
    /// # Errors
    ///
    /// More than 2^32 - 1 distinct labels.
    pub fn intern(&mut self, name: &[u8], value: &[u8]) -> Result<LabelId, StagingError> {
        let hash = self.hasher.hash_one((name, value));
        let found = self.index.find(hash, |&id| self.label(id) == (name, value));
        if let Some(&id) = found {
            return Ok(LabelId(id));
        }
        let id = u32::try_from(self.entries.len()).map_err(|_| StagingError::TooMany {
            what: "labels",
            limit: u32::MAX,
        })?;
        let entry = Entry {
            name: self.name_number(name),
            value_len: u32::try_from(value.len()).map_err(|_| StagingError::TooMany {
                what: "bytes in a label value",
                limit: u32::MAX,
            })?,
            value_at: self.values.len() as u64,
        };
        self.values.extend_from_slice(value);
        self.entries.push(entry);
        let Self {
            index,
            entries,
            names,
            values,
            hasher,
            ..
        } = self;
        index.insert_unique(hash, id, |&id| {
            hasher.hash_one(label(names, values, entries[id as usize]))
        });
        Ok(LabelId(id))
    }

    /// Name and value of a number; `None` if it was never given out.
    pub fn get(&self, id: LabelId) -> Option<(&[u8], &[u8])> {
        let entry = self.entries.get(id.index())?;
        Some(label(&self.names, &self.values, *entry))
    }

    /// How many distinct labels there are; numbers run from 0 to one less.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no label was seen yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All labels by number.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries
            .iter()
            .map(|entry| label(&self.names, &self.values, *entry))
    }

    /// Frees what only [`Self::intern`] needs.
    pub fn freeze(&mut self) {
        self.index = HashTable::new();
        self.values.shrink_to_fit();
        self.entries.shrink_to_fit();
    }

    fn label(&self, id: u32) -> (&[u8], &[u8]) {
        label(&self.names, &self.values, self.entries[id as usize])
    }

    fn name_number(&mut self, name: &[u8]) -> u32 {
        if let Some(&number) = self.name_numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).expect("there are no more names than labels");
        self.names.push(name.into());
        self.name_numbers.insert(name.into(), number);
        number
    }
}

fn label<'a>(names: &'a [Box<[u8]>], values: &'a [u8], entry: Entry) -> (&'a [u8], &'a [u8]) {
    let start = entry.value_at as usize;
    (
        &names[entry.name as usize],
        &values[start..start + entry.value_len as usize],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_labels_share_a_number_and_come_back() {
        let mut table = LabelTable::default();
        let a = table.intern(b"job", b"x").unwrap();
        let b = table.intern(b"instance", b"x").unwrap();
        assert_ne!(a, b);
        assert_eq!(table.intern(b"job", b"x").unwrap(), a);
        assert_eq!(table.get(a).unwrap(), (&b"job"[..], &b"x"[..]));
        assert_eq!(table.get(b).unwrap(), (&b"instance"[..], &b"x"[..]));
        assert_eq!(table.get(LabelId(2)), None);
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn name_and_value_are_told_apart() {
        let mut table = LabelTable::default();
        let a = table.intern(b"ab", b"c").unwrap();
        assert_ne!(table.intern(b"a", b"bc").unwrap(), a);
    }
}
