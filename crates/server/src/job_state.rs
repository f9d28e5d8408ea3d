//! What jobs have in common: a state that tells of its changes, and where the work in it stands.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long whoever steers a job waits for one that was asked to stop.
const STOPPING: Duration = Duration::from_secs(15);

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// For its turn.
    Waiting,
    Running,
    Completed,
    Failed,
    Canceled,
}

impl Phase {
    /// Its word in replies; that for waiting is the caller's.
    pub(crate) fn word(self, waiting: &'static str) -> &'static str {
        match self {
            Self::Waiting => waiting,
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }

    pub(crate) fn is_active(self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }

    /// Whether it ended without coming to its end.
    pub(crate) fn is_broken_off(self) -> bool {
        matches!(self, Self::Failed | Self::Canceled)
    }
}

/// The part of a state that is the same for all jobs.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) phase: Phase,
    pub(crate) ended_at: Option<Instant>,
    /// The folder to go on with.
    pub(crate) resumable: Option<PathBuf>,
    cancel: CancellationToken,
}

impl Course {
    /// That of a job that waits for its turn.
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Waiting,
            ended_at: None,
            resumable: None,
            cancel: CancellationToken::new(),
        }
    }

    /// Lets a job that broke off wait for its turn once more.
    ///
    /// # Errors
    ///
    /// Where it stands instead.
    pub(crate) fn begin_again(&mut self) -> Result<(), Phase> {
        if !self.phase.is_broken_off() {
            return Err(self.phase);
        }
        self.phase = Phase::Waiting;
        self.ended_at = None;
        self.cancel = CancellationToken::new();
        Ok(())
    }

    pub(crate) fn end(&mut self, phase: Phase) {
        self.phase = phase;
        self.ended_at = Some(Instant::now());
    }
}

/// A state under a lock; everybody who follows it hears of every change.
#[derive(Debug)]
pub(crate) struct JobState<S> {
    state: Mutex<S>,
    changed: watch::Sender<()>,
}

impl<S: AsRef<Course> + AsMut<Course>> JobState<S> {
    pub(crate) fn new(state: S) -> Self {
        Self {
            state: Mutex::new(state),
            changed: watch::Sender::new(()),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, S> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut S) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Hears of every change.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().as_ref().phase
    }

    pub(crate) fn is_active(&self) -> bool {
        self.phase().is_active()
    }

    pub(crate) fn ended_at(&self) -> Option<Instant> {
        self.lock().as_ref().ended_at
    }

    /// The folder to go on with, while it is there.
    pub(crate) fn resumable(&self) -> Option<PathBuf> {
        let folder = self.lock().as_ref().resumable.clone();
        folder.filter(|folder| folder.is_dir())
    }

    /// Asks to stop; `false` if it has ended already.
    pub(crate) fn cancel(&self) -> bool {
        let state = self.lock();
        let course = state.as_ref();
        if course.phase.is_active() {
            course.cancel.cancel();
        }
        course.phase.is_active()
    }

    /// Whether it was asked to stop and has not yet.
    pub(crate) fn is_stopping(&self) -> bool {
        let state = self.lock();
        let course = state.as_ref();
        course.phase.is_active() && course.cancel.is_cancelled()
    }

    /// The token of the next run, which `stop` cancels as well. A job that was asked to stop while it
    /// waited stays so.
    pub(crate) fn renew_cancel(&self, stop: &CancellationToken) -> CancellationToken {
        let cancel = stop.child_token();
        let mut state = self.lock();
        let course = state.as_mut();
        if course.cancel.is_cancelled() {
            cancel.cancel();
        }
        course.cancel = cancel.clone();
        cancel
    }

    /// Waits until a job that was asked to stop has done so, but not for ever: whoever asked is told
    /// the state as it is then.
    pub(crate) async fn stopped(&self) {
        if !self.is_stopping() {
            return;
        }
        let mut changes = self.changes();
        let wait = async { while self.is_active() && changes.changed().await.is_ok() {} };
        let _ = timeout(STOPPING, wait).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl AsRef<Self> for Course {
        fn as_ref(&self) -> &Self {
            self
        }
    }

    impl AsMut<Self> for Course {
        fn as_mut(&mut self) -> &mut Self {
            self
        }
    }

    #[test]
    fn only_what_broke_off_begins_again() {
        let mut course = Course::new();
        assert_eq!(course.begin_again(), Err(Phase::Waiting));
        course.end(Phase::Completed);
        assert_eq!(course.begin_again(), Err(Phase::Completed));
        course.end(Phase::Canceled);
        assert_eq!(course.begin_again(), Ok(()));
        assert_eq!((course.phase, course.ended_at), (Phase::Waiting, None));
    }

    #[test]
    fn a_job_that_has_ended_cannot_be_asked_to_stop() {
        let state = JobState::new(Course::new());
        let cancel = state.renew_cancel(&CancellationToken::new());
        state.change(|course| course.end(Phase::Failed));
        assert!(!state.cancel());
        assert!(!cancel.is_cancelled());
        assert!(!state.is_stopping());
    }

    #[test]
    fn a_stop_before_the_run_is_kept() {
        let state = JobState::new(Course::new());
        let stop = CancellationToken::new();
        state.renew_cancel(&stop);
        assert!(state.cancel());
        state.change(|course| course.end(Phase::Canceled));
        assert_eq!(state.lock().begin_again(), Ok(()));
        assert!(!state.is_stopping());
        assert!(state.cancel());
        assert!(state.renew_cancel(&stop).is_cancelled());
    }

    #[test]
    fn a_stop_of_the_server_stops_the_job() {
        let state = JobState::new(Course::new());
        let stop = CancellationToken::new();
        state.renew_cancel(&stop);
        assert!(!state.is_stopping());
        stop.cancel();
        assert!(state.is_stopping());
    }

    #[tokio::test]
    async fn whoever_waits_for_a_stop_hears_of_the_end() {
        let state = JobState::new(Course::new());
        assert!(state.cancel());
        let end = async { state.change(|course| course.end(Phase::Canceled)) };
        tokio::join!(state.stopped(), end);
        assert_eq!(state.phase(), Phase::Canceled);
    }
}
