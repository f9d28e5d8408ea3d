//! The recent samples of a few series.

use std::collections::HashMap;

use gather::TimeRange;
use serde::Deserialize;
use serde_json::Value;
use vmapi::{Client, Error, ExportParams, ExportRoute, Labels, QueryResult, Selector};

use crate::exporter::upstream;

/// Samples of this time before the end of the range are shown.
const RECENT_MS: i64 = 3_600_000;

/// Points of a series that a small chart can show.
const MOST_POINTS: usize = 120;

/// Bytes that are read at most.
const MOST_BYTES: usize = 16 << 20;

/// Series without a recent sample for which the last one is asked for, each with its own query.
const MOST_LATE: usize = 50;

/// Samples of one series, times in Unix milliseconds, sorted.
pub(super) type Points = Vec<(i64, f64)>;

/// Names and values of labels, sorted by name.
type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// What could be read of a few series.
pub(super) struct Recent {
    /// Of each series in turn; empty where nothing could be read.
    pub(super) points: Vec<Points>,
    /// Why something is missing.
    pub(super) failure: Option<Error>,
}

/// The recent samples of each series; of one that ended earlier at least its last one.
///
/// They only illustrate the labels, so a source that refuses them makes them fewer.
///
/// # Errors
///
/// A source that no question reaches.
pub(super) async fn recent(
    client: &Client,
    chosen: &[&Labels],
    range: TimeRange,
) -> Result<Recent, Error> {
    let mut recent = Recent {
        points: vec![Points::new(); chosen.len()],
        failure: None,
    };
    match exported(client, chosen, range).await {
        Ok(points) => recent.points = points,
        Err(error) if upstream::is_out_of_reach(&error) => return Err(error),
        // The last sample of each is enough where nothing is exported.
        Err(error) if error.is_not_routed() => {}
        Err(error) => recent.failure = Some(error),
    }
    let late = chosen.iter().zip(&mut recent.points);
    for (labels, points) in late.filter(|(_, points)| points.is_empty()).take(MOST_LATE) {
        match last(client, labels, range).await {
            Ok(found) => points.extend(found),
            Err(error) if upstream::is_out_of_reach(&error) => return Err(error),
            Err(error) => {
                recent.failure = Some(error);
                break;
            }
        }
    }
    Ok(recent)
}

/// One line of a JSON export.
#[derive(Deserialize)]
struct Line {
    metric: Labels,
    values: Vec<Value>,
    timestamps: Vec<i64>,
}

async fn exported(
    client: &Client,
    chosen: &[&Labels],
    range: TimeRange,
) -> Result<Vec<Points>, Error> {
    let params = ExportParams {
        matches: chosen.iter().map(|labels| exactly(labels)).collect(),
        start_ms: range.start_ms.max(range.end_ms - RECENT_MS),
        end_ms: range.end_ms,
        max_rows_per_line: None,
        route: ExportRoute::default(),
    };
    let mut by_labels: HashMap<Pairs, Points> = HashMap::new();
    let mut body = client.export_json_lines(&params).await?;
    let mut text = Vec::new();
    while let Some(piece) = body.chunk().await? {
        text.extend_from_slice(&piece);
        if text.len() > MOST_BYTES {
            break;
        }
    }
    for line in text.split(|byte| *byte == b'\n') {
        // The one that was cut off is none.
        let Ok(line) = serde_json::from_slice::<Line>(line) else {
            continue;
        };
        let values = line.values.iter().map(number);
        let points = line.timestamps.into_iter().zip(values);
        by_labels
            .entry(line.metric.sorted())
            .or_default()
            .extend(points);
    }
    let points = |labels: &&Labels| {
        let mut points = by_labels.remove(&labels.sorted()).unwrap_or_default();
        points.sort_by_key(|(time, _)| *time);
        thinned(points)
    };
    Ok(chosen.iter().map(points).collect())
}

/// The last sample in the range.
async fn last(client: &Client, labels: &Labels, range: TimeRange) -> Result<Points, Error> {
    let length_ms = range.len_ms();
    let expression = format!("last_over_time({}[{length_ms}ms])", exactly(labels));
    let result = client.query(&expression, range.end_ms).await?;
    let QueryResult::Vector(series) = result else {
        return Ok(Points::new());
    };
    Ok(series
        .first()
        .map(|series| (series.sample.time_ms, series.sample.value))
        .into_iter()
        .collect())
}

/// Matches this series, and those that have further labels.
fn exactly(labels: &Labels) -> Selector {
    let mut pairs = labels.iter();
    let Some((name, value)) = pairs.next() else {
        return Selector::everything();
    };
    let first = Selector::equal(&name.to_string_lossy(), value);
    pairs.fold(first, |selector, (name, value)| {
        selector.with_equal(&name.to_string_lossy(), value)
    })
}

/// Numbers that JSON does not have are written as text, or `null`.
fn number(value: &Value) -> f64 {
    match value {
        Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
        Value::String(text) => match text.as_str() {
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => f64::NAN,
        },
        _ => f64::NAN,
    }
}

/// As many points as a chart can show, the last one among them.
fn thinned(points: Points) -> Points {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    let skip = points.len().saturating_sub(1) % step;
    points.into_iter().skip(skip).step_by(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_point_stays_however_many_there_are() {
        for count in [0, 1, 119, 120, 121, 500, 10_000_i64] {
            let points: Points = (0..count).map(|time| (time, 0.0)).collect();
            let few = thinned(points.clone());
            assert!(few.len() <= MOST_POINTS, "{count}");
            assert_eq!(few.last(), points.last(), "{count}");
        }
    }
}
