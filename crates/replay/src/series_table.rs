//! Telling series apart, in bounded memory.

use bundle::SeriesKey;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};

use crate::analysis::Census;
use crate::picks::Picks;

/// Most series that are told apart, some 100 MB of memory; beyond, counts are lower bounds.
const MAX_SERIES: usize = 2_000_000;

/// What is known of the series seen so far.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    /// By the labels in the source: where the census has it.
    series: HashMap<SeriesKey, Option<u32>>,
    /// By the labels that the target sees: the series in the source.
    origins: HashMap<SeriesKey, SeriesKey>,
    /// Series of the source that share the labels that the target sees with another one.
    merged: HashSet<SeriesKey>,
    over_limit: HashSet<SeriesKey>,
    pub(crate) capped: bool,
    pub(crate) picks: Picks,
    /// The labels of series, where they are analysed.
    pub(crate) census: Option<Census>,
}

/// A line of a series.
pub(crate) struct Sighting<'a> {
    /// The labels in the source.
    pub(crate) labels: &'a [(Vec<u8>, Vec<u8>)],
    pub(crate) key: SeriesKey,
    /// The key of the labels that the target sees, if they differ.
    pub(crate) fitted: Option<SeriesKey>,
    /// Samples of the line that are sent.
    pub(crate) samples: u64,
    pub(crate) over_limit: bool,
}

impl SeriesTable {
    pub(crate) fn with_census() -> Self {
        Self {
            census: Some(Census::default()),
            ..Self::default()
        }
    }

    pub(crate) fn see(&mut self, sighting: &Sighting<'_>) {
        let full = self.series.len() >= MAX_SERIES;
        match self.series.entry(sighting.key) {
            Entry::Occupied(known) => {
                if let (Some(census), Some(number)) = (&mut self.census, known.get()) {
                    census.add_samples(*number, sighting.samples);
                }
                return;
            }
            Entry::Vacant(_) if full => {
                self.capped = true;
                return;
            }
            Entry::Vacant(free) => {
                let number = self
                    .census
                    .as_mut()
                    .and_then(|census| census.add_series(sighting.labels, sighting.samples));
                free.insert(number);
            }
        }
        if sighting.over_limit {
            self.over_limit.insert(sighting.key);
        }
        if let Some(fitted) = sighting.fitted {
            let first = *self.origins.entry(fitted).or_insert(sighting.key);
            if first != sighting.key {
                self.merged.insert(first);
                self.merged.insert(sighting.key);
            }
        }
    }

    pub(crate) fn series(&self) -> u64 {
        self.series.len() as u64
    }

    pub(crate) fn merged(&self) -> u64 {
        self.merged.len() as u64
    }

    pub(crate) fn over_limit(&self) -> u64 {
        self.over_limit.len() as u64
    }
}
