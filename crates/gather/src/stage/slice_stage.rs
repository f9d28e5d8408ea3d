//! The growing part of one slice.

use std::collections::BTreeMap;
use std::path::Path;

use bundle::staging::{BlockInfo, LabelId, PartSummary, PartWriter, StagingError};

use crate::job_evidence::JobEvidence;
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
    evidence: BTreeMap<LabelId, JobEvidence>,
    intervals: BTreeMap<u32, u64>,
}

/// A finished part.
pub(crate) struct Staged {
    pub(crate) part: PartSummary,
    /// Distinct series in the slice.
    pub(crate) series: u64,
    /// Samples in the staged blocks, those beyond the edges of the range included.
    pub(crate) samples: u64,
    /// What the metrics of each job tell about its component.
    pub(crate) evidence: BTreeMap<LabelId, JobEvidence>,
    /// The scrape interval of each instance (its label number), ms, as far as the data tell it.
    pub(crate) intervals: BTreeMap<u32, u64>,
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
            intervals: BTreeMap::new(),
        })
    }

    /// Series and samples so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.series.len() as u64, self.samples)
    }

    /// The position of a series in this part; writes its labels when it is new.
    ///
    /// Series of one target stand together: they share their timestamps, so the text of one line
    /// repeats that of the line before, which makes compression half as fast again and the bundle
    /// much smaller.
    pub(super) fn series<L: AsRef<[u8]>>(
        &mut self,
        labels: impl Iterator<Item = (L, L)> + Clone,
    ) -> Result<u64, StagingError> {
        self.ids.clear();
        let mut target = 0;
        {
            let mut table = self.labels.lock();
            for (name, value) in labels.clone() {
                let id = table.intern(name.as_ref(), value.as_ref())?;
                if name.as_ref() == b"instance" {
                    target = u64::from(id.0);
                }
                self.ids.push(id);
            }
        }
        let (number, new) = self.series.number(&self.ids)?;
        let position = (target << 32) | u64::from(number);
        if new {
            self.part.series(position, &self.ids)?;
            self.observe(labels);
        }
        Ok(position)
    }

    pub(super) fn block(
        &mut self,
        series: u64,
        info: BlockInfo,
        payload: &[u8],
    ) -> Result<(), StagingError> {
        self.samples += u64::from(info.rows);
        self.note_interval(series, info);
        self.part.block(series, info, &[payload])
    }

    pub(crate) fn finish(self) -> Result<Staged, StagingError> {
        Ok(Staged {
            part: self.part.finish()?,
            series: self.series.len() as u64,
            samples: self.samples,
            evidence: self.evidence,
            intervals: self.intervals,
        })
    }

    /// Gaps make the mean distance of samples larger than the scrape interval, and hardly anything
    /// makes it smaller, so the smallest counts.
    fn note_interval(&mut self, series: u64, info: BlockInfo) {
        let instance = (series >> 32) as u32;
        let steps = u64::from(info.rows.saturating_sub(1));
        let mean = info.max_ms.abs_diff(info.min_ms).checked_div(steps);
        if let Some(mean) = mean.filter(|mean| *mean > 0) {
            self.intervals
                .entry(instance)
                .and_modify(|known| *known = mean.min(*known))
                .or_insert(mean);
        }
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
