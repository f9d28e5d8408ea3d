//! What an export would weigh, before it is made.

use std::collections::BTreeMap;
use std::time::Duration;

use bundle::Format;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};
use vmapi::{Client, InstantSeries, Selector};

use super::error::DiscoverError;
use super::look_back::{Computed, LookBack};
use super::narrowed::{in_queries, narrowed};
use super::series_counts::{SCRAPED, SCRAPER_SERIES};
use super::target::{TARGET_LABELS, Target};
use crate::request::Selection;
use crate::slice::Transport;
use crate::time_range::TimeRange;

// Measured with a cluster's own metrics, 34,000 series and 16.3 million samples every 15 s, on two
// cores: 300 MB of JSON lines, 34 MB as ZIP, 13 MB as native blocks; 1.0 s by native, 3.4 s by JSON.
// What a series costs by its labels shows in exports of a few samples: 160 bytes, in a ZIP 20.

/// Bytes of a series, and of each of its samples, as JSON lines.
const JSON_LINES: Weight = Weight {
    series: 160.0,
    sample: 18.1,
};
/// The same in a sealed bundle of JSON lines.
const BUNDLE: Weight = Weight {
    series: 20.0,
    sample: 2.05,
};
/// The same in a sealed bundle of native blocks: 9.8 MB with 480 samples of each series, 118 MB with
/// sixteen times as many.
const NATIVE_BUNDLE: Weight = Weight {
    series: 75.0,
    sample: 0.45,
};
/// The same as native blocks.
const NATIVE: Weight = Weight {
    series: 20.0,
    sample: 0.75,
};
/// Samples a second, from the first request to the sealed bundle.
const SAMPLES_PER_SECOND_NATIVE: f64 = 16.0e6;
const SAMPLES_PER_SECOND_JSON: f64 = 4.8e6;

/// Where nobody counted, samples are, in at most this time before the end of the range.
const SAMPLED_MS: i64 = 600_000;

/// How large an export is likely to be: a guess for people, not a promise.
///
/// As JSON: `series`, `samples`, `bundle_bytes` and the same as `bundle_bytes_jsonl`,
/// `bundle_bytes_native`, `json_lines_bytes`, `native_bytes` (ints),
/// `seconds` (number, by the native transport), each `null` if unknown; `basis` (string).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Series; those that come and go within the range are not all in it.
    pub series: Option<u64>,
    /// Stored samples, exact copies of replicas counted once.
    pub samples: Option<u64>,
    /// How they were found.
    pub basis: EstimateBasis,
}

/// How an estimate was made; as JSON in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EstimateBasis {
    /// From the scraper's own counts over the whole range, which touches one series per target.
    /// Series that were not scraped, such as results of rules, are not in it.
    ScrapeCounts,
    /// From the samples in the last minutes of the range, taken for all of it.
    LastMinutes,
    /// There was nothing to count.
    Nothing,
}

impl Estimate {
    const UNKNOWN: Self = Self {
        series: None,
        samples: None,
        basis: EstimateBasis::Nothing,
    };

    /// Bytes of a sealed bundle of JSON lines.
    #[must_use]
    pub fn bundle_bytes(&self) -> Option<u64> {
        self.weighed(BUNDLE)
    }

    /// Bytes of a sealed bundle of native blocks.
    #[must_use]
    pub fn bundle_bytes_native(&self) -> Option<u64> {
        self.weighed(NATIVE_BUNDLE)
    }

    /// Bytes of a sealed bundle of this format.
    #[must_use]
    pub fn bundle_bytes_of(&self, format: Format) -> Option<u64> {
        match format {
            Format::Native => self.bundle_bytes_native(),
            Format::Jsonl | Format::Unknown => self.bundle_bytes(),
        }
    }

    /// Bytes of the JSON lines themselves, before compression.
    #[must_use]
    pub fn json_lines_bytes(&self) -> Option<u64> {
        self.weighed(JSON_LINES)
    }

    /// Bytes of the native blocks themselves, which is what the native transport carries.
    #[must_use]
    pub fn native_bytes(&self) -> Option<u64> {
        self.weighed(NATIVE)
    }

