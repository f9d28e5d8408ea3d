//! One export: what it is, where it stands, how it ended.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::http::StatusCode;
use gather::{Event, EventSink, Interrupted, TimeRange};
use jiff::Timestamp;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::end::ExportResult;
use super::progress::Progress;
use crate::reply::Problem;

/// What does not change about a job.
#[derive(Clone, Debug)]
pub(in crate::exporter) struct Facts {
    /// Values are to be replaced.
    pub(in crate::exporter) obfuscating: bool,
    /// Where its unfinished data lie.
    pub(in crate::exporter) staging: PathBuf,
    /// What it covers.
    pub(in crate::exporter) range: TimeRange,
    /// Address of the source, without secrets.
    pub(in crate::exporter) url: String,
    /// Length of the first window.
    pub(in crate::exporter) window_seconds: u64,
    /// Windows, as far as can be told before the export is planned.
    pub(in crate::exporter) windows: usize,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::exporter) enum Phase {
    Pending,
    Running,
    Completed,
    Failed,
    Canceled,
}

impl Phase {
    pub(in crate::exporter) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    pub(in crate::exporter) fn is_active(self) -> bool {
        matches!(self, Self::Pending | Self::Running)
    }
}

/// An export that the server runs or ran.
pub(in crate::exporter) struct Job {
    pub(in crate::exporter) id: String,
    pub(in crate::exporter) created: Timestamp,
    pub(in crate::exporter) facts: Facts,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

/// What changes about a job.
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) cancel: CancellationToken,
    pub(super) started: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    pub(super) ended_at: Option<Instant>,
    pub(super) export_id: Option<String>,
    /// The staging folder of the export itself, if there is something to go on with.
    pub(super) resumable: Option<PathBuf>,
    pub(super) progress: Progress,
    pub(super) warnings: Vec<String>,
    pub(super) failure: Option<Failure>,
    pub(super) result: Option<ExportResult>,
}

/// Why a job did not come to its end.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) error: String,
    pub(super) hint: Option<String>,
    pub(super) code: Option<&'static str>,
    pub(super) status: StatusCode,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self {
            error: problem.text().to_owned(),
            hint: problem.advice().map(str::to_owned),
            code: problem.word(),
            status: problem.status(),
        }
    }
}

impl Job {
    pub(in crate::exporter) fn new(id: String, facts: Facts, warnings: Vec<String>) -> Self {
        Self {
            id,
            created: Timestamp::now(),
            state: Mutex::new(State {
                phase: Phase::Pending,
                cancel: CancellationToken::new(),
                started: None,
                completed: None,
                ended_at: None,
                export_id: None,
                resumable: None,
                progress: Progress::new(facts.windows),
                warnings,
                failure: None,
                result: None,
            }),
            facts,
            changed: watch::Sender::new(()),
        }
    }

    /// The job behind an export that another run of the server began.
    pub(super) fn of_interrupted(id: String, found: &Interrupted) -> Self {
        let len_ms = found.range.len_ms().unsigned_abs();
        let facts = Facts {
            obfuscating: found.obfuscating,
            staging: found.staging.clone(),
            range: found.range,
            url: found.url.clone(),
            window_seconds: (len_ms / 1000).max(1),
            windows: found.slices_total,
        };
        let mut job = Self::new(id, facts, Vec::new());
        job.created = found.started;
        {
            let mut state = job.lock();
            state.phase = Phase::Canceled;
            state.started = Some(found.started);
            state.ended_at = Some(Instant::now());
            state.export_id = Some(found.export_id.clone());
            state.resumable = Some(found.staging.clone());
            state.failure = Some(Failure {
                error: "the export was interrupted".to_owned(),
                hint: Some("resume it, or discard what was fetched".to_owned()),
                code: Some("interrupted"),
                status: StatusCode::CONFLICT,
            });
            let (done, total) = (found.slices_done, found.slices_total);
            state.progress.found(done, total);
        }
        job
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::exporter) fn phase(&self) -> Phase {
        self.lock().phase
    }

    pub(in crate::exporter) fn is_active(&self) -> bool {
        self.phase().is_active()
    }

    pub(in crate::exporter) fn export_id(&self) -> Option<String> {
        self.lock().export_id.clone()
    }

    pub(super) fn ended_at(&self) -> Option<Instant> {
        self.lock().ended_at
    }

