//! The plan: everything about an export that must not change while it runs or is resumed.

use std::path::PathBuf;
use std::time::Duration;

use bundle::{ExportId, Format, Warning};
use jiff::Timestamp;
use privacy::Rules;
use serde::{Deserialize, Serialize};
use vmapi::{Client, ExportRoute, LabelText, Selector};

use crate::distinct::distinct;
use crate::error::Error;
use crate::event::EventSink;
use crate::persist::persist;
use crate::request::{Destination, ExportRequest, Selection};
use crate::saved_connection::SavedConnection;
use crate::slice::{Slice, Transport, step_windows, windows};
use crate::time_range::TimeRange;

/// Version of everything in a staging folder; another one cannot be resumed.
pub(crate) const STAGING_VERSION: u32 = 2;

/// Days in a time slice of the native transport. Servers send whole blocks, 34 hours of a series
/// scraped every 15 s, so a shorter slice transfers its edges several times over.
const NATIVE_WINDOW_MS: i64 = 7 * 24 * 3600 * 1000;

/// Length of an automatic window of the JSON transport: a series scraped every 15 s fills most of a
/// line in it.
const JSON_WINDOW_MS: i64 = 24 * 3600 * 1000;

/// Points of a series that one query asks for; servers allow 30,000.
const QUERY_WINDOW_STEPS: i64 = 1000;

/// A job with more instances is divided, so that less is lost when a slice fails.
const INSTANCES_PER_SLICE: usize = 32;

/// With so few instances in all jobs together no job is divided, nor asked about.
const FEW_INSTANCES: usize = 2 * INSTANCES_PER_SLICE;

/// With more jobs or label values than this, one slice takes them all: the requests would cost more
/// than the division gains, and some servers cut such lists off without a word.
const MAX_VALUES: usize = 1000;

/// More requests than this are a mistake, not a plan.
const MAX_SLICES: i64 = 100_000;

/// What a staging folder remembers of its export. Holds no credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) staging_version: u32,
    pub(crate) export_id: ExportId,
    /// When the export was started; dates the bundle.
    pub(crate) started: Timestamp,
    pub(crate) source: SavedConnection,
    pub(crate) range: TimeRange,
    /// At most one sample of a series in each interval of this many milliseconds stays.
    pub(crate) thin_ms: Option<i64>,
    /// Distance of query results, ms.
    pub(crate) step_ms: Option<i64>,
    /// Chosen jobs; empty if everything or a plain selector was chosen.
    pub(crate) jobs: Vec<String>,
    pub(crate) components: Vec<String>,
    pub(crate) rules: Rules,
    /// Findings of the audit stop nothing.
    pub(crate) accept_audit: bool,
    /// Labels on `up`, as far as the server tells them; the data may bring others.
    pub(crate) target_labels: Vec<String>,
    pub(crate) map_folder: Option<PathBuf>,
    pub(crate) transport: Transport,
    /// Exports are routed along the base path as given, `/rw/` included.
    pub(crate) route_as_given: bool,
    pub(crate) concurrency: usize,
    pub(crate) slices: Vec<Slice>,
    pub(crate) target: Target,
    /// What the bundle is to hold.
    #[serde(default)]
    pub(crate) format: Format,
    pub(crate) case: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) warnings: Vec<Warning>,
}

/// Where the result goes, with the name already chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// A bundle at this path.
    File(PathBuf),
    /// A bundle into the caller's writer.
    Archive,
    /// Lines into the caller's writer.
    Lines,
}

impl Target {
    pub(crate) fn new(destination: &Destination, id: &ExportId, started: Timestamp) -> Self {
        match destination {
            Destination::Folder(folder) => Self::File(folder.join(id.bundle_file_name(started))),
            Destination::File(path) => Self::File(path.clone()),
            Destination::Archive => Self::Archive,
            Destination::Lines => Self::Lines,
        }
    }
}

