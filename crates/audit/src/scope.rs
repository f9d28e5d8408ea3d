//! What is searched for.

use std::collections::BTreeSet;
use std::fmt;

use crate::code::Kind;
use crate::error::Error;
use crate::index::{Index, Meaning};
use crate::token::tokens;

/// What is searched for; it does not change any more.
pub struct Scope {
    pub(crate) index: Index,
    pub(crate) addresses: bool,
    pub(crate) version_labels: BTreeSet<Vec<u8>>,
    originals: u64,
}

impl Scope {
    /// Begins with nothing to search for.
    pub fn builder() -> ScopeBuilder {
        ScopeBuilder {
            scope: Self {
                index: Index::default(),
                addresses: false,
                version_labels: BTreeSet::new(),
                originals: 0,
            },
            error: None,
        }
    }

    /// The pseudonyms in which an original stands, in lower case, and of what kind it is.
    ///
    /// A search is blind to them, since it takes pseudonyms for clean. There must be none before
    /// anything is replaced.
    pub fn telling_pseudonyms(&self) -> Vec<(String, Kind)> {
        let mut words = Vec::new();
        let mut telling = Vec::new();
        for pseudonym in self.index.texts(Meaning::Pseudonym) {
            tokens(pseudonym, &mut words);
            self.index.find(pseudonym, &words, |meaning, _| {
                if let Meaning::Original(kind) = meaning {
                    telling.push((String::from_utf8_lossy(pseudonym).into_owned(), kind));
                }
            });
        }
        telling
    }

    /// How many distinct originals are searched for; case does not distinguish them.
    pub fn originals(&self) -> u64 {
        self.originals
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("originals", &self.originals)
            .field("addresses", &self.addresses)
            .finish_non_exhaustive()
    }
}

/// Collects what is searched for.
///
/// Texts are found as whole words: what stands before and behind must not be a letter or digit if
/// the text begins or ends with one. The case of ASCII letters does not matter. A text without any
/// letter or digit is not searched for.
#[derive(Debug)]
pub struct ScopeBuilder {
    scope: Scope,
    error: Option<Error>,
}

impl ScopeBuilder {
    /// A text that must not leave.
    ///
    /// Of an IPv4 address, the spellings with dashes and underscores must not leave either.
    #[must_use]
    pub fn original(mut self, kind: Kind, text: &[u8]) -> Self {
        if self.insert(text, Meaning::Original(kind)) {
            self.scope.originals += 1;
        }
        if let Ok(text) = std::str::from_utf8(text)
            && text.parse::<std::net::Ipv4Addr>().is_ok()
        {
            for separator in ["-", "_"] {
                let spelling = text.replace('.', separator);
                self.insert(spelling.as_bytes(), Meaning::Original(kind));
            }
        }
        self
    }

    /// A text that may stand in the place of an original: what lies inside of it is no hit, and a
    /// value with it is one that was replaced. `777.777.X.Y` needs not be told.
    #[must_use]
    pub fn pseudonym(mut self, text: &str) -> Self {
        self.insert(text.as_bytes(), Meaning::Pseudonym);
        self
    }

    /// A text that may leave, such as a value that the user keeps or a public host: what lies inside
    /// of it is no hit.
    #[must_use]
    pub fn allow(mut self, text: &str) -> Self {
        self.insert(text.as_bytes(), Meaning::Allowed);
        self
    }

    /// Whether shapes are searched for: addresses, host names, e-mail addresses, URLs. Off unless
    /// said otherwise.
    #[must_use]
    pub fn addresses(mut self, wanted: bool) -> Self {
        self.scope.addresses = wanted;
        self
    }

    /// The name of a label in which a dotted quad is a version.
    #[must_use]
    pub fn version_label(mut self, name: &str) -> Self {
        self.scope.version_labels.insert(name.as_bytes().to_vec());
        self
    }

    /// Ends the collection.
    ///
    /// # Errors
    ///
    /// [`Error::TextTooLong`] and [`Error::TooManyTexts`] if texts cannot be searched for.
    pub fn build(self) -> Result<Scope, Error> {
        match self.error {
            None => Ok(self.scope),
            Some(error) => Err(error),
        }
    }

    fn insert(&mut self, text: &[u8], meaning: Meaning) -> bool {
        match self.scope.index.insert(text, meaning) {
            Ok(is_new) => is_new,
            Err(error) => {
                self.error.get_or_insert(error);
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_distinct_originals() {
        let scope = Scope::builder()
            .original(Kind::Host, b"10.1.2.3")
            .original(Kind::Job, b"acme")
            .original(Kind::Job, b"ACME")
            .original(Kind::Job, b"*")
            .pseudonym("job-1")
            .allow("x")
            .build()
            .unwrap();
        assert_eq!(scope.originals(), 2);
    }

    #[test]
    fn pseudonyms_that_hold_an_original_are_told() {
        let scope = Scope::builder()
            .original(Kind::Job, b"ACME")
            .original(Kind::Word, b"eu")
            .pseudonym("acme-job-1")
            .pseudonym("job-2")
            .pseudonym("europe-1")
            .build()
            .unwrap();
        assert_eq!(
            scope.telling_pseudonyms(),
            [("acme-job-1".to_owned(), Kind::Job)]
        );
    }

    #[test]
    fn refuses_what_cannot_be_searched_for() {
        let long = vec![b'x'; (16 << 20) + 1];
        let scope = Scope::builder().original(Kind::Word, &long).build();
        assert_eq!(scope.unwrap_err(), Error::TextTooLong(long.len()));
    }

    #[test]
    fn debug_output_tells_no_original() {
        let builder = Scope::builder()
            .original(Kind::Word, b"acme")
            .pseudonym("p-1");
        assert!(!format!("{builder:?}").contains("acme"));
    }
}
