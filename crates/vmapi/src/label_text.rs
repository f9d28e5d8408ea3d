//! Label names and values exactly as servers store them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// A label name or value: any bytes, nearly always UTF-8.
///
/// Servers store what they get and repeat it in JSON as it is. The exact bytes make a
/// [`Selector`](crate::Selector) that finds the same series again; `Display` replaces what is not
/// UTF-8 by U+FFFD and is for people only.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelText(Vec<u8>);

impl LabelText {
    /// The exact bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there are no bytes, which as a value means that the label is absent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text for people, with U+FFFD for what is not UTF-8.
    #[must_use]
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

impl AsRef<[u8]> for LabelText {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for LabelText {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&str> for LabelText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl PartialEq<str> for LabelText {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for LabelText {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for LabelText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Debug for LabelText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl<'de> Deserialize<'de> for LabelText {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = LabelText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E>(self, text: &str) -> Result<LabelText, E> {
                Ok(text.into())
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<LabelText, E> {
                Ok(bytes.to_vec().into())
            }
        }

        // As a string, JSON would have to be UTF-8.
        input.deserialize_bytes(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_json_text_is_kept() {
        let read = |json: &[u8]| serde_json::from_slice::<LabelText>(json).unwrap();
        assert_eq!(
            read(b"\"a\xff\xc3\\n\\u00e4\""),
            LabelText::from(b"a\xff\xc3\n\xc3\xa4".to_vec())
        );
        assert_eq!(read(b"\"\""), "");
        assert!(serde_json::from_slice::<LabelText>(b"7").is_err());
    }

    #[test]
    fn people_see_a_mark_for_foreign_bytes() {
        let text = LabelText::from(b"a\xff".to_vec());
        assert_eq!(text.to_string(), "a\u{fffd}");
        assert_eq!(format!("{text:?}"), "\"a\\xff\"");
        assert_ne!(text, LabelText::from("a\u{fffd}"));
    }
}
