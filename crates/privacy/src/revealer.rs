//! From pseudonyms back to originals.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::escape::escape;
use crate::host;
use crate::kind::{Class, Kind};
use crate::lexicon::Lexicon;
use crate::map::Map;
use crate::piece::{is_joined, joined_by};
use crate::view::views;

/// An original and its kind.
type Entry = (Kind, Vec<u8>);

/// Restores originals from pseudonyms; for the owner of the map only.
///
/// A host comes back in canonical spelling: names in lower case, IPv6 as in RFC 5952.
pub struct Revealer {
    lexicon: Lexicon<Entry>,
    label_names: HashMap<String, Vec<u8>>,
    phases: BTreeMap<String, u64>,
}

impl Revealer {
    /// Turns a map around.
    pub fn new(map: &Map) -> Revealer {
        let mut revealer = Revealer {
            lexicon: Lexicon::new(false),
            label_names: HashMap::new(),
            phases: map.phases().clone(),
        };
        for (kind, table) in map.kinds() {
            for (original, pseudonym) in table {
                let entry = (kind.clone(), original.clone());
                revealer.lexicon.insert(pseudonym.as_bytes(), entry);
                // A dashed address has a dashed pseudonym.
                if *kind == Kind::Host && is_joined(original) {
                    for joiner in [b'-', b'_'] {
                        let entry = (Kind::Host, joined_by(original, joiner));
                        let pseudonym = joined_by(pseudonym.as_bytes(), joiner);
                        revealer.lexicon.insert(&pseudonym, entry);
                    }
                }
                if *kind == Kind::Class(Class::LabelName) {
                    let name = (pseudonym.clone(), original.clone());
                    revealer.label_names.extend([name]);
                }
            }
        }
        revealer
    }

    /// The name that a label had before it was rewritten.
    pub fn label_name<'a>(&'a self, name: &'a [u8]) -> &'a [u8] {
        std::str::from_utf8(name)
            .ok()
            .and_then(|name| self.label_names.get(name))
            .map_or(name, Vec::as_slice)
    }

    /// By how much the timestamps of an instance, named as in the bundle, are later there, ms.
    pub fn phase(&self, instance: &[u8]) -> u64 {
        std::str::from_utf8(instance)
            .ok()
            .and_then(|instance| self.phases.get(instance).copied())
            .unwrap_or_default()
    }

    /// The value that a label had before it was rewritten, with every pseudonym in it replaced by
    /// its original.
    pub fn value<'a>(&self, value: &'a [u8]) -> Cow<'a, [u8]> {
        let mut found: Vec<(Range<usize>, &Entry)> = Vec::new();
        // `%2F777.777.1.1` holds a pseudonym only once the encoding is undone.
        for view in views(value) {
            for (range, entry) in self.lexicon.find(&view.text) {
                if entry.0 == Kind::Host && goes_on(&view.text, &range) {
                    continue;
                }
                let range = view.source(range);
                let overlaps =
                    |other: &Range<usize>| other.start < range.end && range.start < other.end;
                if !found.iter().any(|(other, _)| overlaps(other)) {
                    found.push((range, entry));
                }
            }
        }
        if found.is_empty() {
            return Cow::Borrowed(value);
        }
        found.sort_by_key(|(range, _)| range.start);
        let mut restored = Vec::with_capacity(value.len());
        let mut done = 0;
        for (range, (kind, original)) in found {
            restored.extend_from_slice(&value[done..range.start]);
            restore(&mut restored, kind, original, &value[range.end..]);
            done = range.end;
        }
        restored.extend_from_slice(&value[done..]);
        Cow::Owned(restored)
    }

    /// A text with every pseudonym in it replaced by its original; for pasted names and sentences.
    ///
    /// A pseudonym is found where it is a whole word: in `777.777.1.3:8428`, but not in
    /// `777.777.1.33`. An original that is not UTF-8 is written as in the map, bad bytes as `\x`
    /// with two hex digits.
    pub fn text(&self, text: &str) -> String {
        match self.value(text.as_bytes()) {
            Cow::Borrowed(_) => text.to_owned(),
            Cow::Owned(restored) => match String::from_utf8(restored) {
                Ok(text) => text,
                Err(not_utf8) => escape(not_utf8.as_bytes()),
            },
        }
    }
}

/// Appends an original, in brackets where an IPv6 address needs them: before a port, and after
/// `//` or `@`.
pub(crate) fn restore(restored: &mut Vec<u8>, kind: &Kind, original: &[u8], after: &[u8]) {
    let in_url = || {
        let port = after.strip_prefix(b":").unwrap_or_default();
        restored.ends_with(b"//")
            || restored.ends_with(b"@")
            || port.first().is_some_and(u8::is_ascii_digit)
    };
    if *kind == Kind::Host && host::is_bare_ipv6(original) && in_url() {
        restored.push(b'[');
        restored.extend_from_slice(original);
        restored.push(b']');
    } else {
        restored.extend_from_slice(original);
    }
}

/// True if a number with dots goes on around what looks like a host pseudonym.
fn goes_on(text: &[u8], range: &Range<usize>) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    let after = text.get(range.end) == Some(&b'.') && digit(range.end + 1);
    let before = range.start >= 2 && text[range.start - 1] == b'.' && digit(range.start - 2);
    after || before
}
