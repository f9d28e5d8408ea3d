//! Sizes as VictoriaMetrics' command line has them.

/// Bytes of a size such as `10485760`, `10MiB` or `1.5GB`, in any case; `None` if it is none.
pub(crate) fn parse_byte_size(text: &str) -> Option<u64> {
    const UNITS: [(&str, f64); 9] = [
        ("kib", 1024.0),
        ("mib", 1_048_576.0),
        ("gib", 1_073_741_824.0),
        ("tib", 1_099_511_627_776.0),
        ("kb", 1e3),
        ("mb", 1e6),
        ("gb", 1e9),
        ("tb", 1e12),
        ("", 1.0),
    ];
    let text = text.trim().to_ascii_lowercase();
    let (digits, factor) = UNITS
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    let is_plain = digits
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = is_plain.then(|| digits.parse().ok())??;
    // Casting saturates.
    Some((number * factor) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_flags_is_read() {
        for (text, bytes) in [
            ("10485760", Some(10_485_760)),
            ("10MiB", Some(10 << 20)),
            ("10MB", Some(10_000_000)),
            ("1.5KiB", Some(1536)),
            ("2gib", Some(2 << 30)),
            ("0", Some(0)),
            ("99999999999TB", Some(u64::MAX)),
            ("", None),
            ("MB", None),
            ("-1", None),
            ("10 MB", None),
            ("10XB", None),
            ("1e3", None),
        ] {
            assert_eq!(parse_byte_size(text), bytes, "{text}");
        }
    }
}
