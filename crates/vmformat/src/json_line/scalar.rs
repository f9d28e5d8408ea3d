//! Single values and timestamps, in tight loops: most of the bytes of a line are digits.

const ASCII_ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// The longest number that is read, in bytes: no float needs as many without exponent.
pub(super) const MAX_NUMBER_BYTES: usize = 2048;

/// The end of the JSON number that starts at `at`, or `None` if there is none. The number may go on
/// behind `bytes`.
#[inline]
pub(super) fn number_end(bytes: &[u8], at: usize) -> Option<usize> {
    let start = at + usize::from(bytes.get(at) == Some(&b'-'));
    let mut at = digits_end(bytes, start);
    if at == start || (bytes[start] == b'0' && at > start + 1) {
        return None;
    }
    if bytes.get(at) == Some(&b'.') {
        let fraction = at + 1;
        at = digits_end(bytes, fraction);
        if at == fraction {
            return None;
        }
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let exponent = at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        at = digits_end(bytes, exponent);
        if at == exponent {
            return None;
        }
    }
    Some(at)
}

/// Where the digits that start at `at` end; `at` may be the end of `bytes`.
#[inline]
fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let others = not_digits(u64::from_le_bytes(*chunk) ^ ASCII_ZEROS);
        if others != 0 {
            return at + others.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// Marks the bytes above 9. Exact up to and including the lowest marked byte.
#[inline]
fn not_digits(values: u64) -> u64 {
    (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH_BITS
}

/// The integer of 9 to 16 digits at `at` and its end, if there are 16 more bytes and one of them
/// ends it.
///
/// Made for timestamps in milliseconds; everything else is for [`parse_timestamp`].
#[inline]
pub(super) fn timestamp_at(bytes: &[u8], at: usize) -> Option<(i64, usize)> {
    let chunk: &[u8; 16] = bytes.get(at..)?.first_chunk()?;
    let both = u128::from_le_bytes(*chunk);
    let high = both as u64 ^ ASCII_ZEROS;
    let low = (both >> 64) as u64 ^ ASCII_ZEROS;
    let others = not_digits(low);
    if not_digits(high) != 0 || others == 0 || high & 0xff == 0 {
        return None;
    }
    let digits = others.trailing_zeros() / 8;
    if digits == 0 {
        return None;
    }
    let low = eight_digits_value(low << (8 * (8 - digits)));
    let value = eight_digits_value(high) * 10u64.pow(digits) + low;
    Some((value as i64, at + 8 + digits as usize))
}

/// The value of eight digits, the most significant in the lowest byte.
#[inline]
fn eight_digits_value(digits: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let first_and_third = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let second_and_fourth = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    first_and_third.wrapping_add(second_and_fourth) >> 32
}

/// The timestamp that `token` spells, if it is an integer of 64 bits.
pub(super) fn parse_timestamp(token: &[u8]) -> Option<i64> {
    let is_integer = number_end(token, 0) == Some(token.len()) && !token.contains(&b'.');
    let text = std::str::from_utf8(token).ok()?;
    if is_integer { text.parse().ok() } else { None }
}

/// The text of the value that `token` spells: the token itself if it is a number, and the one
/// spelling of newer servers for the many of infinities and NaNs. `None` if it is no value.
pub(super) fn value_text(token: &[u8]) -> Option<&[u8]> {
    if number_end(token, 0) == Some(token.len()) {
        return Some(token);
    }
    if token == b"null" {
        return Some(token);
    }
    let quoted = token
        .strip_prefix(b"\"")
        .and_then(|token| token.strip_suffix(b"\""));
    match quoted.unwrap_or(token) {
        b"NaN" => Some(b"null"),
        b"Inf" | b"+Inf" | b"Infinity" | b"+Infinity" => Some(b"\"Infinity\""),
        b"-Inf" | b"-Infinity" => Some(b"\"-Infinity\""),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_numbers_are_values() {
        for token in [
            "0", "-0", "7", "-12.50", "0.00001", "1e5", "1E-7", "1.5e+300",
        ] {
            assert_eq!(value_text(token.as_bytes()), Some(token.as_bytes()));
        }
    }

    #[test]
    fn what_json_does_not_know_is_no_value() {
        for token in [
            "", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1a", "1.5.2", "--1",
            "nul", "true", "\"1\"", "\"null\"", "\"NaN", "NaN\"", "{}",
        ] {
            assert_eq!(value_text(token.as_bytes()), None, "{token}");
        }
    }

    #[test]
    fn old_spellings_are_corrected() {
        for (token, text) in [
            ("NaN", "null"),
            ("\"NaN\"", "null"),
            ("+Inf", "\"Infinity\""),
            ("Inf", "\"Infinity\""),
            ("-Inf", "\"-Infinity\""),
            ("\"Infinity\"", "\"Infinity\""),
            ("\"-Infinity\"", "\"-Infinity\""),
            ("null", "null"),
        ] {
            assert_eq!(value_text(token.as_bytes()), Some(text.as_bytes()));
        }
    }

    #[test]
    fn timestamps_are_integers_of_64_bits() {
        for timestamp in [0, -1, 1_700_000_000_000, i64::MAX, i64::MIN] {
            assert_eq!(
                parse_timestamp(timestamp.to_string().as_bytes()),
                Some(timestamp)
            );
        }
        for token in [
            "",
            "-",
            "+1",
            "01",
            "1.0",
            "1e3",
            "9223372036854775808",
            "null",
        ] {
            assert_eq!(parse_timestamp(token.as_bytes()), None, "{token}");
        }
    }

    #[test]
    fn a_timestamp_has_no_leading_zero() {
        assert_eq!(
            timestamp_at(b"1700000000000,17000000", 0),
            Some((1_700_000_000_000, 13))
        );
        assert_eq!(timestamp_at(b"0700000000000,17000000", 0), None);
    }

    proptest! {
        #[test]
        fn the_fast_timestamp_is_the_plain_one(
            n in 0..i64::MAX, shift in 0u32..60,
            end in "[,\\] \\n].{16}",
        ) {
            let n = n >> shift;
            let text = format!("{n}{end}");
            let digits = n.to_string().len();
            let expected = (9..16).contains(&digits).then_some((n, digits));
            prop_assert_eq!(timestamp_at(text.as_bytes(), 0), expected);
        }

        #[test]
        fn numbers_end_where_a_plain_parser_says(text in "-?[0-9]{0,20}(\\.[0-9]{0,20})?([eE][-+]?[0-9]{0,3})?") {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let some_digits = |text: &str| !text.is_empty() && digits(text);
            let unsigned = text.strip_prefix('-').unwrap_or(&text);
            let (decimal, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
            let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, "0"));
            let strict = some_digits(whole)
                && some_digits(fraction)
                && some_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
                && (whole == "0" || !whole.starts_with('0'));
            prop_assert_eq!(number_end(text.as_bytes(), 0) == Some(text.len()), strict);
        }
    }
}
