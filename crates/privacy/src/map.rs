//! Originals and their pseudonyms.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use crate::error::Error;
use crate::key::{self, Key};
use crate::kind::Kind;
use crate::piece::is_joined;
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
    tables: BTreeMap<Kind, Pseudonyms>,
    /// By how much the timestamps of each instance, named as in the bundle, are later there, ms.
    phases: BTreeMap<String, u64>,
}

/// An original that must not be found outside of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Original<'a> {
    /// The text, which need not be UTF-8.
    pub text: &'a [u8],
    /// What it is an original of.
    pub family: Family,
}

/// Families of originals, for those who count them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Hosts and addresses.
    Host,
    /// Jobs.
    Job,
    /// Label values, and words, users, ids and tokens in them.
    Label,
    /// Metric names.
    Metric,
    /// Label names.
    LabelName,
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
            tables: BTreeMap::new(),
            phases: BTreeMap::new(),
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
        self.tables.values().all(Pseudonyms::is_empty)
    }

    /// Whether every original of `other` has a pseudonym in this map as well.
    pub fn covers(&self, other: &Map) -> bool {
        let has = |(kind, all): (&Kind, &Pseudonyms)| {
            let table = self.tables.get(kind);
            all.keys()
                .all(|original| table.is_some_and(|table| table.contains_key(original)))
        };
        let mut instances = other.phases.keys();
        other.tables.iter().all(has) && instances.all(|instance| self.phases.contains_key(instance))
    }

    /// By how much the timestamps of an instance, named as in the bundle, are to be later, ms.
    pub(crate) fn phase(&mut self, clean: String, interval_ms: u64) -> u64 {
        match self.phases.get(&clean) {
            Some(phase) => *phase,
            None => {
                let phase = self.key.below(interval_ms, clean.as_bytes());
                self.phases.insert(clean, phase);
                phase
            }
        }
    }

    pub(crate) fn phases(&self) -> &BTreeMap<String, u64> {
        &self.phases
    }

    pub(crate) fn set_phases(&mut self, phases: BTreeMap<String, u64>) {
        self.phases = phases;
    }

    /// The originals that can be told from other text: those that are not words of VictoriaMetrics'
    /// own vocabulary, not single letters and not small numbers.
    pub fn distinctive_originals(&self) -> impl Iterator<Item = Original<'_>> {
        let all = self.kinds().flat_map(|(kind, table)| {
            table
                .keys()
                .map(move |original| (kind, original.as_slice()))
        });
        all.filter(|(kind, original)| crate::known::is_distinctive(kind, original))
            .filter_map(|(kind, text)| {
                Some(Original {
                    text,
                    family: family(kind)?,
                })
            })
    }

    /// Every pseudonym given away.
    pub(crate) fn pseudonyms(&self) -> impl Iterator<Item = &str> {
        self.kinds()
            .flat_map(|(_, table)| table.values().map(String::as_str))
    }

    /// Every form in which a pseudonym may stand: that of an address also with dashes or underscores.
    pub fn pseudonym_forms(&self) -> impl Iterator<Item = String> {
        let hosts = self.tables.get(&Kind::Host).into_iter().flatten();
        let joined = hosts
            .filter(|(original, _)| is_joined(original))
            .flat_map(|(_, pseudonym)| ["-", "_"].map(|joiner| pseudonym.replace('.', joiner)));
        self.pseudonyms().map(str::to_owned).chain(joined)
    }

    /// Every kind with its pseudonyms.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = (&Kind, &Pseudonyms)> {
        self.tables.iter()
    }

    pub(crate) fn table_mut(&mut self, kind: &Kind) -> &mut Pseudonyms {
        self.tables.entry(kind.clone()).or_default()
    }

    pub(crate) fn set_table(&mut self, kind: Kind, table: Pseudonyms) {
        if !table.is_empty() {
            self.tables.insert(kind, table);
        }
    }

    fn entries(&self) -> impl Iterator<Item = (&Vec<u8>, &String)> {
        self.kinds().flat_map(|(_, table)| table)
    }

    pub(crate) fn originals(&self) -> impl Iterator<Item = &[u8]> {
        self.entries().map(|(original, _)| original.as_slice())
    }

    pub(crate) fn pseudonym(&self, kind: &Kind, original: &[u8]) -> Option<&str> {
        self.tables.get(kind)?.get(original).map(String::as_str)
    }

    /// Pseudonym of a host and the original that it stands for: the one of this very spelling,
    /// else the one of the host.
    ///
    /// Spellings have entries of their own only where two of them would merge two values.
    pub(crate) fn host<'a>(
        &'a self,
        spelling: &'a [u8],
        canonical: &'a [u8],
    ) -> Option<(&'a str, &'a [u8])> {
        let hosts = self.tables.get(&Kind::Host)?;
        [spelling, canonical]
            .into_iter()
            .find_map(|original| Some((hosts.get(original)?.as_str(), original)))
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
            if let Kind::Label(name) = kind
                && (!is_label_name(name)
                    || matches!(name.as_str(), "__name__" | "job" | "instance"))
            {
                return Err(damaged("this label cannot have pseudonyms of its own"));
            }
            for (original, pseudonym) in table {
                if original.is_empty() {
                    return Err(damaged("an original is empty"));
                }
                let fits = match kind {
                    Kind::Job => Shape::of_job(pseudonym).is_some(),
                    Kind::Host => Shape::Host.number(pseudonym).is_some(),
                    Kind::Label(name) => Shape::label(name).number(pseudonym).is_some(),
                    Kind::Class(class) => Shape::class(*class).number(pseudonym).is_some(),
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

/// `None` for ports, which are mere numbers.
fn family(kind: &Kind) -> Option<Family> {
    use crate::kind::Class;
    Some(match kind {
        Kind::Host => Family::Host,
        Kind::Job => Family::Job,
        Kind::Class(Class::Port) => return None,
        Kind::Class(Class::Metric) => Family::Metric,
        Kind::Class(Class::LabelName) => Family::LabelName,
        Kind::Label(_) | Kind::Class(_) => Family::Label,
    })
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Map")
            .field("id", &self.id)
            .field("entries", &self.entries().count())
            .finish_non_exhaustive()
    }
}
