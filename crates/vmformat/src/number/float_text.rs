use super::digits::{SLOT, put_integer};

/// Two to the power of 63, the first float above every `i64`.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// Appends `value` as VictoriaMetrics prints it in JSON lines since v1.82.0, without exponent.
///
/// Integral values inside the range of `i64` are exact; all others are the shortest digits that
/// read back to `value`, the even last digit when two are equally near. Infinities are `"Infinity"`
/// and `"-Infinity"` in quotes, every NaN is `null`.
pub fn write_float(out: &mut Vec<u8>, value: f64) {
    if value.is_nan() {
        out.extend_from_slice(b"null");
    } else if value.is_infinite() {
        let text: &[u8] = if value > 0.0 {
            b"\"Infinity\""
        } else {
            b"\"-Infinity\""
        };
        out.extend_from_slice(text);
    } else if (-TWO_63..TWO_63).contains(&value) && value as i64 as f64 == value {
        let mut slot = [0; SLOT];
        let end = put_integer(&mut slot, value as i64);
        out.extend_from_slice(&slot[..end]);
    } else {
        write_shortest(out, value);
    }
}

/// Appends the shortest digits of a finite value that is not an integer of 64 bits.
fn write_shortest(out: &mut Vec<u8>, value: f64) {
    let mut buffer = zmij::Buffer::new();
    let text = buffer.format_finite(value);
    let Some((digits, exponent)) = text.split_once('e') else {
        return out.extend_from_slice(text.as_bytes());
    };
    let exponent: i32 = exponent.parse().expect("zmij writes a decimal exponent");
    let digits = match digits.strip_prefix('-') {
        Some(digits) => {
            out.push(b'-');
            digits
        }
        None => digits,
    };
    let (first, rest) = digits.split_once('.').unwrap_or((digits, ""));
    if exponent < 0 {
        out.extend_from_slice(b"0.");
        write_zeros(out, exponent.unsigned_abs() as usize - 1);
        out.extend_from_slice(first.as_bytes());
        out.extend_from_slice(rest.as_bytes());
    } else {
        // Exponents are only written from 10^16 on, and no double has more than 17 digits: all are
        // before the point.
        out.extend_from_slice(first.as_bytes());
        out.extend_from_slice(rest.as_bytes());
        write_zeros(
            out,
            (exponent.unsigned_abs() as usize).saturating_sub(rest.len()),
        );
    }
}

fn write_zeros(out: &mut Vec<u8>, count: usize) {
    out.resize(out.len() + count, b'0');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(value: f64) -> String {
        let mut out = Vec::new();
        write_float(&mut out, value);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn integral_values_are_exact_inside_64_bits() {
        assert_eq!(text(0.0), "0");
        assert_eq!(text(-0.0), "0");
        assert_eq!(text(1_152_921_504_606_846_976.0), "1152921504606846976");
        assert_eq!(text(-TWO_63), "-9223372036854775808");
    }

    #[test]
    fn integral_values_outside_64_bits_are_shortest_digits_and_zeros() {
        assert_eq!(text(TWO_63), "9223372036854776000");
        assert_eq!(text(2f64.powi(70)), "1180591620717411300000");
        assert_eq!(text(1e300), format!("1{}", "0".repeat(300)));
    }

    #[test]
    fn nothing_has_an_exponent() {
        assert_eq!(text(5e-324), format!("0.{}5", "0".repeat(323)));
        assert_eq!(text(-2.5e-7), "-0.00000025");
        assert_eq!(text(1.5e-5), "0.000015");
    }

    #[test]
    fn a_tie_between_two_shortest_goes_to_the_even_digit() {
        let tie = 769_472_732_021_750.0 + 0.25;
        assert_eq!(text(tie), "769472732021750.2");
    }

    #[test]
    fn what_is_not_a_number_is_valid_json() {
        assert_eq!(text(f64::INFINITY), "\"Infinity\"");
        assert_eq!(text(f64::NEG_INFINITY), "\"-Infinity\"");
        assert_eq!(text(f64::NAN), "null");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn any_float_reads_back_from_as_few_digits_as_possible(bits: u64, eighths: i32) {
            for value in [f64::from_bits(bits), f64::from(eighths) / 8.0] {
                let text = text(value);
                if !value.is_finite() {
                    continue;
                }
                prop_assert_eq!(text.parse::<f64>().unwrap(), value);
                prop_assert!(text.bytes().all(|byte| matches!(byte, b'-' | b'.' | b'0'..=b'9')));
                if value.fract() != 0.0 {
                    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
                    let shortest = format!("{value:e}");
                    let shortest = digits(shortest.split_once('e').unwrap().0);
                    let leading = text.bytes().take_while(|byte| !(b'1'..=b'9').contains(byte));
                    let leading = leading.filter(u8::is_ascii_digit).count();
                    prop_assert_eq!(digits(&text) - leading, shortest);
                }
            }
        }
    }
}
