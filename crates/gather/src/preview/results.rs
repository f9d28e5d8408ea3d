//! Results of an expression: at the end of a range, and at a few times before it.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::timeout;
use vmapi::{Client, Error, Labels, QueryResult, RangeSeries, Sample};

use crate::time_range::TimeRange;

/// Times before the end at which an expression is evaluated.
const STEPS: i64 = 60;

/// How long to wait for the results before the end; the expression may be a costly one.
const PATIENCE: Duration = Duration::from_secs(8);

/// Series with results before the end that are read at most.
const MOST: usize = 5_000;

/// Results of an expression.
pub(super) struct Results {
    /// Each with its samples in order of time; those of a series that lives end with the range.
    pub(super) series: Vec<RangeSeries>,
    /// Nothing is known of the time before the end.
    pub(super) is_end_only: bool,
}

/// Evaluates an expression.
pub(super) async fn results(
    client: &Client,
    expression: &str,
    range: TimeRange,
) -> Result<Results, Error> {
    let at_end = at_end(client, expression, range.end_ms).await?;
    // The results at the end are enough where others cannot be had, or not soon.
    let asked = timeout(PATIENCE, before_end(client, expression, range)).await;
    let is_end_only = !matches!(asked, Ok(Ok(_)));
    let mut series = asked.ok().and_then(Result::ok).unwrap_or_default();
    let known = series.iter().enumerate();
    let known: HashMap<_, _> = known.map(|(at, one)| (one.labels.sorted(), at)).collect();
    for one in at_end {
        match known.get(&one.labels.sorted()) {
            Some(at) => series[*at].samples.extend(one.samples),
            None => series.push(one),
        }
    }
    Ok(Results {
        series,
        is_end_only,
    })
}

async fn at_end(client: &Client, expression: &str, end_ms: i64) -> Result<Vec<RangeSeries>, Error> {
    let single = |labels, sample| RangeSeries {
        labels,
        samples: vec![sample],
    };
    Ok(match client.query(expression, end_ms).await? {
        QueryResult::Vector(series) => series
            .into_iter()
            .map(|series| single(series.labels, series.sample))
            .collect(),
        QueryResult::Matrix(series) => series
            .into_iter()
            .filter_map(|series| Some(single(series.labels, *series.samples.last()?)))
            .collect(),
        QueryResult::Scalar(sample) => vec![single(Labels::default(), sample)],
        QueryResult::String(_) => Vec::new(),
    })
}

async fn before_end(
    client: &Client,
    expression: &str,
    range: TimeRange,
) -> Result<Vec<RangeSeries>, Error> {
    let TimeRange { start_ms, end_ms } = range;
    let step_s = (end_ms - start_ms).div_euclid(STEPS * 1000).max(1);
    let step_ms = step_s * 1000;
    // The grid leads to the end, which is known already.
    let first_ms = end_ms - (end_ms - start_ms) / step_ms * step_ms;
    let last_ms = end_ms - step_ms;
    let mut series = Vec::new();
    if first_ms > last_ms {
        return Ok(series);
    }
    let step_s = u32::try_from(step_s).unwrap_or(u32::MAX);
    let mut result = client
        .query_range(expression, first_ms, last_ms, step_s)
        .await?;
    while let Some(one) = result.next_series().await? {
        let samples = one.samples.into_iter().map(|sample| Sample {
            time_ms: sample.time_ms,
            // It is a number, or the reply would have been refused.
            value: sample.value.parse().unwrap_or(f64::NAN),
        });
        series.push(RangeSeries {
            labels: one.labels,
            samples: samples.collect(),
        });
        if series.len() == MOST {
            break;
        }
    }
    Ok(series)
}
