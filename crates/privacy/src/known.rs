//! Originals that are looked for everywhere.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::kind::Kind;
use crate::lexicon::Lexicon;
use crate::map::Map;
use crate::token::tokens;
use crate::vocabulary;

/// The originals of the data and the map, as far as they are distinctive enough to be found.
#[derive(Debug)]
pub(crate) struct Known {
    lexicon: Lexicon<Kind>,
    /// Every original with its kind, public words too.
    exact: HashMap<Box<[u8]>, Kind>,
    hosts: HashSet<Box<[u8]>>,
}

impl Known {
    /// Nothing but the originals of a map.
    pub(crate) fn new(map: &Map) -> Known {
        let mut known = Known {
            lexicon: Lexicon::new(true),
            exact: HashMap::new(),
            hosts: HashSet::new(),
        };
        for (kind, table) in map.kinds() {
            for original in table.keys() {
                known.insert(kind, original);
            }
        }
        known
    }

    /// Adds an original; true if it was not known before.
    ///
    /// A text is one kind of original wherever nothing else is said by its place, so the first
    /// kind stays.
    pub(crate) fn insert(&mut self, kind: &Kind, original: &[u8]) -> bool {
        if is_named(kind) {
            return false;
        }
        let is_new_host = *kind == Kind::Host && self.hosts.insert(original.into());
        if self.exact.contains_key(original) {
            return is_new_host;
        }
        self.exact.insert(original.into(), kind.clone());
        if is_distinctive(kind, original) {
            let kind = self.lexicon.get(original).unwrap_or(kind).clone();
            self.lexicon.insert(original, kind);
        }
        true
    }

    /// The kind of exactly this original.
    pub(crate) fn kind(&self, original: &[u8]) -> Option<&Kind> {
        self.exact.get(original)
    }

    pub(crate) fn is_host(&self, canonical: &[u8]) -> bool {
        self.hosts.contains(canonical)
    }

    /// The originals in a text.
    pub(crate) fn find(&self, text: &[u8]) -> Vec<(Range<usize>, Kind)> {
        let found = self.lexicon.find(text).into_iter();
        let kinds = found.map(|(range, kind)| {
            let exact = self.exact.get(&text[range.clone()]);
            (range, exact.unwrap_or(kind).clone())
        });
        kinds.collect()
    }
}

/// Kinds whose originals are names of their own place and of no other: a port is a mere number.
fn is_named(kind: &Kind) -> bool {
    use crate::kind::Class;
    matches!(
        kind,
        Kind::Class(Class::Metric | Class::LabelName | Class::Port)
    )
}

/// Whether an original can be told from other text: not a word of the public vocabulary, not a
/// single letter, not a number of fewer than seven digits.
pub(crate) fn is_distinctive(kind: &Kind, original: &[u8]) -> bool {
    if *kind == Kind::Class(crate::kind::Class::Word) {
        return true;
    }
    let length: usize = tokens(original).map(|token| token.len()).sum();
    let number = original.iter().all(u8::is_ascii_digit);
    let public = std::str::from_utf8(original).is_ok_and(vocabulary::is_public);
    length >= 2 && !public && !(number && original.len() < 7)
}
