//! From chosen components to the jobs behind them.

use gather::config::{ExportConfig, Mode};
use gather::discover::{DiscoverError, jobs_of_components};
use gather::{ExportRequest, Selection};

use crate::cli::ExportArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// The components whose jobs have to be asked for: those of the options, else those of a config
/// that names no jobs.
pub(super) fn to_find(args: &ExportArgs, config: &ExportConfig) -> Vec<String> {
    if !args.components.is_empty() {
        return args.components.clone();
    }
    let by_components = config.mode == Mode::Cluster && config.jobs.is_empty();
    let components = by_components.then(|| config.components.clone());
    components.unwrap_or_default()
}

/// Adds the jobs of the components to the selection; `say` hears of components that have none.
pub(super) async fn add_jobs(
    request: &mut ExportRequest,
    components: &[String],
    say: impl Fn(&str),
) -> Result<(), Failure> {
    if components.is_empty() {
        return Ok(());
    }
    let client = client(request)?;
    let found = jobs_of_components(&client, components, request.range)
        .await
        .map_err(|error| failed(&error))?;
    for component in &found.missing {
        say(&format!(
            "the component `{component}` was not seen in the time range"
        ));
    }
    if let Selection::Jobs(jobs) | Selection::Selector { jobs, .. } = &mut request.selection {
        jobs.extend(found.jobs);
    }
    Ok(())
}

/// Asks the server of an export beside the export.
pub(super) fn client(request: &ExportRequest) -> Result<vmapi::Client, Failure> {
    vmapi::Endpoint::new(&request.connection)
        .and_then(|endpoint| vmapi::Client::new(endpoint, vmapi::Timeouts::default()))
        .map_err(|error| Failure::from_error(Exit::Usage, &error))
}

pub(super) fn failed(error: &DiscoverError) -> Failure {
    Failure::from_error(Exit::Failed, error).maybe_hint(error.hint())
}
