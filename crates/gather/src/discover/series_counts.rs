//! How many series each target has.

use std::collections::{BTreeMap, BTreeSet};

use vmapi::Selector;

use super::look_back::{Computed, LookBack};
use super::narrowed::{in_queries, narrowed};
use super::programs::Programs;
use super::target::{TARGET_LABELS, Target};
use super::warning::DiscoveryWarning;

/// What the scraper says a target brought, after relabelling: one series per target.
pub(super) const SCRAPED: &str = "scrape_samples_post_metric_relabeling";

/// Series that vmagent adds to those of a target: `up` and `scrape_*`. Seen: 7 in v1.112.0, 6 in
/// v1.79.5.
pub(super) const SCRAPER_SERIES: u64 = 7;

/// Where nobody counted, the series themselves are, in at most this time before the end: their
/// samples have to be read for it.
const COUNTED_MS: i64 = 6 * 3600 * 1000;

/// Series by target; a target that is not in there has an unknown number.
pub(super) type SeriesCounts = BTreeMap<Target, u64>;

/// Asks the scraper's own counts; counts the series of jobs for which there are none.
///
/// A failure leaves counts unknown: who is there is worth more than how much.
pub(super) async fn series_counts(
    look: &LookBack<'_>,
    programs: &Programs,
) -> (SeriesCounts, Vec<DiscoveryWarning>) {
    let mut warnings = Vec::new();
    let mut counts = SeriesCounts::new();
    if programs.is_empty() {
        return (counts, warnings);
    }
    let jobs = programs.keys().map(|target| target.job.as_str()).collect();
    match scraped(look, &jobs).await {
        Ok(scraped) => counts = scraped,
        Err(error) => {
            warnings.push(DiscoveryWarning::CountsFailed(error.to_string()));
            return (counts, warnings);
        }
    }
    let uncounted = programs
        .keys()
        // Without a job they could only be counted among all other series without one.
        .filter(|target| !target.job.is_empty() && !counts.contains_key(*target))
        .map(|target| target.job.as_str());
    let uncounted: BTreeSet<&str> = uncounted.collect();
    match counted(&look.over_last(COUNTED_MS), &uncounted).await {
        Ok(counted) => {
            for (target, count) in counted {
                counts.entry(target).or_insert(count);
            }
        }
        Err(error) => warnings.push(DiscoveryWarning::CountsFailed(error.to_string())),
    }
    (counts, warnings)
}

async fn scraped(look: &LookBack<'_>, jobs: &BTreeSet<&str>) -> Result<SeriesCounts, vmapi::Error> {
    let computed = Computed {
        aggregate: "max",
        rollup: "max_over_time",
        by: TARGET_LABELS,
    };
    let selectors = narrowed(&Selector::equal("__name__", SCRAPED), jobs);
    let found = look.ask(&computed, &selectors).await?;
    Ok(found
        .iter()
        .map(|series| {
            let exposed = series.sample.value as u64;
            (Target::of(&series.labels), exposed + SCRAPER_SERIES)
        })
        .collect())
}

async fn counted(look: &LookBack<'_>, jobs: &BTreeSet<&str>) -> Result<SeriesCounts, vmapi::Error> {
    let computed = Computed {
        aggregate: "count",
        rollup: "last_over_time",
        by: TARGET_LABELS,
    };
    let mut counts = SeriesCounts::new();
    for query in in_queries(jobs.iter().map(Selector::job).collect()) {
        for series in look.ask(&computed, &query).await? {
            counts.insert(Target::of(&series.labels), series.sample.value as u64);
        }
    }
    Ok(counts)
}
