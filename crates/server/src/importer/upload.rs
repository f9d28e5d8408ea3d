//! Taking a bundle and importing it.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use replay::{Source, Spool, SpooledFile};
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::ImportServer;
use super::failure;
use super::form::{self, FormReader};
use super::jobs::{Facts, Job, NewImport, Status, job_id};
use super::pieces::Pieces;
use super::summary::Summary;
use crate::reply::{Problem, Reply};

/// An import that begins.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    job_id: String,
    /// Where the job tells how it goes, as server-sent events.
    events_url: String,
    job: Status,
}

/// Takes a bundle and imports it in the background.
#[utoipa::path(
    post, path = "/api/upload",
    request_body(content = super::openapi::UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, body = Accepted),
        (status = 400, body = crate::reply::ProblemBody),
        (status = 408, body = crate::reply::ProblemBody),
        (status = 413, body = crate::reply::ProblemBody),
        (status = 429, body = crate::reply::ProblemBody),
        (status = 507, body = crate::reply::ProblemBody),
    )
)]
pub(super) async fn upload(State(importer): State<ImportServer>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let pieces = Pieces::new(body);
    match accept(&importer, &head, pieces.clone()).await {
        Ok(accepted) => Reply(accepted).into_response(),
        Err(problem) => pieces.refuse(problem),
    }
}

async fn accept(
    importer: &ImportServer,
    head: &Parts,
    pieces: Pieces,
) -> Result<Accepted, Problem> {
    let boundary = form::boundary(&head.headers, &importer.options)?;
    let place = importer.jobs.place()?;
    let options = importer.options.clone();
    let form = FormReader::new(options, head, boundary, pieces, true);
    let form = form.read().await?;
    let (source, copy) = open(form.copy, form.name).await?;
    let destination = form.destination;
    let reach = destination.config.reach.clone();
    let folder = copy.path().parent().map(std::path::Path::to_owned);
    let kept = reach.clone();
    let written = spawn_blocking(move || match folder {
        Some(folder) => kept.write(&folder),
        None => Ok(()),
    });
    written
        .await
        .map_err(|_| failure::ended_early())?
        .map_err(|error| failure::no_space(&format!("cannot write to the disk: {error}")))?;
    importer.profiles.remember(&destination.config).await;
    let importing = destination.importer()?.clone();
    let target = importing.target();
    let facts = Facts {
        name: source.name().to_owned(),
        import_url: target.import_url().to_string(),
        query_url: target.query_url().to_string(),
        reach,
        export_id: export_id(&source),
    };
    let id = job_id(&copy.import_id());
    let warnings = source.warnings().to_vec();
    let job = Job::new(
        id,
        facts,
        Summary::of_source(&source),
        copy.path(),
        warnings,
    );
    let shows_paths = importer.options.loopback;
    // What it is once it runs is the next thing that the caller hears.
    let queued = Status::of(&job, shows_paths);
    let work = NewImport {
        destination,
        importer: importing,
        source,
        copy,
        spool: Spool::new(importer.options.spool.clone()),
    };
    let job = importer.jobs.start(job, work, place);
    Ok(Accepted {
        job_id: job.id.clone(),
        events_url: queued.events_url.clone(),
        job: queued,
    })
}

/// Opens a copy; one that holds no series goes at once.
pub(super) async fn open(
    copy: SpooledFile,
    name: String,
) -> Result<(Source, SpooledFile), Problem> {
    let opened = spawn_blocking(move || {
        let source = Source::open(&copy.path(), &name)?;
        Ok::<_, replay::Error>((source, copy))
    });
    opened
        .await
        .map_err(|_| failure::ended_early())?
        .map_err(|error| failure::of(&error))
}

/// The id of the export that made a bundle.
pub(super) fn export_id(source: &Source) -> Option<String> {
    const LONGEST: usize = 200;
    let id = &source.metadata()?.export_id;
    let id: String = id
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    (!id.is_empty()).then_some(id)
}
