//! Telling series apart, in bounded memory.

use bundle::SeriesKey;
use hashbrown::{HashMap, HashSet};

use crate::analysis::Census;
use crate::picks::Picks;

/// Most series that are told apart, some 100 MB of memory while the table grows; beyond, counts are
/// lower bounds.
const MAX_SERIES: usize = 2_000_000;

/// What is known of the series seen so far.
#[derive(Debug, Default)]
pub(crate) struct SeriesTable {
    /// By the labels in the source.
    series: HashSet<SeriesKey>,
    /// By the labels that the target sees: the series in the source.
    origins: HashMap<SeriesKey, SeriesKey>,
    /// Series of the source that share the labels that the target sees with another one.
    merged: HashSet<SeriesKey>,
    over_limit: HashSet<SeriesKey>,
    pub(crate) capped: bool,
    pub(crate) picks: Picks,
    /// The labels of series, where they are analysed.
    pub(crate) census: Option<Census>,
    /// Where the census has a series.
    numbers: HashMap<SeriesKey, u32>,
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
        if self.series.contains(&sighting.key) {
            if let (Some(census), Some(number)) =
                (&mut self.census, self.numbers.get(&sighting.key))
            {
                census.add_samples(*number, sighting.samples);
            }
            return;
        }
        if self.series.len() >= MAX_SERIES {
            self.capped = true;
            return;
        }
        self.series.insert(sighting.key);
        if let Some(census) = &mut self.census
            && let Some(number) = census.add_series(sighting.labels, sighting.samples)
        {
            self.numbers.insert(sighting.key, number);
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
