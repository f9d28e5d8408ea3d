//! The text of decimals, mostly without going through floats.
//!
//! The server turns a decimal into a float and prints the shortest digits that read back to it. For
//! nearly all real columns these are the digits of the mantissa itself, and printing those is
//! several times faster:
//!
//! With |m| < 2^52 and 1 <= k <= 22, 10^k is exact, so the float is m / 10^k correctly rounded and
//! its neighbours are less than 10^-k apart. Hence no other multiple of 10^-k rounds to it, and
//! every decimal that is shorter than m's own digits would be such a multiple: m with its point,
//! less trailing zeros, is the shortest, and it is integral exactly if the float is.

use super::digits::{
    ASCII_ZEROS, Collector, SLOT, Slot, TEN_8, eight_digits, leading_zeros, put_integer,
    put_magnitude, put_word,
};
use super::powers::power;
use super::{decimal_to_float, write_float};

/// Below this, consecutive integers over a common exact denominator are told apart by their floats,
/// see above.
const TWO_52: u64 = 1 << 52;
/// Up to this, every integer is a float of its own.
const TWO_53: u64 = 1 << 53;
/// Two to the power of 63, the first float above every `i64`.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
/// The largest exponent whose power of ten is exact in a float.
const MAX_EXACT_POWER: u32 = 22;

/// Appends `mantissa * 10^scale` as VictoriaMetrics prints it in JSON lines.
///
/// The same bytes as [`write_float`] of [`decimal_to_float`], for all inputs.
pub fn write_decimal(out: &mut Vec<u8>, mantissa: i64, scale: i16) {
    let mut slot = [0; SLOT];
    let end = match Form::of(scale) {
        Form::Integer => put_whole(&mut slot, mantissa),
        Form::Multiple(factor) => put_multiple(&mut slot, mantissa, factor),
        Form::Fraction(places) => put_fraction(&mut slot, mantissa, places),
        Form::Float => None,
    };
    match end {
        Some(end) => out.extend_from_slice(&slot[..end]),
        None => write_float(out, decimal_to_float(mantissa, scale)),
    }
}

/// Appends the values `mantissas * 10^scale`, separated by commas, without brackets.
///
/// Each as [`write_decimal`] would write it.
pub fn write_decimals(out: &mut Vec<u8>, mantissas: &[i64], scale: i16) {
    match Form::of(scale) {
        Form::Integer => write_all(out, mantissas, scale, put_whole),
        Form::Multiple(factor) => {
            write_all(out, mantissas, scale, |slot, m| {
                put_multiple(slot, m, factor)
            });
        }
        Form::Fraction(places) => {
            write_all(out, mantissas, scale, |slot, m| {
                put_fraction(slot, m, places)
            });
        }
        Form::Float => write_all(out, mantissas, scale, |_, _| None),
    }
}

#[inline]
fn write_all(
    out: &mut Vec<u8>,
    mantissas: &[i64],
    scale: i16,
    put: impl Fn(&mut Slot, i64) -> Option<usize>,
) {
    if mantissas.is_empty() {
        return;
    }
    let mut text = Collector::new(out);
    for &mantissa in mantissas {
        if !text.push(|slot| put(slot, mantissa)) {
            text.push_long(|out| write_float(out, decimal_to_float(mantissa, scale)));
        }
    }
    text.finish();
}

/// What the scale says about the text of a whole column.
enum Form {
    /// The values are the mantissas.
    Integer,
    /// The values are the mantissas times this power of ten.
    Multiple(f64),
    /// The values have this many places after the point, 1 to 22, before zeros are stripped.
    Fraction(u32),
    /// The power of ten is not exact, so only the float tells the digits.
    Float,
}

impl Form {
    fn of(scale: i16) -> Self {
        let magnitude = u32::from(scale.unsigned_abs());
        match scale {
            0 => Self::Integer,
            1.. => Self::Multiple(power(magnitude)),
            _ if magnitude <= MAX_EXACT_POWER => Self::Fraction(magnitude),
            _ => Self::Float,
        }
    }
}

