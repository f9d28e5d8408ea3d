//! Exports that the server runs: three at once, a short queue behind them.
//!
//! A job lives in memory as long as somebody may ask for it. What it fetched lies in its staging
//! folder, so a job that is forgotten, or was another process's, is found there again.

mod adopt;
mod end;
mod job;
mod progress;
mod speed;
mod status;
mod work;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(super) use self::adopt::PREFIX;
pub(super) use self::end::{ExportResult, SampleLine, TimeSpan};
pub(super) use self::job::{Facts, Job, WAITING, wrong_state};
pub(super) use self::status::{EVENTS, Status};
pub(super) use self::work::{Work, clear_folder};
use crate::reply::Problem;

/// Exports that may wait.
const QUEUE: usize = 10;

/// How long a job that has ended can be asked for.
const REMEMBERED: Duration = Duration::from_secs(3600);

/// Ended jobs that are remembered at most; the oldest go first.
const MOST_REMEMBERED: usize = 500;

/// All jobs.
pub(super) struct Jobs {
    jobs: Mutex<HashMap<String, Arc<Job>>>,
    slots: Arc<Semaphore>,
    most: usize,
    stop: CancellationToken,
    running: TaskTracker,
}

impl Jobs {
    /// `stop` cancels all of them.
    pub(super) fn new(max_jobs: usize, stop: CancellationToken) -> Self {
        Self {
            jobs: Mutex::default(),
            slots: Arc::new(Semaphore::new(max_jobs)),
            most: max_jobs + QUEUE,
            stop,
            running: TaskTracker::new(),
        }
    }

    /// A place for one more job, before anything is done for it.
    ///
    /// # Errors
    ///
    /// So many run and wait already.
    pub(super) fn refuse_crowd(&self) -> Result<(), Problem> {
        self.room(&self.lock())
    }

    fn room(&self, jobs: &HashMap<String, Arc<Job>>) -> Result<(), Problem> {
        let active = jobs.values().filter(|job| job.state.is_active()).count();
        if active >= self.most || self.stop.is_cancelled() {
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("{active} exports run or wait already"),
            )
            .code("too_many_jobs")
            .hint("wait until one has ended, or cancel one"));
        }
        Ok(())
    }

    /// Puts a new job into the queue.
    ///
    /// # Errors
    ///
    /// As [`Jobs::refuse_crowd`].
    pub(super) fn start(&self, job: Job, work: Work) -> Result<Arc<Job>, Problem> {
        let job = Arc::new(job);
        {
            let mut jobs = self.lock();
            self.room(&jobs)?;
            jobs.insert(job.id.clone(), job.clone());
        }
        self.run(job.clone(), work);
        Ok(job)
    }

    /// Puts a job that has ended into the queue again.
    ///
    /// # Errors
    ///
    /// As [`Jobs::refuse_crowd`]; also if somebody else was quicker.
    pub(super) fn restart(&self, job: &Arc<Job>, work: Work) -> Result<(), Problem> {
        {
            let jobs = self.lock();
            self.room(&jobs)?;
            job.begin_again()?;
        }
        self.run(job.clone(), work);
        Ok(())
    }

    fn run(&self, job: Arc<Job>, work: Work) {
        let cancel = job.state.renew_cancel(&self.stop);
        let slots = self.slots.clone();
        self.running.spawn(async move {
            let slot = tokio::select! {
                slot = slots.acquire_owned() => slot,
                () = cancel.cancelled() => {
                    if job.state.resumable().is_none() {
                        clear_folder(&job);
                    }
                    job.end_canceled();
                    return;
                }
            };
            work.run(&job, cancel).await;
            drop(slot);
        });
    }

    /// A job by its id.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Job>> {
        self.forget_old();
        self.lock().get(id).cloned()
    }

    /// Jobs that run or wait, oldest first.
    pub(super) fn active(&self) -> Vec<Arc<Job>> {
        let mut active: Vec<_> = self
            .lock()
            .values()
            .filter(|job| job.state.is_active())
            .cloned()
            .collect();
        active.sort_by_key(|job| job.created);
        active
    }

    /// The job that works, or worked last, on an export.
    pub(super) fn of_export(&self, export_id: &str) -> Option<Arc<Job>> {
        let jobs = self.lock();
        let mut jobs = jobs.values();
        jobs.find(|job| job.export_id().as_deref() == Some(export_id))
            .cloned()
    }

    /// Forgets a job that was given up.
    pub(super) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Waits until nothing runs; [`Jobs::new`]'s token should have been cancelled.
    pub(super) async fn ended(&self) {
        self.running.close();
        self.running.wait().await;
    }

    fn forget_old(&self) {
        let mut jobs = self.lock();
        let now = Instant::now();
        jobs.retain(|_, job| {
            job.state
                .ended_at()
                .is_none_or(|at| now.duration_since(at) < REMEMBERED)
        });
        let mut ended: Vec<(Instant, String)> = jobs
            .values()
            .filter_map(|job| Some((job.state.ended_at()?, job.id.clone())))
            .collect();
        if ended.len() > MOST_REMEMBERED {
            ended.sort();
            for (_, id) in &ended[..ended.len() - MOST_REMEMBERED] {
                jobs.remove(id);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
