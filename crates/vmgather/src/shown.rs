//! Text that anyone may have written, made fit for a terminal.

/// The text without what a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 200;

/// The most characters of a series that are shown.
const LONGEST_SERIES: usize = 2_000;

/// A name out of somebody's data, cut where it would fill the screen.
pub(crate) fn shown_name(name: &str) -> String {
    shown_start(name, LONGEST_NAME)
}

/// A selector of one series, cut where nobody would read or copy it.
pub(crate) fn shown_series(selector: &str) -> String {
    shown_start(selector, LONGEST_SERIES)
}

fn shown_start(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => shown(&text[..end]) + "…",
        None => shown(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_too_long_are_cut() {
        let whole = "é".repeat(LONGEST_NAME);
        assert_eq!(shown_name(&whole), whole);
        assert_eq!(shown_name(&format!("{whole}x")), format!("{whole}…"));
        assert_eq!(shown_name("\n"), "\\n");
    }

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\nc é"), "a\\u{1b}[2Jb\\nc é");
    }
}