#[inline]
fn put_whole(slot: &mut Slot, mantissa: i64) -> Option<usize> {
    (mantissa.unsigned_abs() < TWO_53).then(|| put_integer(slot, mantissa))
}

/// Below 2^63 the product is an integral float, and those are printed exactly.
#[inline]
fn put_multiple(slot: &mut Slot, mantissa: i64, factor: f64) -> Option<usize> {
    let value = mantissa as f64 * factor;
    (mantissa.unsigned_abs() < TWO_53 && value.abs() < TWO_63)
        .then(|| put_integer(slot, value as i64))
}

#[inline]
fn put_fraction(slot: &mut Slot, mantissa: i64, places: u32) -> Option<usize> {
    slot[0] = b'-';
    let at = usize::from(mantissa < 0);
    let magnitude = mantissa.unsigned_abs();
    if magnitude < TWO_52 {
        Some(put_places(slot, at, magnitude, places as usize))
    } else {
        put_reduced(slot, at, magnitude, places as usize)
    }
}

/// Blocks that mix small and large values have large mantissas with many trailing zeros. If such a
/// mantissa is exact as a float, then so is the division by ten, and the rule above applies to what
/// is left.
#[cold]
fn put_reduced(slot: &mut Slot, at: usize, mut magnitude: u64, mut places: usize) -> Option<usize> {
    if magnitude as f64 as u64 != magnitude {
        return None;
    }
    for (zeros, ten) in [(8, TEN_8), (4, 10_000), (2, 100), (1, 10)] {
        if places >= zeros && magnitude.is_multiple_of(ten) {
            magnitude /= ten;
            places -= zeros;
        }
    }
    if magnitude >= TWO_52 {
        None
    } else if places == 0 {
        Some(put_magnitude(slot, at, magnitude))
    } else {
        Some(put_places(slot, at, magnitude, places))
    }
}

/// Stores `magnitude` (below 2^52) with a point before its last `places` digits (1 to 22), without
/// trailing zeros.
///
/// Words of eight digits are stored where their first shown digit belongs; what they have too much
/// is overwritten by the point and by the next word.
#[inline]
fn put_places(slot: &mut Slot, at: usize, magnitude: u64, places: usize) -> usize {
    if magnitude < TEN_8 && places < 8 {
        return put_few_places(slot, at, magnitude as u32, places);
    }
    let high = eight_digits((magnitude / TEN_8) as u32);
    let low = eight_digits((magnitude % TEN_8) as u32);
    let (high_text, low_text) = (high | ASCII_ZEROS, low | ASCII_ZEROS);
    let trailing_zeros = match low {
        0 => 8 + high.leading_zeros() as usize / 8,
        _ => low.leading_zeros() as usize / 8,
    };
    match places {
        0..=8 => {
            let skipped = leading_zeros(high);
            put_word(slot, at, high_text >> (8 * skipped));
            let at = at + 8 - skipped as usize;
            put_word(slot, at, low_text);
            let point = at + 8 - places;
            slot[point] = b'.';
            put_word(slot, point + 1, low_text >> (8 * (8 - places)));
            end_of_places(point, places, trailing_zeros)
        }
        9..=15 => {
            let skipped = (leading_zeros(high) as usize).min(15 - places);
            put_word(slot, at, high_text >> (8 * skipped));
            let point = at + 16 - places - skipped;
            slot[point] = b'.';
            put_word(slot, point + 1, high_text >> (8 * (16 - places)));
            put_word(slot, point + places - 7, low_text);
            end_of_places(point, places, trailing_zeros)
        }
        _ if magnitude == 0 => {
            slot[at] = b'0';
            at + 1
        }
        _ => {
            put_word(slot, at, u64::from_le_bytes(*b"0.000000"));
            let start = at + 2 + places - 16;
            put_word(slot, start, high_text);
            put_word(slot, start + 8, low_text);
            start + 16 - trailing_zeros
        }
    }
}

