//! One import: what it is, where it stands, how it ended.

use std::path::{Path, PathBuf};

use axum::http::StatusCode;
use jiff::Timestamp;
use replay::{Event, EventSink, Report, Sent, Unfinished};

use super::super::failure;
use super::super::reach::Reach;
use super::super::summary::Summary;
use super::super::verification::Verified;
use crate::job_state::{Course, JobState, Phase};
use crate::reply::Problem;

/// The word of a job that waits for its turn.
pub(in crate::importer) const WAITING: &str = "queued";

/// What a running job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing yet.
    Waiting,
    /// Reads the source before anything is sent.
    Extracting,
    Importing,
    Verifying,
}

impl Step {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => WAITING,
            Self::Extracting => "extracting",
            Self::Importing => "importing",
            Self::Verifying => "verifying",
        }
    }
}

/// What does not change about a job.
#[derive(Clone, Debug)]
pub(in crate::importer) struct Facts {
    /// What the source is called where it comes from.
    pub(in crate::importer) name: String,
    /// Where requests go, without secrets.
    pub(in crate::importer) import_url: String,
    /// Where it is read back, without secrets; empty if that is not known.
    pub(in crate::importer) query_url: String,
    /// How to reach the target again.
    pub(in crate::importer) reach: Reach,
    /// The bundle's own id.
    pub(in crate::importer) export_id: Option<String>,
}

/// An import that the server runs or ran.
pub(in crate::importer) struct Job {
    pub(in crate::importer) id: String,
    pub(in crate::importer) created: Timestamp,
    pub(in crate::importer) facts: Facts,
    pub(in crate::importer) state: JobState<State>,
}

/// What changes about a job.
pub(in crate::importer) struct State {
    pub(super) course: Course,
    pub(super) step: Step,
    pub(super) percent: f64,
    /// What holds it up.
    pub(super) note: Option<String>,
    pub(super) updated: Timestamp,
    /// The copy of what was uploaded.
    pub(super) copy: Option<PathBuf>,
    pub(super) summary: Summary,
    /// Bytes of the source that were handled, and all of them.
    pub(super) done: u64,
    pub(super) total: u64,
    pub(super) verification: Option<Verified>,
    pub(super) warnings: Vec<String>,
    pub(super) failure: Option<Problem>,
}

impl Job {
    pub(in crate::importer) fn new(
        id: String,
        facts: Facts,
        summary: Summary,
        copy: PathBuf,
        warnings: Vec<String>,
    ) -> Self {
        let now = Timestamp::now();
        Self {
            id,
            created: now,
            facts,
            state: JobState::new(State {
                course: Course::new(),
                step: Step::Waiting,
                percent: 0.0,
                note: None,
                updated: now,
                copy: Some(copy),
                done: 0,
                total: summary.inflated_bytes,
                summary,
                verification: None,
                warnings,
                failure: None,
            }),
        }
    }

    /// The job behind an import that another run of the server, or the command, began.
    pub(super) fn of_unfinished(id: String, found: &Unfinished) -> Self {
        let reach =
            Reach::read(&found.folder).unwrap_or_else(|| Reach::of_import_url(&found.target));
        let facts = Facts {
            name: found.name.clone(),
            import_url: found.target.clone(),
            query_url: String::new(),
            reach,
            export_id: None,
        };
        let source_bytes = std::fs::metadata(&found.path).map_or(0, |file| file.len());
        let summary = Summary::of_earlier(source_bytes, found);
        let mut job = Self::new(id, facts, summary, found.path.clone(), Vec::new());
        if let Ok(begun) = Timestamp::from_millisecond(found.begun_ms) {
            job.created = begun;
        }
        {
            let mut state = job.state.lock();
            state.course.end(Phase::Failed);
            state.course.resumable = Some(found.folder.clone());
            state.step = Step::Importing;
            state.done = found.done;
            state.percent = percent(found.done, found.total);
            state.updated = job.created;
            state.failure = Some(
                Problem::new(
                    StatusCode::CONFLICT,
                    if found.running {
                        "another process is at work on this import"
                    } else {
                        "the import was interrupted"
                    },
                )
                .code("interrupted")
                .hint("resume it, or discard it"),
            );
        }
        job
    }

    /// Whether what there was to go on with is gone: somebody else finished it or gave it up.
    pub(super) fn is_settled_elsewhere(&self) -> bool {
        let state = self.state.lock();
        let folder = state.course.resumable.as_deref();
        !state.course.phase.is_active() && folder.is_some_and(|folder| !folder.is_dir())
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        self.state.change(|state| {
            state.updated = Timestamp::now();
            change(state)
        })
    }

