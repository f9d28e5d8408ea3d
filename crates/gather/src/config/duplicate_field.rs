//! Fields that stand twice in one object: parsers keep one of them without a word.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The first field that stands twice in one object of a document, with the names of the objects
/// around it; `None` also for what is no JSON.
pub(super) fn find(document: &str) -> Option<String> {
    let mut found = None;
    let search = Search {
        path: String::new(),
        found: &mut found,
    };
    // Whoever parses the document afterwards reports what is wrong with it otherwise.
    let _ = search.deserialize(&mut serde_json::Deserializer::from_str(document));
    found
}

/// Searches one value.
struct Search<'a> {
    /// Where the value stands: empty, or such as `connection.auth`.
    path: String,
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut names = BTreeSet::new();
        while let Some(name) = object.next_key::<String>()? {
            let path = match self.path.as_str() {
                "" => name.clone(),
                around => format!("{around}.{name}"),
            };
            if !names.insert(name) {
                self.found.get_or_insert(path);
                object.next_value::<IgnoredAny>()?;
                continue;
            }
            let found = &mut *self.found;
            object.next_value_seed(Search { path, found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        for number in 0_usize.. {
            let path = format!("{}[{number}]", self.path);
            let found = &mut *self.found;
            if list.next_element_seed(Search { path, found })?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_is_named_with_the_objects_around_it() {
        assert_eq!(find(r#"{"a":1,"a":2}"#).as_deref(), Some("a"));
        assert_eq!(
            find(r#"{"a":{"b":{"c":[],"d":null,"c":1.5}}}"#).as_deref(),
            Some("a.b.c")
        );
        assert_eq!(
            find(r#"{"a":[0,{"b":1,"b":-1}]}"#).as_deref(),
            Some("a[1].b")
        );
    }

    #[test]
    fn one_name_in_two_objects_is_no_duplicate() {
        assert_eq!(find(r#"{"a":{"a":true},"b":{"a":"x"}}"#), None);
        assert_eq!(find("[1"), None);
        assert_eq!(find(""), None);
    }
}
