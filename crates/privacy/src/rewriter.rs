//! From labels to clean labels.

use crate::clean_label::CleanLabel;
use crate::error::Error;
use crate::kind::{Class, Kind};
use crate::map::Map;
use crate::piece::{Piece, joined_by};
use crate::revealer::restore;
use crate::rules::{Cover, Rules};
use crate::scanner::Scanner;

/// What stands in a free text for an original that was never observed.
pub const HIDDEN: &str = "hidden";

/// What stands for a job that was never observed while jobs are replaced, or dropped.
pub const UNKNOWN_JOB: &str = "unknown-job";

/// Gives labels their clean form; frozen, so equal labels always get equal answers.
///
/// Two different labels never get the same clean form.
pub struct Rewriter {
    pub(crate) scanner: Scanner,
    pub(crate) map: Map,
    pub(crate) replaced: ReplacedCounts,
}

/// How many distinct originals of each kind this data held, not counting others in the map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplacedCounts {
    /// Hosts and addresses, wherever they stand.
    pub hosts: usize,
    /// Jobs.
    pub jobs: usize,
    /// Values of other labels, or parts of them.
    pub label_values: usize,
    /// Users, passwords, tokens, hashes, ids and MAC addresses.
    pub identifiers: usize,
    /// Label names.
    pub label_names: usize,
    /// Metric names.
    pub metric_names: usize,
}

impl ReplacedCounts {
    /// True if anything was replaced.
    pub fn any(&self) -> bool {
        *self != ReplacedCounts::default()
    }

    pub(crate) fn count(&mut self, kind: &Kind, originals: usize) {
        *match kind {
            Kind::Host => &mut self.hosts,
            Kind::Job => &mut self.jobs,
            Kind::Class(Class::Metric) => &mut self.metric_names,
            Kind::Class(Class::LabelName) => &mut self.label_names,
            Kind::Class(Class::User | Class::Mac | Class::Id | Class::Token | Class::Hash) => {
                &mut self.identifiers
            }
            Kind::Label(_) | Kind::Class(_) => &mut self.label_values,
        } += originals;
    }
}

/// A value before and after: with pseudonyms, and with the originals that they lead back to.
pub(crate) struct Rewritten {
    pub(crate) clean: Vec<u8>,
    pub(crate) restored: Vec<u8>,
}

impl Rewriter {
    /// The clean form of a label; `None` if the label is dropped. An empty value stays empty.
    ///
    /// # Errors
    ///
    /// [`Error::Unseen`] if something in the label is covered and was never observed.
    pub fn label(&self, name: &[u8], value: &[u8]) -> Result<Option<CleanLabel>, Error> {
        if self.scanner.cover(name) == Cover::Dropped {
            return Ok(None);
        }
        let unseen = || Error::Unseen {
            label: String::from_utf8_lossy(name).into_owned(),
        };
        let value = self.rewritten(name, value).ok_or_else(unseen)?.clean;
        let name = self.name(name).ok_or_else(unseen)?;
        Ok(Some(CleanLabel::new(name, value)))
    }

    /// A free text with every known original and everything that is one by its form replaced.
    ///
    /// What was never observed becomes [`HIDDEN`].
    pub fn text(&self, text: &str) -> String {
        if self.scanner.rules().is_off() {
            return text.to_owned();
        }
        let pieces = self.scanner.text_pieces(text.as_bytes());
        let rewritten = self.replace(text.as_bytes(), &pieces, Some(HIDDEN));
        let clean = rewritten.map_or_else(|| HIDDEN.into(), |rewritten| rewritten.clean);
        String::from_utf8_lossy(&clean).into_owned()
    }

