//! One export: what it is, where it stands, how it ended.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use bundle::Format;
use gather::{Event, EventSink, Interrupted, TimeRange};
use jiff::Timestamp;

use super::end::ExportResult;
use super::progress::Progress;
use crate::job_state::{Course, JobState, Phase};
use crate::reply::Problem;

/// What does not change about a job.
#[derive(Clone, Debug)]
pub(in crate::exporter) struct Facts {
    /// Values are to be replaced.
    pub(in crate::exporter) obfuscating: bool,
    /// What the data of the bundle will be.
    pub(in crate::exporter) format: Format,
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

/// The word of a job that waits for its turn.
pub(in crate::exporter) const WAITING: &str = "pending";

/// An export that the server runs or ran.
pub(in crate::exporter) struct Job {
    pub(in crate::exporter) id: String,
    pub(in crate::exporter) created: Timestamp,
    pub(in crate::exporter) facts: Facts,
    pub(in crate::exporter) state: JobState<State>,
}

/// What changes about a job.
pub(in crate::exporter) struct State {
    /// `resumable` is the staging folder of the export itself.
    pub(super) course: Course,
    pub(super) started: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    pub(super) export_id: Option<String>,
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
            state: JobState::new(State {
                course: Course::new(),
                started: None,
                completed: None,
                export_id: None,
                progress: Progress::new(facts.windows),
                warnings,
                failure: None,
                result: None,
            }),
            facts,
        }
    }

    /// The job behind an export that another run of the server began.
    pub(super) fn of_interrupted(id: String, found: &Interrupted) -> Self {
        let facts = Facts {
            obfuscating: found.obfuscating,
            format: found.format,
            staging: found.staging.clone(),
            range: found.range,
            url: found.url.clone(),
            window_seconds: (found.window_ms / 1000).max(1),
            windows: found.slices_total,
        };
        let mut job = Self::new(id, facts, Vec::new());
        job.created = found.started;
        {
            let mut state = job.state.lock();
            state.course.end(Phase::Canceled);
            state.course.resumable = Some(found.staging.clone());
            state.started = Some(found.started);
            state.export_id = Some(found.export_id.clone());
            state.failure = Some(Failure {
                error: "the export was interrupted".to_owned(),
                hint: Some("resume it, or discard what was fetched".to_owned()),
                code: Some("interrupted"),
                status: StatusCode::CONFLICT,
            });
            let (done, total) = (found.slices_done, found.slices_total);
            state.progress.found(done, total, found.series);
        }
        job
    }

    pub(in crate::exporter) fn export_id(&self) -> Option<String> {
        self.state.lock().export_id.clone()
    }

    pub(in crate::exporter) fn result(&self) -> Option<ExportResult> {
        self.state.lock().result.clone()
    }

    pub(in crate::exporter) fn warnings(&self) -> Vec<String> {
        self.state.lock().warnings.clone()
    }

    /// Why it ended without a result, in words.
    pub(in crate::exporter) fn failure_text(&self) -> Option<String> {
        self.state
            .lock()
            .failure
            .as_ref()
            .map(|failure| failure.error.clone())
    }

    /// Why it ended without a result, as a reply.
    pub(in crate::exporter) fn problem(&self) -> Problem {
        let state = self.state.lock();
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

    pub(super) fn begin_again(&self) -> Result<(), Problem> {
        self.state.change(|state| {
            state.course.begin_again().map_err(wrong_state)?;
            state.completed = None;
            state.failure = None;
            state.progress.again();
            Ok(())
        })
    }

    pub(super) fn begin(&self) {
        self.state.change(|state| {
            state.course.phase = Phase::Running;
            state.started.get_or_insert_with(Timestamp::now);
            state.progress.began();
        });
    }

    fn end(&self, phase: Phase, change: impl FnOnce(&mut State)) {
        self.state.change(|state| {
            state.course.end(phase);
            state.completed = Some(Timestamp::now());
            state.progress.ended();
            change(state);
        });
    }

    pub(super) fn end_completed(&self, result: ExportResult) {
        self.end(Phase::Completed, |state| {
            state.progress.done(result.metrics_exported);
            state.export_id = Some(result.export_id.clone());
            state.course.resumable = None;
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
        self.state.change(|state| {
            if !state.warnings.contains(&text) {
                state.warnings.push(text);
            }
        });
    }

    pub(super) fn expect_samples(&self, samples: u64) {
        self.state.change(|state| state.progress.expect(samples));
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
        format!("the export is {}", phase.word(WAITING)),
    )
    .code("wrong_state")
}

impl AsRef<Course> for State {
    fn as_ref(&self) -> &Course {
        &self.course
    }
}

impl AsMut<Course> for State {
    fn as_mut(&mut self) -> &mut Course {
        &mut self.course
    }
}

impl EventSink for Job {
    fn event(&self, event: &Event) {
        self.state.change(|state| {
            match event {
                Event::Planned { export_id, .. } => {
                    state.export_id = Some(export_id.clone());
                    let own = self.facts.staging.join(export_id);
                    let adopted = self.facts.staging.ends_with(export_id);
                    state.course.resumable = Some(if adopted {
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
