//! Numbers that measure something, in place of naming it.

/// Longer ones may be account numbers, dates or parts of ids.
const SMALL_DIGITS: usize = 4;
const DIGITS_WITH_UNIT: usize = 7;
const FLOAT_DIGITS: usize = 20;

const DURATIONS: [&str; 10] = ["y", "w", "d", "h", "m", "s", "ms", "µs", "us", "ns"];
const SIZES: [&str; 14] = [
    "b", "k", "kb", "kib", "ki", "mb", "mib", "mi", "g", "gb", "gib", "gi", "tb", "tib",
];

/// True for an integer of at most four digits.
pub(super) fn is_small_integer(text: &str) -> bool {
    (1..=SMALL_DIGITS).contains(&text.len()) && is_digits(text)
}

/// True for a decimal with a point or an exponent, such as `0.6`, `1e9` or `1.136e-09`.
pub(super) fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let exponent_is_small = exponent.is_none_or(|exponent| {
        is_small_integer(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))
    });
    let fraction_is_short =
        fraction.is_none_or(|digits| is_digits(digits) && digits.len() <= FLOAT_DIGITS);
    (exponent.is_some() || fraction.is_some())
        && exponent_is_small
        && fraction_is_short
        && is_small_integer(whole)
}

/// True for a duration such as `1h30m`, units from long to short, or for a size such as `64MiB`.
pub(super) fn is_quantity(text: &str) -> bool {
    let mut rest = text;
    let mut shortest = None;
    loop {
        let digits = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let letters = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        if !fits(number, unit) {
            return false;
        }
        let duration = DURATIONS.iter().position(|&known| known == unit);
        if tail.is_empty() && shortest.is_none() {
            return duration.is_some() || SIZES.contains(&&*unit.to_ascii_lowercase());
        }
        if duration.is_none() || duration <= shortest {
            return false;
        }
        if tail.is_empty() {
            return true;
        }
        (rest, shortest) = (tail, duration);
    }
}

/// A long number ending in `b` or `d` may be the hexadecimal form of something else.
fn fits(number: &str, unit: &str) -> bool {
    let hexadecimal = unit.bytes().all(|byte| byte.is_ascii_hexdigit());
    let most = if hexadecimal {
        SMALL_DIGITS
    } else {
        DIGITS_WITH_UNIT
    };
    !number.is_empty() && number.len() <= most
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &str) -> impl Iterator<Item = &str> {
        texts.split_whitespace()
    }

    #[test]
    fn durations_and_sizes_are_quantities() {
        for text in words("30d 1h30m 720h0m0s 15s 100µs 2y1w 64MiB 10KB 16g 5m 604800s") {
            assert!(is_quantity(text), "{text}");
        }
        for text in words("30 d 30dd 1m1h 1d2d 64MiB2 1x 0a1b 12345d 3h5MiB 12345678s 1h30") {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn floats_have_a_point_or_an_exponent() {
        for text in words("0.6 1e9 1E-9 1.136e+09 -0.5 0.12345678901234567") {
            assert!(is_float(text), "{text}");
        }
        for text in words("1 .5 1. e9 1e 1.2.3 12345678.5 1e99999 0x1e2 1e9e9") {
            assert!(!is_float(text), "{text}");
        }
    }
}
