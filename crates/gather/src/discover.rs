//! Which components an installation has, in which jobs, and how much an export would bring.
//!
//! [`discover`] lists components, [`discover_selector`] the jobs behind a selector, [`estimate`] says
//! what an export would weigh, and [`jobs_of_components`] turns components into jobs.
//!
//! Everything is asked over the whole range, because the component that died in it is the one that
//! support wants. The questions are light, because the server has enough to do: who is there is read
//! from one series per process (`vm_app_version`), and how many series it has from one more, in which
//! the scraper counts them. At most four requests, whatever the size of the installation; only where
//! nobody counted are the series themselves touched.

mod components;
mod error;
mod estimate;
mod found;
mod look_back;
mod names;
mod narrowed;
mod obfuscate;
mod program;
mod programs;
mod selector_jobs;
mod series_counts;
mod target;
mod tell_tale;
mod tenants;
mod warning;

pub use self::components::{JobsOfComponents, jobs_of_components};
pub use self::error::DiscoverError;
pub use self::estimate::{Estimate, EstimateBasis, estimate};
pub use self::found::{Discovery, FoundComponent, FoundJob};
pub use self::program::Program;
pub use self::selector_jobs::{SelectorJob, SelectorJobs, discover_selector};
pub use self::tenants::{discover_all_tenants, discover_tenants};
pub use self::warning::DiscoveryWarning;

use vmapi::Client;

use self::look_back::LookBack;
use self::programs::programs;
use self::series_counts::series_counts;
use self::tenants::Survey;
use crate::time_range::TimeRange;

/// The components that were seen at any time of the range, sorted by name and tenant.
///
/// Asks two to four times. Tenants are kept apart by their labels where the address is that of all
/// tenants. Counts that cannot be had are unknown, with a warning, and are no error.
///
/// # Errors
///
/// [`DiscoverError::Ask`] if the server does not answer, [`DiscoverError::NothingFound`] if it has
/// no metrics of VictoriaMetrics in the range.
pub async fn discover(client: &Client, range: TimeRange) -> Result<Discovery, DiscoverError> {
    let survey = survey(client, range).await?;
    found_in(survey, client, range)
}

async fn survey(client: &Client, range: TimeRange) -> Result<Survey, DiscoverError> {
    let look = LookBack { client, range };
    let programs = programs(&look).await.map_err(DiscoverError::Ask)?;
    let (counts, warnings) = series_counts(&look, &programs).await;
    Ok(Survey {
        programs,
        counts,
        warnings,
    })
}

fn found_in(survey: Survey, client: &Client, range: TimeRange) -> Result<Discovery, DiscoverError> {
    if survey.programs.is_empty() {
        let tenant = client.endpoint().tenant();
        return Err(DiscoverError::NothingFound { range, tenant });
    }
    Ok(Discovery::new(survey))
}
