//! `/api/preview`: what happens to each label of the selection.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use privacy::Rewriter;
use serde::Serialize;
use utoipa::ToSchema;
use vmapi::Labels;

use crate::exporter::Exporter;
use crate::exporter::apart::apart;
use crate::exporter::export_request::Checked;
use crate::exporter::upstream;
use crate::json_body::WholeBody;
use crate::reply::{Problem, Reply, one_line};

/// The whole answer takes no longer.
const LIMIT: Duration = Duration::from_secs(30);

/// Examples of a label.
const EXAMPLES: usize = 5;

/// What happens to the labels of a selection.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct Preview {
    /// By name.
    labels: Vec<LabelChange>,
    /// Series that were looked at.
    series: usize,
    warnings: Vec<String>,
}

/// What happens to one label.
#[derive(Serialize, ToSchema)]
pub(in crate::exporter) struct LabelChange {
    label: String,
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
        let rewriter = exporter.memory.rewriter(&exporter, &checked, &listing)?;
        let labels = changes(&listing.series, &rewriter)
            .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, one_line(&error)))?;
        Ok(Preview {
            labels,
            series: listing.series.len(),
            warnings: listing.warnings.clone(),
        })
    };
    upstream::within(LIMIT, apart(work)).await.map(Reply)
}

fn changes(series: &[Labels], rewriter: &Rewriter) -> Result<Vec<LabelChange>, privacy::Error> {
    let mut values: BTreeMap<&[u8], BTreeSet<&[u8]>> = BTreeMap::new();
    for (name, value) in series.iter().flat_map(Labels::iter) {
        values
            .entry(name.as_bytes())
            .or_default()
            .insert(value.as_bytes());
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut all = Vec::new();
    for (name, values) in values {
        let mut replaced = Vec::new();
        let mut kept = Vec::new();
        let mut counts = (0, 0);
        for value in &values {
            let clean = rewriter.label(name, value)?;
            let changed = match &clean {
                None => true,
                Some(label) => label.value() != *value || label.name() != name,
            };
            counts.0 += usize::from(clean.is_none());
            counts.1 += usize::from(changed);
            let list = if changed { &mut replaced } else { &mut kept };
            if list.len() < EXAMPLES {
                list.push(Change {
                    before: text(value),
                    after: clean.map(|label| text(label.value())),
                });
            }
        }
        replaced.extend(kept);
        replaced.truncate(EXAMPLES);
        let (dropped, changed) = counts;
        all.push(LabelChange {
            label: text(name),
            action: match () {
                () if dropped > 0 => "dropped",
                () if changed > 0 => "replaced",
                () => "kept",
            },
            distinct: values.len(),
            replaced: changed - dropped,
            examples: replaced,
        });
    }
    Ok(all)
}
