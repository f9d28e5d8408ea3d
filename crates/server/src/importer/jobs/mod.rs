//! Imports that the server runs.
//!
//! A job lives in memory as long as somebody may ask for it. What it needs to go on lies in the
//! folder of its import, so one that is forgotten, or was another process's, is found there again.

mod job;
mod status;
mod work;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(super) use self::job::{Facts, Job, wrong_state};
pub(super) use self::status::{EVENTS, Status};
pub(super) use self::work::{NewImport, Resumed};
use crate::reply::{Problem, one_line};

/// How long a job that cannot be resumed can be asked for after its end.
const REMEMBERED: Duration = Duration::from_secs(30 * 60);

/// How long one that can be resumed waits for that, with its files.
const RESUMABLE: Duration = Duration::from_secs(24 * 3600);

/// Ended jobs that are remembered at most; the oldest go first.
const MOST_REMEMBERED: usize = 200;

/// How the folder of an import begins, and its job.
const IMPORT: &str = "import-";
const JOB: &str = "job-";

/// The job of an import: they share the part that nobody guesses, so that a job is found again when
/// the server was started anew.
pub(super) fn job_id(import_id: &str) -> String {
    let rest = import_id.strip_prefix(IMPORT).unwrap_or(import_id);
    format!("{JOB}{rest}")
}