    /// Time from the first request to the sealed bundle, on two cores beside the server.
    #[must_use]
    pub fn time(&self, transport: Transport) -> Option<Duration> {
        let per_second = match transport {
            Transport::Native => SAMPLES_PER_SECOND_NATIVE,
            Transport::Json | Transport::QueryRange => SAMPLES_PER_SECOND_JSON,
        };
        let samples = self.samples? as f64;
        Some(Duration::from_secs_f64(samples / per_second))
    }

    fn weighed(&self, weight: Weight) -> Option<u64> {
        let (series, samples) = (self.series? as f64, self.samples? as f64);
        Some((series * weight.series + samples * weight.sample) as u64)
    }
}

impl Serialize for Estimate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let seconds = self.time(Transport::Native).map(|time| time.as_secs_f64());
        let mut fields = serializer.serialize_struct("Estimate", 9)?;
        fields.serialize_field("series", &self.series)?;
        fields.serialize_field("samples", &self.samples)?;
        fields.serialize_field("bundle_bytes", &self.bundle_bytes())?;
        fields.serialize_field("bundle_bytes_jsonl", &self.bundle_bytes())?;
        fields.serialize_field("bundle_bytes_native", &self.bundle_bytes_native())?;
        fields.serialize_field("json_lines_bytes", &self.json_lines_bytes())?;
        fields.serialize_field("native_bytes", &self.native_bytes())?;
        fields.serialize_field("seconds", &seconds)?;
        fields.serialize_field("basis", &self.basis)?;
        fields.end()
    }
}

/// Bytes per series and per sample.
#[derive(Clone, Copy, Debug)]
struct Weight {
    series: f64,
    sample: f64,
}

/// Estimates the series and samples of a selection in a range.
///
/// Jobs, and everything, are read from the scraper's counts of each target in two requests. For a
/// selector, and for jobs that nobody scraped, the last ten minutes of the range are counted, or all
/// of it where they are empty. The results of an expression are unknown.
///
/// # Errors
///
/// [`DiscoverError::Ask`] if the server does not answer, or refuses to count so many series.
pub async fn estimate(
    client: &Client,
    selection: &Selection,
    range: TimeRange,
) -> Result<Estimate, DiscoverError> {
    let look = LookBack { client, range };
    estimate_with(&look, selection)
        .await
        .map_err(DiscoverError::Ask)
}

async fn estimate_with(
    look: &LookBack<'_>,
    selection: &Selection,
) -> Result<Estimate, vmapi::Error> {
    let scraped = Selector::equal("__name__", SCRAPED);
    let (scrapes, selectors) = match selection {
        Selection::Everything => (vec![scraped], vec![Selector::everything()]),
        Selection::Jobs(jobs) => {
            let names = jobs.iter().map(String::as_str).collect();
            let selectors = jobs.iter().map(Selector::job).collect();
            (narrowed(&scraped, &names), selectors)
        }
        Selection::Selector { selector, jobs } if jobs.is_empty() => {
            (Vec::new(), vec![selector.clone()])
        }
        Selection::Selector { selector, jobs } => {
            let narrow = |job: &String| selector.with_equal("job", job);
            (Vec::new(), jobs.iter().map(narrow).collect())
        }
        // What an expression yields is only known once it has been computed.
        Selection::Expression(_) => return Ok(Estimate::UNKNOWN),
    };
    let mut total = Total::default();
    let mut uncounted = selectors;
    if !scrapes.is_empty() {
        let counted = total.add_scrapes(look, &scrapes, selection).await?;
        uncounted.retain(|selector| !counted.contains(selector));
    }
    let basis = match total.series {
        0 => EstimateBasis::LastMinutes,
        _ => EstimateBasis::ScrapeCounts,
    };
    if !uncounted.is_empty() {
        total.add_last_minutes(look, uncounted).await?;
    }
    Ok(match total {
        Total { series: 0, .. } => Estimate {
            series: Some(0),
            samples: Some(0),
            basis: EstimateBasis::Nothing,
        },
        Total { series, samples } => Estimate {
            series: Some(series),
            samples: Some(samples.round() as u64),
            basis,
        },
    })
}

