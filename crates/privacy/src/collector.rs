//! Seeing every original before the first pseudonym is given.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::component;
use crate::error::Error;
use crate::host;
use crate::instance::Instance;
use crate::kind::Kind;
use crate::map::Map;
use crate::numbering::Numbering;
use crate::rewriter::{ReplacedCounts, Rewriter};
use crate::rules::{Cover, Rules};
use crate::shape::Shape;
use crate::word::words;

/// Collects the distinct labels of an export; what it learns does not depend on their order.
pub struct Collector {
    rules: Rules,
    map: Map,
    instances: BTreeSet<Vec<u8>>,
    jobs: BTreeSet<Vec<u8>>,
    labels: BTreeMap<String, BTreeSet<Vec<u8>>>,
    /// Component of a job; `None` for a job of several.
    components: BTreeMap<Vec<u8>, Option<&'static str>>,
    label_shapes: Vec<Shape>,
    /// Words of observed values that look like pseudonyms.
    look_alikes: HashSet<Vec<u8>>,
}

impl Collector {
    /// Starts with a map, new or of an earlier export; an earlier one is extended.
    pub fn new(rules: &Rules, map: Map) -> Collector {
        Collector {
            rules: rules.clone(),
            map,
            instances: BTreeSet::new(),
            jobs: BTreeSet::new(),
            labels: BTreeMap::new(),
            components: BTreeMap::new(),
            label_shapes: rules.custom_labels().map(Shape::label).collect(),
            look_alikes: HashSet::new(),
        }
    }

    /// Takes note of a label; every label of the export must be shown, covered or not.
    ///
    /// Labels that stay matter too: no pseudonym may equal a value that stands beside it. Showing
    /// a label twice is the same as once.
    pub fn observe(&mut self, name: &[u8], value: &[u8]) {
        if self.rules.is_off() || value.is_empty() {
            return;
        }
        match self.rules.cover(name) {
            Cover::Dropped => return,
            Cover::Kept => {}
            Cover::Instance => {
                self.instances.insert(value.to_vec());
            }
            Cover::Job => {
                self.jobs.insert(value.to_vec());
            }
            Cover::Custom(label) => {
                self.labels
                    .entry(label.to_owned())
                    .or_default()
                    .insert(value.to_vec());
            }
        }
        self.note_look_alikes(value);
    }

    /// Tells the component of a job, so that a new pseudonym of the job can name it.
    ///
    /// A component outside [`COMPONENTS`](crate::COMPONENTS) counts as unknown, and so does that
    /// of a job with several. This does not replace observing the job's label.
    pub fn job_component(&mut self, job: &[u8], component: &str) {
        if let Some(component) = component::known(component) {
            self.components
                .entry(job.to_vec())
                .and_modify(|known| *known = known.filter(|known| *known == component))
                .or_insert(Some(component));
        }
    }

    /// Numbers all that is new and freezes the result.
    ///
    /// # Errors
    ///
    /// [`Error::PseudonymTaken`] if a pseudonym of the given map is an original of this data;
    /// [`Error::MapContent`] if the map has run out of numbers, at ten digits.
    pub fn finish(self) -> Result<Rewriter, Error> {
        let Collector {
            rules,
            mut map,
            instances,
            jobs,
            labels,
            components,
            ..
        } = self;
        let hosts = hosts(&instances, &map);
        let replaced = ReplacedCounts {
            hosts: hosts.len(),
            jobs: jobs.len(),
            labels: labels
                .iter()
                .map(|(name, values)| (name.clone(), values.len()))
                .collect(),
        };

        let observed = [&hosts, &jobs].into_iter().chain(labels.values()).flatten();
        let originals: HashSet<Vec<u8>> = observed
            .cloned()
            .chain(map.originals().map(<[u8]>::to_vec))
            .collect();
        let mut taken = self.look_alikes;
        for (kind, table) in map.kinds() {
            for pseudonym in table.values() {
                if originals.contains(pseudonym.as_bytes()) {
                    return Err(Error::PseudonymTaken {
                        kind: kind.to_string(),
                    });
                }
                taken.insert(pseudonym.clone().into_bytes());
            }
        }
        taken.extend(originals);

        let mut numbering = Numbering::new(&map.key, taken);
        numbering.extend(&Kind::Host, &mut map.hosts, &hosts, |_| Shape::Host);
        numbering.extend(&Kind::Job, &mut map.jobs, &jobs, |job| {
            Shape::job(components.get(job).copied().flatten())
        });
        for (name, values) in &labels {
            let table = map.labels.entry(name.clone()).or_default();
            let kind = Kind::Label(name.clone());
            numbering.extend(&kind, table, values, |_| Shape::label(name));
        }
        // A map that cannot be loaded again would make the bundle unreadable for its owner.
        map.check()?;
        Ok(Rewriter::new(rules, map, replaced))
    }

    fn note_look_alikes(&mut self, value: &[u8]) {
        // Every pseudonym ends in a digit; most values hold none and need no closer look.
        if !value.iter().any(u8::is_ascii_digit) {
            return;
        }
        let text = String::from_utf8_lossy(value);
        for word in words(&text).map(|range| &text[range]) {
            if Shape::Host.number(word).is_some()
                || Shape::of_job(word).is_some()
                || self
                    .label_shapes
                    .iter()
                    .any(|shape| shape.number(word).is_some())
            {
                self.look_alikes.insert(word.as_bytes().to_vec());
            }
        }
    }
}

/// The hosts of these instances, each in the spelling under which it gets its pseudonym.
///
/// All spellings of a host share the canonical one, unless two instances would become one by that
/// (`H:80` and `h:80`): two series would merge. Then each spelling of this host that is not the
/// canonical one is a host of its own, and stays one in the map.
fn hosts(instances: &BTreeSet<Vec<u8>>, map: &Map) -> BTreeSet<Vec<u8>> {
    let instances: Vec<(Instance<'_>, Cow<'_, [u8]>)> = instances
        .iter()
        .map(|value| Instance::split(value))
        .map(|instance| (instance, host::canonical(instance.host())))
        .collect();
    let mut places = HashSet::new();
    let mut contested = HashSet::new();
    for (instance, canonical) in &instances {
        let has_own = instance.host() != &**canonical && map.hosts.contains_key(instance.host());
        if !has_own && !places.insert((canonical, instance.around())) {
            contested.insert(canonical);
        }
    }
    instances
        .iter()
        .map(|(instance, canonical)| {
            if map.hosts.contains_key(instance.host()) || contested.contains(canonical) {
                instance.host().to_vec()
            } else {
                canonical.to_vec()
            }
        })
        .collect()
}
