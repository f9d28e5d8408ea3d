//! `/api/sample`: a few series as the bundle will have them.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use privacy::Rewriter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use vmapi::{Labels, RangeSeries};

use super::points::{Points, recent};
use super::spread::spread;
use crate::exporter::Exporter;
use crate::exporter::apart::apart;
use crate::exporter::export_request::Checked;
use crate::exporter::upstream;
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply, one_line};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Samples where the request names no number.
const USUAL: i64 = 10;

/// Samples at most.
const MOST: i64 = 200;

/// Of which export, and how many.
#[derive(Deserialize, ToSchema)]
pub(in crate::exporter) struct SampleBody {
    #[schema(value_type = crate::exporter::openapi::ExportConfigSchema)]
    config: Option<Box<RawValue>>,
    /// 10 if absent, 0 or less; 200 at most.
    limit: Option<i64>,
}

/// A few series.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Samples {
    count: usize,
    samples: Vec<Sample>,
    warnings: Vec<String>,
}

/// A series as the bundle will have it.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Sample {
    /// Metric name, `unknown` if there is none.
    name: String,
    /// Metric name, empty if there is none.
    metric_name: String,
    /// After dropping and replacing, `__name__` included.
    labels: BTreeMap<String, String>,
    /// A number, `"Infinity"`, `"-Infinity"`, or `null` for none.
    #[schema(value_type = Option<f64>)]
    value: Value,
    /// Unix milliseconds.
    timestamp: i64,
    /// Time and value of recent samples, for a small chart.
    #[schema(value_type = Vec<(i64, Option<f64>)>)]
    points: Vec<(i64, Value)>,
}

/// A few series as the export would rewrite them.
#[utoipa::path(
    post, path = "/api/sample", request_body = SampleBody,
    responses(
        (status = 200, body = Samples),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 408, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
    )
)]
pub(in crate::exporter) async fn sample(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Samples>, Problem> {
    let asked: SampleBody = body.parse()?;
    let config = asked
        .config
        .ok_or_else(|| Problem::bad_request("`config` is missing"))?;
    let limit = match asked.limit {
        Some(limit) if limit > 0 => limit.min(MOST),
        _ => USUAL,
    };
    let checked = Checked::new(config.get().as_bytes(), Timestamp::now())?;
    let work = move || samples(exporter, checked, limit as usize);
    let samples = upstream::within(LIMIT, apart(work)).await;
    samples.map(Reply).map_err(|problem| {
        if problem.status() == StatusCode::GATEWAY_TIMEOUT {
            // Scripts test for this one.
            problem.with_status(StatusCode::REQUEST_TIMEOUT)
        } else {
            problem
        }
    })
}

async fn samples(exporter: Exporter, checked: Checked, limit: usize) -> Result<Samples, Problem> {
    let client = upstream::client(&checked.config.connection)?;
    let listing = exporter.memory.listing(&client, &checked).await?;
    let preview = exporter.memory.preview(&exporter, &checked, &listing)?;
    let rewriter = &preview.rewriter;
    let chosen = spread(&listing.series, limit);
    let mut warnings = listing.warnings.clone();
    let points = match &listing.results {
        Some(results) => of_results(results, &chosen),
        None => {
            let recent = recent(&client, &chosen, checked.range)
                .await
                .map_err(|error| upstream::failed(&error))?;
            if let Some(error) = recent.failure {
                warnings.push(format!(
                    "recent samples could not be read: {}",
                    one_line(&error)
                ));
            }
            recent.points
        }
    };
    let samples: Vec<Sample> = chosen
        .iter()
        .zip(points)
        .map(|(labels, points)| one(labels, points, rewriter))
        .collect::<Result<_, _>>()
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, one_line(&error)))?;
    Ok(Samples {
        count: samples.len(),
        samples,
        warnings,
    })
}

fn of_results(results: &[RangeSeries], chosen: &[&Labels]) -> Vec<Points> {
    let points = |labels: &&Labels| {
        let found = results.iter().find(|series| series.labels == **labels);
        let samples = found.into_iter().flat_map(|series| &series.samples);
        samples
            .map(|sample| (sample.time_ms, sample.value))
            .collect()
    };
    chosen.iter().map(points).collect()
}

fn one(labels: &Labels, points: Points, rewriter: &Rewriter) -> Result<Sample, privacy::Error> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut shown = BTreeMap::new();
    for (name, value) in labels.iter() {
        if let Some(label) = rewriter.label(name.as_bytes(), value.as_bytes())? {
            shown.insert(text(label.name()), text(label.value()));
        }
    }
    let metric_name = shown.get("__name__").cloned().unwrap_or_default();
    // Markers of an ended series are no values.
    let valued = points.iter().rfind(|(_, value)| !value.is_nan());
    let (timestamp, value) = match valued.or(points.last()) {
        Some((time, value)) => (*time, spelt(*value)),
        None => (0, Value::Null),
    };
    Ok(Sample {
        name: if metric_name.is_empty() {
            "unknown".to_owned()
        } else {
            metric_name.clone()
        },
        metric_name,
        labels: shown,
        value,
        timestamp,
        points: points
            .into_iter()
            .map(|(time, value)| (time, spelt(value)))
            .collect(),
    })
}

/// JSON has no words for some numbers.
fn spelt(value: f64) -> Value {
    if value.is_infinite() {
        let word = if value > 0.0 { "Infinity" } else { "-Infinity" };
        return word.into();
    }
    Value::from(value)
}
