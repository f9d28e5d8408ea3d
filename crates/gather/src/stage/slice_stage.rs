//! The growing part of one slice.

use std::collections::BTreeMap;
use std::path::Path;

use bundle::staging::{BlockInfo, LabelId, PartSummary, PartWriter, StagingError};
use vmapi::Evidence;

use crate::series_table::SeriesTable;
use crate::staging::Labels;
use crate::time_range::TimeRange;

/// Collects the series and blocks of one slice into a part.
pub(crate) struct SliceStage<'a> {
    labels: &'a Labels,
    pub(super) range: TimeRange,
    part: PartWriter,
    series: SeriesTable,
    ids: Vec<LabelId>,
    samples: u64,
    evidence: BTreeMap<LabelId, Evidence>,
}

/// A finished part.
pub(crate) struct Staged {
    pub(crate) part: PartSummary,
    /// Distinct series in the slice.
    pub(crate) series: u64,
    /// Samples in the staged blocks, those beyond the edges of the range included.
    pub(crate) samples: u64,
    /// What the metrics of each job tell about its component.
    pub(crate) evidence: BTreeMap<LabelId, Evidence>,
}

impl<'a> SliceStage<'a> {
    pub(crate) fn create(
        path: &Path,
        labels: &'a Labels,
        range: TimeRange,
    ) -> Result<Self, StagingError> {
        Ok(Self {
            labels,
            range,
            part: PartWriter::create(path)?,
            series: SeriesTable::default(),
            ids: Vec::new(),
            samples: 0,
            evidence: BTreeMap::new(),
        })
    }

    /// Series and samples so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.series.len() as u64, self.samples)
    }

    /// The number of a series in this part; writes its labels when it is new.
    pub(super) fn series<L: AsRef<[u8]>>(
        &mut self,
        labels: impl Iterator<Item = (L, L)> + Clone,
    ) -> Result<u32, StagingError> {
        self.ids.clear();
        {
            let mut table = self.labels.lock();
            for (name, value) in labels.clone() {
                self.ids.push(table.intern(name.as_ref(), value.as_ref())?);
            }
        }
        let (number, new) = self.series.number(&self.ids)?;
        if new {
            self.part.series(number, &self.ids)?;
            self.observe(labels);
        }
        Ok(number)
    }

    pub(super) fn block(
        &mut self,
        series: u32,
        info: BlockInfo,
        payload: &[u8],
    ) -> Result<(), StagingError> {
        self.samples += u64::from(info.rows);
        self.part.block(series, info, &[payload])
    }

    pub(crate) fn finish(self) -> Result<Staged, StagingError> {
        Ok(Staged {
            part: self.part.finish()?,
            series: self.series.len() as u64,
            samples: self.samples,
            evidence: self.evidence,
        })
    }

    /// Notes what a new series tells about the component behind its job.
    fn observe<L: AsRef<[u8]>>(&mut self, labels: impl Iterator<Item = (L, L)> + Clone) {
        let position = labels.clone().position(|(name, _)| name.as_ref() == b"job");
        let Some(job) = position.map(|position| self.ids[position]) else {
            return;
        };
        self.evidence.entry(job).or_default().observe(labels);
    }
}
