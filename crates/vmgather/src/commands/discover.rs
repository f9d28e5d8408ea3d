//! `vmgather discover`: what there is, and what an export would weigh.

mod table;

use demo::Demo;
use gather::discover::{self, DiscoverError, Discovery, Estimate};
use gather::{Selection, TimeRange, format_ms};
use jiff::Timestamp;
use serde::Serialize;
use vmapi::{Client, Connection, ConnectionError, Endpoint, Selector, Tenant, Timeouts};

use super::export::{contradictions, demo_cluster, pseudonyms, time};
use crate::address;
use crate::cli::{DiscoverArgs, Moment, Span, Tenants};
use crate::credentials;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;
use crate::run::{from_gather, runtime};
use crate::shown::shown;

pub(crate) fn run(args: &DiscoverArgs) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    refuse_contradictions(args)?;
    let selector = selector(args)?;
    let range = time::of_options(typed(args), args.demo, now)?;
    let demo = args.demo.then(|| demo_cluster::start(now)).transpose()?;
    let connection = connection(args, demo.as_ref())?;
    let pseudonyms = args
        .obfuscate
        .then(|| pseudonyms::of_discovery(args.map.as_deref(), args.no_map))
        .transpose()?;
    let mut found = runtime()?.block_on(async {
        let found = find(args, &client(&connection)?, selector.clone(), range).await;
        let found = match found {
            // The address of a cluster may lack the tenant; asking for it first would cost all others.
            Err(DiscoverError::Ask(error)) if error.status().is_some() => {
                match address::resolve(&connection, printer::warning).await {
                    Some(resolved) => find(args, &client(&resolved)?, selector, range).await,
                    None => Err(DiscoverError::Ask(error)),
                }
            }
            found => found,
        };
        found.map_err(|error| failure(&error))
    })?;
    if let Some((map, folder)) = pseudonyms {
        let obfuscated = found.discovery.obfuscated(map, folder.as_deref());
        let (discovery, map) = obfuscated.map_err(|error| from_gather(&error))?;
        found.discovery = discovery;
        if let Some(map) = map {
            printer::stderr(&format!(
                "map  {} (keep it, do not attach it)\n",
                map.display()
            ));
        }
    }
    if args.json {
        printer::json(&found)?;
    } else {
        let Found {
            discovery,
            estimate,
            ..
        } = &found;
        printer::stdout(table::of(discovery, estimate.as_ref()).as_bytes())?;
        for warning in &discovery.warnings {
            printer::warning(&shown(&warning.to_string()));
        }
    }
    Ok(Exit::Done)
}

/// Everything that is printed.
#[derive(Serialize)]
struct Found {
    time_range: Ends,
    #[serde(flatten)]
    discovery: Discovery,
    estimate: Option<Estimate>,
}

#[derive(Serialize)]
struct Ends {
    start: String,
    end: String,
}

async fn find(
    args: &DiscoverArgs,
    client: &Client,
    selector: Option<Selector>,
    range: TimeRange,
) -> Result<Found, DiscoverError> {
    let named: Vec<Tenant> = args.tenants.iter().filter_map(one).collect();
    let discovery = if args.tenants.is_empty() {
        discover::discover(client, range).await?
    } else if named.len() < args.tenants.len() {
        discover::discover_all_tenants(client, range).await?
    } else {
        discover::discover_tenants(client, &named, range).await?
    };
    let estimate = match selection(args, selector, &discovery)? {
        Some(selection) if args.tenants.is_empty() => {
            Some(discover::estimate(client, &selection, range).await?)
        }
        _ => None,
    };
    Ok(Found {
        time_range: Ends {
            start: format_ms(range.start_ms),
            end: format_ms(range.end_ms),
        },
        discovery,
        estimate,
    })
}

fn one(tenants: &Tenants) -> Option<Tenant> {
    match tenants {
        Tenants::One(tenant) => Some(*tenant),
        Tenants::All => None,
    }
}

