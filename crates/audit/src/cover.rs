//! Spans of a text that are spoken for.

use std::ops::Range;

/// A set of spans; a recogniser does not report what lies inside one of them.
#[derive(Default)]
pub(crate) struct Cover {
    /// Start, and the furthest end of the spans up to this one, in order of starts.
    spans: Vec<(usize, usize)>,
}

impl Cover {
    pub(crate) fn clear(&mut self) {
        self.spans.clear();
    }

    pub(crate) fn extend(&mut self, spans: impl IntoIterator<Item = Range<usize>>) {
        let before = self.spans.len();
        self.spans
            .extend(spans.into_iter().map(|span| (span.start, span.end)));
        if self.spans.len() == before {
            return;
        }
        self.spans.sort_unstable();
        let mut furthest = 0;
        for (_, end) in &mut self.spans {
            furthest = furthest.max(*end);
            *end = furthest;
        }
    }

    /// Whether one span holds all of `span`.
    pub(crate) fn holds(&self, span: &Range<usize>) -> bool {
        let next = self
            .spans
            .partition_point(|&(start, _)| start <= span.start);
        next.checked_sub(1)
            .is_some_and(|last| self.spans[last].1 >= span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_lies_inside_one_span_only() {
        let mut cover = Cover::default();
        assert!(!cover.holds(&(0..0)));
        cover.extend([0..10, 20..30]);
        cover.extend([2..4, 10..12]);
        for inside in [0..10, 3..9, 20..30, 10..12] {
            assert!(cover.holds(&inside), "{inside:?}");
        }
        for outside in [9..11, 10..20, 19..21, 30..31, 0..12] {
            assert!(!cover.holds(&outside), "{outside:?}");
        }
    }
}
