//! The jobs behind a selector.

use std::collections::{BTreeMap, BTreeSet};

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use vmapi::{Client, Selector};

use super::error::DiscoverError;
use super::found::or_minus_one;
use super::look_back::{Computed, LookBack};
use super::target::{TARGET_LABELS, Target};
use crate::time_range::TimeRange;

/// The jobs of the series that a selector matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorJobs {
    /// Sorted by name; never empty.
    pub jobs: Vec<SelectorJob>,
    /// Matching series without a `job` label, which no choice of jobs can reach.
    pub series_without_job: u64,
}

/// What of a selector is in one job.
///
/// As JSON: `job`, `instance_count` (-1 unknown) and `metrics_count_estimate`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectorJob {
    /// The exact name.
    pub name: String,
    /// Distinct instances; `None` where a series has no `instance` label.
    pub instances: Option<u64>,
    /// Matching series.
    pub series: u64,
}

/// The jobs whose series match the selector at any time of the range.
///
/// Asks once; the matching series are touched, because nothing less tells what matches.
///
/// # Errors
///
/// [`DiscoverError::NoSeries`] without any series, [`DiscoverError::NoJobs`] if none has a job,
/// [`DiscoverError::Ask`] if the server does not answer or refuses so many series.
pub async fn discover_selector(
    client: &Client,
    selector: &Selector,
    range: TimeRange,
) -> Result<SelectorJobs, DiscoverError> {
    let look = LookBack { client, range };
    let computed = Computed {
        aggregate: "count",
        rollup: "last_over_time",
        by: TARGET_LABELS,
    };
    let selectors = std::slice::from_ref(selector);
    let found = look.ask(&computed, selectors).await;
    let found = found.map_err(DiscoverError::Ask)?;
    if found.is_empty() {
        return Err(DiscoverError::NoSeries(selector.clone()));
    }
    let mut by_job: BTreeMap<String, (BTreeSet<String>, u64)> = BTreeMap::new();
    for series in found {
        let target = Target::of(&series.labels);
        let (instances, count) = by_job.entry(target.job).or_default();
        instances.insert(target.instance);
        *count += series.sample.value as u64;
    }
    let series_without_job = by_job.remove("").map_or(0, |(_, count)| count);
    if by_job.is_empty() {
        return Err(DiscoverError::NoJobs(selector.clone()));
    }
    let job = |(name, (instances, series)): (String, (BTreeSet<String>, u64))| SelectorJob {
        name,
        instances: (!instances.contains("")).then_some(instances.len() as u64),
        series,
    };
    Ok(SelectorJobs {
        jobs: by_job.into_iter().map(job).collect(),
        series_without_job,
    })
}

impl Serialize for SelectorJob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SelectorJob", 3)?;
        fields.serialize_field("job", &self.name)?;
        fields.serialize_field("instance_count", &or_minus_one(self.instances))?;
        fields.serialize_field("metrics_count_estimate", &self.series)?;
        fields.end()
    }
}
