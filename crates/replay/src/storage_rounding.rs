//! What storage makes of a value beside others.
//!
//! VictoriaMetrics stores a value as an integer and a power of ten. All samples of a block share the
//! power: the smallest that leaves room for the largest of them, so what is far smaller loses digits
//! or becomes 0. Where the power is below 10^-308, all of the block comes back as 0. Which samples
//! share a block is not known from outside; only the powers that blocks of a series can have are.

use vmformat::number::{decimal_to_float, floats_to_decimals};

/// A float keeps at least 12 digits when it becomes an integer and a power of ten.
const DIGITS: f64 = 1e-11;

/// The powers of ten that blocks of a series may have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockScales {
    /// The power of the value with the smallest digits.
    lowest: i16,
    /// The power that leaves just room for the largest value.
    highest: i16,
}

impl BlockScales {
    /// The powers for these values, in blocks of whatever part of them.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut scales = Self {
            lowest: i16::MAX,
            highest: i16::MIN,
        };
        for value in values.filter(|value| value.is_finite() && *value != 0.0) {
            let (mantissa, scale) = decimal(value);
            scales.lowest = scales.lowest.min(scale);
            scales.highest = scales.highest.max(scale - room(mantissa));
        }
        scales
    }

    /// Whether storage may have made `found` of `sent`, in a block of one of these powers.
    pub(crate) fn explain(&self, sent: f64, found: f64) -> bool {
        if near(sent, found) {
            return true;
        }
        if !sent.is_finite() || sent == 0.0 {
            return false;
        }
        let (mantissa, scale) = decimal(sent);
        (self.lowest..=self.highest.max(scale)).any(|power| {
            stored(mantissa, scale, power)
                .is_some_and(|stored| near(decimal_to_float(stored, power), found))
        })
    }
}

/// The integer and the power of ten of a value on its own.
fn decimal(value: f64) -> (i64, i16) {
    let mut mantissas = Vec::with_capacity(1);
    let scale = floats_to_decimals(&[value], &mut mantissas);
    (mantissas[0], scale)
}

/// The integer for another power; `None` if there is no room for it.
fn stored(mantissa: i64, scale: i16, power: i16) -> Option<i64> {
    let factor = 10i64.checked_pow(u32::from(scale.abs_diff(power)));
    if scale >= power {
        mantissa.checked_mul(factor?)
    } else {
        Some(factor.map_or(0, |factor| mantissa / factor))
    }
}

/// How many times an integer can be multiplied by ten.
fn room(mantissa: i64) -> i16 {
    let mut largest = i64::MAX.unsigned_abs();
    let mut room = -1;
    while mantissa.unsigned_abs() <= largest {
        room += 1;
        largest /= 10;
    }
    room
}

fn near(one: f64, other: f64) -> bool {
    let both = one.is_finite() && other.is_finite();
    one == other || both && (one - other).abs() <= one.abs().max(other.abs()) * DIGITS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn explains(values: &[f64], sent: f64, found: f64) -> bool {
        BlockScales::of(values.iter().copied()).explain(sent, found)
    }

    #[test]
    fn a_tiny_value_beside_a_large_one_may_become_zero_or_lose_digits() {
        assert!(explains(&[1e300, 0.1], 0.1, 0.0));
        assert!(explains(&[1e-300, 5e-324], 1e-300, 0.0));
        assert!(explains(&[1.5, 1e-300], 1e-300, 0.0));
        // Nine quintillions leave room down to the ones.
        assert!(explains(&[9.1e18, 2.75], 2.75, 2.0));
        assert!(explains(&[9.1e18, -2.75], -2.75, -2.0));
    }

    #[test]
    fn what_storage_would_not_do_is_not_excused() {
        for (values, sent, found) in [
            // Never to another digit, to a larger value or to another sign.
            (&[9.1e18, 2.75][..], 2.75, 3.0),
            (&[9.1e18, 2.75], 2.75, 1.0),
            (&[9.1e18, 2.75], 2.75, -2.0),
            // Nothing here is large enough.
            (&[1e15, 0.1], 0.1, 0.0),
            (&[1e-300, 1e-299], 1e-300, 0.0),
            (&[1e-300, 5e-324], 1e-300, 1e-299),
            (&[1e300, 1.0], 1e300, 0.0),
            (&[1.0, 2.0], 1.0, 1.000_001),
            (&[0.0, 1.0], 0.0, 1e-9),
            (&[1.0, f64::INFINITY], f64::INFINITY, 0.0),
            (&[1.0, f64::INFINITY], 1.0, f64::INFINITY),
        ] {
            assert!(!explains(values, sent, found), "{values:?} {sent} {found}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_block_makes_of_its_values_is_explained(
            values in prop::collection::vec(
                prop_oneof![
                    any::<f64>().prop_filter("a number", |value| value.is_finite()),
                    (-1e20..1e20),
                    (-330i32..308).prop_map(|power| 10f64.powi(power)),
                ],
                1..20,
            ),
        ) {
            let scales = BlockScales::of(values.iter().copied());
            let mut mantissas = Vec::new();
            let scale = floats_to_decimals(&values, &mut mantissas);
            for (&sent, &mantissa) in values.iter().zip(&mantissas) {
                let found = decimal_to_float(mantissa, scale);
                prop_assert!(scales.explain(sent, found), "{sent:e} {found:e}");
            }
        }
    }
}
