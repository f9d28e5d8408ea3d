//! The values that left as they were.

use std::collections::BTreeSet;
use std::fmt;

/// Values kept per label; a person reads no more.
const MAX_VALUES: usize = 4_096;

/// Bytes kept of each value.
const MAX_BYTES: usize = 256;

/// What a value takes besides its bytes.
const VALUE_OVERHEAD_BYTES: usize = 64;

/// The distinct values of one label that left as they were, without a pseudonym in them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Stayed {
    values: BTreeSet<String>,
    bytes: usize,
    more: u64,
}

impl Stayed {
    /// The first values in alphabetical order, 4,096 at most, and of those the ones that came first if
    /// all labels together have more than there is room for. They are for the eyes of the owner:
    /// nobody knows whether one of them is a secret. Long ones are cut and end in `…`.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(String::as_str)
    }

    /// How many values there are besides.
    pub fn more(&self) -> u64 {
        self.more
    }

    pub(crate) fn insert(&mut self, value: &[u8]) {
        let value = shown(value);
        if self.values.len() == MAX_VALUES && self.values.last() < Some(&value) {
            self.count();
            return;
        }
        self.add(value);
        self.shorten();
    }

    /// Counts a value for which there is no room.
    pub(crate) fn count(&mut self) {
        self.more += 1;
    }

    /// The memory that the values take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    fn add(&mut self, value: String) {
        let bytes = value.len() + VALUE_OVERHEAD_BYTES;
        if self.values.insert(value) {
            self.bytes += bytes;
        }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.more += other.more;
        for value in other.values {
            self.add(value);
        }
        self.shorten();
    }

    fn shorten(&mut self) {
        while self.values.len() > MAX_VALUES {
            let last = self.values.pop_last();
            self.bytes -= last.map_or(0, |last| last.len() + VALUE_OVERHEAD_BYTES);
            self.count();
        }
    }
}

impl fmt::Debug for Stayed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stayed")
            .field("values", &self.values.len())
            .field("more", &self.more)
            .finish()
    }
}

/// A text as a person is shown it: cut at 256 bytes, the replacement character for what is no text.
pub(crate) fn shown(text: &[u8]) -> String {
    let cut = &text[..text.len().min(MAX_BYTES)];
    let mut shown = String::from_utf8_lossy(cut).into_owned();
    if cut.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_first_values_whatever_their_order() {
        let number = |n: usize| format!("{n:05}").into_bytes();
        let mut rising = Stayed::default();
        let mut falling = Stayed::default();
        for n in 0..MAX_VALUES + 10 {
            rising.insert(&number(n));
            falling.insert(&number(MAX_VALUES + 9 - n));
        }
        assert_eq!(rising, falling);
        assert_eq!((rising.values().count(), rising.more()), (MAX_VALUES, 10));

        let mut late = Stayed::default();
        late.insert(b"z");
        let (mut one, mut other) = (rising.clone(), late.clone());
        one.merge(late);
        other.merge(rising);
        assert_eq!(one, other);
        assert_eq!((one.values().count(), one.more()), (MAX_VALUES, 11));
    }

    #[test]
    fn long_values_are_cut() {
        let mut stayed = Stayed::default();
        stayed.insert("é".repeat(1000).as_bytes());
        assert!(
            stayed
                .values()
                .all(|value| value.len() < 300 && value.ends_with('…'))
        );
    }

    #[test]
    fn debug_output_tells_no_value() {
        let mut stayed = Stayed::default();
        stayed.insert(b"acme");
        assert!(!format!("{stayed:?}").contains("acme"));
    }
}
