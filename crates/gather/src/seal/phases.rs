//! Timestamps that do not tell when a target is scraped.

use std::collections::HashMap;

use bundle::staging::LabelId;

/// By how much the timestamps of each instance are later, ms. Empty unless obfuscation is strict.
#[derive(Debug, Default)]
pub(crate) struct Phases(HashMap<LabelId, i64>);

impl Phases {
    pub(crate) fn set(&mut self, instance: LabelId, shift_ms: i64) {
        if shift_ms != 0 {
            self.0.insert(instance, shift_ms);
        }
    }

    /// How many instances are shifted.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The shift of a series, by its labels.
    pub(super) fn of(&self, labels: &[LabelId]) -> i64 {
        if self.0.is_empty() {
            return 0;
        }
        labels
            .iter()
            .find_map(|label| self.0.get(label).copied())
            .unwrap_or_default()
    }
}
