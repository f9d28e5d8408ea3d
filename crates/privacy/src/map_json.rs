//! The map as a JSON document.
//!
//! ```json
//! {
//!   "version": 2,
//!   "map_id": "0f6a...",
//!   "key": "93b1...",
//!   "hosts": { "db7.corp.example": "777.777.1.1" },
//!   "jobs": { "storage-eu": "vmstorage-job-1" },
//!   "labels": { "zone": { "fra1": "zone-1" } },
//!   "classes": { "user": { "anna": "user-1" } },
//!   "phases": { "777.777.1.1:port-1": 7312 }
//! }
//! ```
//!
//! All fields are required and no others are allowed; names within an object are unique. Version 1
//! had no `classes` and no `phases`, which say by how many milliseconds the timestamps of an
//! instance, named as in the bundle, are later there. `map_id` has 32, `key` 64 hex digits. A host stands in canonical spelling (IPv6 as in RFC 5952 without
//! brackets, names in lower case); one in another spelling is an entry for that very spelling.
//! Originals are written as text in which a backslash is doubled and a byte that is not part of
//! valid UTF-8 is `\x` with two hex digits. Any change of this form gets another version.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::marker::PhantomData;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize};

use crate::error::Error;
use crate::escape::{escape, unescape};
use crate::key::Key;
use crate::kind::{Class, Kind};
use crate::map::{Map, Pseudonyms};

const VERSION: u64 = 2;

/// Without `classes`.
const FIRST_VERSION: u64 = 1;

#[derive(Serialize)]
struct Saved<'a> {
    version: u64,
    map_id: &'a str,
    key: &'a str,
    hosts: BTreeMap<String, &'a str>,
    jobs: BTreeMap<String, &'a str>,
    labels: BTreeMap<&'a str, BTreeMap<String, &'a str>>,
    classes: BTreeMap<&'a str, BTreeMap<String, &'a str>>,
    phases: &'a BTreeMap<String, u64>,
}

/// The version alone, read first: other fields of another version may be anything.
#[derive(DeriveDeserialize)]
struct Versioned {
    version: u64,
}

#[derive(DeriveDeserialize)]
#[serde(deny_unknown_fields)]
struct Loaded {
    #[serde(rename = "version")]
    _version: u64,
    map_id: String,
    key: String,
    hosts: Unique<String>,
    jobs: Unique<String>,
    labels: Unique<Unique<String>>,
    #[serde(default)]
    classes: Option<Unique<Unique<String>>>,
    #[serde(default)]
    phases: Option<Unique<u64>>,
}

impl Map {
    /// The map as an indented JSON document; it holds the key and every original.
    pub fn to_json(&self) -> SecretSlice<u8> {
        let key = self.key().to_hex();
        let mut saved = Saved {
            version: VERSION,
            map_id: self.id(),
            key: key.expose_secret(),
            hosts: BTreeMap::new(),
            jobs: BTreeMap::new(),
            labels: BTreeMap::new(),
            classes: BTreeMap::new(),
            phases: self.phases(),
        };
        for (kind, table) in self.kinds() {
            let table = written(table);
            match kind {
                Kind::Host => saved.hosts = table,
                Kind::Job => saved.jobs = table,
                Kind::Label(name) => {
                    saved.labels.insert(name, table);
                }
                Kind::Class(class) => {
                    saved.classes.insert(class.name(), table);
                }
            }
        }
        let mut bytes = serde_json::to_vec_pretty(&saved).expect("strings always fit into JSON");
        bytes.push(b'\n');
        SecretSlice::from(bytes)
    }

