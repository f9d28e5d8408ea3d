//! The parts of a value that are replaced.

use std::ops::Range;

use crate::kind::Kind;
use crate::view::View;

/// A part of a value and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the value.
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    /// The original: of a host the canonical spelling, else the bytes that stand there, so that they
    /// come back as they were.
    pub(crate) original: Vec<u8>,
    /// The original, decoded, in the spelling in which it stands.
    pub(crate) spelling: Vec<u8>,
}

impl Piece {
    /// What stands between the numbers of an IPv4 address; a dot unless it is a dash or underscore.
    pub(crate) fn joiner(&self) -> u8 {
        let joiner = self.spelling.iter().find(|byte| !byte.is_ascii_digit());
        match (&self.kind, joiner) {
            (Kind::Host, Some(&joiner @ (b'-' | b'_'))) if is_joined(&self.original) => joiner,
            _ => b'.',
        }
    }
}

/// True for numbers with dots, as an IPv4 address or a pseudonym of a host.
pub(crate) fn is_joined(text: &[u8]) -> bool {
    text.iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

/// The text with other signs between its numbers.
pub(crate) fn joined_by(text: &[u8], joiner: u8) -> Vec<u8> {
    let other = |byte: &u8| if *byte == b'.' { joiner } else { *byte };
    text.iter().map(other).collect()
}

/// The parts found so far; none overlaps another, and who comes first stays.
#[derive(Debug)]
pub(crate) struct Pieces<'v> {
    value: &'v [u8],
    pieces: Vec<Piece>,
    /// What stays although it would be replaced.
    kept: Vec<Range<usize>>,
}

impl<'v> Pieces<'v> {
    /// Nothing of this value yet.
    pub(crate) fn new(value: &'v [u8]) -> Pieces<'v> {
        Pieces {
            value,
            pieces: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Adds a part of a view of the value; a host comes with its canonical spelling.
    pub(crate) fn add(
        &mut self,
        view: &View,
        range: Range<usize>,
        kind: Kind,
        host: Option<Vec<u8>>,
    ) {
        let spelling = view.text[range.clone()].to_vec();
        let range = view.source(range);
        if !range.is_empty() && !self.overlaps(&range) {
            let original = host.unwrap_or_else(|| self.value[range.clone()].to_vec());
            self.pieces.push(Piece {
                range,
                kind,
                original,
                spelling,
            });
        }
    }

    /// Says that a part stays, whatever it looks like.
    pub(crate) fn keep(&mut self, view: &View, range: Range<usize>) {
        let range = view.source(range);
        if !self.overlaps(&range) {
            self.kept.push(range);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// True if anything is known of this byte of the value.
    pub(crate) fn covers(&self, at: usize) -> bool {
        self.ranges().any(|range| range.contains(&at))
    }

    /// The parts in order.
    pub(crate) fn sorted(mut self) -> Vec<Piece> {
        self.pieces.sort_by_key(|piece| piece.range.start);
        self.pieces
    }

    fn overlaps(&self, range: &Range<usize>) -> bool {
        self.ranges()
            .any(|other| other.start < range.end && range.start < other.end)
    }

    fn ranges(&self) -> impl Iterator<Item = &Range<usize>> {
        let found = self.pieces.iter().map(|piece| &piece.range);
        found.chain(&self.kept)
    }
}
