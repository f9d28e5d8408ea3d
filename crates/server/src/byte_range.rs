//! The `Range` header: one range of bytes.

use std::ops::Range;

use axum::http::HeaderValue;

/// What a client wants of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes; never empty.
    Part(Range<u64>),
    /// Bytes that there are not.
    Nothing,
}

/// Reads the header for a file of `size` bytes. Several ranges, and what cannot be read, get the whole
/// file, as the standard allows.
pub(crate) fn wanted(header: Option<&HeaderValue>, size: u64) -> Wanted {
    let text = header.and_then(|value| value.to_str().ok());
    let Some((first, last)) = text
        .and_then(|text| text.trim().strip_prefix("bytes="))
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::Whole;
    };
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| digits)
    };
    let (first, last) = (first.trim(), last.trim());
    let range = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (Some(first), None) if last.is_empty() => first..size,
        (None, Some(count)) if first.is_empty() => size.saturating_sub(count)..size,
        _ => return Wanted::Whole,
    };
    if range.is_empty() {
        return Wanted::Nothing;
    }
    Wanted::Part(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_understood_in_its_three_forms() {
        let of = |text: &str| wanted(HeaderValue::from_str(text).ok().as_ref(), 100);
        assert_eq!(of("bytes=0-0"), Wanted::Part(0..1));
        assert_eq!(of("bytes=10-"), Wanted::Part(10..100));
        assert_eq!(of("bytes=90-1000"), Wanted::Part(90..100));
        assert_eq!(of("bytes=-10"), Wanted::Part(90..100));
        assert_eq!(of("bytes=-1000"), Wanted::Part(0..100));
        assert_eq!(of("bytes=0-18446744073709551615"), Wanted::Part(0..100));
        for nothing in ["bytes=100-", "bytes=100-200", "bytes=-0"] {
            assert_eq!(of(nothing), Wanted::Nothing, "{nothing}");
        }
        for odd in [
            "bytes=5-3",
            "bytes=0-1,3-4",
            "items=0-1",
            "bytes=+1-2",
            "bytes=a-b",
            "bytes=-",
        ] {
            assert_eq!(of(odd), Wanted::Whole, "{odd}");
        }
        assert_eq!(wanted(None, 100), Wanted::Whole);
    }
}
