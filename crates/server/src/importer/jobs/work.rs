//! Running an import, new or interrupted.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use replay::{
    Analysis, AnalysisRequest, Ending, Error, Fit, ImportRequest, NoEvents, Outcome, ResumeRequest,
    Source, Spool, SpooledFile, TargetFacts,
};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;
use vmapi::{Importer, RetryPolicy};

use super::super::destination::Destination;
use super::super::failure;
use super::job::Job;
use crate::job_state::Phase;

/// Requests in flight: as many may arrive a second time after a crash.
const IN_FLIGHT: usize = 1;

/// How long samples may take to become visible.
const VISIBLE_WITHIN: Duration = Duration::from_secs(60);

/// Lines that are looked at for a few examples.
const EXAMPLE_LINES: u64 = 50;

/// An upload to be imported; its credentials live as long as it does.
pub(in crate::importer) struct NewImport {
    pub(in crate::importer) destination: Destination,
    pub(in crate::importer) importer: Importer,
    pub(in crate::importer) source: Source,
    pub(in crate::importer) copy: SpooledFile,
    pub(in crate::importer) spool: Spool,
}

impl NewImport {
    pub(super) async fn run(self, job: Arc<Job>, cancel: CancellationToken) {
        let Self {
            mut destination,
            importer,
            source,
            copy,
            spool,
        } = self;
        let prepared = cancel.run_until_cancelled(async {
            let limits = destination.limits().await;
            let (source, examples) = examples(source, &copy, cancel.clone()).await?;
            Some((limits, source, examples))
        });
        let (limits, source, examples) = match prepared.await {
            Some(Some(prepared)) => prepared,
            Some(None) => return job.end(Phase::Failed, Some(failure::ended_early())),
            None => return job.end(Phase::Canceled, None),
        };
        let target = destination.facts_of_import(&limits);
        job.set_summary(|summary| {
            summary.set_label_limit(target.max_labels.unwrap_or_default().into());
            if let Some(examples) = &examples {
                summary.set_examples(examples);
            }
        });
        job.warn(limits.notes);
        let request = ImportRequest {
            source,
            copy: Some(copy),
            spool,
            importer,
            target,
            fit: destination.config.fit.clone(),
            fail_on_skip: false,
            verify: Some(VISIBLE_WITHIN),
            retry: RetryPolicy::BRIEF,
            in_flight: IN_FLIGHT,
        };
        let outcome = replay::import(request, job.clone(), cancel.clone()).await;
        end(&job, outcome, None, &cancel);
    }
}

/// The first few series; reading them again is left to the import, which says what is wrong.
async fn examples(
    source: Source,
    copy: &SpooledFile,
    cancel: CancellationToken,
) -> Option<(Source, Option<Analysis>)> {
    let folder = copy.path();
    let temporary = folder.parent()?.to_owned();
    let looked = spawn_blocking(move || {
        let request = AnalysisRequest {
            source: &source,
            temporary,
            fit: &Fit::default(),
            target: &TargetFacts::default(),
            max_lines: Some(EXAMPLE_LINES),
        };
        let analysis = replay::analyse(&request, &NoEvents, &cancel).ok();
        (source, analysis)
    });
    looked.await.ok()
}

/// An interrupted import to go on with; its credentials live as long as it does.
pub(in crate::importer) struct Resumed {
    pub(in crate::importer) folder: PathBuf,
    pub(in crate::importer) importer: Importer,
}

impl Resumed {
    pub(super) async fn run(self, job: Arc<Job>, cancel: CancellationToken) {
        let folder = self.folder.clone();
        let request = ResumeRequest {
            folder: self.folder,
            importer: self.importer,
            retry: RetryPolicy::BRIEF,
            in_flight: IN_FLIGHT,
        };
        let outcome = replay::resume(request, job.clone(), cancel.clone()).await;
        end(&job, outcome, Some(folder), &cancel);
    }
}

/// Notes how an import ended; `folder` is what there is to go on with if it did not even begin.
fn end(
    job: &Job,
    outcome: Result<Outcome, Error>,
    folder: Option<PathBuf>,
    cancel: &CancellationToken,
) {
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            if let Error::NothingUsable { tally, .. } = &error {
                job.set_summary(|summary| summary.set_tally(tally));
            }
            return if cancel.is_cancelled() && folder.is_none() {
                job.end(Phase::Canceled, None);
            } else {
                job.end(Phase::Failed, Some(failure::of(&error)));
            };
        }
    };
    job.report(&outcome.report, outcome.resumable);
    match outcome.ending {
        Ending::Complete => job.end(Phase::Completed, None),
        Ending::Cancelled => job.end(Phase::Canceled, None),
        Ending::Failed(error) => job.end(Phase::Failed, Some(failure::of(&error))),
    }
}
