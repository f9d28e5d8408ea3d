//! The text of numbers to decimals, without loss.
//!
//! Servers keep decimals, and print them as such; so the digits of a text nearly always are the
//! mantissa. Only texts with more than 15 digits or large exponents go through floats, and then the
//! decimal is looked for that reads back to the same float with the server's own arithmetic.

use super::{
    INFINITY_MANTISSA, NEGATIVE_INFINITY_MANTISSA, STALE_MANTISSA, decimal_to_float,
    floats_to_decimals, is_special,
};

/// Up to this many digits an integer is exact as a float.
const EXACT_DIGITS: u32 = 15;
/// Up to this exponent a power of ten is exact as a float.
const EXACT_POWER: i32 = 22;

/// Reads a value as it stands in JSON lines: a number, `null`, `"Infinity"` or `"-Infinity"`.
/// `None` if the text is none of these.
///
/// The mantissa and the scale have the same float as the text, if that is of a server's stored
/// sample. Other floats, such as results of queries, may have no decimal of their own in the server's
/// arithmetic; they get one whose float is next to theirs, or nothing but 0 where no decimal is small
/// enough. `null` becomes the stale marker: no other NaN can be stored. The scale of a special value,
/// and of zero, is 0.
pub fn read_decimal(text: &[u8]) -> Option<(i64, i16)> {
    match text {
        b"null" => return Some((STALE_MANTISSA, 0)),
        b"\"Infinity\"" => return Some((INFINITY_MANTISSA, 0)),
        b"\"-Infinity\"" => return Some((NEGATIVE_INFINITY_MANTISSA, 0)),
        _ => {}
    }
    let digits = Digits::read(text)?;
    if digits.count <= EXACT_DIGITS && (-EXACT_POWER..=EXACT_POWER).contains(&digits.exponent) {
        return Some(digits.decimal());
    }
    let float: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(nearest_decimal(float))
}

/// A number in decimal, without trailing zeros.
struct Digits {
    negative: bool,
    /// The digits as a number, where there are not too many.
    magnitude: u64,
    count: u32,
    exponent: i32,
}

impl Digits {
    /// Reads a number as JSON has it.
    fn read(text: &[u8]) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut digits = Self {
            negative,
            magnitude: 0,
            count: 0,
            exponent: 0,
        };
        let mut zeros = 0;
        let mut any = false;
        let mut fraction = false;
        while let Some((&byte, behind)) = rest.split_first() {
            match byte {
                b'0' => zeros += 1,
                b'1'..=b'9' => {
                    digits.push_zeros(zeros);
                    digits.push(byte - b'0');
                    zeros = 0;
                }
                b'.' if !fraction && any => {
                    fraction = true;
                    rest = behind;
                    continue;
                }
                b'e' | b'E' if any => break,
                _ => return None,
            }
            any = true;
            digits.exponent = digits.exponent.checked_sub(i32::from(fraction))?;
            rest = behind;
        }
        if !any {
            return None;
        }
        digits.exponent = digits.exponent.checked_add(zeros)?;
        if let Some((_, exponent)) = rest.split_first() {
            let exponent: i32 = std::str::from_utf8(exponent).ok()?.parse().ok()?;
            digits.exponent = digits.exponent.checked_add(exponent)?;
        }
        if digits.count == 0 {
            digits.exponent = 0;
        }
        Some(digits)
    }

    fn push_zeros(&mut self, zeros: i32) {
        // Zeros in front of everything count for nothing.
        if self.count > 0 {
            for _ in 0..zeros {
                self.push(0);
            }
        }
    }

    fn push(&mut self, digit: u8) {
        self.magnitude = self
            .magnitude
            .wrapping_mul(10)
            .wrapping_add(u64::from(digit));
        self.count = self.count.saturating_add(1);
    }

    fn decimal(&self) -> (i64, i16) {
        let magnitude = self.magnitude as i64;
        let mantissa = if self.negative { -magnitude } else { magnitude };
        (mantissa, self.exponent as i16)
    }
}

/// A decimal that the server's arithmetic turns into `float`, or as near to it as one can be found.
fn nearest_decimal(float: f64) -> (i64, i16) {
    if float.is_infinite() {
        let negative = float < 0.0;
        let mantissa = if negative {
            NEGATIVE_INFINITY_MANTISSA
        } else {
            INFINITY_MANTISSA
        };
        return (mantissa, 0);
    }
    let mut mantissas = Vec::with_capacity(1);
    let scale = floats_to_decimals(&[float], &mut mantissas);
    let mut nearest = (mantissas[0], scale);
    let mut error = (decimal_to_float(nearest.0, nearest.1) - float).abs();
    let shortest = format!("{float:e}");
    let Some(digits) = Digits::read(shortest.as_bytes()) else {
        return nearest;
    };
    // The server rounds twice, and its powers of ten are rounded too. So the digits alone may miss
    // the float, and fewer or more of them hit it.
    let (mantissa, exponent) = (digits.decimal().0, digits.exponent);
    for shift in (0..=18).chain((1..=17).map(|dropped| -dropped)) {
        let Some(shifted) = shifted(mantissa, shift) else {
            continue;
        };
        let Ok(scale) = i16::try_from(exponent - shift) else {
            continue;
        };
        // Integers that are closer to each other may be the same float; its multiples are floats.
        let distance = 1i64 << 11u32.saturating_sub(shifted.unsigned_abs().leading_zeros());
        for nearby in [0, -1, 1, -2, 2] {
            let whole = shifted - shifted % distance;
            let candidate = whole.saturating_add(nearby * distance);
            if is_special(candidate) {
                continue;
            }
            let off = (decimal_to_float(candidate, scale) - float).abs();
            if off < error {
                (nearest, error) = ((candidate, scale), off);
            }
        }
        if error == 0.0 {
            break;
        }
    }
    nearest
}

