//! Finding known texts inside other texts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use crate::token::{is_whole, tokens};

/// A dictionary of texts that are looked for as whole tokens.
///
/// Its size does not slow the search down: every token of a text is one look-up, and only those
/// that begin an entry are looked at further.
#[derive(Debug)]
pub(crate) struct Lexicon<T> {
    /// Entries by what stands from their first to their last token.
    entries: HashMap<Box<[u8]>, T>,
    /// The longest entry, in tokens, that begins with this token.
    first: HashMap<Box<[u8]>, usize>,
    ignore_case: bool,
}

impl<T> Lexicon<T> {
    /// An empty dictionary; with `ignore_case`, ASCII letters match in either case.
    pub(crate) fn new(ignore_case: bool) -> Lexicon<T> {
        Lexicon {
            entries: HashMap::new(),
            first: HashMap::new(),
            ignore_case,
        }
    }

    /// Adds a text or replaces what is known of it. One without any token cannot be found and is
    /// left out.
    pub(crate) fn insert(&mut self, text: &[u8], value: T) {
        let Some(core) = core(text) else {
            return;
        };
        let key = self.key(&text[core]).into_owned();
        let mut parts = tokens(&key);
        let Some(head) = parts.next() else {
            return;
        };
        let longest = self.first.entry(key[head].into()).or_default();
        *longest = (*longest).max(1 + parts.count());
        self.entries.insert(key.into(), value);
    }

    /// The entry of exactly this text, as far as its tokens go.
    pub(crate) fn get(&self, text: &[u8]) -> Option<&T> {
        let core = core(text)?;
        self.entries.get(&*self.key(&text[core]))
    }

    /// The entries in `text`, from left to right, each the longest at its place.
    pub(crate) fn find(&self, text: &[u8]) -> Vec<(Range<usize>, &T)> {
        let mut found = Vec::new();
        if self.entries.is_empty() {
            return found;
        }
        let folded = self.key(text);
        let all: Vec<Range<usize>> = tokens(&folded).collect();
        let mut at = 0;
        while at < all.len() {
            let start = all[at].start;
            let longest = self.first.get(&folded[all[at].clone()]).copied();
            let match_at = |last: &usize| {
                let range = start..all[*last].end;
                let value = self.entries.get(&folded[range.clone()])?;
                is_whole(&folded, &range).then_some((range, value, *last))
            };
            let candidates = at..(at + longest.unwrap_or(0)).min(all.len());
            match candidates.rev().find_map(|last| match_at(&last)) {
                Some((range, value, last)) => {
                    found.push((range, value));
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        found
    }

    fn key<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        if self.ignore_case && text.iter().any(u8::is_ascii_uppercase) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// From the first to the last token.
fn core(text: &[u8]) -> Option<Range<usize>> {
    let first = tokens(text).next()?;
    let last = text
        .iter()
        .rposition(|&byte| crate::token::is_token_byte(byte))?;
    Some(first.start..last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon(texts: &[&str]) -> Lexicon<usize> {
        let mut lexicon = Lexicon::new(true);
        for (number, text) in texts.iter().enumerate() {
            lexicon.insert(text.as_bytes(), number);
        }
        lexicon
    }

    fn found(lexicon: &Lexicon<usize>, text: &str) -> Vec<(String, usize)> {
        let found = lexicon.find(text.as_bytes());
        let named = found
            .into_iter()
            .map(|(range, number)| (text[range].to_owned(), *number));
        named.collect()
    }

    #[test]
    fn the_longest_entry_at_a_place_wins() {
        let lexicon = lexicon(&["db7", "db7.corp.example", "corp"]);
        assert_eq!(
            found(&lexicon, "http://DB7.corp.example:80/db7-corp"),
            [
                ("DB7.corp.example".to_owned(), 1),
                ("db7".to_owned(), 0),
                ("corp".to_owned(), 2)
            ]
        );
    }

    #[test]
    fn only_whole_tokens_match() {
        let lexicon = lexicon(&["acme", "10.0.0.1"]);
        assert_eq!(found(&lexicon, "acmeville xacme 10.0.0.11 110.0.0.1"), []);
        assert_eq!(found(&lexicon, "acme_rules")[0].1, 0);
    }

    #[test]
    fn an_entry_that_cannot_go_on_gives_way_to_a_shorter_one() {
        let lexicon = lexicon(&["a", "a.b.c"]);
        assert_eq!(found(&lexicon, "a.b.d"), [("a".to_owned(), 0)]);
    }

    #[test]
    fn texts_without_tokens_are_never_found() {
        let lexicon = lexicon(&["--", ""]);
        assert_eq!(found(&lexicon, "a--b"), []);
        assert_eq!(lexicon.get(b"--"), None);
    }
}