#[derive(Debug, Default)]
struct Total {
    series: u64,
    samples: f64,
}

impl Total {
    /// Adds what the scraper counted; the selectors whose series are thereby counted.
    async fn add_scrapes(
        &mut self,
        look: &LookBack<'_>,
        scrapes: &[Selector],
        selection: &Selection,
    ) -> Result<Vec<Selector>, vmapi::Error> {
        let computed = |aggregate, rollup| Computed {
            aggregate,
            rollup,
            by: TARGET_LABELS,
        };
        let most = look.ask(&computed("max", "max_over_time"), scrapes).await?;
        if most.is_empty() {
            return Ok(Vec::new());
        }
        let sums = look.ask(&computed("sum", "sum_over_time"), scrapes).await?;
        let of_target = |series: &InstantSeries| (Target::of(&series.labels), series.sample.value);
        let sums: BTreeMap<Target, f64> = sums.iter().map(of_target).collect();
        let mut counted = Vec::new();
        let mut add = |selector: Selector, series: u64, samples: f64| {
            self.series += series;
            self.samples += samples;
            counted.push(selector);
        };
        for series in &most {
            let target = Target::of(&series.labels);
            let selector = match selection {
                Selection::Jobs(jobs) if jobs.contains(&target.job) => Selector::job(&target.job),
                Selection::Everything => Selector::everything(),
                // Too many jobs to name, so the counts of others came along.
                Selection::Jobs(_) | Selection::Selector { .. } | Selection::Expression(_) => {
                    continue;
                }
            };
            let exposed = series.sample.value.max(1.0);
            let sum = sums.get(&target).copied().unwrap_or_default();
            let samples = sum * (1.0 + SCRAPER_SERIES as f64 / exposed);
            add(selector, exposed as u64 + SCRAPER_SERIES, samples);
        }
        Ok(counted)
    }

    /// Counts series and samples at the end of the range, and takes that for all of it.
    async fn add_last_minutes(
        &mut self,
        look: &LookBack<'_>,
        selectors: Vec<Selector>,
    ) -> Result<(), vmapi::Error> {
        let computed = |aggregate| Computed {
            aggregate,
            rollup: "count_over_time",
            by: "",
        };
        for query in in_queries(selectors) {
            let mut window = look.over_last(SAMPLED_MS);
            let mut series = single(&window.ask(&computed("count"), &query).await?);
            if series == 0.0 && window.range != look.range {
                window = look.over_last(look.range.len_ms());
                series = single(&window.ask(&computed("count"), &query).await?);
            }
            if series == 0.0 {
                continue;
            }
            let samples = single(&window.ask(&computed("sum"), &query).await?);
            let windows = look.range.len_ms() as f64 / window.range.len_ms() as f64;
            self.series += series as u64;
            self.samples += samples * windows;
        }
        Ok(())
    }
}

fn single(result: &[InstantSeries]) -> f64 {
    result.first().map_or(0.0, |series| series.sample.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_measured_export_is_estimated_as_it_was() {
        let estimate = Estimate {
            series: Some(34_000),
            samples: Some(16_300_000),
            basis: EstimateBasis::ScrapeCounts,
        };
        let megabytes = |bytes: Option<u64>| (bytes.unwrap() as f64 / 1e6).round();
        assert_eq!(megabytes(estimate.json_lines_bytes()), 300.0);
        assert_eq!(megabytes(estimate.bundle_bytes()), 34.0);
        assert_eq!(megabytes(estimate.native_bytes()), 13.0);
        assert_eq!(estimate.time(Transport::Native).unwrap().as_secs(), 1);
        let json = serde_json::to_value(estimate).unwrap();
        assert_eq!(json["samples"], 16_300_000);
        assert_eq!(json["basis"], "scrape_counts");
    }

    #[test]
    fn what_is_unknown_has_no_size() {
        let json = serde_json::to_value(Estimate::UNKNOWN).unwrap();
        for field in ["series", "bundle_bytes", "seconds"] {
            assert!(json[field].is_null(), "{field}");
        }
    }
}
