//! The series whose values are compared after the import.
//!
//! The ones with the smallest keys are picked. Keys are hashes, so the picked series are spread over
//! the source, and they are the same in every run. Which ones they are is known at the end only, but
//! a series that is picked in the end was picked whenever a line of it came by.

use std::collections::BTreeMap;

use bundle::SeriesKey;

/// Series to compare.
const MAX_SERIES: usize = 24;

/// Labels of a series that is compared; hostile ones have hundreds of thousands, which no target stores.
const MAX_LABELS: usize = 1_000;

/// Samples kept of one series.
const MAX_SAMPLES: usize = 20_000;

/// A series to compare, as it was sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pick {
    pub(crate) labels: Vec<(Vec<u8>, Vec<u8>)>,
    /// Time in Unix ms and value of the first samples that carry one.
    pub(crate) samples: Vec<(i64, f64)>,
    /// All samples sent that carry a value.
    pub(crate) count: u64,
    pub(crate) first_ms: i64,
    pub(crate) last_ms: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Picks(BTreeMap<SeriesKey, Pick>);

impl Picks {
    /// Whether samples of a series of so many labels are wanted, as far as is known.
    pub(crate) fn wants(&self, key: SeriesKey, labels: usize) -> bool {
        let is_among_first =
            || self.0.len() < MAX_SERIES || self.0.contains_key(&key) || self.last() > Some(key);
        labels <= MAX_LABELS && is_among_first()
    }

    fn last(&self) -> Option<SeriesKey> {
        self.0.last_key_value().map(|(key, _)| *key)
    }

    /// Notes samples of a series that is wanted.
    pub(crate) fn note(
        &mut self,
        key: SeriesKey,
        labels: &[(Vec<u8>, Vec<u8>)],
        samples: impl Iterator<Item = (i64, f64)>,
    ) {
        let pick = self.0.entry(key).or_insert_with(|| Pick {
            labels: labels.to_vec(),
            samples: Vec::new(),
            count: 0,
            first_ms: i64::MAX,
            last_ms: i64::MIN,
        });
        for (time, value) in samples {
            pick.count += 1;
            pick.first_ms = pick.first_ms.min(time);
            pick.last_ms = pick.last_ms.max(time);
            if pick.samples.len() < MAX_SAMPLES {
                pick.samples.push((time, value));
            }
        }
        if self.0.len() > MAX_SERIES {
            self.0.pop_last();
        }
    }

    pub(crate) fn into_vec(self) -> Vec<Pick> {
        self.0.into_values().filter(|pick| pick.count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_series_are_picked_whole_whatever_the_order() {
        let labels = |i: u32| vec![(b"a".to_vec(), i.to_string().into_bytes())];
        let run = |order: &mut dyn Iterator<Item = u32>| {
            let mut picks = Picks::default();
            for i in order {
                let key = SeriesKey::of(&labels(i % 200));
                assert!(!picks.wants(key, MAX_LABELS + 1));
                if picks.wants(key, 1) {
                    let time = i64::from(i);
                    picks.note(key, &labels(i % 200), std::iter::once((time, 1.0)));
                }
            }
            let mut picks = picks.into_vec();
            for pick in &mut picks {
                pick.samples.sort_by_key(|sample| sample.0);
            }
            picks
        };
        let forth = run(&mut (0..600));
        assert_eq!(forth.len(), MAX_SERIES);
        assert!(forth.iter().all(|pick| pick.count == 3));
        assert_eq!(forth, run(&mut (0..600).rev()));
    }
}
