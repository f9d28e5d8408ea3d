//! Regular expressions that the user adds.

use regex::bytes::{Regex, RegexBuilder};

use crate::error::Error;

/// Compiled expressions stay small, so that a slip cannot take all memory.
const SIZE_LIMIT_BYTES: usize = 1 << 20;

/// The expression, if it can be used.
///
/// # Errors
///
/// [`Error::Pattern`] if it cannot be read, is too large, or matches nothing at all, for it would
/// do so everywhere.
pub(crate) fn checked(pattern: String) -> Result<String, Error> {
    let refused = |reason: String| Error::Pattern {
        pattern: pattern.clone(),
        reason,
    };
    let compiled = compile(&pattern).map_err(|error| refused(error.to_string()))?;
    if compiled.is_match(b"") {
        return Err(refused("it matches the empty text".to_owned()));
    }
    Ok(pattern)
}

pub(crate) fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(SIZE_LIMIT_BYTES)
        .build()
}
