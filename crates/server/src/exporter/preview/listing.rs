//! All series of a selection, with what a preview must know besides.

use std::sync::Arc;

use axum::http::StatusCode;
use gather::{Selection, discover};
use vmapi::{Client, Labels, RangeSeries, Selector};

use crate::exporter::export_request::Checked;
use crate::exporter::upstream;
use crate::reply::Problem;

/// The series of a selection; never empty.
pub(super) struct Listing {
    pub(super) series: Vec<Labels>,
    /// Results of an expression, with a few values each.
    pub(super) results: Option<Vec<RangeSeries>>,
    /// Labels on `up`, which identify targets; empty where the series tell them.
    pub(super) target_labels: Vec<String>,
    /// Why the preview may differ from the export, for a person.
    pub(super) warnings: Vec<String>,
}

impl Listing {
    /// Asks the source.
    pub(super) async fn ask(client: &Client, checked: &Checked) -> Result<Arc<Self>, Problem> {
        let mut warnings = Vec::new();
        let mut selection = checked.selection.clone();
        if !checked.components.is_empty() {
            let found = jobs(client, checked, &mut warnings).await?;
            if let Selection::Jobs(jobs) = &mut selection {
                jobs.extend(found);
            }
        }
        let found = gather::preview::list(client, &selection, checked.range)
            .await
            .map_err(|error| failed(&error))?;
        if found.series.is_empty() {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                "no series match the selection in the time range",
            )
            .code("no_series")
            .hint("choose another time range or selection"));
        }
        if found.is_incomplete {
            warnings.push(
                "there are too many series to look at, so the preview is not complete".to_owned(),
            );
        }
        if found.is_end_only {
            warnings.push(
                "the query was evaluated at the end of the range only, so series that ended \
                 earlier are missing in the preview"
                    .to_owned(),
            );
        }
        Ok(Arc::new(Self {
            target_labels: target_labels(client, checked).await?,
            series: found.series,
            results: found.results,
            warnings,
        }))
    }
}

async fn jobs(
    client: &Client,
    checked: &Checked,
    warnings: &mut Vec<String>,
) -> Result<Vec<String>, Problem> {
    upstream::reach(client).await?;
    let found = discover::jobs_of_components(client, &checked.components, checked.range)
        .await
        .map_err(|error| upstream::not_discovered(&error))?;
    for missing in &found.missing {
        warnings.push(format!(
            "the component `{missing}` was not seen in the time range"
        ));
    }
    Ok(found.jobs)
}

/// Whole jobs bring their own `up` along; elsewhere the source is asked, as the export does.
async fn target_labels(client: &Client, checked: &Checked) -> Result<Vec<String>, Problem> {
    let has_up = matches!(
        checked.selection,
        Selection::Everything | Selection::Jobs(_)
    );
    if has_up || checked.rules.is_off() {
        return Ok(Vec::new());
    }
    let up = [Selector::equal("__name__", "up")];
    let (start_ms, end_ms) = (checked.range.start_ms, checked.range.end_ms);
    match client.label_names(&up, start_ms, end_ms).await {
        Ok(names) => Ok(names
            .iter()
            .map(ToString::to_string)
            .filter(|name| name != "__name__")
            .collect()),
        // Some gateways route no lists; the labels known by their names are covered all the same.
        Err(error) if !error.is_retryable() && !error.is_unauthorized() => Ok(Vec::new()),
        Err(error) => Err(upstream::failed(&error)),
    }
}

fn failed(error: &gather::Error) -> Problem {
    match error {
        gather::Error::Plan(source) if upstream::is_rejection(source) => {
            Problem::of(StatusCode::BAD_REQUEST, source)
                .code("bad_query")
                .maybe_hint(source.hint())
        }
        gather::Error::Plan(source) => upstream::failed(source),
        error => Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error).maybe_hint(error.hint()),
    }
}
