//! The labels of one series.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::label_text::LabelText;

/// Label names and values of one series in the order of the server, the metric name as `__name__`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(LabelText, LabelText)>);

impl Labels {
    /// The value of a label, `None` if the series does not have it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&LabelText> {
        self.iter()
            .find(|(label, _)| *label == name)
            .map(|(_, value)| value)
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&LabelText, &LabelText)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Names and values, sorted by name: the same for the same series, whatever server tells them.
    #[must_use]
    pub fn sorted(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let pairs = self.iter();
        let mut pairs: Vec<_> = pairs
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect();
        pairs.sort();
        pairs
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Labels;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("label names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Labels, A::Error> {
                let mut labels = Vec::new();
                while let Some(label) = map.next_entry()? {
                    labels.push(label);
                }
                Ok(Labels(labels))
            }
        }

        input.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read_as_they_are() {
        let json = b"{\"__name__\":\"up\",\"a\xff\":\"b\xfe\"}";
        let labels: Labels = serde_json::from_slice(json).unwrap();
        assert_eq!(labels.get("__name__").unwrap(), &"up");
        assert_eq!(labels.get("a"), None);
        let pairs: Vec<_> = labels.iter().collect();
        assert_eq!(pairs[1].0.as_bytes(), b"a\xff");
        assert_eq!(pairs[1].1.as_bytes(), b"b\xfe");
    }
}
