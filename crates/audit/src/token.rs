//! Words: the units in which originals are compared.

use std::ops::Range;

/// Finds the tokens of `text`: the longest runs of letters and digits, of any script.
///
/// Bytes that are no UTF-8 separate tokens.
pub(crate) fn tokens(text: &[u8], out: &mut Vec<Range<usize>>) {
    out.clear();
    let mut start = None;
    let mut at = 0;
    while at < text.len() {
        let (inside, length) = char_at(text, at);
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                out.push(from..at);
                start = None;
            }
            _ => {}
        }
        at += length;
    }
    if let Some(from) = start {
        out.push(from..text.len());
    }
}

/// Whether a letter or digit begins at `at`, and how many bytes to go on by, 1 at least.
pub(crate) fn char_at(text: &[u8], at: usize) -> (bool, usize) {
    let Some(&byte) = text.get(at) else {
        return (false, 1);
    };
    if byte.is_ascii() {
        return (byte.is_ascii_alphanumeric(), 1);
    }
    let window = &text[at..text.len().min(at + 4)];
    let first = window
        .utf8_chunks()
        .next()
        .and_then(|chunk| chunk.valid().chars().next());
    match first {
        Some(c) => (c.is_alphanumeric(), c.len_utf8()),
        None => (false, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[u8]) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        tokens(text, &mut out);
        out.into_iter().map(|range| text[range].to_vec()).collect()
    }

    #[test]
    fn separates_at_everything_but_letters_and_digits() {
        assert_eq!(
            words(b"/data/acme_2-x"),
            [&b"data"[..], b"acme", b"2", b"x"]
        );
        assert_eq!(words(b""), [b""; 0]);
        assert_eq!(words(b"--"), [b""; 0]);
    }

    #[test]
    fn letters_of_all_scripts_belong_to_words_and_other_characters_do_not() {
        assert_eq!(
            words("größe—дом\u{a0}x".as_bytes()),
            ["größe".as_bytes(), "дом".as_bytes(), b"x"]
        );
    }

    #[test]
    fn bytes_that_are_no_text_separate() {
        assert_eq!(words(b"ab\xffcd\xc3"), [b"ab", b"cd"]);
    }
}
