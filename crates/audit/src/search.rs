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
                Meaning::Original(kind) => {
                    push_longest(&mut self.originals, Code::Original(kind), span);
                }
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

/// Adds a span. Of neighbours with one start, the longest says all; a text of many words could hold
/// more spans than there is memory for.
fn push_longest(spans: &mut Vec<(Code, Range<usize>)>, code: Code, span: Range<usize>) {
    let same = spans
        .iter_mut()
        .rev()
        .take_while(|(_, known)| known.start == span.start)
        .find(|(known, _)| *known == code);
    match same {
        Some((_, known)) => known.end = known.end.max(span.end),
        None => spans.push((code, span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::Kind;

    #[test]
    fn spans_with_one_start_become_the_longest() {
        let (job, word) = (Code::Original(Kind::Job), Code::Original(Kind::Word));
        let mut spans = Vec::new();
        for (code, span) in [
            (job, 0..4),
            (word, 0..5),
            (job, 0..9),
            (word, 0..2),
            (job, 3..9),
        ] {
            push_longest(&mut spans, code, span);
        }
        assert_eq!(spans, [(job, 0..9), (word, 0..5), (job, 3..9)]);
    }

    #[test]
    fn an_original_that_reaches_beyond_a_pseudonym_is_found() {
        let scope = Scope::builder()
            .original(Kind::Job, b"a")
            .original(Kind::Job, b"a-1-b")
            .pseudonym("a-1")
            .build()
            .unwrap();
        let mut searcher = Searcher::default();
        let mut is_clean = |text: &[u8]| searcher.search(&scope, text, false).codes.is_empty();
        assert!(is_clean(b"a-1"));
        assert!(!is_clean(b"a-1-b"));
        assert!(!is_clean(b"a"));
    }
}
