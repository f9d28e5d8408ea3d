use std::ops::Range;

use super::{Text, is_number};

/// Where texts of the shape `777.777.X.Y` stand: pseudonyms of hosts, which no address looks like.
pub(crate) fn pseudonyms(text: Text<'_>) -> impl Iterator<Item = Range<usize>> {
    (0..text.words.len()).filter_map(move |at| {
        let is_one = text.word(at)? == b"777"
            && text.next_by(at, b'.')? == b"777"
            && is_number(text.next_by(at + 1, b'.')?)
            && is_number(text.next_by(at + 2, b'.')?)
            && text.previous_by(at, b'.').is_none();
        is_one.then(|| text.joined(at, 4, b'.'))?
    })
}
