//! Numbers: decimals to floats and back, and the text that VictoriaMetrics prints for them.

mod digits;
mod float_text;
mod from_float;
mod from_text;
mod integer_text;
mod powers;
mod to_float;
mod write;

pub use float_text::write_float;
pub use from_float::floats_to_decimals;
pub use from_text::{read_decimal, share_scales};
pub use integer_text::write_timestamps;
pub use to_float::{STALE_MARKER_BITS, decimal_to_float};
pub use write::{write_decimal, write_decimals};

/// The mantissa that stands for positive infinity, whatever the scale.
pub const INFINITY_MANTISSA: i64 = i64::MAX;
/// The mantissa that stands for negative infinity, whatever the scale.
pub const NEGATIVE_INFINITY_MANTISSA: i64 = i64::MIN;
/// The mantissa that stands for the stale marker (the series has ended here), whatever the scale.
pub const STALE_MANTISSA: i64 = i64::MAX - 1;

/// Whether `mantissa` stands for an infinity or the stale marker rather than for a number.
pub(crate) fn is_special(mantissa: i64) -> bool {
    matches!(
        mantissa,
        INFINITY_MANTISSA | NEGATIVE_INFINITY_MANTISSA | STALE_MANTISSA
    )
}