    /// The text that stands for a job in metadata: its pseudonym, or the job where jobs are kept.
    ///
    /// [`UNKNOWN_JOB`] if the job was never observed, or if `job` is dropped: what was taken out
    /// of the series must not come back beside them.
    pub fn job(&self, job: &str) -> String {
        match self.label(b"job", job.as_bytes()) {
            Ok(Some(label)) => String::from_utf8_lossy(label.value()).into_owned(),
            Ok(None) | Err(_) => UNKNOWN_JOB.to_owned(),
        }
    }

    /// The map with every original of this data.
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// By how much all timestamps of an instance are to be later, ms: at the strict level a secret
    /// amount below its scrape interval, since the moment of a scrape is derived from the target's
    /// address; else 0.
    ///
    /// An instance keeps its amount when the map is used again.
    pub fn phase(&mut self, instance: &[u8], interval_ms: u64) -> u64 {
        if !self.rules().is_strict() {
            return 0;
        }
        match self.label(b"instance", instance) {
            Ok(Some(clean)) => {
                let clean = String::from_utf8_lossy(clean.value()).into_owned();
                self.map.phase(clean, interval_ms)
            }
            Ok(None) | Err(_) => 0,
        }
    }

    /// What was replaced.
    pub fn replaced(&self) -> &ReplacedCounts {
        &self.replaced
    }

    /// The rules it follows.
    pub fn rules(&self) -> &Rules {
        self.scanner.rules()
    }

    /// The clean form of a label name.
    pub(crate) fn name<'a>(&'a self, name: &'a [u8]) -> Option<&'a [u8]> {
        if !self.scanner.covers_name(name) {
            return Some(name);
        }
        let kind = Kind::Class(Class::LabelName);
        self.map.pseudonym(&kind, name).map(str::as_bytes)
    }

    /// A value before and after; `None` if something in it has no pseudonym.
    pub(crate) fn rewritten(&self, name: &[u8], value: &[u8]) -> Option<Rewritten> {
        if let Some(pseudonym) = self.whole(name, value) {
            return Some(Rewritten {
                clean: pseudonym.as_bytes().to_vec(),
                restored: value.to_vec(),
            });
        }
        self.replace(value, &self.scanner.pieces(name, value), None)
    }

    /// The pseudonym of a value that is replaced as a whole because a part would not do.
    fn whole(&self, name: &[u8], value: &[u8]) -> Option<&str> {
        let covered = !matches!(self.scanner.cover(name), Cover::Kept | Cover::Dropped);
        (covered && !self.scanner.rules().keeps(value))
            .then(|| self.map.pseudonym(&self.scanner.whole_kind(name), value))
            .flatten()
    }

    fn replace(&self, value: &[u8], pieces: &[Piece], unseen: Option<&str>) -> Option<Rewritten> {
        let mut clean = Vec::with_capacity(value.len());
        let mut restored = Vec::with_capacity(value.len());
        let mut done = 0;
        for piece in pieces {
            let (pseudonym, original) = match self.pseudonym(piece) {
                Some((pseudonym, original)) => (
                    joined_by(pseudonym.as_bytes(), piece.joiner()),
                    joined_by(original, piece.joiner()),
                ),
                None => (unseen?.as_bytes().to_vec(), piece.original.clone()),
            };
            let between = &value[done..piece.range.start];
            clean.extend_from_slice(between);
            restored.extend_from_slice(between);
            clean.extend_from_slice(&pseudonym);
            let after = &value[piece.range.end..];
            restore(&mut restored, &piece.kind, &original, after);
            done = piece.range.end;
        }
        clean.extend_from_slice(&value[done..]);
        restored.extend_from_slice(&value[done..]);
        Some(Rewritten { clean, restored })
    }

    fn pseudonym<'a>(&'a self, piece: &'a Piece) -> Option<(&'a str, &'a [u8])> {
        match &piece.kind {
            Kind::Host => self.map.host(&piece.spelling, &piece.original),
            kind => {
                let pseudonym = self.map.pseudonym(kind, &piece.original)?;
                Some((pseudonym, &piece.original))
            }
        }
    }
}