/// The same for up to eight digits, at half the work.
#[inline]
fn put_few_places(slot: &mut Slot, at: usize, magnitude: u32, places: usize) -> usize {
    let digits = eight_digits(magnitude);
    let text = digits | ASCII_ZEROS;
    let whole_start = (digits.trailing_zeros() as usize / 8).min(7 - places);
    put_word(slot, at, text >> (8 * whole_start));
    let point = at + 8 - places - whole_start;
    slot[point] = b'.';
    put_word(slot, point + 1, text >> (8 * (8 - places)));
    end_of_places(point, places, digits.leading_zeros() as usize / 8)
}

/// Where a number ends whose point may be dropped with all zeros behind it.
#[inline]
fn end_of_places(point: usize, places: usize, trailing_zeros: usize) -> usize {
    match places.saturating_sub(trailing_zeros) {
        0 => point,
        shown => point + 1 + shown,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(mantissa: i64, scale: i16) {
        let mut expected = Vec::new();
        write_float(&mut expected, decimal_to_float(mantissa, scale));
        let mut out = Vec::new();
        write_decimal(&mut out, mantissa, scale);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            String::from_utf8(expected).unwrap(),
            "{mantissa}e{scale}"
        );
    }

    /// Mantissas at which a rule above starts or ceases to hold, and their neighbours.
    fn edges() -> Vec<i64> {
        let powers_of_two = (0..63).map(|shift| 1i64 << shift);
        let powers_of_ten = (0..19).map(|n| 10i64.pow(n));
        let mut edges: Vec<i64> = powers_of_two
            .chain(powers_of_ten)
            .flat_map(|power| [1, 2, 5, 9].map(|factor| power.wrapping_mul(factor)))
            .flat_map(|m| [m.wrapping_sub(1), m, m.wrapping_add(1)])
            .flat_map(|m| [m, m.wrapping_neg()])
            .collect();
        edges.extend([i64::MAX, i64::MAX - 1, i64::MAX - 2, i64::MIN, i64::MIN + 1]);
        edges
    }

    #[test]
    fn edges_are_written_like_their_floats_at_every_scale() {
        for mantissa in edges() {
            for scale in (-400..=400).chain([i16::MIN, -1024, 1024, i16::MAX]) {
                check(mantissa, scale);
            }
        }
    }

    #[test]
    fn fractions_lose_their_trailing_zeros() {
        let text = |m, scale| {
            let mut out = Vec::new();
            write_decimal(&mut out, m, scale);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(text(1500, -2), "15");
        assert_eq!(text(-1501, -3), "-1.501");
        assert_eq!(text(0, -5), "0");
        assert_eq!(text(0, -20), "0");
        assert_eq!(text(12, -18), "0.000000000000000012");
        assert_eq!(text(1_235_000_000_000_000_000, -15), "1235");
    }

    #[test]
    fn a_column_is_its_values_joined_by_commas() {
        for scale in [-400, -30, -22, -16, -15, -3, 0, 2, 18, 400] {
            for count in [0, 1, 2, 3000] {
                let mantissas: Vec<i64> = edges().into_iter().cycle().take(count).collect();
                let mut out = b"[".to_vec();
                write_decimals(&mut out, &mantissas, scale);
                let mut expected = b"[".to_vec();
                for (i, &mantissa) in mantissas.iter().enumerate() {
                    if i > 0 {
                        expected.push(b',');
                    }
                    write_decimal(&mut expected, mantissa, scale);
                }
                assert_eq!(out, expected, "scale {scale}, {count} values");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_decimal_is_written_like_its_float(
            mantissa in any::<i64>(), shift in 0u32..64, scale in -30i16..30,
        ) {
            check(mantissa >> shift, scale);
        }

        #[test]
        fn round_mantissas_are_written_like_their_floats(
            digits in 1i64..100_000_000, zeros in 0u32..19, scale in -24i16..3,
        ) {
            check(digits.saturating_mul(10i64.pow(zeros)), scale);
        }

        #[test]
        fn any_scale_is_written_like_its_float(mantissa in any::<i64>(), scale in any::<i16>()) {
            check(mantissa, scale);
        }

        #[test]
        fn sixteen_digits_are_written_like_their_floats(
            mantissa in 1i64 << 49..1 << 54, scale in -22i16..0,
        ) {
            check(mantissa, scale);
            check(-mantissa, scale);
        }
    }
}
