//! Looking at a bundle and at what its target would do with it.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use replay::{Analysis, AnalysisRequest, NoEvents, PROTECTED_LABELS};
use serde::Serialize;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::ImportServer;
use super::analysis_warnings::{Seen, warnings};
use super::failure;
use super::form::{self, FormReader};
use super::pieces::Pieces;
use super::summary::Summary;
use super::upload::{export_id, open};
use crate::reply::{Problem, Reply};

/// Lines that are looked at unless all are asked for.
const SAMPLE_LINES: u64 = 2_000;

/// What is in a bundle and what would become of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Analyzed {
    summary: Summary,
    /// `sample` or `full`.
    analysis_mode: &'static str,
    /// Unix ms; 0 if nothing is known or nothing would be dropped.
    retention_cutoff: i64,
    /// The shift in ms that brings the first sample into the retention; 0 if it is there.
    suggested_shift_ms: i64,
    /// In force; 0 is unknown.
    max_labels_limit: u32,
    /// Read from the target; 0 is unknown.
    detected_max_labels_limit: u32,
    /// `metrics`, `manual` or `unknown`.
    max_labels_source: &'static str,
    protected_labels: [&'static str; 3],
    warnings: Vec<String>,
    /// Unix ms of the first sample, before shift and cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_timestamp_ms: Option<i64>,
    /// Unix ms of the last sample, before shift and cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_timestamp_ms: Option<i64>,
    /// What the timestamps count: `ms`, `s`, `us` or `ns`.
    timestamp_unit: &'static str,
    /// How the data are packed: `bundle`, `plain`, `gzip` or `zstd`.
    source_kind: &'static str,
    /// What they are: `jsonl` or `native`.
    source_format: &'static str,
    /// Id of the export that made the bundle.
    #[serde(skip_serializing_if = "Option::is_none")]
    export_id: Option<String>,
}

/// Looks at a bundle; nothing is sent to the target.
#[utoipa::path(
    post, path = "/api/analyze",
    request_body(content = super::openapi::AnalysisForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Analyzed),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 408, body = crate::reply::ProblemBody),
        (status = 413, body = crate::reply::ProblemBody),
        (status = 422, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
        (status = 507, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn analyze(State(importer): State<ImportServer>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let pieces = Pieces::new(body);
    match look(&importer, &head, pieces.clone()).await {
        Ok(analyzed) => Reply(analyzed).into_response(),
        Err(problem) => pieces.refuse(problem),
    }
}

async fn look(importer: &ImportServer, head: &Parts, pieces: Pieces) -> Result<Analyzed, Problem> {
    let boundary = form::boundary(&head.headers, &importer.options)?;
    let _place = importer.analysis_place()?;
    let options = importer.options.clone();
    let form = FormReader::new(options, head, boundary, pieces, false);
    let form = form.read().await?;
    let (source, copy) = open(form.copy, form.name).await?;
    let mut destination = form.destination;
    if destination.importer().is_ok() {
        importer.profiles.remember(&destination.config).await;
    }
    let limits = destination.limits().await;
    let facts = destination.facts(&limits);
    let fit = destination.config.fit.clone();
    let max_lines = (!form.full_collection).then_some(SAMPLE_LINES);
    let cancel = CancellationToken::new();
    // Dropped with this request when the client leaves.
    let _leaving = cancel.clone().drop_guard();
    let looking = {
        let facts = facts.clone();
        spawn_blocking(move || {
            let path = copy.path();
            let request = AnalysisRequest {
                source: &source,
                temporary: path.parent().unwrap_or(&path).to_owned(),
                fit: &fit,
                target: &facts,
                max_lines,
            };
            let analysis = replay::analyse(&request, &NoEvents, &cancel);
            drop(copy);
            analysis.map(|analysis| (source, analysis))
        })
    };
    let (source, analysis) = looking
        .await
        .map_err(|_| failure::ended_early())?
        .map_err(|error| failure::of(&error))?;
    if analysis.tally.good_lines == 0 {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            no_usable_line(source.name(), &analysis),
        )
        .code("no_usable_line"));
    }
    let mut summary = Summary::of_source(&source);
    summary.set_analysis(&analysis, max_lines.unwrap_or_default());
    summary.set_label_limit(facts.max_labels.unwrap_or_default().into());
    let seen = Seen {
        source: &source,
        analysis: &analysis,
        limits: &limits,
        facts: &facts,
        max_lines,
    };
    let retention_cutoff = analysis.oldest_ms.unwrap_or_default();
    let is_cut = retention_cutoff > 0;
    Ok(Analyzed {
        warnings: warnings(&seen),
        summary,
        analysis_mode: if form.full_collection {
            "full"
        } else {
            "sample"
        },
        retention_cutoff,
        suggested_shift_ms: analysis
            .suggested_shift_ms
            .filter(|_| is_cut)
            .unwrap_or_default(),
        max_labels_limit: facts.max_labels.unwrap_or_default(),
        detected_max_labels_limit: limits.max_labels.unwrap_or_default(),
        max_labels_source: match (destination.config.max_labels, limits.max_labels) {
            (Some(_), _) => "manual",
            (None, Some(_)) => "metrics",
            (None, None) => "unknown",
        },
        protected_labels: PROTECTED_LABELS,
        first_timestamp_ms: analysis.tally.unfitted_ms.map(|(first, _)| first),
        last_timestamp_ms: analysis.tally.unfitted_ms.map(|(_, last)| last),
        timestamp_unit: analysis.unit.name(),
        source_kind: source.kind().name(),
        source_format: source.format().name(),
        export_id: export_id(&source),
    })
}

fn no_usable_line(name: &str, analysis: &Analysis) -> String {
    let why = failure::skipped(&analysis.tally).join("; ");
    if why.is_empty() {
        format!("`{name}` holds no line")
    } else {
        format!("`{name}` holds no line that can be used: {why}")
    }
}
