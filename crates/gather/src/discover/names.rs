//! Lists of names in sentences.

/// Most names that a sentence lists; the rest is counted.
const MOST: usize = 10;

/// `a`, `b` and 3 more.
pub(super) fn listed<T: std::fmt::Display>(names: impl ExactSizeIterator<Item = T>) -> String {
    let more = names.len().saturating_sub(MOST);
    let shown: Vec<String> = names.take(MOST).map(|name| format!("`{name}`")).collect();
    let shown = shown.join(", ");
    match more {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(["a", "b"].iter()), "`a`, `b`");
        assert!(listed(0..13).ends_with("`9` and 3 more"));
    }
}
