//! From components to the jobs behind them.

use std::collections::BTreeSet;

use vmapi::Client;

use super::error::DiscoverError;
use super::look_back::LookBack;
use super::programs::programs;
use crate::time_range::TimeRange;

/// The jobs behind chosen components.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsOfComponents {
    /// Exact names, each once, sorted; never empty.
    pub jobs: Vec<String>,
    /// Chosen components that were not seen in any job, in the order of the choice.
    pub missing: Vec<String>,
}

/// The jobs in which any of the components was seen during the range, by the names that
/// [`super::discover`] gives them.
///
/// Asks once or twice. A job may hold other components too.
///
/// # Errors
///
/// [`DiscoverError::NoSuchComponent`] if none was seen in a job: an export without jobs would be
/// one of everything. [`DiscoverError::NothingFound`] if nothing at all was seen.
pub async fn jobs_of_components(
    client: &Client,
    components: &[String],
    range: TimeRange,
) -> Result<JobsOfComponents, DiscoverError> {
    let look = LookBack { client, range };
    let programs = programs(&look).await.map_err(DiscoverError::Ask)?;
    if programs.is_empty() {
        let tenant = client.endpoint().tenant();
        return Err(DiscoverError::NothingFound { range, tenant });
    }
    let mut jobs = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (target, found) in &programs {
        if target.job.is_empty() {
            continue;
        }
        for program in found {
            seen.insert(program.as_str());
            if components.iter().any(|name| name == program.as_str()) {
                jobs.insert(target.job.clone());
            }
        }
    }
    if jobs.is_empty() {
        return Err(DiscoverError::NoSuchComponent {
            wanted: components.to_vec(),
            found: seen.into_iter().map(str::to_owned).collect(),
        });
    }
    let missing = components
        .iter()
        .filter(|name| !seen.contains(name.as_str()));
    Ok(JobsOfComponents {
        jobs: jobs.into_iter().collect(),
        missing: missing.cloned().collect(),
    })
}
