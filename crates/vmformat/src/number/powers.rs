//! Powers of ten as VictoriaMetrics computes them, which is not the correctly rounded way.

/// The largest exponent whose power of ten is finite.
pub(super) const MAX_EXPONENT: usize = 308;

/// Correctly rounded 10^0 to 10^31.
const ONES: [f64; 32] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
];

/// Correctly rounded 10^0, 10^32, ... 10^288.
const THIRTY_TWOS: [f64; 10] = [
    1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288,
];

/// Correctly rounded 10^-0, 10^-32, ... 10^-320.
const NEGATIVE_THIRTY_TWOS: [f64; 11] = [
    1e-0, 1e-32, 1e-64, 1e-96, 1e-128, 1e-160, 1e-192, 1e-224, 1e-256, 1e-288, 1e-320,
];

static POWERS: [f64; MAX_EXPONENT + 1] = {
    let mut powers = [0.0; MAX_EXPONENT + 1];
    let mut n = 0;
    while n <= MAX_EXPONENT {
        powers[n] = THIRTY_TWOS[n / 32] * ONES[n % 32];
        n += 1;
    }
    powers
};

/// 10^n for `n >= 0`, infinite above 308. The product of two rounded factors, so 78 of the 309
/// finite values differ from the literal in the last bit (first 10^33): with the literals, floats
/// would not be bit identical.
pub(super) fn power(n: u32) -> f64 {
    POWERS.get(n as usize).copied().unwrap_or(f64::INFINITY)
}

/// 10^n for any `n`, zero below -323. Used on the way from floats to decimals only.
pub(super) fn signed_power(n: i32) -> f64 {
    let magnitude = n.unsigned_abs();
    if n >= 0 {
        power(magnitude)
    } else if magnitude <= 323 {
        NEGATIVE_THIRTY_TWOS[magnitude as usize / 32] / ONES[magnitude as usize % 32]
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventy_eight_powers_differ_from_the_literal() {
        let differing: Vec<u32> = (0..=308)
            .filter(|n| power(*n) != format!("1e{n}").parse::<f64>().unwrap())
            .collect();
        assert_eq!(differing.len(), 78);
        assert_eq!(&differing[..5], &[33, 34, 37, 39, 45]);
    }

    #[test]
    fn powers_above_308_are_infinite() {
        assert!(power(308).is_finite());
        assert_eq!(power(309), f64::INFINITY);
        assert_eq!(power(u32::MAX), f64::INFINITY);
    }

    #[test]
    fn powers_below_minus_323_are_zero() {
        assert_eq!(signed_power(-323), 1e-323);
        assert_eq!(signed_power(-324), 0.0);
        assert_eq!(signed_power(i32::MIN), 0.0);
    }
}
