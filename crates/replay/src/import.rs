//! An import from its source to the comparison at its end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bundle::staging::StagingFolder;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use vmapi::{ImportFormat, Importer, RetryPolicy, Target};
use vmformat::native::StreamHeader;

use crate::check;
use crate::claim::Claim;
use crate::error::Error;
use crate::event::EventSink;
use crate::fit::{Fit, FitPlan, TargetFacts};
use crate::journal::ImportPlan;
use crate::place::Place;
use crate::report::Report;
use crate::run::{Run, clear};
use crate::source::{Format, Source};
use crate::spool::{Spool, SpooledFile};

/// What to import where and how.
#[derive(Debug)]
pub struct ImportRequest {
    /// What to import.
    pub source: Source,
    /// The private copy that `source` reads, if it is one; it goes when the import is complete.
    pub copy: Option<SpooledFile>,
    /// Where unfinished imports lie.
    pub spool: Spool,
    /// Where to import.
    pub importer: Importer,
    /// What is known of the target.
    pub target: TargetFacts,
    /// What to do to the data, [checked](Fit::checked).
    pub fit: Fit,
    /// Stop at the first line that cannot be used.
    pub fail_on_skip: bool,
    /// Compare afterwards, and wait this long for samples to become visible; `None` for not at all.
    pub verify: Option<Duration>,
    /// How patient to be with the target.
    pub retry: RetryPolicy,
    /// Requests in flight, at least 1. As many chunks may arrive a second time after a crash.
    pub in_flight: usize,
}

/// Which interrupted import to go on with.
#[derive(Debug)]
pub struct ResumeRequest {
    /// Its folder.
    pub folder: PathBuf,
    /// Where to import: the same target as before, with credentials, which are never kept.
    pub importer: Importer,
    /// How patient to be with the target.
    pub retry: RetryPolicy,
    /// Requests in flight, at least 1.
    pub in_flight: usize,
}

/// How an import ended, and what it did until then.
#[derive(Debug)]
pub struct Outcome {
    /// What was read and sent.
    pub report: Report,
    /// How it ended.
    pub ending: Ending,
    /// The folder by which it can be resumed; `None` if there is nothing to go on with.
    pub resumable: Option<PathBuf>,
}

/// How an import ended.
#[derive(Debug)]
pub enum Ending {
    /// The target acknowledged everything.
    Complete,
    /// The caller cancelled.
    Cancelled,
    /// Something went wrong.
    Failed(Error),
}

