//! Seeing every original before the first pseudonym is given.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use crate::component;
use crate::error::Error;
use crate::kind::{Class, Kind};
use crate::known::Known;
use crate::look_alikes::LookAlikes;
use crate::map::Map;
use crate::numbering::Numbering;
use crate::revealer::Revealer;
use crate::rewriter::{ReplacedCounts, Rewriter};
use crate::rules::{Cover, Rules};
use crate::scanner::Scanner;
use crate::shape::Shape;

/// Every original may bring others to light, such as what stands beside it in a value. More rounds
/// than these come of no data seen so far; what is left then is replaced as a whole.
const MAX_ROUNDS: usize = 6;

/// Originals by kind.
type Originals = BTreeMap<Kind, BTreeSet<Vec<u8>>>;

/// Turns the distinct labels of an export into a [`Rewriter`]; the order of the labels does not
/// matter.
pub struct Collector {
    rules: Rules,
    map: Map,
    target_labels: BTreeSet<String>,
    /// Component of a job; `None` for a job of several.
    components: BTreeMap<Vec<u8>, Option<&'static str>>,
}

impl Collector {
    /// Starts with a map, new or of an earlier export; an earlier one is extended.
    pub fn new(rules: &Rules, map: Map) -> Collector {
        Collector {
            rules: rules.clone(),
            map,
            target_labels: BTreeSet::new(),
            components: BTreeMap::new(),
        }
    }

    /// Names the labels that stand on the `up` series: they identify targets, so their values are
    /// covered.
    pub fn target_labels<I>(&mut self, names: I)
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.target_labels.extend(names.into_iter().map(Into::into));
    }

    /// Tells the component of a job, so that a new pseudonym of the job can name it.
    ///
    /// A component outside [`COMPONENTS`](crate::COMPONENTS) counts as unknown, and so does that
    /// of a job with several. This does not replace the job's label.
    pub fn job_component(&mut self, job: &[u8], component: &str) {
        if let Some(component) = component::known(component) {
            self.components
                .entry(job.to_vec())
                .and_modify(|known| *known = known.filter(|known| *known == component))
                .or_insert(Some(component));
        }
    }

    /// Numbers all that is new in `labels` and freezes the result.
    ///
    /// `labels` gives every (name, value) pair of the export, covered or not: no pseudonym may equal
    /// a text that stands beside it. It is called several times and must give the same pairs each
    /// time, in any order; what stands outside of the series, such as a chosen job without data,
    /// belongs to them.
    ///
    /// # Errors
    ///
    /// [`Error::PseudonymTaken`] if a pseudonym of the given map is an original of this data;
    /// [`Error::MapContent`] if the map has run out of numbers, at ten digits;
    /// [`Error::Irreversible`] if a value cannot be given a form that leads back to it.
    pub fn finish<'a, I>(self, labels: impl Fn() -> I) -> Result<Rewriter, Error>
    where
        I: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        let known = Known::new(&self.map);
        let scanner = Scanner::new(&self.rules, self.target_labels, known)?;
        let mut work = Work {
            rewriter: Rewriter {
                scanner,
                map: self.map,
                replaced: ReplacedCounts::default(),
            },
            components: self.components,
            originals: Originals::new(),
        };
        if self.rules.is_off() {
            return Ok(work.rewriter);
        }
        work.discover(&labels);
        work.number(&labels)?;
        work.repair(&labels)?;
        Ok(work.rewriter)
    }
}

struct Work {
    rewriter: Rewriter,
    components: BTreeMap<Vec<u8>, Option<&'static str>>,
    /// What this data holds.
    originals: Originals,
}

