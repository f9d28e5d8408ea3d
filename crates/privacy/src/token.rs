//! Whole tokens, the unit in which originals and pseudonyms are matched.
//!
//! A token is a longest run of ASCII letters, digits and bytes outside ASCII. What stands between
//! tokens (`.`, `-`, `_`, `/` and the like) ends a match but may be part of one: `db7.corp` is found
//! in `http://db7.corp:80`, and `acme` in `acme_rules-1`, but not in `acmeville`.

use std::ops::Range;

/// True for a byte of a token.
pub(crate) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// True if a match at `range` neither begins nor ends inside a token.
pub(crate) fn is_whole(text: &[u8], range: &Range<usize>) -> bool {
    let joined = |left: usize| {
        left > 0 && left < text.len() && is_token_byte(text[left - 1]) && is_token_byte(text[left])
    };
    !joined(range.start) && !joined(range.end)
}

/// Byte ranges of the tokens in `text`, in order.
pub(crate) fn tokens(text: &[u8]) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].iter().position(|&byte| is_token_byte(byte))?;
        let end = text[start..]
            .iter()
            .position(|&byte| !is_token_byte(byte))
            .map_or(text.len(), |length| start + length);
        at = end;
        Some(start..end)
    })
}

/// `range` made larger until it cuts no token.
pub(crate) fn widened(text: &[u8], range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    if start < end && is_token_byte(text[start]) {
        while start > 0 && is_token_byte(text[start - 1]) {
            start -= 1;
        }
    }
    if start < end && is_token_byte(text[end - 1]) {
        while end < text.len() && is_token_byte(text[end]) {
            end += 1;
        }
    }
    start..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_runs_of_letters_digits_and_other_scripts() {
        let text = "a1.größe-x_y".as_bytes();
        let found: Vec<_> = tokens(text)
            .map(|range| std::str::from_utf8(&text[range]).unwrap())
            .collect();
        assert_eq!(found, ["a1", "größe", "x", "y"]);
        assert_eq!(tokens(b"-./").count(), 0);
    }

    #[test]
    fn a_match_inside_a_token_is_none() {
        assert!(is_whole(b"x-acme_y", &(2..6)));
        assert!(!is_whole(b"xacme", &(1..5)));
        assert!(!is_whole(b"acme1", &(0..4)));
        assert_eq!(widened(b"xacme1-y", 1..5), 0..6);
    }
}
