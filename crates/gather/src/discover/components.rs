//! From components to the jobs behind them.

use std::collections::BTreeSet;

use vmapi::Client;

use super::error::DiscoverError;
use super::found::{Discovery, FoundComponent};
use super::found_in;
use super::look_back::LookBack;
use super::programs::programs;
use super::tenants::Survey;
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
    let survey = Survey {
        programs: programs(&look).await.map_err(DiscoverError::Ask)?,
        ..Survey::default()
    };
    found_in(survey, client, range)?.jobs_of(components)
}

impl Discovery {
    /// The jobs of components, by the names that stand in this discovery.
    ///
    /// # Errors
    ///
    /// [`DiscoverError::NoSuchComponent`] if none of them has a job.
    pub fn jobs_of(&self, components: &[String]) -> Result<JobsOfComponents, DiscoverError> {
        let in_jobs = || {
            self.components
                .iter()
                .filter(|found| !found.jobs.is_empty())
        };
        let chosen = in_jobs().filter(|found| is_in(components, found));
        let jobs: BTreeSet<&str> = chosen
            .flat_map(|found| &found.jobs)
            .map(|job| job.name.as_str())
            .collect();
        let seen: BTreeSet<&str> = in_jobs().map(|found| found.program.as_str()).collect();
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
            jobs: jobs.into_iter().map(str::to_owned).collect(),
            missing: missing.cloned().collect(),
        })
    }
}

fn is_in(components: &[String], found: &FoundComponent) -> bool {
    components.iter().any(|name| name == found.program.as_str())
}
