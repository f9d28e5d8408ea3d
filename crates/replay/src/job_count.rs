//! Counting the samples of each job at the target.

use vmapi::{Client, Selector, Target};

use crate::tally::{JobTally, OTHER_JOBS, Tally};
use crate::verification::JobCheck;

/// Jobs that are counted.
const MAX_JOBS: usize = 50;

const JOB: &str = "job";

/// Counts the jobs with most samples; `add_labels` are those that the import put on everything.
pub(crate) async fn count_jobs(
    client: &Client,
    target: &Target,
    add_labels: &[(String, String)],
    tally: &Tally,
) -> Vec<JobCheck> {
    let mut jobs: Vec<(&String, &JobTally)> = tally
        .jobs
        .iter()
        // Bytes that are no text were replaced for showing.
        .filter(|(job, _)| *job != OTHER_JOBS && !job.contains(char::REPLACEMENT_CHARACTER))
        .collect();
    jobs.sort_by(|a, b| b.1.samples.cmp(&a.1.samples).then_with(|| a.0.cmp(b.0)));
    let extra = target.extra_labels();
    let mut checks = Vec::new();
    for (job, sent) in jobs.into_iter().take(MAX_JOBS) {
        let mut selector = Selector::job(job);
        let ours = add_labels
            .iter()
            .filter(|(name, _)| !extra.iter().any(|(extra, _)| extra == name));
        for (name, value) in ours.chain(extra) {
            if name != JOB {
                selector = selector.with_equal(name, value);
            }
        }
        // A window begins behind its first millisecond.
        let window_ms = sent.last_ms.saturating_sub(sent.first_ms).saturating_add(1);
        let query = format!("sum(count_over_time({}[{window_ms}ms]))", selector.as_str());
        let found = client.query(&query, sent.last_ms).await.ok();
        let found = found.and_then(|result| {
            let series = result.into_vector()?;
            // No sample at all is an empty result.
            Some(series.first().map_or(0.0, |series| series.sample.value) as u64)
        });
        checks.push(JobCheck {
            job: job.clone(),
            sent: sent.samples,
            found,
        });
    }
    checks
}
