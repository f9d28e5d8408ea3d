//! Sending a planned import.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bundle::staging::{StagingError, StagingFolder};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use vmapi::{Importer, RetryPolicy};

use crate::chunk::Chunk;
use crate::error::Error;
use crate::event::{Event, EventSink, Sent};
use crate::import::{Ending, Outcome};
use crate::journal::{ImportPlan, open_journal};
use crate::maker::Maker;
use crate::report::Report;
use crate::send::Sender;
use crate::series_table::SeriesTable;
use crate::source::Source;
use crate::tally::Tally;
use crate::verify::Verifier;

/// A planned import and everything it needs.
pub(crate) struct Run {
    pub(crate) plan: ImportPlan,
    pub(crate) source: Arc<Source>,
    pub(crate) folder: StagingFolder,
    pub(crate) importer: Importer,
    pub(crate) retry: RetryPolicy,
    pub(crate) in_flight: usize,
    pub(crate) events: Arc<dyn EventSink>,
    pub(crate) cancel: CancellationToken,
}

impl Run {
    pub(crate) async fn run(mut self) -> Result<Outcome, Error> {
        self.plan.fit.target_labels = self.importer.target().extra_labels().to_vec();
        let (journal, acknowledged) = open_journal(&self.folder)?;
        let sent = Sent::of(&acknowledged, self.source.total());
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
        let mut report = Report::new(&self.plan, &self.source, &table, tally, sent, wire_bytes);
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
            let error = report.nothing_sent(self.source.name());
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
        let counting = self.importer.row_counters();
        let counted_after = self.cancel.run_until_cancelled(counting).await.flatten();
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

    fn maker(&self, table: Arc<Mutex<SeriesTable>>, chunks: mpsc::Sender<Chunk>) -> Maker {
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
}

/// Removes the folder of an import that is over. If that fails, the next start removes it: it has
/// no plan any more.
pub(crate) fn clear(folder: StagingFolder) {
    let path = folder.path().to_owned();
    let removed = ImportPlan::remove(&folder).and_then(|()| folder.remove());
    if let Err(error) = removed {
        warn_of(&path, &error);
    }
}

fn warn_of(path: &Path, error: &StagingError) {
    tracing::warn!(folder = %path.display(), %error, "cannot remove the folder of an import");
}
