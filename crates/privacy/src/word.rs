//! Whole words of a text, the unit in which pseudonyms are matched.

use std::ops::Range;

/// A dot or a dash joins two words into one, but a dot at the end of a sentence does not.
const JOINERS: [char; 2] = ['.', '-'];

/// Byte ranges of the words in `text`, in order.
///
/// A word is a longest run of letters, digits, `_`, `.` and `-` without the dots and dashes at its
/// ends; it may be empty. `777.777.1.3:8428` has the words `777.777.1.3` and `8428`.
pub(crate) fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + text[at..].find(is_word)?;
        let end = text[start..]
            .find(|c| !is_word(c))
            .map_or(text.len(), |length| start + length);
        at = end;
        let left = text[start..end].trim_start_matches(JOINERS);
        let word = left.trim_end_matches(JOINERS);
        let start = end - left.len();
        Some(start..start + word.len())
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || JOINERS.contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<&str> {
        words(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn ports_quotes_and_slashes_end_a_word() {
        assert_eq!(
            of("http://777.777.1.3:8428/x"),
            ["http", "777.777.1.3", "8428", "x"]
        );
        assert_eq!(of("(job=\"job-1\", zone-2)"), ["job", "job-1", "zone-2"]);
    }

    #[test]
    fn a_dot_ends_a_sentence_but_not_a_word() {
        assert_eq!(
            of("See 777.777.1.3. Or ...zone-2"),
            ["See", "777.777.1.3", "Or", "zone-2"]
        );
        assert_eq!(of("my-job-1.local"), ["my-job-1.local"]);
    }

    #[test]
    fn no_text_no_words() {
        assert_eq!(of(""), [""; 0]);
        assert_eq!(of(" :/ "), [""; 0]);
        assert_eq!(of("--"), [""]);
    }
}