impl Work {
    /// Finds the originals of the data, until they bring no others to light.
    fn discover<'a, I>(&mut self, labels: impl Fn() -> I)
    where
        I: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        for _ in 0..MAX_ROUNDS {
            let scanner = &self.rewriter.scanner;
            let mut originals = Originals::new();
            // What stands encoded in one value is looked for in plain text in all others.
            let mut decoded = Originals::new();
            let mut names = HashSet::new();
            for (name, value) in labels() {
                if scanner.cover(name) == Cover::Dropped {
                    continue;
                }
                if names.insert(name) && scanner.covers_name(name) {
                    note(&mut originals, Kind::Class(Class::LabelName), name);
                }
                for piece in scanner.pieces(name, value) {
                    if piece.kind != Kind::Host && piece.spelling != piece.original {
                        note(&mut decoded, piece.kind.clone(), &piece.spelling);
                    }
                    note(&mut originals, piece.kind, &piece.original);
                }
            }
            let mut found_more = false;
            for (kind, texts) in by_precedence(&originals).chain(by_precedence(&decoded)) {
                for text in texts {
                    found_more |= self.rewriter.scanner.known.insert(kind, text);
                }
            }
            self.originals = originals;
            if !found_more {
                break;
            }
        }
    }

    /// Gives every original that has none a pseudonym.
    fn number<'a, I>(&mut self, labels: impl Fn() -> I) -> Result<(), Error>
    where
        I: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        let map = &mut self.rewriter.map;
        let mut originals: HashSet<Vec<u8>> = map.originals().map(<[u8]>::to_vec).collect();
        originals.extend(self.originals.values().flatten().cloned());
        for (kind, table) in map.kinds() {
            let taken = |pseudonym: &String| originals.contains(pseudonym.as_bytes());
            if table.values().any(taken) {
                return Err(Error::PseudonymTaken {
                    kind: kind.to_string(),
                });
            }
        }
        let mut taken = self.look_alikes(labels);
        let map = &mut self.rewriter.map;
        taken.extend(map.pseudonyms().map(|text| text.as_bytes().to_vec()));
        taken.extend(originals);
        let mut tables: Vec<_> = self
            .originals
            .keys()
            .map(|kind| (kind, std::mem::take(map.table_mut(kind))))
            .collect();
        let by_network = !self.rewriter.scanner.rules().is_strict();
        let mut numbering = Numbering::new(&map.key, taken);
        for (kind, table) in &mut tables {
            let new = &self.originals[*kind];
            match kind {
                Kind::Host => numbering.extend_hosts(table, new, by_network),
                kind => numbering.extend(kind, table, new, |original| {
                    shape(kind, original, &self.components)
                }),
            }
        }
        for (kind, table) in tables {
            map.set_table(kind.clone(), table);
        }
        // A map that cannot be loaded again would make the bundle unreadable for its owner.
        map.check()?;
        self.rewriter.replaced = ReplacedCounts::default();
        for (kind, texts) in &self.originals {
            self.rewriter.replaced.count(kind, texts.len());
        }
        Ok(())
    }

    /// What in the data looks like a pseudonym that could be given away.
    fn look_alikes<'a, I>(&self, labels: impl Fn() -> I) -> HashSet<Vec<u8>>
    where
        I: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        let mut prefixes = HashSet::new();
        for (kind, texts) in &self.originals {
            for text in texts {
                let shape = shape(kind, text, &self.components);
                if prefixes.insert(shape.prefix().as_bytes().to_vec()) || *kind == Kind::Job {
                    continue;
                }
                // All of one kind but jobs have one shape.
                break;
            }
        }
        let mut look_alikes = LookAlikes::new(prefixes);
        for (name, value) in labels() {
            look_alikes.note(name);
            look_alikes.note(value);
        }
        look_alikes.finish()
    }

    /// Proves for every label that its clean form is its own and leads back to it, and replaces
    /// values as a whole where it does not.
    fn repair<'a, I>(&mut self, labels: impl Fn() -> I + Copy) -> Result<(), Error>
    where
        I: Iterator<Item = (&'a [u8], &'a [u8])>,
    {
        for attempt in [Repair::Spelling, Repair::Whole, Repair::Whole] {
            let doubtful = self.doubtful(labels());
            if doubtful.is_empty() {
                return Ok(());
            }
            for (name, value) in doubtful {
                self.set_apart(name, value, attempt);
            }
            self.number(labels)?;
        }
        match self.doubtful(labels()).first() {
            None => Ok(()),
            Some((name, _)) => Err(Error::Irreversible {
                label: String::from_utf8_lossy(name).into_owned(),
            }),
        }
    }

    /// Labels whose clean form is also that of another label, or does not lead back.
    fn doubtful<'a>(
        &self,
        labels: impl Iterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Vec<(&'a [u8], &'a [u8])> {
        let revealer = Revealer::new(&self.rewriter.map);
        let hasher = RandomState::new();
        let mut doubtful = BTreeSet::new();
        // One label for each clean form; a hash that two forms share only costs a pseudonym.
        let mut seen: HashMap<u64, (&[u8], &[u8], bool)> = HashMap::new();
        for (name, value) in labels {
            if self.rewriter.scanner.cover(name) == Cover::Dropped {
                continue;
            }
            let (Some(clean_name), Some(rewritten)) = (
                self.rewriter.name(name),
                self.rewriter.rewritten(name, value),
            ) else {
                doubtful.insert((name, value));
                continue;
            };
            let leads_back = *revealer.value(&rewritten.clean) == *rewritten.restored
                && revealer.label_name(clean_name) == name;
            if !leads_back {
                doubtful.insert((name, value));
                continue;
            }
            let exact = rewritten.restored == value;
            let hash = hasher.hash_one((clean_name, &rewritten.clean));
            let this = (name, value, exact);
            let Some(other) = seen.insert(hash, this) else {
                continue;
            };
            if (other.0, other.1) == (name, value) {
                continue;
            }
            // The one in canonical spelling keeps the form, else the first in order.
            let first = [this, other]
                .into_iter()
                .min_by_key(|(name, value, exact)| (!exact, *name, *value))
                .unwrap_or(this);
            let second = if first == this { other } else { this };
            doubtful.insert((second.0, second.1));
            seen.insert(hash, first);
        }
        doubtful.into_iter().collect()
    }

    /// Gives a label a pseudonym that it shares with no other spelling.
    fn set_apart(&mut self, name: &[u8], value: &[u8], repair: Repair) {
        if repair == Repair::Spelling {
            let pieces = self.rewriter.scanner.pieces(name, value);
            let hosts = pieces.iter().filter(|piece| piece.kind == Kind::Host);
            let mut found = false;
            for piece in hosts.filter(|piece| piece.spelling != piece.original) {
                note(&mut self.originals, Kind::Host, &piece.spelling);
                found = true;
            }
            if found {
                return;
            }
        }
        let kind = self.rewriter.scanner.whole_kind(name);
        note(&mut self.originals, kind, value);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Repair {
    /// The spelling of a host becomes a host of its own.
    Spelling,
    /// The value is replaced as a whole.
    Whole,
}

fn note(originals: &mut Originals, kind: Kind, text: &[u8]) {
    originals.entry(kind).or_default().insert(text.to_vec());
}

/// Where one text is an original of several kinds, the first of these is the one by which it is
/// called where its place says nothing: what the user chose, jobs, then hosts.
fn by_precedence(originals: &Originals) -> impl Iterator<Item = (&Kind, &BTreeSet<Vec<u8>>)> {
    let rank = |kind: &Kind| match kind {
        Kind::Job => 0,
        Kind::Host => 1,
        Kind::Class(Class::Word) => 2,
        Kind::Label(_) => 3,
        Kind::Class(_) => 4,
    };
    let mut sorted: Vec<_> = originals.iter().collect();
    sorted.sort_by_key(|(kind, _)| rank(kind));
    sorted.into_iter()
}

fn shape(
    kind: &Kind,
    original: &[u8],
    components: &BTreeMap<Vec<u8>, Option<&'static str>>,
) -> Shape {
    match kind {
        Kind::Host => Shape::Host,
        Kind::Job => Shape::job(components.get(original).copied().flatten()),
        Kind::Label(name) => Shape::label(name),
        Kind::Class(class) => Shape::class(*class),
    }
}
