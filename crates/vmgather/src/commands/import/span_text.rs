//! Lengths of time as options take them.

/// Such as `3d4h`, down to milliseconds; zero is `0s`.
pub(super) fn span_text(ms: u64) -> String {
    const UNITS: [(&str, u64); 5] = [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let mut rest = ms;
    let mut text = String::new();
    for (unit, unit_ms) in UNITS {
        if rest >= unit_ms {
            text += &format!("{}{unit}", rest / unit_ms);
            rest %= unit_ms;
        }
    }
    if text.is_empty() {
        "0s".to_owned()
    } else {
        text
    }
}

/// A shift as `--shift` takes it.
pub(super) fn shift_text(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    format!("{sign}{}", span_text(ms.unsigned_abs()))
}

/// The same, rounded up to whole minutes: easier to type, and no sample is left behind.
pub(super) fn coarse_shift_text(ms: i64) -> String {
    const MINUTE: i64 = 60_000;
    let minutes = ms.div_euclid(MINUTE) + i64::from(ms.rem_euclid(MINUTE) > 0);
    shift_text(minutes.saturating_mul(MINUTE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_what_the_option_reads() {
        for (ms, expected) in [
            (0, "+0s"),
            (1, "+1ms"),
            (-90_000, "-1m30s"),
            (93_784_005, "+1d2h3m4s5ms"),
        ] {
            let text = shift_text(ms);
            assert_eq!(text, expected);
            assert_eq!(
                text.parse::<replay::Shift>().unwrap(),
                replay::Shift::By(ms)
            );
        }
        assert_eq!(coarse_shift_text(60_001), "+2m");
        assert_eq!(coarse_shift_text(-60_001), "-1m");
    }
}
