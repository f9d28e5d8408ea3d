//! Running a plan: fetch what is open, then seal.

use std::sync::Arc;

use privacy::Map;
use tokio_util::sync::CancellationToken;
use vmapi::{Client, RetryPolicy};

use crate::error::Error;
use crate::event::{Event, EventSink};
use crate::fetch::{Fetcher, Fetching};
use crate::outcome::{Outcome, Resumable};
use crate::plan::{Plan, Target};
use crate::registry::Registry;
use crate::sealing::{Sealing, Writer};
use crate::staging::{Progress, Staging};

/// A plan and everything it needs to run.
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) map: Map,
    pub(crate) staging: Staging,
    pub(crate) progress: Progress,
    pub(crate) registry: Option<Registry>,
    pub(crate) version: String,
    pub(crate) retry: RetryPolicy,
    pub(crate) now_ms: i64,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) cancel: CancellationToken,
}

impl Run {
    /// Fetches, seals and clears the staging folder. Cancelled or failed, the folder stays and the
    /// export can be resumed.
    pub(crate) async fn run(
        self,
        client: &Client,
        writer: Option<Writer>,
    ) -> Result<Outcome, Error> {
        let Self {
            plan,
            map,
            staging,
            progress,
            registry,
            version,
            retry,
            now_ms,
            events,
            cancel,
        } = self;
        let writer = match (&plan.target, writer) {
            (Target::File(_), _) => None,
            (_, Some(writer)) => Some(writer),
            (_, None) => {
                return Err(Error::BadRequest(
                    "the result has nowhere to go: name a folder or a file".to_owned(),
                ));
            }
        };
        let cancelled = Outcome::Cancelled {
            resumable: Some(Resumable {
                export_id: plan.export_id.to_string(),
                staging: staging.folder().path().to_owned(),
            }),
        };
        let export_id = plan.export_id.to_string();
        let folder = staging.folder().path().to_owned();
        if let Some(registry) = &registry {
            registry.add(&export_id, &folder);
        }
        events.event(&Event::Planned {
            export_id: export_id.clone(),
            transport: plan.transport,
            slices: progress.slices(),
            slices_done: progress.committed.len(),
        });
        for &warning in &plan.warnings {
            events.event(&Event::Warning {
                code: warning,
                text: warning.sentence().to_owned(),
            });
        }
        let staging = Arc::new(staging);
        let fetcher = Fetcher {
            client,
            staging: staging.clone(),
            transport: plan.transport,
            route: plan.route(),
            step_ms: plan.step_ms,
            thin_ms: plan.thin_ms,
            concurrency: plan.concurrency,
            retry,
            events: events.clone(),
            cancel: cancel.child_token(),
            now_ms,
        };
        let committed = match fetcher.fetch_all(progress).await? {
            Fetching::Complete(committed) => committed,
            Fetching::Cancelled => return Ok(cancelled),
        };
        drop(fetcher);
        let sealing = Sealing {
            plan,
            staging,
            committed,
            version,
            events,
            cancel,
        };
        let sealed = tokio::task::spawn_blocking(move || sealing.seal(map, writer))
            .await
            .map_err(|_| Error::Defect("the thread that seals the bundle ended early"))?;
        // Also where a pipe broke and nobody would go on with it.
        if let Some(registry) = &registry
            && !folder.exists()
        {
            registry.remove(&export_id);
        }
        let report = sealed?;
        Ok(report.map_or(cancelled, |report| Outcome::Done(Box::new(report))))
    }
}
