use super::powers::power;
use super::{INFINITY_MANTISSA, NEGATIVE_INFINITY_MANTISSA, STALE_MANTISSA};

/// The bits of the stale marker, a signalling NaN: compare by bits, and keep it out of arithmetic.
pub const STALE_MARKER_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Turns `mantissa * 10^scale` into the float that VictoriaMetrics makes of it, bit for bit.
///
/// Three mantissas are reserved: [`INFINITY_MANTISSA`], [`NEGATIVE_INFINITY_MANTISSA`] and
/// [`STALE_MANTISSA`]. The server divides for negative scales and multiplies for positive ones,
/// each with its own powers of ten, so some results are not the correctly rounded ones. A zero
/// mantissa gives positive zero whatever the scale.
pub fn decimal_to_float(mantissa: i64, scale: i16) -> f64 {
    match mantissa {
        INFINITY_MANTISSA => f64::INFINITY,
        NEGATIVE_INFINITY_MANTISSA => f64::NEG_INFINITY,
        STALE_MANTISSA => f64::from_bits(STALE_MARKER_BITS),
        0 => 0.0,
        _ if scale < 0 => mantissa as f64 / power(u32::from(scale.unsigned_abs())),
        _ => mantissa as f64 * power(u32::from(scale.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_mantissas_ignore_the_scale() {
        for scale in [i16::MIN, -1024, -1, 0, 1, 400, i16::MAX] {
            assert_eq!(decimal_to_float(i64::MAX, scale), f64::INFINITY);
            assert_eq!(decimal_to_float(i64::MIN, scale), f64::NEG_INFINITY);
            assert_eq!(
                decimal_to_float(i64::MAX - 1, scale).to_bits(),
                STALE_MARKER_BITS
            );
        }
    }

    #[test]
    fn ends_of_the_scale_saturate_like_the_server() {
        assert_eq!(decimal_to_float(49, -324).to_bits(), 0.0f64.to_bits());
        assert_eq!(decimal_to_float(-49, -324).to_bits(), (-0.0f64).to_bits());
        assert_eq!(decimal_to_float(5, 400), f64::INFINITY);
        assert_eq!(decimal_to_float(0, 400).to_bits(), 0.0f64.to_bits());
        assert_eq!(decimal_to_float(0, -400).to_bits(), 0.0f64.to_bits());
    }

    #[test]
    fn powers_are_the_servers_own() {
        assert_eq!(decimal_to_float(1, 33), 1e32 * 10.0);
        assert_ne!(decimal_to_float(1, 33), 1e33);
    }
}