/// Imports a source.
///
/// # Errors
///
/// What is found before the first request: an unusable source, options that do not fit it, a folder
/// that cannot be used. Later failures are an [`Ending`].
pub async fn import(
    request: ImportRequest,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> Result<Outcome, Error> {
    let ImportRequest {
        source,
        copy,
        spool,
        importer,
        target,
        fit,
        fail_on_skip,
        verify,
        retry,
        in_flight,
    } = request;
    let now_ms = Timestamp::now().as_millisecond();
    let source = Arc::new(source);
    let folder = match copy.and_then(SpooledFile::into_folder) {
        Some(folder) => folder,
        // Nobody else imports a private copy.
        None => claimed_folder(spool, &source, importer.target()).await?,
    };
    let target = match source.format() {
        Format::Native => takes_blocks(&importer, target).await,
        Format::Lines => target,
    };
    let before = Before {
        source: source.clone(),
        fit: fit.clone(),
        target: target.clone(),
        now_ms,
        folder: folder.path().to_owned(),
        events: events.clone(),
        cancel: cancel.clone(),
    };
    let prepared = tokio::task::spawn_blocking(move || before.prepare())
        .await
        .unwrap_or(Err(Error::Defect(
            "the thread that reads the source ended early",
        )));
    let plan = match prepared {
        Ok(plan) => plan,
        Err(error) => {
            clear(folder);
            return Err(error);
        }
    };
    let import_id = folder
        .path()
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let plan = ImportPlan::new(
        import_id,
        now_ms,
        &source,
        importer.target(),
        plan,
        target.dedup_ms,
        fail_on_skip,
        verify,
    );
    if let Err(error) = plan.write(&folder) {
        clear(folder);
        return Err(error.into());
    }
    let run = Run {
        plan,
        source,
        folder,
        importer,
        retry,
        in_flight,
        events,
        cancel,
    };
    run.run().await
}

/// Goes on with an interrupted import: reads the source again, proves that it is the same, and sends
/// what was not acknowledged.
///
/// # Errors
///
/// There is no such import, somebody works on it, its source is gone, or the target is another one.
pub async fn resume(
    request: ResumeRequest,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> Result<Outcome, Error> {
    let folder = StagingFolder::open(&request.folder)?;
    let Some(plan) = ImportPlan::read(folder.path())? else {
        let folder = request.folder.display();
        return Err(Error::NothingToResume(format!(
            "there is no interrupted import in `{folder}`"
        )));
    };
    let is = Place::of(request.importer.target());
    if is != plan.place {
        return Err(Error::OtherTarget {
            was: plan.place.to_string(),
            is: is.to_string(),
        });
    }
    let source = Arc::new(Source::open(&plan.path, &plan.name)?);
    for (same, what) in [
        (source.file_bytes() == plan.file_bytes, "its size"),
        (
            source.modified_ms() == plan.modified_ms,
            "the time it was written",
        ),
    ] {
        if !same {
            return Err(Error::SourceChanged {
                name: plan.name,
                what: what.to_owned(),
            });
        }
    }
    let proving = (source.clone(), events.clone(), cancel.clone());
    tokio::task::spawn_blocking(move || {
        let (source, events, cancel) = proving;
        check::prove(&source, &*events, &cancel)
    })
    .await
    .unwrap_or(Err(Error::Defect(
        "the thread that reads the source ended early",
    )))?;
    let run = Run {
        plan,
        source,
        folder,
        importer: request.importer,
        retry: request.retry,
        in_flight: request.in_flight,
        events,
        cancel,
    };
    run.run().await
}

/// Makes the folder of an import unless another one is about the same file and target.
async fn claimed_folder(
    spool: Spool,
    source: &Arc<Source>,
    target: &Target,
) -> Result<StagingFolder, Error> {
    let claim = Claim::of(source, target);
    let source = source.clone();
    let claiming = move || {
        let folder = spool.folder()?;
        match claim.stake(spool.root(), &folder, source.name()) {
            Ok(()) => Ok(folder),
            Err(error) => {
                clear(folder);
                Err(error)
            }
        }
    };
    tokio::task::spawn_blocking(claiming)
        .await
        .unwrap_or(Err(Error::Defect(
            "the thread that claims the source ended early",
        )))
}

/// Asks a target with a stream of no blocks whether it takes blocks; gateways may have no route.
async fn takes_blocks(importer: &Importer, target: TargetFacts) -> TargetFacts {
    if target.native_layout.is_none() {
        return target;
    }
    let mut stream = Vec::with_capacity(StreamHeader::BYTES);
    StreamHeader {
        start_ms: 0,
        end_ms: 0,
    }
    .write(&mut stream);
    match importer
        .import(ImportFormat::Native, stream.into(), false)
        .await
    {
        Err(error) if error.is_not_routed() => TargetFacts {
            native_layout: None,
            ..target
        },
        // What else is wrong shows with the first chunk.
        _ => target,
    }
}

/// What is done before anything is sent.
struct Before {
    source: Arc<Source>,
    fit: Fit,
    target: TargetFacts,
    now_ms: i64,
    folder: PathBuf,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
}

impl Before {
    fn prepare(&self) -> Result<FitPlan, Error> {
        let Self { source, events, .. } = self;
        let written = if self.fit.needs_range() {
            let tally = check::survey(source, &self.folder, None, &**events, &self.cancel)?;
            if tally.good_lines == 0 {
                return Err(Error::NothingUsable {
                    name: source.name().to_owned(),
                    tally: Box::new(tally),
                });
            }
            tally.written
        } else {
            check::prove(source, &**events, &self.cancel)?;
            None
        };
        Ok(self
            .fit
            .resolve(written, &self.target, source.format(), self.now_ms)?)
    }
}
