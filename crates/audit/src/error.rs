/// Why a search cannot be made.
///
/// No variant shows what was searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A line cannot be read, so nobody knows what is in it.
    #[error("line {line} cannot be audited: expected {expected} at byte {offset}")]
    Line {
        /// The line, counted from 1 in the lines that were handed over together.
        line: u64,
        /// The first byte that is wrong, counted from 0 in the lines that were handed over together.
        offset: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// An original, pseudonym or allowed text is longer than any label.
    #[error("a text to search for is {0} bytes long, the limit is 16777216")]
    TextTooLong(usize),
    /// There are more texts to search for than can be numbered.
    #[error("there are more than 4294967295 texts to search for")]
    TooManyTexts,
}
