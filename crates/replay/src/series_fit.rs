//! Fitting what lines and blocks have in common: labels and times.

use std::sync::{Mutex, PoisonError};

use bundle::SeriesKey;

use crate::fit::{FitPlan, Wire};
use crate::series_table::{SeriesTable, Sighting};
use crate::tally::{JobTally, Tally, TrimReason, union};

pub(crate) type Labels = Vec<(Vec<u8>, Vec<u8>)>;

/// The fitted labels and times of the current line or block. Keeps its memory.
pub(crate) struct SeriesFit<'a> {
    pub(crate) plan: &'a FitPlan,
    table: &'a Mutex<SeriesTable>,
    /// The labels that are sent, where they differ from those of the source.
    fitted: Option<Labels>,
    /// The times of all samples, in Unix ms after the shift.
    pub(crate) times: Vec<i64>,
    /// The first and the last of them.
    range: Option<(i64, i64)>,
    /// Whether a sample is sent, for each.
    pub(crate) kept: Vec<bool>,
}

impl<'a> SeriesFit<'a> {
    pub(crate) fn new(plan: &'a FitPlan, table: &'a Mutex<SeriesTable>) -> Self {
        Self {
            plan,
            table,
            fitted: None,
            times: Vec::new(),
            range: None,
            kept: Vec::new(),
        }
    }

    /// Converts and shifts timestamps, whose range is `written`; the range before the shift, or
    /// `None` if one leaves 64 bits.
    pub(crate) fn convert_times(
        &mut self,
        timestamps: &[i64],
        written: Option<(i64, i64)>,
    ) -> Option<Option<(i64, i64)>> {
        let plan = self.plan;
        self.times.clear();
        if !plan.changes_times() {
            self.times.extend_from_slice(timestamps);
            self.range = written;
            return Some(written);
        }
        let mut unfitted = None;
        for &timestamp in timestamps {
            let ms = plan.unit.to_ms(timestamp)?;
            unfitted = union(unfitted, Some((ms, ms)));
            self.times.push(ms.checked_add(plan.shift_ms)?);
        }
        self.range = range(&self.times);
        Some(unfitted)
    }

