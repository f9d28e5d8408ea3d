//! All series of a selection.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use gather::{Selection, TimeRange, discover};
use vmapi::{Client, InstantSeries, Labels, QueryResult, Selector};

use crate::exporter::export_request::Checked;
use crate::exporter::upstream;
use crate::reply::Problem;

/// Series that are listed at most.
const MOST: usize = 100_000;

/// The series of a selection, each once, sorted.
pub(super) struct Listing {
    pub(super) series: Vec<Labels>,
    /// Results of an expression, with their values.
    pub(super) results: Option<Vec<InstantSeries>>,
    /// Why series are missing, for a person.
    pub(super) warnings: Vec<String>,
}

impl Listing {
    /// Asks the source.
    pub(super) async fn ask(client: &Client, checked: &Checked) -> Result<Arc<Self>, Problem> {
        let range = checked.range;
        let mut listing = Self {
            series: Vec::new(),
            results: None,
            warnings: Vec::new(),
        };
        let selectors = match &checked.selection {
            Selection::Everything => vec![Selector::everything()],
            Selection::Jobs(jobs) => {
                let mut jobs = jobs.clone();
                if !checked.components.is_empty() {
                    jobs.extend(listing.jobs(client, checked).await?);
                }
                jobs.iter().map(Selector::job).collect()
            }
            Selection::Selector { selector, jobs } if jobs.is_empty() => vec![selector.clone()],
            Selection::Selector { selector, jobs } => {
                let narrow = |job: &String| selector.with_equal("job", job);
                jobs.iter().map(narrow).collect()
            }
            Selection::Expression(expression) => {
                let results = results(client, expression, range).await?;
                listing.series = results.iter().map(|series| series.labels.clone()).collect();
                listing.results = Some(results);
                Vec::new()
            }
        };
        for selector in selectors {
            listing.add(client, &selector, range).await?;
        }
        if listing.series.is_empty() {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "no series match the selection in the time range",
            )
            .code("no_series")
            .hint("choose another time range or selection"));
        }
        Ok(Arc::new(listing))
    }

    async fn jobs(&mut self, client: &Client, checked: &Checked) -> Result<Vec<String>, Problem> {
        upstream::reach(client).await?;
        let found = discover::jobs_of_components(client, &checked.components, checked.range)
            .await
            .map_err(|error| upstream::not_discovered(&error))?;
        for missing in &found.missing {
            self.warnings.push(format!(
                "the component `{missing}` was not seen in the time range"
            ));
        }
        Ok(found.jobs)
    }

    async fn add(
        &mut self,
        client: &Client,
        selector: &Selector,
        range: TimeRange,
    ) -> Result<(), Problem> {
        let left = MOST.saturating_sub(self.series.len());
        if left == 0 {
            return Ok(());
        }
        let TimeRange { start_ms, end_ms } = range;
        let matches = std::slice::from_ref(selector);
        let found = match client.series(matches, start_ms, end_ms, left).await {
            Err(error) if error.is_too_many_series() => {
                self.divided(client, selector, range, left).await?
            }
            found => found.map_err(|error| upstream::failed(&error))?,
        };
        if found.len() == left {
            self.warnings.push(format!(
                "only {MOST} series were looked at, so the preview is not complete"
            ));
        }
        self.series.extend(found);
        Ok(())
    }

    /// Asks instance by instance where the server lists not so many series at once.
    async fn divided(
        &mut self,
        client: &Client,
        selector: &Selector,
        range: TimeRange,
        most: usize,
    ) -> Result<Vec<Labels>, Problem> {
        let TimeRange { start_ms, end_ms } = range;
        let matches = std::slice::from_ref(selector);
        let values = client
            .label_values("instance", matches, start_ms, end_ms)
            .await;
        let instances: BTreeSet<Vec<u8>> = values
            .map_err(|error| upstream::failed(&error))?
            .iter()
            .map(|value| value.as_bytes().to_vec())
            .collect();
        let mut found = Vec::new();
        for instance in instances {
            if found.len() >= most {
                break;
            }
            let one = [selector.with_equal("instance", instance)];
            match client
                .series(&one, start_ms, end_ms, most - found.len())
                .await
            {
                Ok(series) => found.extend(series),
                Err(error) if error.is_too_many_series() => self.warnings.push(
                    "one instance has too many series to be looked at, so the preview is not \
                     complete"
                        .to_owned(),
                ),
                Err(error) => return Err(upstream::failed(&error)),
            }
        }
        Ok(found)
    }
}

async fn results(
    client: &Client,
    expression: &str,
    range: TimeRange,
) -> Result<Vec<InstantSeries>, Problem> {
    let result = client.query(expression, range.end_ms).await;
    let result = result.map_err(|error| {
        if upstream::is_rejection(&error) {
            return Problem::of(StatusCode::BAD_REQUEST, &error)
                .code("bad_query")
                .maybe_hint(error.hint());
        }
        upstream::failed(&error)
    })?;
    Ok(match result {
        QueryResult::Vector(series) => series,
        QueryResult::Matrix(series) => series
            .into_iter()
            .filter_map(|series| {
                Some(InstantSeries {
                    sample: *series.samples.last()?,
                    labels: series.labels,
                })
            })
            .collect(),
        QueryResult::Scalar(sample) => vec![InstantSeries {
            labels: Labels::default(),
            sample,
        }],
        QueryResult::String(_) => Vec::new(),
    })
}
