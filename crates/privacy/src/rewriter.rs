//! From labels to clean labels.

use std::collections::BTreeMap;

use crate::clean_label::CleanLabel;
use crate::error::Error;
use crate::instance::Instance;
use crate::map::Map;
use crate::rules::{Cover, Rules};

/// What stands for a job that was never observed while jobs are replaced, or dropped.
pub const UNKNOWN_JOB: &str = "unknown-job";

/// Gives labels their clean form; frozen, so equal labels always get equal answers.
///
/// Two different labels of one name never get the same clean form.
pub struct Rewriter {
    rules: Rules,
    map: Map,
    replaced: ReplacedCounts,
}

/// How many distinct originals of each kind this data held, not counting others in the map.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplacedCounts {
    /// Hosts found in `instance`.
    pub hosts: usize,
    /// Values of `job`.
    pub jobs: usize,
    /// Values of each custom label that had any.
    pub labels: BTreeMap<String, usize>,
}

impl ReplacedCounts {
    /// True if anything was replaced.
    pub fn any(&self) -> bool {
        self.hosts > 0 || self.jobs > 0 || !self.labels.is_empty()
    }
}

impl Rewriter {
    pub(crate) fn new(rules: Rules, map: Map, replaced: ReplacedCounts) -> Rewriter {
        Rewriter {
            rules,
            map,
            replaced,
        }
    }

    /// The clean form of a label; `None` if the label is dropped. An empty value stays empty.
    ///
    /// # Errors
    ///
    /// [`Error::Unseen`] if the label is covered and its value was never observed.
    pub fn label(&self, name: &[u8], value: &[u8]) -> Result<Option<CleanLabel>, Error> {
        let cover = self.rules.cover(name);
        let clean = match cover {
            Cover::Dropped => return Ok(None),
            Cover::Kept => Some(value.to_vec()),
            _ if value.is_empty() => Some(Vec::new()),
            Cover::Instance => {
                let instance = Instance::split(value);
                self.map
                    .host(instance.host())
                    .map(|pseudonym| instance.with_pseudonym(pseudonym))
            }
            Cover::Job => self.map.jobs.get(value).map(|job| job.clone().into_bytes()),
            Cover::Custom(label) => self
                .map
                .labels
                .get(label)
                .and_then(|table| table.get(value))
                .map(|pseudonym| pseudonym.clone().into_bytes()),
        };
        match clean {
            Some(value) => Ok(Some(CleanLabel::new(name, value))),
            None => Err(Error::Unseen {
                label: String::from_utf8_lossy(name).into_owned(),
            }),
        }
    }

    /// The text that stands for a job in metadata: its pseudonym, or the job where jobs are kept.
    ///
    /// [`UNKNOWN_JOB`] if the job was never observed, or if `job` is dropped: what was taken out
    /// of the series must not come back beside them.
    pub fn job(&self, job: &str) -> String {
        match self.rules.cover(b"job") {
            Cover::Kept => job.to_owned(),
            Cover::Job => match self.map.jobs.get(job.as_bytes()) {
                Some(pseudonym) => pseudonym.clone(),
                None => UNKNOWN_JOB.to_owned(),
            },
            _ => UNKNOWN_JOB.to_owned(),
        }
    }

    /// The map with every original of this data.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// What was replaced.
    pub fn replaced(&self) -> &ReplacedCounts {
        &self.replaced
    }
}