/// What is estimated: what was chosen, else all jobs that were found.
fn selection(
    args: &DiscoverArgs,
    selector: Option<Selector>,
    discovery: &Discovery,
) -> Result<Option<Selection>, DiscoverError> {
    let mut jobs = args.jobs.clone();
    if !args.components.is_empty() {
        jobs.extend(discovery.jobs_of(&args.components)?.jobs);
    }
    if let Some(selector) = selector {
        return Ok(Some(Selection::Selector { selector, jobs }));
    }
    if jobs.is_empty() {
        let found = discovery.components.iter().flat_map(|found| &found.jobs);
        jobs.extend(found.map(|job| job.name.clone()));
    }
    jobs.sort();
    jobs.dedup();
    Ok((!jobs.is_empty()).then_some(Selection::Jobs(jobs)))
}

/// Options that cannot both be meant.
fn refuse_contradictions(args: &DiscoverArgs) -> Result<(), Failure> {
    let selects = !args.jobs.is_empty() || !args.components.is_empty() || args.selector.is_some();
    let all = args.tenants.contains(&Tenants::All);
    let found = contradictions::time(typed(args))
        .or_else(|| contradictions::source(args.demo, args.url.as_deref(), &args.connection))
        .or_else(|| {
            contradictions::first(&[
                (
                    all && args.tenants.len() > 1,
                    "`--tenant all` is every tenant; leave out the others",
                ),
                (
                    !args.obfuscate && args.map.is_some(),
                    "`--map` is for `--obfuscate`; without it real names are shown",
                ),
                (
                    !args.obfuscate && args.no_map,
                    "`--no-map` is for `--obfuscate`; without it real names are shown",
                ),
                (
                    args.map.is_some() && args.no_map,
                    "`--map` extends a map and `--no-map` keeps none; give one of them",
                ),
                (
                    selects && !args.tenants.is_empty(),
                    "nothing is estimated with `--tenant`; give the tenant in the URL to estimate \
                     an export",
                ),
            ])
        });
    found.map_or(Ok(()), |message| Err(Failure::usage(message)))
}

fn typed(args: &DiscoverArgs) -> (Option<Span>, Option<Moment>, Option<Moment>) {
    (args.last, args.start, args.end)
}

fn selector(args: &DiscoverArgs) -> Result<Option<Selector>, Failure> {
    let parse = |text: &String| {
        Selector::parse_user(text).map_err(|error| {
            Failure::usage("`--selector` is not a selector")
                .because(error)
                .hint(
                    "a selector is a metric name, label filters in braces, or both: up{job=\"a\"}",
                )
        })
    };
    args.selector.as_ref().map(parse).transpose()
}

fn connection(args: &DiscoverArgs, demo: Option<&Demo>) -> Result<Connection, Failure> {
    let connection = match (demo, &args.url) {
        (Some(demo), _) => Connection {
            url: demo_cluster::url(demo),
            ..Connection::default()
        },
        (None, Some(url)) => {
            let mut connection = Connection::from_typed_url(url).map_err(|e| refused(&e))?;
            credentials::apply(&args.connection, &mut connection)?;
            connection
        }
        (None, None) => {
            return Err(Failure::usage("no server is given")
                .hint("`--url http://vmsingle:8428`, or `--demo` to try it without a server"));
        }
    };
    let endpoint = Endpoint::new(&connection).map_err(|error| refused(&error))?;
    if endpoint.skips_tls_verify() {
        printer::warning("certificates are not verified: anyone on the way can read everything");
    }
    Ok(connection)
}

fn client(connection: &Connection) -> Result<Client, Failure> {
    let endpoint = Endpoint::new(connection).map_err(|error| refused(&error))?;
    Client::new(endpoint, Timeouts::default())
        .map_err(|error| Failure::from_error(Exit::Usage, &error))
}

fn refused(error: &ConnectionError) -> Failure {
    Failure::usage("cannot use `--url` and the credentials as given")
        .because(error)
        .maybe_hint(error.hint().map(str::to_owned))
}

fn failure(error: &DiscoverError) -> Failure {
    Failure::from_error(Exit::Failed, error).maybe_hint(error.hint())
}
