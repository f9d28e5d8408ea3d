//! `/api/preview`: what happens to each label of the selection.

use std::time::Duration;

use audit::Findings;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::exporter::Exporter;
use crate::exporter::apart::apart;
use crate::exporter::export_request::Checked;
use crate::exporter::upstream;
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// What happens to the labels of a selection.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Preview {
    /// By name.
    labels: Vec<LabelChange>,
    /// Series that were looked at.
    series: usize,
    /// Series that would become another one because labels are dropped.
    merged_series: u64,
    /// What the search for originals would stop the export at.
    findings: Vec<Finding>,
    warnings: Vec<String>,
}

/// Something that may be an original, in what would leave.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Finding {
    /// Where it stands, such as the name of a label.
    place: String,
    /// What it looks like.
    code: String,
    /// Distinct texts.
    texts: u64,
    /// A few of them.
    examples: Vec<String>,
}

/// What happens to one label.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct LabelChange {
    label: String,
    /// Its name in the bundle.
    clean_label: String,
    /// `replaced` if any of its values is, `kept` or `dropped`.
    action: &'static str,
    /// Distinct values.
    distinct: usize,
    /// Distinct values that are replaced.
    replaced: usize,
    /// Replaced ones first.
    examples: Vec<Change>,
}

/// One value and what becomes of it.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Change {
    before: String,
    /// `null` if the label is dropped.
    after: Option<String>,
}

/// Which labels of the selection will be replaced by what, and which stay.
#[utoipa::path(
    post, path = "/api/preview",
    request_body = crate::exporter::openapi::ExportConfigSchema,
    responses(
        (status = 200, body = Preview),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 404, body = crate::reply::ProblemBody),
        (status = 502, body = crate::reply::ProblemBody),
        (status = 504, body = crate::reply::ProblemBody),
    )
)]
pub(in crate::exporter) async fn preview(
    State(exporter): State<Exporter>,
    body: WholeBody,
) -> Result<Reply<Preview>, Problem> {
    let checked = Checked::new(&body.0, Timestamp::now())?;
    let work = move || async move {
        let client = upstream::client(&checked.config.connection)?;
        let listing = exporter.memory.listing(&client, &checked).await?;
        let preview = exporter.memory.preview(&exporter, &checked, &listing)?;
        Ok(Preview {
            labels: preview.labels.into_iter().map(LabelChange::from).collect(),
            merged_series: preview.merged_series,
            findings: preview.findings.as_ref().map(findings).unwrap_or_default(),
            series: listing.series.len(),
            warnings: listing.warnings.clone(),
        })
    };
    upstream::within(LIMIT, apart(work)).await.map(Reply)
}

impl From<gather::preview::LabelChange> for LabelChange {
    fn from(change: gather::preview::LabelChange) -> Self {
        let examples = change.examples.into_iter();
        Self {
            clean_label: change.clean_name,
            label: change.name,
            action: change.action.as_str(),
            distinct: change.values,
            replaced: change.replaced,
            examples: examples
                .map(|example| Change {
                    before: example.before,
                    after: example.after,
                })
                .collect(),
        }
    }
}

/// What the search for originals finds.
fn findings(found: &Findings) -> Vec<Finding> {
    found
        .hits()
        .map(|hit| Finding {
            place: hit.place().to_string(),
            code: hit.code().to_string(),
            texts: hit.texts(),
            examples: hit.examples().map(str::to_owned).collect(),
        })
        .collect()
}
