//! Finding exports again that another run of the server, or a command, left behind.

use std::path::PathBuf;
use std::sync::Arc;

use gather::Interrupted;

use super::Jobs;
use super::job::Job;
use crate::job_state::Phase;

/// What the ids of jobs begin with.
pub(in crate::exporter) const PREFIX: &str = "job-";

impl Jobs {
    /// Every interrupted export below these folders that no job of ours runs, with its job.
    ///
    /// Another process may be at work on it: then it is `running`, and its job cannot be resumed.
    pub(in crate::exporter) fn adopt(&self, roots: &[PathBuf]) -> Vec<(Interrupted, Arc<Job>)> {
        let mut adopted = Vec::new();
        for root in roots {
            let found = gather::interrupted(root).unwrap_or_else(|error| {
                tracing::warn!(root = %root.display(), %error, "cannot look for exports");
                Vec::new()
            });
            for interrupted in found {
                let job = self.job_of(&interrupted);
                if !job.state.is_active() && job.state.phase() != Phase::Completed {
                    adopted.push((interrupted, job));
                }
            }
        }
        adopted.sort_by_key(|(interrupted, _)| std::cmp::Reverse(interrupted.started));
        adopted
    }

    fn job_of(&self, found: &Interrupted) -> Arc<Job> {
        if let Some(job) = self.of_export(&found.export_id) {
            return job;
        }
        let folder = found.staging.parent().and_then(|root| root.file_name());
        let folder = folder.and_then(|name| name.to_str());
        let id = match folder {
            Some(name) if name.starts_with(PREFIX) => name.to_owned(),
            _ => found.export_id.clone(),
        };
        let mut jobs = self.lock();
        if let Some(job) = jobs.get(&id) {
            return job.clone();
        }
        let job = Arc::new(Job::of_interrupted(id.clone(), found));
        jobs.insert(id, job.clone());
        job
    }
}