/// A place among the imports that run; it is held from the first byte of an upload.
pub(super) struct Place(#[expect(dead_code, reason = "held until dropped")] OwnedSemaphorePermit);

/// All jobs.
#[derive(Clone)]
pub(super) struct Jobs(Arc<Inner>);

struct Inner {
    jobs: Mutex<HashMap<String, Arc<Job>>>,
    places: Arc<Semaphore>,
    most: usize,
    spool: PathBuf,
    stop: CancellationToken,
    running: TaskTracker,
}

impl Jobs {
    /// `stop` cancels all of them.
    pub(super) fn new(most: usize, spool: PathBuf, stop: CancellationToken) -> Self {
        Self(Arc::new(Inner {
            jobs: Mutex::default(),
            places: Arc::new(Semaphore::new(most)),
            most,
            spool,
            stop,
            running: TaskTracker::new(),
        }))
    }

    /// A place for one more job, before anything is done for it.
    ///
    /// # Errors
    ///
    /// So many run already, or the server stops.
    pub(super) fn place(&self) -> Result<Place, Problem> {
        let place = self.0.places.clone().try_acquire_owned();
        match place {
            Ok(place) if !self.0.stop.is_cancelled() => Ok(Place(place)),
            _ => Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("{} imports run already", self.0.most),
            )
            .code("too_many_jobs")
            .hint("wait until one has ended, or cancel one")),
        }
    }

    /// Starts an import.
    pub(super) fn start(&self, job: Job, work: NewImport, place: Place) -> Arc<Job> {
        let job = Arc::new(job);
        self.lock().insert(job.id.clone(), job.clone());
        self.run(job.clone(), place, async move |job, cancel| {
            work.run(job, cancel).await;
        });
        job
    }

    /// Goes on with an import.
    ///
    /// # Errors
    ///
    /// Somebody else was quicker.
    pub(super) fn restart(
        &self,
        job: &Arc<Job>,
        work: Resumed,
        place: Place,
    ) -> Result<(), Problem> {
        job.begin_again()?;
        self.run(job.clone(), place, async move |job, cancel| {
            work.run(job, cancel).await;
        });
        Ok(())
    }

    fn run<W, F>(&self, job: Arc<Job>, place: Place, work: W)
    where
        W: FnOnce(Arc<Job>, CancellationToken) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let cancel = job.state.renew_cancel(&self.0.stop);
        let jobs = self.clone();
        self.0.running.spawn(async move {
            job.begin();
            work(job.clone(), cancel).await;
            drop(place);
            jobs.forget_in_time(&job);
        });
    }

    /// Sees to it that a job that has ended goes in time, with its files.
    fn forget_in_time(&self, job: &Job) {
        let jobs = self.clone();
        let lifetime = lifetime(job.state.resumable().is_some());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(lifetime + Duration::from_secs(1)) => {}
                () = jobs.0.stop.cancelled() => return,
            }
            let _ = tokio::task::spawn_blocking(move || jobs.forget_old()).await;
        });
    }

    /// A job by its id, also one that only its folder remembers. Blocks.
    pub(super) fn find(&self, id: &str) -> Option<Arc<Job>> {
        self.forget_old();
        let known = self.lock().get(id).cloned();
        if known.is_some() || !id.starts_with(JOB) {
            return known;
        }
        self.adopt();
        self.lock().get(id).cloned()
    }

    /// All jobs, the newest first, also those that only their folders remember. Blocks.
    pub(super) fn all(&self) -> Vec<Arc<Job>> {
        self.forget_old();
        self.adopt();
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.sort_by_key(|job| std::cmp::Reverse(job.created));
        all
    }

    /// Makes jobs of the unfinished imports on the disk.
    fn adopt(&self) {
        let found = match replay::unfinished(&self.0.spool) {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(error = one_line(&error), "cannot look for imports");
                return;
            }
        };
        for found in found {
            let id = job_id(&found.import_id);
            if self.lock().contains_key(&id) {
                continue;
            }
            // Only copies take space that nobody knows of.
            let is_copy = found.path.starts_with(&found.folder);
            if is_copy && !found.running && is_old(&found.folder) {
                discard(&found.folder);
                continue;
            }
            let job = Job::of_unfinished(id.clone(), &found);
            self.lock().entry(id).or_insert_with(|| Arc::new(job));
        }
    }

    /// Forgets a job that was given up.
    pub(super) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    /// Waits until nothing runs; the token of [`Jobs::new`] should have been cancelled.
    pub(super) async fn ended(&self) {
        self.0.running.close();
        self.0.running.wait().await;
    }

    fn forget_old(&self) {
        let now = Instant::now();
        let mut gone = Vec::new();
        {
            let mut jobs = self.lock();
            jobs.retain(|_, job| !job.is_settled_elsewhere());
            let mut ended: Vec<(Instant, bool, String)> = jobs
                .values()
                .filter_map(|job| {
                    Some((
                        job.state.ended_at()?,
                        job.state.resumable().is_some(),
                        job.id.clone(),
                    ))
                })
                .collect();
            ended.sort();
            let surplus = ended.len().saturating_sub(MOST_REMEMBERED);
            for (at, (ended_at, resumable, id)) in ended.into_iter().enumerate() {
                let is_over = now.duration_since(ended_at) >= lifetime(resumable);
                // One that can be resumed is found on the disk again.
                if (is_over || at < surplus)
                    && let Some(job) = jobs.remove(&id)
                {
                    gone.extend(job.state.resumable().filter(|_| is_over));
                }
            }
        }
        for folder in gone {
            discard(&folder);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Job>>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lifetime(resumable: bool) -> Duration {
    if resumable { RESUMABLE } else { REMEMBERED }
}

/// Whether nothing was done in the folder of an import for so long that it is given up.
fn is_old(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let changed = entries.filter_map(|entry| entry.metadata().ok()?.modified().ok());
    let changed = changed.max().unwrap_or(SystemTime::UNIX_EPOCH);
    SystemTime::now()
        .duration_since(changed)
        .is_ok_and(|age| age >= RESUMABLE)
}

fn discard(folder: &Path) {
    if let Err(error) = replay::discard(folder) {
        let folder = folder.display();
        tracing::warn!(%folder, error = one_line(&error), "cannot remove an import");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_named_after_its_import() {
        assert_eq!(job_id("import-12-ab"), "job-12-ab");
    }

    #[test]
    fn what_was_touched_today_is_not_old() {
        let dir = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(dir.path().join("journal")).unwrap();
        assert!(!is_old(dir.path()));
        let yesterday = SystemTime::now() - RESUMABLE - Duration::from_secs(60);
        file.set_modified(yesterday).unwrap();
        assert!(is_old(dir.path()));
    }
}
