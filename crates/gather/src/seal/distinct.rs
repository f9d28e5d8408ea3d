//! Counting distinct series while they pass by.

use bundle::staging::{LabelId, StagingError};

use super::clean_labels::CleanLabels;
use crate::series_table::SeriesTable;

/// Counts distinct series, and those that become equal because labels are dropped.
///
/// Remembers series only where that is needed: when slices divide the time, so that a series comes
/// once per window, or when labels are dropped.
pub(super) struct Distinct<'a> {
    labels: &'a CleanLabels,
    /// All series; `None` where every series comes exactly once.
    all: Option<SeriesTable>,
    /// Series without their dropped labels; `None` where nothing is dropped.
    kept: Option<SeriesTable>,
    seen: u64,
    ids: Vec<LabelId>,
}

impl<'a> Distinct<'a> {
    pub(super) fn new(labels: &'a CleanLabels, several_windows: bool) -> Self {
        Self {
            labels,
            all: several_windows.then(SeriesTable::default),
            kept: labels.drops_any().then(SeriesTable::default),
            seen: 0,
            ids: Vec::new(),
        }
    }

    pub(super) fn observe(&mut self, labels: &[LabelId]) -> Result<(), StagingError> {
        self.seen += 1;
        if let Some(all) = &mut self.all {
            all.number(labels)?;
        }
        if let Some(kept) = &mut self.kept {
            self.ids.clear();
            let ids = labels.iter().filter(|&&id| !self.labels.is_dropped(id));
            self.ids.extend(ids);
            kept.number(&self.ids)?;
        }
        Ok(())
    }

    /// Distinct series in the bundle.
    pub(super) fn series(&self) -> u64 {
        self.kept
            .as_ref()
            .map_or_else(|| self.in_source(), |kept| kept.len() as u64)
    }

    /// How many fewer that are than in the source.
    pub(super) fn merged(&self) -> u64 {
        self.in_source().saturating_sub(self.series())
    }

    fn in_source(&self) -> u64 {
        self.all.as_ref().map_or(self.seen, |all| all.len() as u64)
    }
}