    /// Reads what [`Map::to_json`] wrote.
    ///
    /// # Errors
    ///
    /// [`Error::MapSyntax`] if it is not such a document; [`Error::MapVersion`] if its version is
    /// unknown; [`Error::KeySyntax`] for its key; [`Error::MapContent`] if its content
    /// contradicts itself: an original or pseudonym given twice, a pseudonym that is also an
    /// original or does not look like one, an empty original, an impossible label or id.
    pub fn from_json(bytes: &[u8]) -> Result<Map, Error> {
        let version: Versioned = parse(bytes)?;
        if !(FIRST_VERSION..=VERSION).contains(&version.version) {
            return Err(Error::MapVersion(version.version));
        }
        let loaded: Loaded = parse(bytes)?;
        let key = SecretString::from(loaded.key);
        if loaded.map_id.len() != 32
            || !loaded
                .map_id
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return Err(Error::MapContent {
                kind: "`map_id`".to_owned(),
                problem: "it is not 32 lower-case hex digits",
            });
        }
        let mut map = Map::with_id(loaded.map_id, Key::from_hex(key.expose_secret())?);
        let mut tables = vec![(Kind::Host, loaded.hosts), (Kind::Job, loaded.jobs)];
        for (name, table) in loaded.labels.0 {
            tables.push((Kind::Label(name), table));
        }
        let (classes, phases) = match (version.version, loaded.classes, loaded.phases) {
            (FIRST_VERSION, None, None) => (BTreeMap::new(), BTreeMap::new()),
            (VERSION, Some(classes), Some(phases)) => (classes.0, phases.0),
            _ => {
                return Err(Error::MapContent {
                    kind: "`classes` and `phases`".to_owned(),
                    problem: "version 2 has these fields, and version 1 does not",
                });
            }
        };
        map.set_phases(phases);
        for (name, table) in classes {
            let class = Class::of_name(&name).ok_or_else(|| Error::MapContent {
                kind: "`classes`".to_owned(),
                problem: "a class is unknown",
            })?;
            tables.push((Kind::Class(class), table));
        }
        for (kind, table) in tables {
            let table = read(&kind, table)?;
            map.set_table(kind, table);
        }
        map.check()?;
        Ok(map)
    }
}

fn parse<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::MapSyntax {
        line: error.line(),
        column: error.column(),
    })
}

fn written(table: &Pseudonyms) -> BTreeMap<String, &str> {
    table
        .iter()
        .map(|(original, pseudonym)| (escape(original), pseudonym.as_str()))
        .collect()
}

fn read(kind: &Kind, table: Unique<String>) -> Result<Pseudonyms, Error> {
    let entries = table.0.into_iter().map(|(text, pseudonym)| {
        let original = unescape(&text).ok_or_else(|| Error::MapContent {
            kind: kind.to_string(),
            problem: "an original holds a backslash that escapes nothing",
        })?;
        Ok((original, pseudonym))
    });
    entries.collect()
}

