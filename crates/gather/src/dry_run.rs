//! What an export would do.

use bundle::{ExportId, Warning};
use jiff::Timestamp;

use crate::error::Error;
use crate::event::NoEvents;
use crate::export::{check, choose_transport, connect};
use crate::plan::Plan;
use crate::request::ExportRequest;
use crate::slice::Transport;
use crate::time_range::TimeRange;

/// The plan of an export that was not started.
#[derive(Clone, Debug)]
pub struct PlanSummary {
    /// How series would be fetched.
    pub transport: Transport,
    /// The requests, in order.
    pub requests: Vec<PlannedRequest>,
    /// What the metadata would warn about, as far as it is known before.
    pub warnings: Vec<Warning>,
    /// Labels on `up`, for a preview; empty where the series of the selection tell them.
    pub target_labels: Vec<String>,
}

/// One request of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRequest {
    /// Selectors, or the MetricsQL expression, as they would be sent.
    pub queries: Vec<String>,
    /// The span of time, both ends included.
    pub range: TimeRange,
}

/// Plans an export and leaves it at that: the server is asked what the plan needs, nothing is
/// written.
///
/// # Errors
///
/// As [`crate::export`] before it fetches.
pub async fn plan(request: &ExportRequest) -> Result<PlanSummary, Error> {
    let started = Timestamp::now();
    check(request, started.as_millisecond())?;
    let client = connect(&request.connection)?;
    let transport = choose_transport(request, &client, &NoEvents).await?;
    let id = ExportId::generate(started).map_err(|_| Error::Defect("no random numbers"))?;
    let plan = Plan::make(request, &client, &NoEvents, transport, id, started).await?;
    let requests = plan.slices.into_iter().map(|slice| PlannedRequest {
        queries: match slice.expression {
            Some(expression) => vec![expression],
            None => slice.selectors.iter().map(ToString::to_string).collect(),
        },
        range: slice.range,
    });
    Ok(PlanSummary {
        transport: plan.transport,
        requests: requests.collect(),
        warnings: plan.warnings,
        target_labels: plan.target_labels,
    })
}