/// `mantissa * 10^by`, rounded towards zero; `None` if it is out of range.
fn shifted(mantissa: i64, by: i32) -> Option<i64> {
    let factor = 10i64.checked_pow(by.unsigned_abs())?;
    if by < 0 {
        Some(mantissa / factor)
    } else {
        mantissa.checked_mul(factor)
    }
}

/// Brings decimals to as few common scales as their floats allow: all to the smallest scale, but
/// those whose float would change to the smallest scale among themselves, and so on.
///
/// Both slices have the same length. Zeros and special values take any scale.
pub fn share_scales(mantissas: &mut [i64], scales: &mut [i16]) {
    let any_scale = |mantissa: i64| mantissa == 0 || is_special(mantissa);
    let mut open: Vec<usize> = (0..mantissas.len())
        .filter(|&at| !any_scale(mantissas[at]))
        .collect();
    let first = open.iter().map(|&at| scales[at]).min().unwrap_or(0);
    for (mantissa, scale) in mantissas.iter().zip(scales.iter_mut()) {
        if any_scale(*mantissa) {
            *scale = first;
        }
    }
    while let Some(common) = open.iter().map(|&at| scales[at]).min() {
        open.retain(|&at| match lowered(mantissas[at], scales[at], common) {
            Some(mantissa) => {
                mantissas[at] = mantissa;
                scales[at] = common;
                false
            }
            None => true,
        });
    }
}

/// The mantissa for a lower scale; `None` if the float is another one then.
fn lowered(mantissa: i64, scale: i16, to: i16) -> Option<i64> {
    let by = u32::from(scale.abs_diff(to));
    if by == 0 {
        return Some(mantissa);
    }
    let lowered = mantissa.checked_mul(10i64.checked_pow(by)?)?;
    let same =
        decimal_to_float(lowered, to).to_bits() == decimal_to_float(mantissa, scale).to_bits();
    (!is_special(lowered) && same).then_some(lowered)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::number::{write_decimal, write_float};

    fn text(mantissa: i64, scale: i16) -> String {
        let mut out = Vec::new();
        write_decimal(&mut out, mantissa, scale);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn digits_become_the_mantissa() {
        for (text, decimal) in [
            ("0", (0, 0)),
            ("-0", (0, 0)),
            ("0.000", (0, 0)),
            ("12", (12, 0)),
            ("-1200", (-12, 2)),
            ("1.50", (15, -1)),
            ("0.00025", (25, -5)),
            ("1e5", (1, 5)),
            ("1.5E-7", (15, -8)),
            ("10.01", (1001, -2)),
            ("null", (STALE_MANTISSA, 0)),
            ("\"Infinity\"", (INFINITY_MANTISSA, 0)),
            ("\"-Infinity\"", (NEGATIVE_INFINITY_MANTISSA, 0)),
            ("1e999", (INFINITY_MANTISSA, 0)),
        ] {
            assert_eq!(read_decimal(text.as_bytes()), Some(decimal), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "-",
            ".",
            "e5",
            "1e",
            "1.2.3",
            "0x1",
            "\"NaN\"",
            "1 ",
            "--1",
            "1e1e1",
            "1e99999999999",
        ] {
            assert_eq!(read_decimal(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn values_of_any_size_keep_their_float_in_common_scales() {
        let mut mantissas = [1, 1, 15, 0, STALE_MANTISSA, i64::MAX - 5];
        let mut scales = [300, 0, -1, 7, 9, 0];
        let before = mantissas
            .iter()
            .zip(scales)
            .map(|(m, s)| text(*m, s))
            .collect::<Vec<_>>();
        share_scales(&mut mantissas, &mut scales);
        let after = mantissas
            .iter()
            .zip(scales)
            .map(|(m, s)| text(*m, s))
            .collect::<Vec<_>>();
        assert_eq!(before, after);
        assert_eq!(scales, [300, -1, -1, -1, -1, 0]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_float_is_at_most_one_step_off(bits: u64) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite() && (float.abs() >= 1e-290));
            let mut written = Vec::new();
            write_float(&mut written, float);
            let (mantissa, scale) = read_decimal(&written).unwrap();
            let read = decimal_to_float(mantissa, scale);
            prop_assert!((float.next_down()..=float.next_up()).contains(&read), "{float:e} {read:e}");
        }

        #[test]
        fn every_decimal_comes_back(mantissa: i64, shift in 0u32..63, scale in -30i16..30) {
            let written = text(mantissa >> shift, scale);
            let (mantissa, scale) = read_decimal(written.as_bytes()).unwrap();
            prop_assert_eq!(text(mantissa, scale), written);
        }
    }
}
