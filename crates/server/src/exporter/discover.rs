//! Which components and jobs there are.

use std::collections::BTreeMap;
use std::time::Duration;

use gather::discover::{self as discovery, FoundComponent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vmapi::Selector;

use super::apart::apart;
use super::{asked, upstream};
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply, one_line};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// What an installation consists of.
#[derive(Serialize, ToSchema)]
pub(super) struct Discovered {
    /// Sorted by name.
    #[schema(value_type = Vec<ComponentSchema>)]
    components: Vec<FoundComponent>,
    /// What to know about them.
    warnings: Vec<String>,
}

/// One component, in one tenant where several were read.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the JSON form of a type of another crate"
)]
struct ComponentSchema {
    /// `vmstorage`, `vmsingle`, ...; `unknown` if it cannot be told.
    component: String,
    /// `accountID:projectID`, if several tenants were read at once.
    tenant: Option<String>,
    /// Jobs in which it was seen during the range.
    jobs: Vec<String>,
    /// Distinct instances; -1 unknown.
    instance_count: i64,
    /// Series; -1 unknown.
    metrics_count_estimate: i64,
    /// Series by job.
    job_metrics: Option<BTreeMap<String, u64>>,
    /// Distinct instances by job.
    job_instances: BTreeMap<String, u64>,
}

/// The jobs behind a selector.
#[derive(Serialize, ToSchema)]
pub(super) struct SelectorDiscovered {
    /// Sorted by name.
    #[schema(value_type = Vec<SelectorJobSchema>)]
    jobs: Vec<discovery::SelectorJob>,
    /// What to know about them.
    warnings: Vec<String>,
}

/// What of a selector is in one job.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the JSON form of a type of another crate"
)]
struct SelectorJobSchema {
    /// The exact name.
    job: String,
    /// Distinct instances; -1 unknown.
    instance_count: i64,
    /// Matching series.
    metrics_count_estimate: i64,
}

#[derive(Deserialize)]
struct SelectorField {
    selector: Option<String>,
}

/// Components and jobs that were seen at any time of the range.
#[utoipa::path(
    post, path = "/api/discover",
    request_body = super::openapi::RangeBody,
    responses(
        (status = 200, body = Discovered),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn discover(body: WholeBody) -> Result<Reply<Discovered>, Problem> {
    let config = asked::config(&body.0)?;
    let range = asked::range(&config, Timestamp::now())?;
    let client = upstream::client(&config.connection)?;
    let work = move || async move {
        upstream::reach(&client).await?;
        let found = discovery::discover(&client, range).await;
        found.map_err(|error| upstream::not_discovered(&error))
    };
    let found = upstream::within(LIMIT, apart(work)).await?;
    Ok(Reply(Discovered {
        warnings: found.warnings.iter().map(ToString::to_string).collect(),
        components: found.components,
    }))
}

/// Jobs whose series match a selector at any time of the range.
#[utoipa::path(
    post, path = "/api/discover-selector",
    request_body = super::openapi::SelectorBody,
    responses(
        (status = 200, body = SelectorDiscovered),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 422, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn discover_selector(
    body: WholeBody,
) -> Result<Reply<SelectorDiscovered>, Problem> {
    let config = asked::config(&body.0)?;
    let text = body.parse::<SelectorField>()?.selector.unwrap_or_default();
    if text.trim().is_empty() {
        return Err(Problem::bad_request("`selector` is missing"));
    }
    let selector = Selector::parse_user(&text).map_err(|error| {
        Problem::bad_request(format!(
            "`selector` is not a selector: {}",
            one_line(&error)
        ))
        .hint(
            "a selector is a metric name, label filters in braces, or both: up{job=\"a\"}; \
             anything else is a MetricsQL query",
        )
    })?;
    let range = asked::range(&config, Timestamp::now())?;
    let client = upstream::client(&config.connection)?;
    let work = move || async move {
        upstream::reach(&client).await?;
        let found = discovery::discover_selector(&client, &selector, range).await;
        found.map_err(|error| upstream::not_discovered(&error))
    };
    let found = upstream::within(LIMIT, apart(work)).await?;
    let mut warnings = Vec::new();
    if found.series_without_job > 0 {
        warnings.push(format!(
            "{} matching series have no `job` label, so no choice of jobs reaches them",
            found.series_without_job
        ));
    }
    Ok(Reply(SelectorDiscovered {
        jobs: found.jobs,
        warnings,
    }))
}
