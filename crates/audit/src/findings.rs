//! What an audit ends with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::code::{Code, Codes};
use crate::place::Place;
use crate::stayed::{Stayed, shown};

/// Examples kept per place and code.
const MAX_EXAMPLES: usize = 5;

/// Labels whose values are listed, and whose hits are; real installations have a few hundred.
const MAX_LABELS: usize = 4_096;

/// Bytes of memory for values that stayed, of all labels together; beyond, they are only counted.
const MAX_STAYED_BYTES: usize = 32 << 20;

/// Hits of one code at one place.
#[derive(Clone, PartialEq, Eq)]
pub struct Hit {
    place: Place,
    code: Code,
    texts: u64,
    occurrences: u64,
    examples: BTreeSet<String>,
}

impl Hit {
    /// Where they stand.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What they are.
    pub fn code(&self) -> Code {
        self.code
    }

    /// How many distinct texts hold one.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// How often such texts came past, as in each line of a series.
    pub fn occurrences(&self) -> u64 {
        self.occurrences
    }

    /// A few of the texts, the first in alphabetical order. They hold what must not leave: they are
    /// for the eyes of the owner and for no log.
    pub fn examples(&self) -> impl Iterator<Item = &str> {
        self.examples.iter().map(String::as_str)
    }

    fn shorten(&mut self) {
        while self.examples.len() > MAX_EXAMPLES {
            self.examples.pop_last();
        }
    }
}

impl fmt::Debug for Hit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hit")
            .field("place", &self.place)
            .field("code", &self.code)
            .field("texts", &self.texts)
            .field("occurrences", &self.occurrences)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Hit {
    /// Such as `IP address in addr: 2 texts, 40 occurrences`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count| if count == 1 { "" } else { "s" };
        write!(
            f,
            "{} in {}: {} text{}, {} occurrence{}",
            self.code,
            self.place,
            self.texts,
            plural(self.texts),
            self.occurrences,
            plural(self.occurrences),
        )
    }
}

/// What one auditor found, or several together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    texts: u64,
    hits: BTreeMap<(Place, Code), Hit>,
    stayed: BTreeMap<String, Stayed>,
    /// What they take of the memory for them.
    stayed_bytes: usize,
    unlisted: u64,
}

impl Findings {
    /// Whether there is no hit.
    pub fn is_clean(&self) -> bool {
        self.hits.is_empty()
    }

    /// How many distinct texts were searched: label names, values per label, other texts. Above the
    /// number that the audit expected, texts may count more than once.
    pub fn texts(&self) -> u64 {
        self.texts
    }

    /// The hits, in the order of their places.
    pub fn hits(&self) -> impl Iterator<Item = &Hit> {
        self.hits.values()
    }

    /// How many distinct texts are hits, by code.
    pub fn counts(&self) -> BTreeMap<Code, u64> {
        let mut counts = BTreeMap::new();
        for hit in self.hits.values() {
            *counts.entry(hit.code).or_default() += hit.texts;
        }
        counts
    }

    /// Label names with the distinct values that left as they were; hits are among them.
    pub fn stayed(&self) -> impl Iterator<Item = (&str, &Stayed)> {
        self.stayed
            .iter()
            .map(|(name, stayed)| (name.as_str(), stayed))
    }

    /// How many values left as they were in labels that [`Findings::stayed`] has no room for.
    pub fn unlisted(&self) -> u64 {
        self.unlisted
    }

    /// Both findings in one. The order of merging makes no difference.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.texts += other.texts;
        self.unlisted += other.unlisted;
        for (key, hit) in other.hits {
            match self.hits.get_mut(&key) {
                None => {
                    self.hits.insert(key, hit);
                }
                Some(mine) => {
                    mine.texts += hit.texts;
                    mine.occurrences += hit.occurrences;
                    mine.examples.extend(hit.examples);
                    mine.shorten();
                }
            }
        }
        for (name, stayed) in other.stayed {
            self.stayed.entry(name).or_default().merge(stayed);
        }
        self.stayed_bytes = self.stayed.values().map(Stayed::bytes).sum();
        self
    }

    pub(crate) fn count_text(&mut self) {
        self.texts += 1;
    }

    /// Counts the hits of one text; only its first appearance is a text more.
    pub(crate) fn hit(&mut self, place: &Place, codes: Codes, text: &[u8], is_new: bool) {
        for code in codes.iter() {
            let place = self.place_of_hit(place, code);
            let hit = self
                .hits
                .entry((place.clone(), code))
                .or_insert_with(|| Hit {
                    place: place.clone(),
                    code,
                    texts: 0,
                    occurrences: 0,
                    examples: BTreeSet::new(),
                });
            hit.occurrences += 1;
            if is_new {
                hit.texts += 1;
                hit.examples.insert(shown(text));
                hit.shorten();
            }
        }
    }

    /// Where a hit is counted.
    fn place_of_hit<'a>(&self, place: &'a Place, code: Code) -> &'a Place {
        let has_room = self.hits.len() < MAX_LABELS || !matches!(place, Place::Label(_));
        if has_room || self.hits.contains_key(&(place.clone(), code)) {
            place
        } else {
            &Place::FurtherLabels
        }
    }

    pub(crate) fn stay(&mut self, place: &Place, value: &[u8]) {
        let name = place.to_string();
        if self.stayed.len() >= MAX_LABELS && !self.stayed.contains_key(&name) {
            self.unlisted += 1;
            return;
        }
        let stayed = self.stayed.entry(name).or_default();
        if self.stayed_bytes >= MAX_STAYED_BYTES {
            stayed.count();
            return;
        }
        let before = stayed.bytes();
        stayed.insert(value);
        self.stayed_bytes = self.stayed_bytes + stayed.bytes() - before;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_endless_values_that_stay_all_are_counted_and_some_are_kept() {
        let mut findings = Findings::default();
        for label in 0..40 {
            let place = Place::Label(format!("label_{label:02}"));
            for value in 0..3_000 {
                let value = format!("{value}{}", "x".repeat(1_000));
                findings.stay(&place, value.as_bytes());
            }
        }
        let kept = |findings: &Findings| -> usize {
            let values = findings.stayed().flat_map(|(_, stayed)| stayed.values());
            values.map(str::len).sum()
        };
        assert!(
            (20 << 20..=MAX_STAYED_BYTES).contains(&kept(&findings)),
            "{}",
            kept(&findings)
        );
        let all: u64 = findings
            .stayed()
            .map(|(_, stayed)| stayed.values().count() as u64 + stayed.more())
            .sum();
        assert_eq!(all, 120_000);
        // Nothing more is kept after a merge either.
        let mut merged = findings.clone().merge(Findings::default());
        merged.stay(&Place::Label("label_00".to_owned()), b"another");
        assert_eq!(kept(&merged), kept(&findings));
    }
}
