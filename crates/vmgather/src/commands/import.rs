//! `vmgather import`: from a bundle to samples in a target, or on with an interrupted import.

mod description;
mod dry_run;
mod interrupted;
mod options;
mod report;
mod session;
mod source;
mod span_text;
mod target;

use std::sync::Arc;
use std::time::{Duration, Instant};

use replay::{AnalysisRequest, Fit, ImportRequest, ResumeRequest, Source, Spool};
use vmapi::RetryPolicy;

pub(crate) use self::description::Description;
pub(crate) use self::report::{DoneLine, Imported};
use self::session::{Session, Stop, from_replay};
use self::target::KnownTarget;
use crate::cli::ImportArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folders;
use crate::progress::Wish;

/// How long samples may take to become visible before they count as missing.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(args: ImportArgs, debug: bool) -> Result<Exit, Failure> {
    options::refuse_contradictions(&args)?;
    let spool = Spool::new(folders::imports().map_err(|error| {
        Failure::failed("there is no folder for unfinished imports").because(error)
    })?);
    if let Some(id) = &args.discard {
        return interrupted::discard(&args, &spool, id.as_deref());
    }
    let wish = Wish {
        json: args.json,
        quiet: args.quiet,
        debug,
    };
    let session = Session::new(wish);
    match &args.resume {
        Some(id) => session.conduct(
            |session| {
                let chosen = interrupted::choose(&spool, id.as_deref())?;
                let importer = target::importer(&args)?;
                interrupted::refuse_other_target(&chosen, &importer)?;
                if !args.yes && !interrupted::agreed_to_continue(&chosen)? {
                    return Ok(None);
                }
                session.remember_target(importer.target(), args.tenant.as_deref());
                Ok(Some((chosen, importer)))
            },
            async |session, (chosen, importer)| {
                target::check(session, &importer).await?;
                let began = Instant::now();
                let request = ResumeRequest {
                    folder: chosen.folder.clone(),
                    importer,
                    retry: RetryPolicy::default(),
                    in_flight: args.concurrency.unwrap_or(1),
                };
                let outcome = replay::resume(request, session.events(), session.cancel()).await?;
                session.conclude(outcome, began, true)
            },
        ),
        None => session.conduct(
            |session| {
                let fit = options::fit(&args)?;
                let importer = target::importer(&args)?;
                session.remember_target(importer.target(), args.tenant.as_deref());
                let opened = source::open(args.bundle.as_deref())?;
                if let Some(source) = &opened
                    && !args.dry_run
                {
                    interrupted::refuse_halfway(session, &spool, source, &importer)?;
                }
                Ok(Some((fit, importer, opened)))
            },
            async |session, (fit, importer, opened)| {
                fresh(&args, session, spool.clone(), fit, importer, opened).await
            },
        ),
    }
}

/// Imports what was not imported before, or shows what that would do.
async fn fresh(
    args: &ImportArgs,
    session: &Session,
    spool: Spool,
    fit: Fit,
    importer: vmapi::Importer,
    opened: Option<Source>,
) -> Result<Exit, Stop> {
    let target = target::ask(session, &importer).await?;
    if let Err(error) = spool.sweep() {
        session.warning(&format!("what a crash left stays: {error}"));
    }
    let (source, copy) = match opened {
        Some(source) => (source, None),
        None => {
            let (source, copy) = source::copy_stdin(session, &spool).await?;
            (source, Some(copy))
        }
    };
    let is_piped = copy.is_some();
    for warning in source.warnings() {
        session.warning(warning);
    }
    let description = Description::new(&source, &target, &importer, &fit);
    if args.dry_run {
        let (source, analysis) = analyse(session, source, &fit, &target).await?;
        drop((source, copy));
        session.end();
        dry_run::show(&description, &analysis, args.json)?;
        return Ok(Exit::Done);
    }
    session.planned(&description);
    let source = if args.fail_on_skip {
        let (source, analysis) = analyse(session, source, &fit, &target).await?;
        options::refuse_skips(&analysis.tally)?;
        source
    } else {
        source
    };
    let began = Instant::now();
    let request = ImportRequest {
        source,
        copy,
        spool,
        importer,
        target: target.facts.clone(),
        fit,
        fail_on_skip: args.fail_on_skip,
        verify: (!args.no_verify).then_some(PATIENCE),
        retry: RetryPolicy::default(),
        in_flight: args.concurrency.unwrap_or(1),
    };
    let outcome = replay::import(request, session.events(), session.cancel()).await?;
    session.conclude(outcome, began, is_piped)
}

/// Reads a whole source as the import would.
async fn analyse(
    session: &Session,
    source: Source,
    fit: &Fit,
    target: &KnownTarget,
) -> Result<(Source, replay::Analysis), Stop> {
    let (fit, facts) = (fit.clone(), target.facts.clone());
    let (events, cancel) = (session.events(), session.cancel());
    let working = tokio::task::spawn_blocking(move || {
        // For lines that are too long for memory; goes with this value.
        let temporary = tempfile::tempdir()
            .map_err(|error| Failure::failed("cannot make a temporary folder").because(error))?;
        let request = AnalysisRequest {
            source: &source,
            temporary: temporary.path().to_owned(),
            fit: &fit,
            target: &facts,
            max_lines: None,
        };
        let analysis = replay::analyse(&request, &*events, &cancel)?;
        Ok((source, analysis))
    });
    working
        .await
        .unwrap_or_else(|_| Err(Failure::failed("the thread that reads ended early").into()))
}

impl From<replay::Error> for Stop {
    fn from(error: replay::Error) -> Self {
        match error {
            replay::Error::Cancelled => Self::Interrupted,
            error => Self::Refused(from_replay(&error)),
        }
    }
}

/// What receives the events of an import.
type Events = Arc<dyn replay::EventSink>;