    /// Drops and adds labels.
    pub(crate) fn fit_labels(&mut self, labels: &Labels) {
        let plan = self.plan;
        self.fitted = None;
        if !plan.changes_labels() {
            return;
        }
        let replaced = |name: &[u8]| {
            let mut added = plan.add_labels.iter().map(|(name, _)| name);
            let mut dropped = plan.drop_labels.iter();
            added.any(|added| added.as_bytes() == name)
                || dropped.any(|dropped| dropped.as_bytes() == name)
        };
        let mut fitted: Labels = labels
            .iter()
            .filter(|(name, _)| !replaced(name))
            .cloned()
            .collect();
        for (name, value) in &plan.add_labels {
            fitted.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        self.fitted = (fitted != *labels).then_some(fitted);
    }

    /// Whether labels were dropped or added.
    pub(crate) fn labels_changed(&self) -> bool {
        self.fitted.is_some()
    }

    /// The labels that are sent, where those of the source are `own`.
    pub(crate) fn labels<'b>(&'b self, own: &'b Labels) -> &'b Labels {
        self.fitted.as_ref().unwrap_or(own)
    }

    /// The labels that the target stores, where it puts its own on the series that are sent.
    fn stored_labels(&self, own: &Labels) -> Option<Labels> {
        let added = &self.plan.target_labels;
        if added.is_empty() {
            return None;
        }
        let is_replaced = |name: &[u8]| added.iter().any(|(added, _)| added.as_bytes() == name);
        let sent = self.labels(own).iter();
        let mut labels: Labels = sent
            .filter(|(name, _)| !is_replaced(name))
            .cloned()
            .collect();
        for (name, value) in added {
            labels.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        Some(labels)
    }

    /// Decides which samples are sent, by their times alone, and counts the others.
    pub(crate) fn choose(&mut self, tally: &mut Tally) {
        let oldest = self.plan.oldest_ms.unwrap_or(0).max(0);
        let newest = self.plan.newest_ms.unwrap_or(i64::MAX);
        let sent = oldest..=newest;
        self.kept.clear();
        let within = |(first, last)| sent.contains(&first) && sent.contains(&last);
        if self.range.is_none_or(within) {
            self.kept.resize(self.times.len(), true);
            return;
        }
        self.kept
            .extend(self.times.iter().map(|time| sent.contains(time)));
        for &time in self.times.iter().filter(|time| !sent.contains(time)) {
            let reason = match time {
                time if time > newest => TrimReason::InTheFuture,
                ..0 => TrimReason::Before1970,
                _ => TrimReason::BeforeRetention,
            };
            tally.trim(reason, 1);
        }
    }

    /// How many samples are sent.
    pub(crate) fn kept(&self) -> u64 {
        self.kept.iter().filter(|kept| **kept).count() as u64
    }

    /// Notes the series, and its samples for the comparison afterwards; `values` has one for each
    /// time, `None` where a sample carries none. Counts what is sent; returns the number of samples.
    pub(crate) fn note(
        &self,
        own: &Labels,
        values: impl Iterator<Item = Option<f64>>,
        nulls: u64,
        tally: &mut Tally,
    ) -> u64 {
        let in_range = self.kept();
        let stored = self.stored_labels(own);
        let labels = stored.as_ref().unwrap_or_else(|| self.labels(own));
        let label_count = labels.iter().filter(|(_, value)| !value.is_empty()).count();
        let over_limit = self
            .plan
            .max_labels
            .is_some_and(|most| label_count > most as usize);
        tally.max_labels = tally.max_labels.max(label_count);

        let key = SeriesKey::of(own);
        let differs = self.fitted.is_some() || stored.is_some();
        let fitted = if differs { SeriesKey::of(labels) } else { key };
        let may_merge = self.plan.changes_labels() || !self.plan.target_labels.is_empty();
        {
            let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
            table.see(&Sighting {
                labels: own,
                key,
                fitted: may_merge.then_some(fitted),
                samples: in_range,
                over_limit,
            });
            if in_range > 0 && !over_limit && table.picks.wants(fitted, labels.len()) {
                let samples = values.zip(&self.times).zip(&self.kept);
                let sent = samples.filter_map(
                    |((value, time), kept)| {
                        if *kept { Some((*time, value?)) } else { None }
                    },
                );
                table.picks.note(fitted, labels, sent);
            }
        }
        if over_limit {
            tally.trim(TrimReason::OverLabelLimit, in_range);
            return 0;
        }
        let sent = if in_range == self.times.len() as u64 {
            self.range
        } else {
            let times = self.times.iter().zip(&self.kept);
            let times = times.filter_map(|(time, kept)| kept.then_some(*time));
            times.fold(None, |all, time| union(all, Some((time, time))))
        };
        let Some((first_ms, last_ms)) = sent else {
            return 0;
        };
        tally.fitted_ms = union(tally.fitted_ms, sent);
        tally.samples_fitted += in_range;
        match self.plan.wire {
            Wire::Lines => tally.nulls += nulls,
            Wire::Native(_) => tally.stale_markers += nulls,
        }
        if in_range > nulls {
            let job = labels.iter().find(|(name, _)| name == b"job");
            let job = job.map_or(&b""[..], |(_, value)| value);
            let one = JobTally {
                samples: in_range - nulls,
                first_ms,
                last_ms,
            };
            tally.count_job(&String::from_utf8_lossy(job), one);
        }
        in_range
    }
}

/// The smallest and the largest.
pub(crate) fn range(times: &[i64]) -> Option<(i64, i64)> {
    // As servers write them: told much faster than the extremes of any order.
    if times.is_sorted() {
        return Some((*times.first()?, *times.last()?));
    }
    Some((*times.iter().min()?, *times.iter().max()?))
}