/// A JSON object that refuses to hold a name twice, where serde's own maps keep the last one.
struct Unique<T>(BTreeMap<String, T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Unique<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
            type Value = Unique<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Unique<T>, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some((name, value)) = access.next_entry()? {
                    match entries.entry(name) {
                        Entry::Vacant(entry) => entry.insert(value),
                        Entry::Occupied(_) => {
                            return Err(serde::de::Error::custom("a name stands twice"));
                        }
                    };
                }
                Ok(Unique(entries))
            }
        }

        deserializer.deserialize_map(Object(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(hosts: &str, jobs: &str, labels: &str) -> String {
        let (id, key) = ("0f".repeat(16), "ab".repeat(32));
        format!(
            r#"{{"version":2,"map_id":"{id}","key":"{key}","hosts":{hosts},"jobs":{jobs},"labels":{labels},"classes":{{}},"phases":{{}}}}"#
        )
    }

    fn load(text: &str) -> Result<Map, Error> {
        Map::from_json(text.as_bytes())
    }

    fn problem(hosts: &str, jobs: &str, labels: &str) -> &'static str {
        match load(&document(hosts, jobs, labels)) {
            Err(Error::MapContent { problem, .. }) => problem,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_saved_map_loads_unchanged() {
        let text = document(
            r#"{"a":"777.777.1.1","\\xff":"777.777.1.2"}"#,
            r#"{"b":"vmauth-job-1","c":"job-1"}"#,
            r#"{"zone":{"d":"zone-1","\\\\":"zone-2"}}"#,
        );
        assert!(matches!(
            load(&text.replace(r#""\\xff""#, r#""\\xf""#)),
            Err(Error::MapContent { .. })
        ));
        let map = load(&text).unwrap();
        assert_eq!(map.pseudonym(&Kind::Host, b"\xff"), Some("777.777.1.2"));
        let zone = Kind::Label("zone".to_owned());
        assert_eq!(map.pseudonym(&zone, b"\\"), Some("zone-2"));
        let again = Map::from_json(map.to_json().expose_secret()).unwrap();
        assert_eq!(
            again.to_json().expose_secret(),
            map.to_json().expose_secret()
        );
        assert_eq!(again.id(), map.id());
    }

    #[test]
    fn maps_of_the_first_version_still_load() {
        let new = document(r#"{"a":"777.777.1.1"}"#, "{}", "{}");
        let old = new
            .replace("\"version\":2", "\"version\":1")
            .replace(",\"classes\":{},\"phases\":{}", "");
        assert_eq!(
            load(&old).unwrap().to_json().expose_secret(),
            load(&new).unwrap().to_json().expose_secret()
        );
        let mixed = new.replace("\"version\":2", "\"version\":1");
        assert!(matches!(load(&mixed), Err(Error::MapContent { .. })));
    }

    #[test]
    fn an_unknown_version_is_named_before_anything_else() {
        assert!(matches!(
            load(r#"{"version":3,"other":[]}"#),
            Err(Error::MapVersion(3))
        ));
    }

    #[test]
    fn contradictions_are_refused() {
        let double = "two originals have one pseudonym";
        assert_eq!(
            problem(r#"{"a":"777.777.1.1","b":"777.777.1.1"}"#, "{}", "{}"),
            double
        );
        assert_eq!(
            problem("{}", r#"{"a":"x-job-1"}"#, r#"{"x-job":{"b":"x-job-1"}}"#),
            double
        );
        assert_eq!(
            problem("{}", r#"{"a":"job-1","job-1":"job-2"}"#, "{}"),
            "a pseudonym is also an original"
        );
        assert_eq!(
            problem(r#"{"a":"a.example"}"#, "{}", "{}"),
            "a pseudonym does not look like one"
        );
        assert_eq!(
            problem(r#"{"":"777.777.1.1"}"#, "{}", "{}"),
            "an original is empty"
        );
        assert_eq!(
            problem("{}", "{}", r#"{"job":{"a":"job-1"}}"#),
            "this label cannot have pseudonyms of its own"
        );
    }

    #[test]
    fn damaged_documents_are_refused_without_quoting_them() {
        let twice = document(r#"{"a":"777.777.1.1","a":"777.777.1.2"}"#, "{}", "{}");
        let wrong_type = document(r#""secret-host""#, "{}", "{}");
        let unknown = document("{}", "{}", r#"{},"secret-host":1"#);
        for text in [
            "",
            "{}",
            "[]",
            "{\"version\":1}",
            &twice,
            &wrong_type,
            &unknown,
        ] {
            let error = load(text).unwrap_err();
            assert!(matches!(error, Error::MapSyntax { .. }), "{text}");
            assert!(!error.to_string().contains("secret-host"));
            assert!(std::error::Error::source(&error).is_none());
        }
        let key = document("{}", "{}", "{}").replace("abab", "zzzz");
        assert!(matches!(load(&key), Err(Error::KeySyntax)));
        let id = document("{}", "{}", "{}").replace("0f0f", "../.");
        assert!(matches!(load(&id), Err(Error::MapContent { .. })));
    }

    #[test]
    fn debug_shows_no_original_and_no_key() {
        let map = load(&document(r#"{"secret":"777.777.1.1"}"#, "{}", "{}")).unwrap();
        let shown = format!("{map:?}");
        assert!(
            !shown.contains("secret") && !shown.contains("abab"),
            "{shown}"
        );
    }
}
