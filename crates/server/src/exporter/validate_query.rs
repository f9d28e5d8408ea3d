//! Whether a query can be exported, and what it matches.

use std::collections::BTreeSet;
use std::time::Duration;

use gather::TimeRange;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use vmapi::{Client, Labels, QueryResult, Selector};

use super::{asked, upstream};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(10);

/// Series that are looked at for their labels.
const LOOKED_AT: usize = 200;

/// What a query matches.
#[derive(Serialize, ToSchema)]
pub(super) struct QueryValidated {
    /// Always `true`.
    success: bool,
    /// Always `true`.
    valid: bool,
    /// `selector` or `metricsql`.
    query_type: &'static str,
    /// Series matched or returned.
    result_count: u64,
    /// Some result has a `job` label.
    has_job: bool,
    /// Some result has an `instance` label.
    has_instance: bool,
    /// Label names of one result, sorted.
    sample_labels: Vec<String>,
}

/// Tries a selector or MetricsQL expression.
#[utoipa::path(
    post, path = "/api/validate-query",
    request_body = super::openapi::QueryBody,
    responses(
        (status = 200, body = QueryValidated),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn validate_query(body: WholeBody) -> Result<Reply<QueryValidated>, Problem> {
    let config = asked::config(&body.0)?;
    let query = config.query.trim();
    if query.is_empty() {
        return Err(Problem::bad_request("`query` is missing"));
    }
    let range = asked::range(&config, Timestamp::now())?;
    let client = upstream::client(&config.connection)?;
    let rejected = |error: &vmapi::Error| {
        if upstream::is_rejection(error) {
            Problem::of(axum::http::StatusCode::BAD_REQUEST, error)
                .code("bad_query")
                .maybe_hint(error.hint())
        } else {
            upstream::failed(error)
        }
    };
    let work = async {
        let found = match Selector::parse_user(query) {
            Ok(selector) => of_selector(&client, &selector, range).await,
            Err(_) => of_expression(&client, query, range).await,
        };
        found.map_err(|error| rejected(&error))
    };
    upstream::within(LIMIT, work).await.map(Reply)
}

async fn of_selector(
    client: &Client,
    selector: &Selector,
    range: TimeRange,
) -> Result<QueryValidated, vmapi::Error> {
    let TimeRange { start_ms, end_ms } = range;
    let count = client.count_series(selector, start_ms, end_ms).await?;
    let series = if count == 0 {
        Vec::new()
    } else {
        let matches = std::slice::from_ref(selector);
        client.series(matches, start_ms, end_ms, LOOKED_AT).await?
    };
    Ok(found("selector", count, &series.iter().collect::<Vec<_>>()))
}

async fn of_expression(
    client: &Client,
    expression: &str,
    range: TimeRange,
) -> Result<QueryValidated, vmapi::Error> {
    let result = client.query(expression, range.end_ms).await?;
    let series: Vec<&Labels> = match &result {
        QueryResult::Vector(series) => series.iter().map(|series| &series.labels).collect(),
        QueryResult::Matrix(series) => series.iter().map(|series| &series.labels).collect(),
        QueryResult::Scalar(_) | QueryResult::String(_) => Vec::new(),
    };
    Ok(found("metricsql", result.series_count() as u64, &series))
}

fn found(query_type: &'static str, result_count: u64, series: &[&Labels]) -> QueryValidated {
    let has = |label: &str| series.iter().any(|labels| labels.get(label).is_some());
    let names: BTreeSet<String> = series
        .first()
        .into_iter()
        .flat_map(|labels| labels.iter())
        .map(|(name, _)| name.to_string_lossy().into_owned())
        .collect();
    QueryValidated {
        success: true,
        valid: true,
        query_type,
        result_count,
        has_job: has("job"),
        has_instance: has("instance"),
        sample_labels: names.into_iter().collect(),
    }
}