impl Plan {
    /// The content of the plan file.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("a plan has a JSON form")
    }

    pub(crate) fn route(&self) -> ExportRoute {
        if self.route_as_given {
            ExportRoute::AsGiven
        } else {
            ExportRoute::WithoutRw
        }
    }

    /// Asks the server what there is and divides it into slices.
    pub(crate) async fn make(
        request: &ExportRequest,
        client: &Client,
        events: &dyn EventSink,
        (transport, route): (Transport, ExportRoute),
        export_id: ExportId,
        started: Timestamp,
    ) -> Result<Self, Error> {
        let mut warnings = Vec::new();
        if matches!(request.selection, Selection::Everything) && request.instances.is_empty() {
            warnings.push(Warning::EverythingSelected);
        }
        if request.thin.is_some() {
            warnings.push(Warning::Thinned);
        }
        let step_ms = (transport == Transport::QueryRange).then(|| to_ms(step(request)));
        if step_ms.is_some() {
            warnings.push(Warning::QueryResults);
        }
        let groups = series_groups(request, client, events, transport).await?;
        let window_ms = match request.window {
            Some(window) => to_ms(window),
            None => match transport {
                Transport::Native => NATIVE_WINDOW_MS,
                Transport::Json => JSON_WINDOW_MS,
                Transport::QueryRange => to_ms(step(request)) * QUERY_WINDOW_STEPS,
            },
        };
        let count = request.range.len_ms() / window_ms.max(1) * groups.len() as i64;
        if count > MAX_SLICES {
            return Err(Error::BadRequest(format!(
                "windows of {window_ms} ms would take {count} requests, more than {MAX_SLICES}: \
                 choose longer windows or a shorter range"
            )));
        }
        let thin_ms = request.thin.map(to_ms);
        let windows = match step_ms {
            Some(step_ms) => step_windows(request.range, step_ms, window_ms),
            None => windows(request.range, window_ms, thin_ms),
        };
        let expression = match &request.selection {
            Selection::Expression(expression) => Some(expression),
            _ => None,
        };
        let slices = slices(&groups, expression, &windows);
        Ok(Self {
            staging_version: STAGING_VERSION,
            target: Target::new(&request.destination, &export_id, started),
            export_id,
            started,
            source: SavedConnection::new(&request.connection),
            range: request.range,
            thin_ms,
            step_ms,
            jobs: request.selection.jobs(),
            components: request.components.clone(),
            rules: request.rules.clone(),
            accept_audit: request.accept_audit,
            target_labels: target_labels(request, client, events).await?,
            map_folder: request.map_folder.clone(),
            transport,
            route_as_given: route == ExportRoute::AsGiven,
            concurrency: request.concurrency,
            slices,
            format: request.format,
            case: request.case.clone(),
            note: request.note.clone(),
            warnings,
        })
    }
}

/// The labels that stand on `up`: they identify targets wherever else they stand.
///
/// Whole jobs bring their own `up` along, so the server is asked only where the selection may
/// leave it out.
pub(crate) async fn target_labels(
    request: &ExportRequest,
    client: &Client,
    events: &dyn EventSink,
) -> Result<Vec<String>, Error> {
    let has_up = matches!(
        request.selection,
        Selection::Everything | Selection::Jobs(_)
    );
    if has_up || request.rules.is_off() {
        return Ok(Vec::new());
    }
    let up = [Selector::equal("__name__", "up")];
    let TimeRange { start_ms, end_ms } = request.range;
    let ask = async || client.label_names(&up, start_ms, end_ms).await;
    match persist(events, ask).await {
        Ok(names) => Ok(names
            .iter()
            .map(ToString::to_string)
            .filter(|name| name != "__name__")
            .collect()),
        // Some gateways route no lists; the labels known by their names are covered all the same.
        Err(error) if !error.is_retryable() && !error.is_unauthorized() => {
            tracing::warn!(%error, "cannot list the labels of targets");
            Ok(Vec::new())
        }
        Err(error) => Err(Error::Plan(error)),
    }
}

