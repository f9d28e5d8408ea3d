//! An import from its source to the comparison at its end.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bundle::staging::StagingFolder;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vmapi::{ImportFormat, Importer, RetryPolicy, RowCounters};
use vmformat::native::StreamHeader;

use crate::check;
use crate::error::Error;
use crate::event::{Event, EventSink, Sent};
use crate::fit::{Fit, FitPlan, TargetFacts};
use crate::fitter::Fitter;
use crate::journal::{ImportPlan, open_journal};
use crate::pipeline::Reading;
use crate::send::Sender;
use crate::series_table::SeriesTable;
use crate::source::{Format, Position, Source};
use crate::spool::{Spool, SpooledFile};
use crate::tally::Tally;
use crate::verify::{Verification, Verifier};

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

/// What an import did.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its id.
    pub import_id: String,
    /// What became of lines and samples in acknowledged chunks, over all runs.
    pub tally: Tally,
    /// Distinct series in the source.
    pub series: u64,
    /// Distinct series with more labels than the target takes.
    pub over_limit_series: u64,
    /// Distinct series that share the labels they are sent with.
    pub merged_series: u64,
    /// There were more series than are told apart: counts of series are lower bounds.
    pub capped: bool,
    /// What the target acknowledged, over all runs.
    pub sent: Sent,
    /// Bytes of request bodies of this run, compressed where they were.
    pub wire_bytes: u64,
    /// By how much timestamps were moved, in ms.
    pub shift_ms: i64,
    /// Samples before this Unix time in ms were not sent.
    pub oldest_ms: Option<i64>,
    /// What the target counted meanwhile, of others too, if it tells.
    pub counted: Option<RowCounters>,
    /// The comparison; `None` if there was none.
    pub verification: Option<Verification>,
    /// What a person should know.
    pub warnings: Vec<String>,
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
    let target = match source.format() {
        Format::Native => takes_blocks(&importer, target).await?,
        Format::Lines => target,
    };
    let folder = match copy {
        Some(copy) => copy.into_folder().map_or_else(|| spool.folder(), Ok)?,
        None => spool.folder()?,
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
    let target = request.importer.target();
    let named = |url: &str, tenant: Option<String>| match tenant {
        Some(tenant) => format!("{url} (tenant {tenant})"),
        None => url.to_owned(),
    };
    let tenant = target.tenant().map(|tenant| tenant.to_string());
    let is = named(&target.to_string(), tenant);
    let was = named(&plan.target, plan.tenant.clone());
    if is != was {
        return Err(Error::OtherTarget { was, is });
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

/// Asks a target with a stream of no blocks whether it takes blocks; gateways may have no route.
async fn takes_blocks(importer: &Importer, target: TargetFacts) -> Result<TargetFacts, Error> {
    if target.native_layout.is_none() {
        return Ok(target);
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
        Err(error) if error.is_not_routed() => Ok(TargetFacts {
            native_layout: None,
            ..target
        }),
        // What else is wrong shows with the first chunk.
        _ => Ok(target),
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

/// A planned import and everything it needs.
struct Run {
    plan: ImportPlan,
    source: Arc<Source>,
    folder: StagingFolder,
    importer: Importer,
    retry: RetryPolicy,
    in_flight: usize,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
}

impl Run {
    async fn run(self) -> Result<Outcome, Error> {
        let (journal, acknowledged) = open_journal(&self.folder)?;
        let sent = Sent {
            chunks: acknowledged.len() as u64,
            samples: acknowledged.iter().map(|chunk| chunk.samples).sum(),
            bytes: acknowledged.iter().map(|chunk| chunk.bytes).sum(),
            done: acknowledged
                .iter()
                .map(|chunk| chunk.position)
                .max()
                .unwrap_or(0),
            total: self.source.total(),
        };
        self.events.event(&Event::Started {
            import_id: self.plan.import_id.clone(),
            sent,
        });
        let counted_before = self.importer.row_counters().await;
        let table = Arc::new(Mutex::new(SeriesTable::default()));
        // One chunk waits while one is sent.
        let (chunks, received) = mpsc::channel(1);
        let maker = self.maker(table.clone(), chunks);
        let making = tokio::task::spawn_blocking(move || maker.make());
        let mut sender = Sender {
            importer: &self.importer,
            journal,
            earlier: acknowledged
                .iter()
                .map(|chunk| (chunk.chunk, *chunk))
                .collect(),
            source_name: self.source.name(),
            retry: self.retry,
            in_flight: self.in_flight.max(1),
            events: &self.events,
            cancel: &self.cancel,
            sent,
            tally: Tally::default(),
            wire_bytes: 0,
        };
        let sending = sender.run(received).await;
        let making = making.await.unwrap_or(Err(Error::Defect(
            "the thread that makes chunks ended early",
        )));

        let Sender {
            sent,
            tally,
            wire_bytes,
            ..
        } = sender;
        let table = std::mem::take(&mut *table.lock().unwrap_or_else(PoisonError::into_inner));
        let mut report = self.report(&table, tally, sent, wire_bytes);
        let failure = match (sending, making) {
            (Err(error), _) => Some(error),
            (Ok(()), _) if self.cancel.is_cancelled() => Some(Error::Cancelled),
            (Ok(()), Err(error)) => Some(error),
            (Ok(()), Ok(())) => None,
        };
        if let Some(error) = failure {
            let hopeless = error.is_unusable_source() && report.sent.chunks == 0;
            if hopeless {
                clear(self.folder);
                return Ok(Outcome {
                    report,
                    ending: Ending::Failed(error),
                    resumable: None,
                });
            }
            let ending = match error {
                _ if self.cancel.is_cancelled() => Ending::Cancelled,
                error => Ending::Failed(error),
            };
            return Ok(Outcome {
                report,
                ending,
                resumable: Some(self.folder.path().to_owned()),
            });
        }
        if report.sent.chunks == 0 {
            let error = nothing_sent(self.source.name(), &report);
            clear(self.folder);
            return Ok(Outcome {
                report,
                ending: Ending::Failed(error),
                resumable: None,
            });
        }
        if let Some(patience) = self.plan.verify {
            let verifier = Verifier {
                patience,
                importer: &self.importer,
                fit: &self.plan.fit,
                dedup_ms: self.plan.dedup_ms,
                events: &*self.events,
                cancel: &self.cancel,
            };
            let picks = table.picks.into_vec();
            report.verification = Some(verifier.verify(picks, &report.tally).await);
        }
        // After the comparison, because these counters lag behind.
        let counted_after = self.importer.row_counters().await;
        report.counted = counted_before
            .zip(counted_after)
            .and_then(|(before, after)| after.since(&before));
        if let Some(counted) = report.counted.filter(|counted| counted.invalid > 0) {
            report.warnings.push(format!(
                "the target could not read {} lines meanwhile, of this import or of others",
                counted.invalid
            ));
        }
        clear(self.folder);
        Ok(Outcome {
            report,
            ending: Ending::Complete,
            resumable: None,
        })
    }

    fn maker(
        &self,
        table: Arc<Mutex<SeriesTable>>,
        chunks: mpsc::Sender<crate::chunk::Chunk>,
    ) -> Maker {
        Maker {
            source: self.source.clone(),
            spool: self.folder.path().to_owned(),
            fit: self.plan.fit.clone(),
            gzip: self.importer.target().is_remote(),
            fail_on_skip: self.plan.fail_on_skip,
            table,
            chunks,
            cancel: self.cancel.clone(),
        }
    }

    fn report(&self, table: &SeriesTable, tally: Tally, sent: Sent, wire_bytes: u64) -> Report {
        let mut warnings = self.source.warnings().to_vec();
        if let Some(unit) = tally.looks_like(self.plan.fit.unit) {
            warnings.push(format!(
                "the timestamps look like `{}` and were read as `{}`",
                unit.name(),
                self.plan.fit.unit.name()
            ));
        }
        Report {
            import_id: self.plan.import_id.clone(),
            series: table.series(),
            over_limit_series: table.over_limit(),
            merged_series: table.merged(),
            capped: table.capped,
            tally,
            sent,
            wire_bytes,
            shift_ms: self.plan.fit.shift_ms,
            oldest_ms: self.plan.fit.oldest_ms,
            counted: None,
            verification: None,
            warnings,
        }
    }
}

/// Makes all chunks of a source, on threads of its own.
struct Maker {
    source: Arc<Source>,
    spool: PathBuf,
    fit: FitPlan,
    gzip: bool,
    fail_on_skip: bool,
    table: Arc<Mutex<SeriesTable>>,
    chunks: mpsc::Sender<crate::chunk::Chunk>,
    cancel: CancellationToken,
}

impl Maker {
    fn make(self) -> Result<(), Error> {
        let Self {
            source,
            spool,
            fit,
            gzip,
            fail_on_skip,
            table,
            chunks,
            cancel,
        } = self;
        let reading = Reading {
            source: &source,
            spool: &spool,
            max_lines: None,
            position: &Position::default(),
            cancel: &cancel,
        };
        reading.run(|| {
            let mut fitter = Fitter::new(&fit, &table, &source, gzip);
            let chunks = &chunks;
            move |batch| {
                let chunk = fitter.chunk(&batch);
                drop(batch);
                if fail_on_skip && let Some(skipped) = chunk.tally.first_skipped.first() {
                    return Err(Error::Skipped {
                        line: skipped.line,
                        reason: skipped.reason.clone(),
                    });
                }
                // Without a receiver the sender has failed and says why.
                Ok(match chunks.blocking_send(chunk) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                })
            }
        })
    }
}

/// Why an import had nothing to send.
fn nothing_sent(name: &str, report: &Report) -> Error {
    let tally = &report.tally;
    if tally.good_lines == 0 {
        return Error::NothingUsable {
            name: name.to_owned(),
            tally: Box::new(tally.clone()),
        };
    }
    let mut why: Vec<String> = Vec::new();
    for (reason, samples) in &tally.trimmed {
        let samples = counted(*samples, "sample");
        why.push(format!("{samples} {}", reason.sentence()));
    }
    for (reason, lines) in &tally.skipped {
        let lines = counted(*lines, "line");
        why.push(format!("{lines}: {}", reason.sentence()));
    }
    if why.is_empty() {
        why.push("the lines hold no samples".to_owned());
    }
    why.extend(report.warnings.iter().cloned());
    Error::NothingSent {
        why: why.join("; "),
    }
}

fn counted(count: u64, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Removes the folder of an import that is over. If that fails, the next start removes it: it has
/// no plan any more.
fn clear(folder: StagingFolder) {
    let path = folder.path().to_owned();
    let removed = ImportPlan::remove(&folder).and_then(|()| folder.remove());
    if let Err(error) = removed {
        warn_of(&path, &error);
    }
}

fn warn_of(path: &Path, error: &bundle::staging::StagingError) {
    tracing::warn!(folder = %path.display(), %error, "cannot remove the folder of an import");
}
