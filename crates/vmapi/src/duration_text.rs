//! Durations as VictoriaMetrics' command line has them.

const SECOND: f64 = 1_000.0;
const HOUR: f64 = 3_600.0 * SECOND;
const DAY: f64 = 24.0 * HOUR;
/// A month of the command line has 31 days.
pub(crate) const MONTH_MS: f64 = 31.0 * DAY;

/// Milliseconds of a duration: one or more pairs of a number and a unit (`ms`, `s`, `m`, `h`, `d`,
/// `w`, `M`, `y`), or a bare number, which counts `bare_ms` each.
///
/// Fractions are allowed, signs are not; `m` is a minute, `M` a month of 31 days, `y` a year of 365
/// days. Sums beyond the range of `i64` saturate. `None` if the text is none of this.
pub(crate) fn duration_ms(text: &str, bare_ms: f64) -> Option<i64> {
    let text = text.trim();
    if let Some(number) = number(text) {
        return Some((number * bare_ms) as i64);
    }
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, behind) = rest.split_at(end);
        let end = behind
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        sum += number(digits)? * unit_ms(unit)?;
        rest = behind;
    }
    // Casting saturates.
    (!text.is_empty()).then_some(sum as i64)
}

/// Digits and at most one point, with a digit somewhere.
fn number(text: &str) -> Option<f64> {
    let is_plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_plain.then(|| text.parse().ok()).flatten()
}

fn unit_ms(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" => 1.0,
        "s" => SECOND,
        "m" => 60.0 * SECOND,
        "h" => HOUR,
        "d" => DAY,
        "w" => 7.0 * DAY,
        "M" => MONTH_MS,
        "y" => 365.0 * DAY,
        _ => return None,
    })
}
