//! Texts of the data that happen to look like pseudonyms.

use std::collections::HashSet;
use std::ops::Range;

use crate::token::{is_whole, tokens};
use crate::view::views;

/// A pseudonym has at most so many tokens: a long label name and a number.
const MAX_TOKENS: usize = 12;

/// Collects what looks like a pseudonym, so that no such number is given away.
pub(crate) struct LookAlikes {
    /// What stands before the number in every pseudonym that could be given away.
    prefixes: HashSet<Vec<u8>>,
    found: HashSet<Vec<u8>>,
}

impl LookAlikes {
    pub(crate) fn new(prefixes: HashSet<Vec<u8>>) -> LookAlikes {
        LookAlikes {
            prefixes,
            found: HashSet::new(),
        }
    }

    pub(crate) fn note(&mut self, value: &[u8]) {
        // Every pseudonym ends in a digit; most values hold none and need no closer look.
        if value.iter().any(u8::is_ascii_digit) {
            for view in views(value) {
                self.note_view(&view.text);
            }
        }
    }

    fn note_view(&mut self, text: &[u8]) {
        let all: Vec<Range<usize>> = tokens(text).collect();
        for (last, number) in all.iter().enumerate() {
            if !text[number.clone()].iter().all(u8::is_ascii_digit) {
                continue;
            }
            for first in all[last.saturating_sub(MAX_TOKENS)..=last].iter() {
                let range = first.start..number.end;
                let prefix = &text[first.start..number.start];
                let is_host = ["777.777.", "777-777-", "777_777_"]
                    .iter()
                    .any(|prefix_of_host| prefix.starts_with(prefix_of_host.as_bytes()));
                if (is_host || self.prefixes.contains(prefix)) && is_whole(text, &range) {
                    let mut text = text[range].to_vec();
                    if is_host {
                        // However it is joined, its number is taken.
                        let joiner = |byte: &&mut u8| matches!(**byte, b'-' | b'_');
                        text.iter_mut().filter(joiner).for_each(|byte| *byte = b'.');
                    }
                    self.found.insert(text);
                }
            }
        }
    }

    pub(crate) fn finish(self) -> HashSet<Vec<u8>> {
        self.found
    }
}
