//! Tables by names that stand in foreign data.

use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

/// A table by name that takes a bounded number of names, of a bounded number of bytes together: a
/// name may be a megabyte long, and thousands of them inflate from a few.
#[derive(Debug)]
pub struct NameTable<T> {
    entries: HashMap<Vec<u8>, T>,
    name_bytes: usize,
    most_names: usize,
    most_bytes: usize,
}

impl<T> NameTable<T> {
    /// An empty table for at most `most_names` names of at most `most_bytes` bytes together.
    pub fn new(most_names: usize, most_bytes: usize) -> Self {
        Self {
            entries: HashMap::new(),
            name_bytes: 0,
            most_names,
            most_bytes,
        }
    }

    /// What the table has under a name, made by `make` if the name is new; `None` if there is no
    /// room for it.
    pub fn entry(&mut self, name: &[u8], make: impl FnOnce() -> T) -> Option<&mut T> {
        let has_room =
            self.entries.len() < self.most_names && self.name_bytes + name.len() <= self.most_bytes;
        match self.entries.entry_ref(name) {
            EntryRef::Occupied(known) => Some(known.into_mut()),
            EntryRef::Vacant(new) if has_room => {
                self.name_bytes += name.len();
                Some(new.insert(make()))
            }
            EntryRef::Vacant(_) => None,
        }
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The names with what they stand for, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &T)> {
        self.entries
            .iter()
            .map(|(name, entry)| (name.as_slice(), entry))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_table_still_counts_the_names_it_has() {
        let mut table = NameTable::new(2, 100);
        for name in [&b"a"[..], b"b", b"c", b"a", b"c"] {
            if let Some(count) = table.entry(name, || 0) {
                *count += 1;
            }
        }
        let mut counts: Vec<(&[u8], i32)> = table.iter().map(|(n, c)| (n, *c)).collect();
        counts.sort_unstable();
        assert_eq!(counts, [(&b"a"[..], 2), (b"b", 1)]);
    }

    #[test]
    fn long_names_leave_room_for_short_ones() {
        let mut table = NameTable::new(1_000, 100);
        assert!(table.entry(&[b'x'; 60], || ()).is_some());
        assert!(table.entry(&[b'y'; 60], || ()).is_none());
        assert!(table.entry(&[b'z'; 40], || ()).is_some());
        assert!(table.entry(b"a", || ()).is_none());
        assert!(table.entry(&[b'x'; 60], || ()).is_some());
        assert_eq!(table.len(), 2);
    }
}
