//! Times as RFC 3339.

use jiff::Timestamp;

const NANOS_PER_MS: i128 = 1_000_000;

/// Reads RFC 3339 with a zone, such as `2026-01-23T12:00:00.250+03:00`.
///
/// # Errors
///
/// Anything else, with the reason ready to follow a name: other ISO 8601 forms, a missing zone, a
/// date that does not exist.
pub fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    if !has_the_shape(text.as_bytes()) {
        return Err("must be a time with a zone such as 2026-01-23T12:00:00Z");
    }
    text.parse()
        .map_err(|_| "must be a date and a time that exist, as in 2026-01-23T12:00:00Z")
}

/// Whether the text is laid out as RFC 3339 wants it; the parser of dates accepts far more.
fn has_the_shape(text: &[u8]) -> bool {
    let fits = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(&byte, &wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't'),
                b'+' => matches!(byte, b'+' | b'-'),
                other => byte == other,
            })
    };
    const DATE_AND_TIME: &[u8] = b"0000-00-00T00:00:00";
    let Some((front, mut rest)) = text.split_at_checked(DATE_AND_TIME.len()) else {
        return false;
    };
    if let [b'.', after @ ..] = rest {
        let digits = after
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if digits == 0 {
            return false;
        }
        rest = &after[digits..];
    }
    fits(front, DATE_AND_TIME) && (matches!(rest, b"Z" | b"z") || fits(rest, b"+00:00"))
}

/// The first whole millisecond at or after a time: samples before it are outside the range.
pub fn first_ms(start: Timestamp) -> i64 {
    // Times reach from the year -9999 to 9999, far from the limits of 64 bits.
    -((-start.as_nanosecond()).div_euclid(NANOS_PER_MS)) as i64
}

/// The last whole millisecond at or before a time: samples after it are outside the range.
pub fn last_ms(end: Timestamp) -> i64 {
    end.as_nanosecond().div_euclid(NANOS_PER_MS) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_with_a_zone_is_read() {
        let ms = |text| last_ms(parse_time(text).unwrap());
        assert_eq!(ms("2026-01-23T12:00:00Z"), 1_769_169_600_000);
        assert_eq!(ms("2026-01-23t12:00:00z"), 1_769_169_600_000);
        assert_eq!(ms("2026-01-23T15:00:00+03:00"), 1_769_169_600_000);
        assert_eq!(ms("2026-01-23T12:00:00.25-00:00"), 1_769_169_600_250);
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "2026-01-23",
            "2026-01-23T12:00:00",
            "2026-01-23 12:00:00Z",
            "2026-01-23T12:00Z",
            "2026-01-23T12:00:00.Z",
            "2026-01-23T12:00:00+03",
            "2026-01-23T12:00:00+0300",
            "2026-01-23T12:00:00Z[Europe/Berlin]",
            "20260123T120000Z",
            "1769169600",
            "2026-13-01T12:00:00Z",
            "2026-02-30T12:00:00Z",
            "2026-01-23T25:00:00Z",
            "2026-01-23T12:00:00Zä",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_of_a_millisecond_are_cut_towards_the_inside_of_the_range() {
        let time = parse_time("1970-01-01T00:00:00.0015Z").unwrap();
        assert_eq!(first_ms(time), 2);
        assert_eq!(last_ms(time), 1);
        let before = parse_time("1969-12-31T23:59:59.9985Z").unwrap();
        assert_eq!(first_ms(before), -1);
        assert_eq!(last_ms(before), -2);
        let whole = parse_time("1970-01-01T00:00:00.002Z").unwrap();
        assert_eq!((first_ms(whole), last_ms(whole)), (2, 2));
    }
}
