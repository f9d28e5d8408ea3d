//! Lengths of time as VictoriaMetrics writes them: `90s`, `6h`, `2d`, `1h30m`.

use std::time::Duration;

/// A length of time, at least one millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(Duration);

/// Longest unit first, as error messages list them; milliseconds each.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Span {
    /// Reads whole numbers with units, added up.
    ///
    /// # Errors
    ///
    /// Anything else, zero, and lengths that do not fit into 64 bits of milliseconds.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut total_ms: u64 = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let letters = after.bytes().take_while(|b| !b.is_ascii_digit()).count();
            let (unit, after) = after.split_at(letters);
            if number.is_empty() {
                return Err(not_a_duration());
            }
            if unit.is_empty() {
                return Err(format!(
                    "the number {number} needs a unit: w, d, h, m, s or ms"
                ));
            }
            let Some((_, unit_ms)) = UNITS.iter().find(|(name, _)| *name == unit) else {
                return Err(format!("unknown unit `{unit}`: use w, d, h, m, s or ms"));
            };
            total_ms = number
                .parse::<u64>()
                .ok()
                .and_then(|number| number.checked_mul(*unit_ms))
                .and_then(|ms| total_ms.checked_add(ms))
                .ok_or("is longer than time itself")?;
            rest = after;
        }
        if text.is_empty() {
            return Err(not_a_duration());
        }
        if total_ms == 0 {
            return Err("must be longer than zero".into());
        }
        Ok(Self(Duration::from_millis(total_ms)))
    }

    /// A length in seconds, at least one.
    pub(crate) const fn from_seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    pub(crate) fn get(self) -> Duration {
        self.0
    }
}

fn not_a_duration() -> String {
    "is not a duration such as 90s, 6h, 2d or 1h30m".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_add_up() {
        let ms = |text: &str| Span::parse(text).unwrap().get().as_millis();
        assert_eq!(ms("90s"), 90_000);
        assert_eq!(ms("6h"), 6 * 3_600_000);
        assert_eq!(ms("2d"), 2 * 86_400_000);
        assert_eq!(ms("1w"), 7 * 86_400_000);
        assert_eq!(ms("1h30m"), 5_400_000);
        assert_eq!(ms("1m250ms"), 60_250);
    }

    #[test]
    fn what_is_no_duration_is_refused_with_the_reason() {
        let error = |text: &str| Span::parse(text).unwrap_err();
        assert!(error("").contains("is not a duration"));
        assert!(error("h").contains("is not a duration"));
        assert!(error("-6h").contains("is not a duration"));
        assert!(error("6").contains("needs a unit"));
        assert!(error("6x").contains("unknown unit `x`"));
        assert!(error("1.5h").contains("unknown unit `.`"));
        assert!(error("6 h").contains("unknown unit ` h`"));
        assert!(error("0s").contains("longer than zero"));
        assert!(error("99999999999999999999w").contains("longer than time"));
        assert!(error("6µs").contains("unknown unit `µs`"));
    }
}