/// Groups of series that share none: by job, then by instance where a job is large.
///
/// Series without a job or an instance are few, or none, so they come along with others instead of
/// taking a request of their own.
async fn series_groups(
    request: &ExportRequest,
    client: &Client,
    events: &dyn EventSink,
    transport: Transport,
) -> Result<Vec<Vec<Selector>>, Error> {
    let range = request.range;
    let selectors = match &request.selection {
        // One group without selectors: the expression stands in their place.
        Selection::Expression(_) => return Ok(vec![Vec::new()]),
        // The instances divide the selection already.
        Selection::Everything if !request.instances.is_empty() => vec![Selector::everything()],
        Selection::Everything => jobs_of_everything(request, client, events).await?,
        Selection::Jobs(_) => {
            let jobs = request.selection.jobs();
            jobs.iter().map(Selector::job).collect()
        }
        Selection::Selector { selector, jobs } if jobs.is_empty() => vec![selector.clone()],
        Selection::Selector { selector, .. } => {
            let jobs = request.selection.jobs();
            let narrow = |job: &String| selector.with_equal("job", job);
            jobs.iter().map(narrow).collect()
        }
    };
    let mut divided = transport == Transport::Native;
    if divided && selectors.len() > 1 && matches!(request.selection, Selection::Everything) {
        divided = !has_few_instances(client, events, range).await?;
    }
    let mut groups: Vec<Vec<Selector>> = Vec::new();
    for selector in selectors {
        if !request.instances.is_empty() {
            let instances = distinct(request.instances.clone());
            let narrow = |instance: &String| selector.with_equal("instance", instance);
            groups.extend(
                instances
                    .chunks(INSTANCES_PER_SLICE)
                    .map(|instances| instances.iter().map(narrow).collect()),
            );
            continue;
        }
        let instances = if divided && groups.len() < MAX_VALUES {
            values(
                client,
                events,
                "instance",
                std::slice::from_ref(&selector),
                range,
            )
            .await?
        } else {
            Vec::new()
        };
        if instances.len() <= INSTANCES_PER_SLICE {
            match groups.last_mut() {
                Some(last) if selector == without_job() => last.push(selector),
                _ => groups.push(vec![selector]),
            }
            continue;
        }
        groups.extend(instances.chunks(INSTANCES_PER_SLICE).map(|instances| {
            instances
                .iter()
                .map(|instance| selector.with_equal("instance", instance))
                .collect()
        }));
        if let Some(last) = groups.last_mut() {
            last.push(selector.with_equal("instance", ""));
        }
    }
    Ok(groups)
}

/// Whether one request tells that jobs need not be asked about one by one.
async fn has_few_instances(
    client: &Client,
    events: &dyn EventSink,
    range: TimeRange,
) -> Result<bool, Error> {
    let everything = [Selector::everything()];
    let instances = values(client, events, "instance", &everything, range).await?;
    // None may mean that there are too many to list, or no list.
    Ok((1..=FEW_INSTANCES).contains(&instances.len()))
}

/// One selector per job and one for series without a job; a single one where jobs cannot be listed.
async fn jobs_of_everything(
    request: &ExportRequest,
    client: &Client,
    events: &dyn EventSink,
) -> Result<Vec<Selector>, Error> {
    let everything = Selector::everything();
    let jobs = values(
        client,
        events,
        "job",
        std::slice::from_ref(&everything),
        request.range,
    )
    .await?;
    if jobs.is_empty() {
        return Ok(vec![everything]);
    }
    let mut selectors: Vec<_> = jobs.iter().map(Selector::job).collect();
    selectors.push(without_job());
    Ok(selectors)
}

fn without_job() -> Selector {
    Selector::everything().with_equal("job", "")
}

/// The values of a label; none where the list is not to be had or so long that it may be cut off.
async fn values(
    client: &Client,
    events: &dyn EventSink,
    label: &str,
    selectors: &[Selector],
    range: TimeRange,
) -> Result<Vec<LabelText>, Error> {
    let ask = async || {
        client
            .label_values(label, selectors, range.start_ms, range.end_ms)
            .await
    };
    match persist(events, ask).await {
        Ok(mut values) if values.len() <= MAX_VALUES => {
            values.sort();
            values.dedup();
            values.retain(|value| !value.is_empty());
            Ok(values)
        }
        Ok(_) => Ok(Vec::new()),
        // Slices only make a failure cheaper; the export works without the list.
        Err(error) if !error.is_retryable() && !error.is_unauthorized() => Ok(Vec::new()),
        Err(error) => Err(Error::Plan(error)),
    }
}

fn to_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The step of query results: as asked for, else finer for shorter ranges.
fn step(request: &ExportRequest) -> Duration {
    const MINUTE_MS: i64 = 60_000;
    let automatic = match request.range.len_ms() {
        ms if ms <= 15 * MINUTE_MS + 1 => Duration::from_secs(30),
        ms if ms <= 6 * 60 * MINUTE_MS + 1 => Duration::from_secs(60),
        _ => Duration::from_secs(300),
    };
    request.step.unwrap_or(automatic)
}

fn slices(
    groups: &[Vec<Selector>],
    expression: Option<&String>,
    windows: &[TimeRange],
) -> Vec<Slice> {
    let pairs = groups
        .iter()
        .flat_map(|group| windows.iter().map(move |window| (group, window)));
    pairs
        .enumerate()
        .map(|(number, (group, window))| Slice {
            id: (number + 1).to_string(),
            selectors: group.clone(),
            expression: expression.cloned(),
            range: *window,
        })
        .collect()
}