    /// The staging folder to go on with.
    pub(in crate::exporter) fn resumable(&self) -> Option<PathBuf> {
        self.lock()
            .resumable
            .clone()
            .filter(|folder| folder.is_dir())
    }

    pub(in crate::exporter) fn result(&self) -> Option<ExportResult> {
        self.lock().result.clone()
    }

    pub(in crate::exporter) fn warnings(&self) -> Vec<String> {
        self.lock().warnings.clone()
    }

    /// Why it ended without a result, in words.
    pub(in crate::exporter) fn failure_text(&self) -> Option<String> {
        self.lock()
            .failure
            .as_ref()
            .map(|failure| failure.error.clone())
    }

    /// Why it ended without a result, as a reply.
    pub(in crate::exporter) fn problem(&self) -> Problem {
        let state = self.lock();
        match &state.failure {
            Some(failure) => {
                let problem = Problem::new(failure.status, failure.error.clone())
                    .maybe_hint(failure.hint.clone());
                match failure.code {
                    Some(code) => problem.code(code),
                    None => problem,
                }
            }
            None => Problem::new(StatusCode::CONFLICT, "the export was canceled").code("canceled"),
        }
    }

    /// Hears of every change.
    pub(in crate::exporter) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Asks to stop; `false` if it has ended already.
    pub(in crate::exporter) fn cancel(&self) -> bool {
        let state = self.lock();
        if state.phase.is_active() {
            state.cancel.cancel();
        }
        state.phase.is_active()
    }

    /// Whether it was asked to stop.
    pub(in crate::exporter) fn is_stopping(&self) -> bool {
        let state = self.lock();
        state.phase.is_active() && state.cancel.is_cancelled()
    }

    pub(super) fn renew_cancel(&self, stop: &CancellationToken) -> CancellationToken {
        let cancel = stop.child_token();
        self.lock().cancel = cancel.clone();
        cancel
    }

    pub(super) fn begin_again(&self) -> Result<(), Problem> {
        self.change(|state| {
            if !matches!(state.phase, Phase::Failed | Phase::Canceled) {
                return Err(wrong_state(state.phase));
            }
            state.phase = Phase::Pending;
            state.completed = None;
            state.ended_at = None;
            state.failure = None;
            state.progress.again();
            Ok(())
        })
    }

    pub(super) fn begin(&self) {
        self.change(|state| {
            state.phase = Phase::Running;
            state.started.get_or_insert_with(Timestamp::now);
            state.progress.began();
        });
    }

    fn end(&self, phase: Phase, change: impl FnOnce(&mut State)) {
        self.change(|state| {
            state.phase = phase;
            state.completed = Some(Timestamp::now());
            state.ended_at = Some(Instant::now());
            state.progress.ended();
            change(state);
        });
    }

    pub(super) fn end_completed(&self, result: ExportResult) {
        self.end(Phase::Completed, |state| {
            state.progress.done(result.metrics_exported);
            state.export_id = Some(result.export_id.clone());
            state.resumable = None;
            state.result = Some(result);
        });
    }

    pub(super) fn end_canceled(&self) {
        self.end(Phase::Canceled, |_| {});
    }

    pub(super) fn end_failed(&self, problem: Problem) {
        self.end(Phase::Failed, |state| state.failure = Some(problem.into()));
    }

    pub(super) fn warn(&self, text: String) {
        self.change(|state| {
            if !state.warnings.contains(&text) {
                state.warnings.push(text);
            }
        });
    }

    pub(super) fn expect_samples(&self, samples: u64) {
        self.change(|state| state.progress.expect(samples));
    }

    /// Where the export's own staging folder is made.
    pub(super) fn staging(&self) -> &Path {
        &self.facts.staging
    }
}

/// What cannot be done with a job that stands like this.
pub(in crate::exporter) fn wrong_state(phase: Phase) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        format!("the export is {}", phase.word()),
    )
    .code("wrong_state")
}

impl EventSink for Job {
    fn event(&self, event: &Event) {
        self.change(|state| {
            match event {
                Event::Planned { export_id, .. } => {
                    state.export_id = Some(export_id.clone());
                    let own = self.facts.staging.join(export_id);
                    let adopted = self.facts.staging.ends_with(export_id);
                    state.resumable = Some(if adopted {
                        self.facts.staging.clone()
                    } else {
                        own
                    });
                }
                Event::Warning { text, .. } if !state.warnings.contains(text) => {
                    state.warnings.push(text.clone());
                }
                _ => {}
            }
            state.progress.event(event);
        });
    }
}
