//! What an export would weigh, before it is started.

use std::time::Duration;

use gather::Selection;
use gather::discover::{self, Estimate};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::apart::apart;
use super::export_request::Checked;
use super::upstream;
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// How large an export is likely to be: a guess for people, not a promise.
#[derive(Serialize, ToSchema)]
pub(super) struct Estimated {
    #[serde(flatten)]
    #[schema(value_type = EstimateSchema)]
    estimate: Estimate,
    warnings: Vec<String>,
}

/// Numbers are `null` where they are unknown.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the JSON form of a type of another crate"
)]
struct EstimateSchema {
    series: Option<u64>,
    samples: Option<u64>,
    /// Bytes of a bundle of JSON lines.
    bundle_bytes: Option<u64>,
    /// The same.
    bundle_bytes_jsonl: Option<u64>,
    /// Bytes of a bundle of native blocks.
    bundle_bytes_native: Option<u64>,
    /// Bytes of the JSON lines in it.
    json_lines_bytes: Option<u64>,
    /// Bytes that the source sends by the native transport.
    native_bytes: Option<u64>,
    /// Seconds from the first request to the sealed bundle.
    seconds: Option<f64>,
    /// `scrape_counts`, `last_minutes` or `nothing`.
    basis: String,
}

/// Size and time of an export before it is started.
#[utoipa::path(
    post, path = "/api/estimate",
    request_body = super::openapi::ExportConfigSchema,
    responses(
        (status = 200, body = Estimated),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn estimate(body: WholeBody) -> Result<Reply<Estimated>, Problem> {
    let Checked {
        config,
        range,
        mut selection,
        components,
        ..
    } = Checked::new(&body.0, Timestamp::now())?;
    let client = upstream::client(&config.connection)?;
    let work = move || async move {
        upstream::reach(&client).await?;
        let failed = |error: &discover::DiscoverError| upstream::not_discovered(error);
        let mut warnings = Vec::new();
        if !components.is_empty() {
            let found = discover::jobs_of_components(&client, &components, range)
                .await
                .map_err(|error| failed(&error))?;
            for missing in &found.missing {
                warnings.push(format!(
                    "the component `{missing}` was not seen in the time range"
                ));
            }
            if let Selection::Jobs(jobs) = &mut selection {
                jobs.extend(found.jobs);
            }
        }
        let estimate = discover::estimate(&client, &selection, range)
            .await
            .map_err(|error| failed(&error))?;
        Ok(Estimated { estimate, warnings })
    };
    upstream::within(LIMIT, apart(work)).await.map(Reply)
}
