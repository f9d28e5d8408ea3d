//! All series of a selection, without their samples.

use std::collections::BTreeSet;

use vmapi::{Client, Labels, RangeSeries, Selector};

use super::results::{Results, results};
use crate::error::Error;
use crate::request::Selection;
use crate::time_range::TimeRange;

/// Series that are listed at most; a person waits, and a server works.
const MOST: usize = 100_000;

/// The series of a selection.
#[derive(Debug, Default)]
pub struct Listing {
    /// Every series once, whether or not it has a sample in the range.
    pub series: Vec<Labels>,
    /// Results of an expression at a few times of the range, the last ones at its end.
    pub results: Option<Vec<RangeSeries>>,
    /// Results before the end of the range are missing: they could not be had, or not soon.
    pub is_end_only: bool,
    /// Series are missing: there are too many.
    pub is_incomplete: bool,
}

/// Asks which series a selection has.
///
/// # Errors
///
/// [`Error::Plan`] if the server cannot be asked.
pub async fn list(
    client: &Client,
    selection: &Selection,
    range: TimeRange,
) -> Result<Listing, Error> {
    let mut listing = Listing::default();
    let selectors = match selection {
        Selection::Everything => vec![Selector::everything()],
        Selection::Jobs(_) => selection.jobs().iter().map(Selector::job).collect(),
        Selection::Selector { selector, jobs } if jobs.is_empty() => vec![selector.clone()],
        Selection::Selector { selector, .. } => {
            let jobs = selection.jobs();
            jobs.iter()
                .map(|job| selector.with_equal("job", job))
                .collect()
        }
        Selection::Expression(expression) => {
            let Results {
                series,
                is_end_only,
            } = results(client, expression, range)
                .await
                .map_err(Error::Plan)?;
            listing.series = series.iter().map(|series| series.labels.clone()).collect();
            listing.results = Some(series);
            listing.is_end_only = is_end_only;
            Vec::new()
        }
    };
    for selector in selectors {
        listing
            .add(client, &selector, range)
            .await
            .map_err(Error::Plan)?;
    }
    Ok(listing)
}

impl Listing {
    async fn add(
        &mut self,
        client: &Client,
        selector: &Selector,
        range: TimeRange,
    ) -> Result<(), vmapi::Error> {
        let TimeRange { start_ms, end_ms } = range;
        let whole = std::slice::from_ref(selector);
        let left = self.left();
        match client.series(whole, start_ms, end_ms, left).await {
            Err(error) if error.is_too_many_series() => {}
            found => {
                self.take(found?, left);
                return Ok(());
            }
        }
        // Servers list 30,000 series at once; instance by instance they are fewer.
        let instances = client
            .label_values("instance", whole, start_ms, end_ms)
            .await?;
        let instances: BTreeSet<&[u8]> = instances.iter().map(|value| value.as_bytes()).collect();
        for instance in instances {
            let one = [selector.with_equal("instance", instance)];
            let left = self.left();
            match client.series(&one, start_ms, end_ms, left).await {
                Err(error) if error.is_too_many_series() => self.is_incomplete = true,
                found => self.take(found?, left),
            }
        }
        Ok(())
    }

    fn left(&self) -> usize {
        MOST.saturating_sub(self.series.len()).max(1)
    }

    fn take(&mut self, found: Vec<Labels>, limit: usize) {
        self.is_incomplete |= found.len() >= limit;
        self.series.extend(found);
    }
}
