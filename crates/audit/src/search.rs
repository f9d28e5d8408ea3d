//! Searches one text.

use std::ops::Range;

use crate::code::{Code, Codes};
use crate::cover::Cover;
use crate::index::Meaning;
use crate::scope::Scope;
use crate::shape::{self, Text};
use crate::token::tokens;
use crate::view::views;

/// What is in a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) codes: Codes,
    /// A pseudonym stands in it.
    pub(crate) replaced: bool,
}

/// The buffers of a search.
#[derive(Default)]
pub(crate) struct Searcher {
    views: Vec<Vec<u8>>,
    words: Vec<Range<usize>>,
    originals: Vec<(Code, Range<usize>)>,
    cover: Cover,
}

impl Searcher {
    /// Searches all views of `text`; in the label of a `version`, dotted quads are versions.
    pub(crate) fn search(&mut self, scope: &Scope, text: &[u8], version: bool) -> Content {
        let mut content = Content::default();
        let mut all = std::mem::take(&mut self.views);
        views(text, &mut all);
        for (number, view) in all.iter_mut().enumerate() {
            view.make_ascii_lowercase();
            let replaced = self.view(scope, view, version, &mut content.codes);
            if number == 0 {
                content.replaced = replaced;
            }
        }
        self.views = all;
        content
    }

    /// Adds what is in one view; whether there is a pseudonym in it.
    fn view(&mut self, scope: &Scope, lower: &[u8], version: bool, codes: &mut Codes) -> bool {
        tokens(lower, &mut self.words);
        self.cover.clear();
        self.originals.clear();
        let text = Text {
            lower,
            words: &self.words,
            version,
        };
        let mut clean = Vec::new();
        let mut replaced = false;
        scope
            .index
            .find(lower, &self.words, |meaning, span| match meaning {
                Meaning::Original(kind) => self.originals.push((Code::Original(kind), span)),
                Meaning::Pseudonym => {
                    replaced = true;
                    clean.push(span);
                }
                Meaning::Allowed => clean.push(span),
            });
        let before = clean.len();
        clean.extend(shape::pseudonyms(text));
        replaced |= clean.len() > before;
        self.cover.extend(clean);
        self.originals.retain(|(_, span)| !self.cover.holds(span));
        for (code, _) in &self.originals {
            codes.insert(*code);
        }
        if scope.addresses {
            self.cover
                .extend(self.originals.drain(..).map(|(_, span)| span));
            shape::find(text, &mut self.cover, codes);
        }
        replaced
    }
}
