//! Floats to decimals, as VictoriaMetrics does it when samples are ingested.
//!
//! The conversion keeps about 12 to 16 significant digits and is not the inverse of reading them,
//! so it must only be used for values that do not come from a native block.

use std::f64::consts::LOG10_2;

use super::powers::signed_power;
use super::to_float::STALE_MARKER_BITS;
use super::{INFINITY_MANTISSA, NEGATIVE_INFINITY_MANTISSA, STALE_MANTISSA, is_special};

/// The ordinary mantissas: everything but the three special ones.
const MIN_MANTISSA: i64 = i64::MIN + 1;
const MAX_MANTISSA: i64 = i64::MAX - 2;

/// Two to the power of 64, the first float above every `u64`.
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

/// Turns a column of floats into decimal mantissas with a common scale, exactly as VictoriaMetrics
/// would store it.
///
/// `mantissas` is cleared first; the scale is returned. NaNs other than the stale marker cannot be
/// stored: the server drops such samples on ingestion, so leave them out beforehand (here they
/// become stale markers).
pub fn floats_to_decimals(values: &[f64], mantissas: &mut Vec<i64>) -> i16 {
    mantissas.clear();
    for uniform in [0.0, 1.0] {
        if values.iter().all(|value| *value == uniform) {
            mantissas.resize(values.len(), uniform as i64);
            return 0;
        }
    }
    let mut scales = Vec::with_capacity(values.len());
    for &value in values {
        let (mantissa, scale) = float_to_decimal(value);
        mantissas.push(mantissa);
        scales.push(scale);
    }
    align(mantissas, &scales)
}

/// Brings all mantissas to one scale: the smallest, raised as far as needed to keep the largest
/// value in range.
fn align(mantissas: &mut [i64], scales: &[i16]) -> i16 {
    let mut common = i16::MAX;
    for (&mantissa, &scale) in mantissas.iter().zip(scales) {
        if !is_special(mantissa) {
            common = common.min(scale);
        }
    }
    let mut raise: i16 = 0;
    for (&mantissa, &scale) in mantissas.iter().zip(scales) {
        raise = raise.max(scale.wrapping_sub(common).wrapping_sub(room(mantissa)));
    }
    common = common.wrapping_add(raise);
    for (mantissa, &scale) in mantissas.iter_mut().zip(scales) {
        if is_special(*mantissa) {
            continue;
        }
        let difference = scale.wrapping_sub(common);
        for _ in 0..difference {
            *mantissa = mantissa.wrapping_mul(10);
        }
        for _ in difference..0 {
            if *mantissa == 0 {
                break;
            }
            *mantissa /= 10;
        }
    }
    common
}

/// How many times a mantissa can be multiplied by ten; more than any scale differs for those that
/// stay as they are.
fn room(mantissa: i64) -> i16 {
    if mantissa == 0 || is_special(mantissa) {
        return 1024;
    }
    let mut limit = i64::MAX.unsigned_abs();
    let mut room = 0;
    while room < 18 && mantissa.unsigned_abs() <= limit / 10 {
        limit /= 10;
        room += 1;
    }
    room
}

fn float_to_decimal(value: f64) -> (i64, i16) {
    if value == 0.0 {
        (0, 0)
    } else if value.to_bits() == STALE_MARKER_BITS || value.is_nan() {
        (STALE_MANTISSA, 0)
    } else if value.is_infinite() {
        (
            if value > 0.0 {
                INFINITY_MANTISSA
            } else {
                NEGATIVE_INFINITY_MANTISSA
            },
            0,
        )
    } else {
        let (magnitude, scale) = positive_to_decimal(value.abs());
        let mantissa = i64::try_from(magnitude).unwrap_or(i64::MAX);
        let mantissa = if value < 0.0 { -mantissa } else { mantissa };
        (mantissa.clamp(MIN_MANTISSA, MAX_MANTISSA), scale)
    }
}

fn positive_to_decimal(value: f64) -> (u64, i16) {
    if value < TWO_64 && value as u64 as f64 == value {
        integer_to_decimal(value as u64)
    } else {
        fraction_to_decimal(value)
    }
}

fn integer_to_decimal(mut n: u64) -> (u64, i16) {
    let mut scale = 0;
    while n >= 1 << 55 {
        n /= 10;
        scale += 1;
    }
    while n != 0 && n.is_multiple_of(10) {
        n /= 10;
        scale += 1;
    }
    (n, scale)
}

fn fraction_to_decimal(mut value: f64) -> (u64, i16) {
    let mut scale = 0;
    let mut precision = 1e12;
    if !(1e-6..=1e6).contains(&value) {
        if value > 1e6 {
            precision = 1e15;
        }
        let exponent = binary_exponent(value).clamp(-1022, 1023);
        scale = (f64::from(exponent) * LOG10_2) as i16;
        value *= signed_power(-i32::from(scale));
    }
    while value < precision {
        let whole = value.trunc();
        let rest = value - whole;
        if rest * precision < whole {
            value = whole;
            break;
        }
        if (1.0 - rest) * precision < whole {
            value = whole + 1.0;
            break;
        }
        value *= 100.0;
        scale -= 2;
    }
    let mantissa = value as u64;
    if mantissa.is_multiple_of(10) {
        (mantissa / 10, scale + 1)
    } else {
        (mantissa, scale)
    }
}

/// The exponent `e` of a positive `value = x * 2^e` with `0.5 <= x < 1`.
fn binary_exponent(value: f64) -> i32 {
    const TWO_54: f64 = 18_014_398_509_481_984.0;
    let biased = |value: f64| (value.to_bits() >> 52) as i32;
    match biased(value) {
        0 => biased(value * TWO_54) - 54 - 1022,
        exponent => exponent - 1022,
    }
}
