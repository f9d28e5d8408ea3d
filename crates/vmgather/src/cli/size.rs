//! Sizes as people write them: `500MB`, `2GiB`.

/// A number of bytes, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(u64);

/// As error messages list them.
const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Size {
    /// Reads a whole number with a unit, or of bytes.
    ///
    /// # Errors
    ///
    /// Anything else, zero, and sizes that do not fit into 64 bits.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        if number.is_empty() {
            return Err("is not a size such as 500MB or 2GiB".into());
        }
        let known = UNITS.iter().find(|(name, _)| *name == unit);
        let bytes = match known {
            Some((_, bytes)) => *bytes,
            None if unit.is_empty() => 1,
            None => {
                let names = UNITS.map(|(name, _)| name).join(", ");
                return Err(format!("unknown unit `{unit}`: use one of {names}"));
            }
        };
        let size = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(bytes))
            .ok_or("is larger than any disk")?;
        if size == 0 {
            return Err("must be more than zero".into());
        }
        Ok(Self(size))
    }

    pub(crate) fn bytes(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_both_kinds_are_read() {
        let bytes = |text: &str| Size::parse(text).unwrap().bytes();
        assert_eq!(bytes("1"), 1);
        assert_eq!(bytes("20B"), 20);
        assert_eq!(bytes("500MB"), 500_000_000);
        assert_eq!(bytes("2GiB"), 2 << 30);
        assert_eq!(bytes("3TiB"), 3 << 40);
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_reason() {
        let error = |text: &str| Size::parse(text).unwrap_err();
        assert!(error("").contains("is not a size"));
        assert!(error("GiB").contains("is not a size"));
        assert!(error("-1GiB").contains("is not a size"));
        assert!(error("1.5GiB").contains("unknown unit `.5GiB`"));
        assert!(error("2gib").contains("unknown unit `gib`"));
        assert!(error("0MB").contains("more than zero"));
        assert!(error("99999999999999999999").contains("larger than any disk"));
        assert!(error("99999999999TiB").contains("larger than any disk"));
    }
}
