//! Handing out numbers.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::key::Key;
use crate::kind::Kind;
use crate::map::Pseudonyms;
use crate::shape::Shape;

/// Gives new originals the next numbers, in the order of their rank under the key.
///
/// Numbers whose pseudonym is taken, by an original or by another kind, are skipped.
pub(crate) struct Numbering<'a> {
    key: &'a Key,
    taken: HashSet<Vec<u8>>,
}

impl<'a> Numbering<'a> {
    pub(crate) fn new(key: &'a Key, taken: HashSet<Vec<u8>>) -> Numbering<'a> {
        Numbering { key, taken }
    }

    /// Adds the originals that `table` lacks; `shape` tells the family of each original, and of
    /// each pseudonym already there.
    pub(crate) fn extend(
        &mut self,
        kind: &Kind,
        table: &mut Pseudonyms,
        originals: &BTreeSet<Vec<u8>>,
        shape: impl Fn(&[u8]) -> Shape,
    ) {
        let mut new: Vec<([u8; 32], &Vec<u8>)> = originals
            .iter()
            .filter(|original| !table.contains_key(*original))
            .map(|original| (self.key.rank(kind, original), original))
            .collect();
        new.sort_unstable();
        let mut last: HashMap<Shape, u64> = HashMap::new();
        for (_, original) in new {
            let shape = shape(original);
            let last = last.entry(shape.clone()).or_insert_with(|| {
                table
                    .values()
                    .filter_map(|pseudonym| shape.number(pseudonym))
                    .max()
                    .unwrap_or(0)
            });
            let pseudonym = loop {
                *last += 1;
                let candidate = shape.pseudonym(*last);
                if self.taken.insert(candidate.clone().into_bytes()) {
                    break candidate;
                }
            };
            table.insert(original.clone(), pseudonym);
        }
    }
}
