//! Timestamps that do not tell when a target is scraped.

use std::collections::HashMap;

use bundle::staging::LabelId;

/// By how much the timestamps of each instance are later, ms. Empty unless obfuscation is strict.
#[derive(Debug, Default)]
pub(crate) struct Phases {
    shifts: HashMap<LabelId, i64>,
    below_ms: i64,
}

impl Phases {
    /// Notes a shift of an instance, which is less than its scrape interval.
    pub(crate) fn set(&mut self, instance: LabelId, shift_ms: i64, interval_ms: i64) {
        if shift_ms != 0 {
            self.shifts.insert(instance, shift_ms);
            self.below_ms = interval_ms.max(self.below_ms);
        }
    }

    /// All shifts are below this; it tells nothing that the distances of samples do not. 0 if there
    /// are none.
    pub(crate) fn below_ms(&self) -> i64 {
        self.below_ms
    }

    /// How many instances are shifted.
    pub(crate) fn len(&self) -> usize {
        self.shifts.len()
    }

    /// The shift of a series, by its labels.
    pub(super) fn of(&self, labels: &[LabelId]) -> i64 {
        if self.shifts.is_empty() {
            return 0;
        }
        labels
            .iter()
            .find_map(|label| self.shifts.get(label).copied())
            .unwrap_or_default()
    }
}