    /// Queues a job that has ended once more.
    ///
    /// # Errors
    ///
    /// It has not ended, or came to its end.
    pub(super) fn begin_again(&self) -> Result<(), Problem> {
        self.change(|state| {
            state.course.begin_again().map_err(wrong_state)?;
            state.step = Step::Waiting;
            state.failure = None;
            state.note = None;
            state.verification = None;
            Ok(())
        })
    }

    pub(super) fn begin(&self) {
        self.change(|state| {
            state.course.phase = Phase::Running;
            state.step = Step::Extracting;
            state.percent = state.percent.max(EXTRACTING);
        });
    }

    pub(super) fn set_summary(&self, set: impl FnOnce(&mut Summary)) {
        self.change(|state| set(&mut state.summary));
    }

    pub(super) fn warn(&self, texts: impl IntoIterator<Item = String>) {
        self.change(|state| {
            for text in texts {
                if !state.warnings.contains(&text) {
                    state.warnings.push(text);
                }
            }
        });
    }

    /// Notes what the workflow reported at its end.
    pub(super) fn report(&self, report: &Report, resumable: Option<PathBuf>) {
        self.change(|state| {
            state.summary.set_report(report);
            state.verification = report.verification.as_ref().map(Verified::of);
            state.course.resumable = resumable;
        });
        self.warn(warnings(report));
    }

    pub(super) fn end(&self, phase: Phase, failure: Option<Problem>) {
        self.change(|state| {
            state.course.end(phase);
            state.note = None;
            state.failure = failure;
            if phase == Phase::Completed {
                state.percent = 100.0;
            }
        });
    }
}

/// What a person should know of an import that is over.
fn warnings(report: &Report) -> Vec<String> {
    let mut warnings = report.warnings.clone();
    warnings.extend(
        failure::skipped(&report.tally)
            .into_iter()
            .map(|told| format!("left out {told}")),
    );
    warnings.extend(
        failure::trimmed(&report.tally)
            .into_iter()
            .map(|told| format!("not sent: {told}")),
    );
    if report.merged_series > 0 {
        warnings.push(format!(
            "{} series share their labels with another one, now that labels were dropped",
            report.merged_series
        ));
    }
    if let Some(counted) = &report.counted {
        if counted.invalid > 0 {
            warnings.push(format!(
                "the target could not read {} lines meanwhile, of this import or of others",
                counted.invalid
            ));
        }
        if counted.ignored > 0 {
            warnings.push(format!(
                "the target ignored {} samples meanwhile, of this import or of others",
                counted.ignored
            ));
        }
    }
    if let Some(found) = &report.verification
        && !found.verified
    {
        warnings.push(found.message.clone());
    }
    warnings
}

/// The percentages of the contract.
const EXTRACTING: f64 = 2.0;
const IMPORTING: (f64, f64) = (5.0, 85.0);
const VERIFYING: f64 = 92.0;

/// How far a job is whose target acknowledged this much.
fn percent(done: u64, total: u64) -> f64 {
    let share = done as f64 / total.max(1) as f64;
    IMPORTING.0 + (IMPORTING.1 - IMPORTING.0) * share.clamp(0.0, 1.0)
}

/// What cannot be done with a job that stands like this.
pub(in crate::importer) fn wrong_state(phase: Phase) -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        format!("the import is {}", phase.word(WAITING)),
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
        let note_sent = |state: &mut State, sent: &Sent| {
            state.step = Step::Importing;
            state.percent = state.percent.max(percent(sent.done, sent.total));
            state.done = sent.done;
            state.total = sent.total;
            state.summary.set_sent(sent);
        };
        self.change(|state| match event {
            Event::Started { sent, .. } => {
                // A resume may find that less was noted than was shown.
                state.percent = EXTRACTING;
                note_sent(state, sent);
            }
            Event::Sent(sent) => {
                state.note = None;
                note_sent(state, sent);
            }
            Event::Retrying { reason, .. } => state.note = Some(format!("waiting: {reason}")),
            Event::Verifying { .. } => {
                state.step = Step::Verifying;
                state.percent = VERIFYING;
                state.note = None;
            }
            _ => {}
        });
    }
}

impl State {
    /// The copy of the upload, while it is there.
    pub(super) fn copy(&self) -> Option<&Path> {
        self.copy.as_deref().filter(|copy| copy.is_file())
    }
}
