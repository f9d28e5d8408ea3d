use super::answer::{Answer, Asker};
use super::refusal::missing_route;
use crate::data::{Owner, Tenant};
use crate::{Options, Personality};

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Health,
    MetricsPage,
    Tenants,
    Api(Owner, Endpoint),
}

/// The part of the path behind `/api/v1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Export,
    ExportNative,
    Query,
    QueryRange,
    Series,
    Labels,
    LabelValues(String),
    BuildInfo,
    Tsdb,
}

impl Endpoint {
    pub(crate) fn is_export(&self) -> bool {
        matches!(self, Endpoint::Export | Endpoint::ExportNative)
    }

    fn of(path: &str) -> Option<Endpoint> {
        Some(match path.strip_prefix("/api/v1/")? {
            "export" => Endpoint::Export,
            "export/native" => Endpoint::ExportNative,
            "query" => Endpoint::Query,
            "query_range" => Endpoint::QueryRange,
            "series" => Endpoint::Series,
            "labels" => Endpoint::Labels,
            "status/buildinfo" => Endpoint::BuildInfo,
            "status/tsdb" => Endpoint::Tsdb,
            other => {
                let name = other.strip_prefix("label/")?.strip_suffix("/values")?;
                Endpoint::LabelValues(name.to_owned())
            }
        })
    }
}

/// Finds the route of a path, or the error that the server answers.
pub(crate) fn route(
    options: &Options,
    asker: &Asker,
    path: &str,
    decoded_uri: &str,
) -> Result<Route, Answer> {
    let mut clean = path.to_owned();
    while clean.contains("//") {
        clean = clean.replace("//", "/");
    }
    let mut path = clean.as_str();
    if path == "/health" {
        return Ok(Route::Health);
    }
    if !options.prefixes.is_empty() {
        let inside = options
            .prefixes
            .iter()
            .find_map(|prefix| path.strip_prefix(prefix.as_str()));
        path = inside.ok_or_else(|| missing_route(asker, decoded_uri))?;
    }
    if path == "/metrics" {
        return Ok(Route::MetricsPage);
    }
    let unsupported = || unsupported(asker, path);
    match options.personality {
        Personality::Single => {
            let api = path.strip_prefix("/prometheus").unwrap_or(path);
            let endpoint = Endpoint::of(api).ok_or_else(unsupported)?;
            Ok(Route::Api(Owner::Single, endpoint))
        }
        Personality::Cluster if path == "/admin/tenants" => Ok(Route::Tenants),
        Personality::Cluster => {
            let Some(rest) = path.strip_prefix("/select/") else {
                return Err(asker.plain_error(
                    400,
                    &format!(
                        "unsupported URL format for path \"{path}\". Make sure you're using \
                         cluster URL format https://docs.victoriametrics.com/victoriametrics/\
                         cluster-victoriametrics/#url-format."
                    ),
                ));
            };
            let (owner, api) = cluster_owner(asker, path, rest)?;
            let endpoint = api.strip_prefix("/prometheus").and_then(Endpoint::of);
            Ok(Route::Api(owner, endpoint.ok_or_else(unsupported)?))
        }
    }
}

fn unsupported(asker: &Asker, path: &str) -> Answer {
    asker.plain_error(400, &format!("unsupported path requested: \"{path}\""))
}

/// The tenant of a cluster path, and the path behind it.
fn cluster_owner<'a>(
    asker: &Asker,
    path: &'a str,
    rest: &'a str,
) -> Result<(Owner, &'a str), Answer> {
    let Some(slash) = rest.find('/') else {
        return Err(asker.plain_error(
            400,
            &format!(
                "cannot parse path \"{path}\": cannot find {{tenantID}} in \"{path}\"; expecting \
                 /{{prefix}}/{{tenantID}}/{{suffix}} format"
            ),
        ));
    };
    let (segment, api) = rest.split_at(slash);
    if segment == "multitenant" {
        return Ok((Owner::Multitenant, api));
    }
    let looks_like_tenant = segment.contains(':') || segment.parse::<u32>().is_ok();
    if !looks_like_tenant && asker.version.assumes_tenant_zero() {
        // The segment is the beginning of the path itself.
        return Ok((Owner::Tenant(Tenant::ZERO), &path["/select".len()..]));
    }
    match tenant(segment) {
        Ok(tenant) => Ok((Owner::Tenant(tenant), api)),
        Err(cause) => Err(asker.plain_error(
            400,
            &format!("auth error: cannot parse authToken \"{segment}\": {cause}"),
        )),
    }
}

fn tenant(segment: &str) -> Result<Tenant, String> {
    let number = |what: &str, text: &str| {
        text.parse().map_err(|_| {
            format!(
                "cannot parse {what} from \"{text}\": strconv.ParseUint: parsing \"{text}\": \
                 invalid syntax"
            )
        })
    };
    let items: Vec<_> = segment.split(':').collect();
    match *items {
        [account] => Ok(Tenant {
            account: number("accountID", account)?,
            project: 0,
        }),
        [account, project] => Ok(Tenant {
            account: number("accountID", account)?,
            project: number("projectID", project)?,
        }),
        _ => Err(format!(
            "unexpected number of items in authToken \"{segment}\"; got {}; want 1 or 2",
            items.len()
        )),
    }
}
