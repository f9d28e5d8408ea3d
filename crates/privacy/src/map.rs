//! Originals and their pseudonyms.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::error::Error;
use crate::host;
use crate::key::{self, Key};
use crate::kind::Kind;
use crate::rules::is_label_name;
use crate::shape::Shape;

/// Pseudonym of each original of one kind.
pub(crate) type Pseudonyms = BTreeMap<Vec<u8>, String>;

/// The private table from originals to pseudonyms, with the key that orders new ones.
///
/// A map grows and is never renumbered, so the bundles of one incident agree. No two originals of
/// any kind share a pseudonym, and no pseudonym is an original.
pub struct Map {
    id: String,
    pub(crate) key: Key,
    pub(crate) hosts: Pseudonyms,
    pub(crate) jobs: Pseudonyms,
    pub(crate) labels: BTreeMap<String, Pseudonyms>,
}

impl Map {
    /// An empty map with a new random id.
    ///
    /// # Errors
    ///
    /// [`Error::Random`] if the operating system gives no random bytes.
    pub fn new(key: Key) -> Result<Map, Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(Error::Random)?;
        Ok(Map::with_id(key::hex(&bytes), key))
    }

    pub(crate) fn with_id(id: String, key: Key) -> Map {
        Map {
            id,
            key,
            hosts: BTreeMap::new(),
            jobs: BTreeMap::new(),
            labels: BTreeMap::new(),
        }
    }

    /// The map's name, 32 lower-case hex digits: random, and so all that a bundle may hold of it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key that came with the map.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// True if no original has a pseudonym yet.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Whether every original of `other` has a pseudonym in this map as well.
    pub fn covers(&self, other: &Map) -> bool {
        let has =
            |table: &Pseudonyms, all: &Pseudonyms| all.keys().all(|key| table.contains_key(key));
        has(&self.hosts, &other.hosts)
            && has(&self.jobs, &other.jobs)
            && other.labels.iter().all(|(name, all)| {
                let table = self.labels.get(name);
                all.is_empty() || table.is_some_and(|table| has(table, all))
            })
    }

    /// Every kind with its pseudonyms: hosts, jobs, then labels by name.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (Kind, &Pseudonyms)> {
        let labels = self
            .labels
            .iter()
            .map(|(name, table)| (Kind::Label(name.clone()), table));
        [(Kind::Host, &self.hosts), (Kind::Job, &self.jobs)]
            .into_iter()
            .chain(labels)
    }

    fn entries(&self) -> impl Iterator<Item = (&Vec<u8>, &String)> {
        self.kinds().flat_map(|(_, table)| table)
    }

    pub(crate) fn originals(&self) -> impl Iterator<Item = &[u8]> {
        self.entries().map(|(original, _)| original.as_slice())
    }

    /// Pseudonym of a host: the one of this very spelling, else the one of the host.
    ///
    /// Spellings have entries of their own only where two of them would merge two instances.
    pub(crate) fn host(&self, spelling: &[u8]) -> Option<&str> {
        self.hosts
            .get(spelling)
            .or_else(|| self.hosts.get(&*host::canonical(spelling)))
            .map(String::as_str)
    }

    /// Refuses a map that could leak or that could not be read backwards.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let originals: HashSet<&[u8]> = self.originals().collect();
        let mut seen = HashSet::new();
        for (kind, table) in self.kinds() {
            let damaged = |problem| Error::MapContent {
                kind: kind.to_string(),
                problem,
            };
            if let Kind::Label(name) = &kind
                && (!is_label_name(name)
                    || matches!(name.as_str(), "__name__" | "job" | "instance"))
            {
                return Err(damaged("this label cannot have pseudonyms of its own"));
            }
            for (original, pseudonym) in table {
                if original.is_empty() {
                    return Err(damaged("an original is empty"));
                }
                let fits = match &kind {
                    Kind::Host => Shape::Host.number(pseudonym).is_some(),
                    Kind::Job => Shape::of_job(pseudonym).is_some(),
                    Kind::Label(name) => Shape::label(name).number(pseudonym).is_some(),
                };
                if !fits {
                    return Err(damaged("a pseudonym does not look like one"));
                }
                if originals.contains(pseudonym.as_bytes()) {
                    return Err(damaged("a pseudonym is also an original"));
                }
                if !seen.insert(pseudonym) {
                    return Err(damaged("two originals have one pseudonym"));
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("id", &self.id)
            .field("entries", &self.entries().count())
            .finish_non_exhaustive()
    }
}
