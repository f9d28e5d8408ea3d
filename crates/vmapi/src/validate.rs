//! Whether a connection works, which base path it has, and who answers.

use std::collections::BTreeSet;
use std::fmt;

use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::client::{Client, Timeouts};
use crate::component::Component;
use crate::connection::{Auth, Connection, ConnectionError};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::masked_url::MaskedUrl;
use crate::query::{Answer, InstantSeries};
use crate::tenant::Tenant;

/// One series per running component.
const APP_VERSION: &str = "vm_app_version";

/// Counts, so that the reply is small however many components there are; over a day, because they may
/// have stopped a while ago.
const SIGNS: &str = "count(count_over_time(vm_app_version[1d])) or \
                     count(count_over_time(vm_app_uptime_seconds[1d])) or \
                     count(count_over_time(vm_app_start_timestamp[1d]))";

/// A connection that works, and what was found out about it.
#[derive(Clone, Debug)]
pub struct Validation {
    /// The connection to use from now on, credentials included: base path, tenant and complete URL
    /// are filled in, and user info of the URL has become `auth`.
    pub connection: Connection,
    /// The same, checked.
    pub endpoint: Endpoint,
    /// What was tried, in order; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// The version label of the component that answers; `None` if it is empty or cannot be told
    /// from that of others.
    pub version: Option<String>,
    /// How many components report themselves, that is series of `vm_app_version`.
    pub reporting: usize,
    /// Which components these are, as far as their version label tells, sorted by name.
    pub components: Vec<Component>,
    /// Whether the server or its data show that it is VictoriaMetrics.
    pub is_victoria_metrics: bool,
    /// What the user should know.
    pub warnings: Vec<ValidationWarning>,
}

/// A base URL that was tried.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The base URL.
    pub endpoint: MaskedUrl,
    /// Its path; empty, or with a slash in front only.
    pub base_path: String,
    /// Why it does not work, in one line; `None` for the one that does.
    pub error: Option<String>,
}

/// Something about a working connection that may surprise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValidationWarning {
    /// The address names no tenant and needs one, so 0 was taken.
    TenantAssumed,
    /// The tenant in the path comes from the `tenant_id` of the connection.
    TenantTaken(Tenant),
    /// The server answers without a tenant in the path, so `tenant_id` chooses nothing.
    TenantWithoutEffect(Tenant),
    /// The address reads all tenants at once.
    AllTenants,
    /// Some storage node does not answer.
    Partial,
    /// Neither the server nor its data show that it is VictoriaMetrics.
    NotVictoriaMetrics,
    /// No component reports itself at present.
    NoComponents,
}

impl fmt::Display for ValidationWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TenantAssumed => {
                f.write_str("tenant 0 was assumed, because the address names none")
            }
            Self::TenantTaken(tenant) => {
                write!(f, "the tenant `{tenant}` was taken from `tenant_id`")
            }
            Self::TenantWithoutEffect(tenant) => write!(
                f,
                "the tenant `{tenant}` has no effect, because the server answers at an address \
                 without one"
            ),
            Self::AllTenants => f.write_str(
                "all tenants are read at once; `vm_account_id` and `vm_project_id` tell them apart",
            ),
            Self::Partial => f.write_str(
                "a storage node is not available, and exports fail while its data is missing",
            ),
            Self::NotVictoriaMetrics => f.write_str("nothing shows that this is VictoriaMetrics"),
            Self::NoComponents => f.write_str(
                "no component of VictoriaMetrics reports itself at present (`vm_app_version`)",
            ),
        }
    }
}

/// A connection that does not work.
#[derive(Debug, thiserror::Error)]
pub enum ValidationError {
    /// The settings cannot be used; nothing was sent.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// No attempt succeeded.
    #[error("the connection does not work")]
    Failed {
        /// Why the address as given does not work.
        #[source]
        error: Error,
        /// What was tried, in order.
        attempts: Vec<Attempt>,
    },
}

impl ValidationError {
    /// One line of advice for a person.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Connection(error) => error.hint().map(str::to_owned),
            Self::Failed { error, .. } => error.hint(),
        }
    }
}

/// Tries a connection, and the path of a cluster's tenant where its path is empty or `/prometheus`.
///
/// The first base URL that answers a query wins. After refused credentials and failed connections
/// no other path is tried, because it cannot help. Asks two to five light queries; all of it takes no
/// longer than `timeouts.reply`.
///
/// # Errors
///
/// The settings cannot be used, or no attempt succeeded: then the error is that of the address as
/// given.
pub async fn validate(
    connection: &Connection,
    timeouts: Timeouts,
) -> Result<Validation, ValidationError> {
    let given = Endpoint::new(connection)?;
    let asked = given.tenant();
    let cluster = cluster_path(connection, &given);
    let mut asker = Asker {
        client: Client::new(given, timeouts)?,
        deadline: Instant::now() + timeouts.reply,
        timeouts,
    };
    let mut attempts = Vec::new();
    let mut first = None;
    for path in std::iter::once(None).chain(cluster.map(Some)) {
        if let Some(path) = &path {
            asker.client = asker.client.at(path)?;
        }
        let error = match asker.survey().await {
            Ok(survey) => {
                attempts.push(asker.attempt(None));
                let chosen = path.is_some();
                return Ok(asker.validation(connection, survey, attempts, asked, chosen)?);
            }
            Err(error) => error,
        };
        attempts.push(asker.attempt(Some(one_line(&error))));
        let is_final = is_final(&error);
        first = first.or(Some(error));
        if is_final {
            break;
        }
    }
    let error = first.expect("the address as given was tried and failed");
    Err(ValidationError::Failed { error, attempts })
}

/// Whether another path cannot change the outcome.
fn is_final(error: &Error) -> bool {
    error.is_unauthorized()
        || matches!(
            error,
            Error::Connect { .. }
                | Error::Proxy { .. }
                | Error::Certificate { .. }
                | Error::Tls { .. }
                | Error::ClientCertificate { .. }
                | Error::Stalled { .. }
                | Error::Aborted { .. }
        )
}

/// The base path of the tenant, if the address leaves it open.
fn cluster_path(connection: &Connection, given: &Endpoint) -> Option<String> {
    let is_open = |path: &str| matches!(path.trim().trim_matches('/'), "" | "prometheus");
    if !is_open(&connection.api_base_path) {
        return None;
    }
    let path = given.base_path();
    let prefix = path.strip_suffix("/prometheus").unwrap_or(path);
    let is_complete = !connection.full_api_url.trim().is_empty() && !prefix.is_empty();
    if is_complete || prefix.contains("/prometheus") || given.names_tenant() {
        return None;
    }
    let tenant = given
        .tenant()
        .map_or_else(|| "0".to_owned(), |tenant| tenant.to_string());
    Some(format!("{prefix}/select/{tenant}/prometheus"))
}

/// What the queries brought.
struct Survey {
    series: Vec<InstantSeries>,
    is_victoria_metrics: bool,
    is_partial: bool,
}

struct Asker {
    client: Client,
    deadline: Instant,
    timeouts: Timeouts,
}

impl Asker {
    async fn survey(&self) -> Result<Survey, Error> {
        let answer = self.ask(APP_VERSION).await?;
        let is_partial = answer.is_partial;
        let mut is_victoria_metrics = answer.is_victoria_metrics;
        let series = answer.result.into_vector().unwrap_or_default();
        if !series.is_empty() {
            is_victoria_metrics = true;
        } else if !is_victoria_metrics {
            // Other servers may not know all of the functions, which proves nothing.
            let signs = self.ask(SIGNS).await;
            is_victoria_metrics = signs.is_ok_and(|signs| signs.result.series_count() > 0);
            self.ask("1").await?;
        }
        Ok(Survey {
            series,
            is_victoria_metrics,
            is_partial,
        })
    }

    async fn ask(&self, expression: &str) -> Result<Answer, Error> {
        let answer = timeout_at(self.deadline, self.client.query_now(expression)).await;
        answer.unwrap_or_else(|_| {
            Err(Error::Stalled {
                url: self.client.endpoint().base_url().clone(),
                after: self.timeouts.reply,
            })
        })
    }

    fn attempt(&self, error: Option<String>) -> Attempt {
        let endpoint = self.client.endpoint();
        Attempt {
            endpoint: endpoint.base_url().clone(),
            base_path: endpoint.base_path().to_owned(),
            error,
        }
    }

    /// `asked` is the tenant of the address as given, `chosen` whether the path is ours.
    fn validation(
        &self,
        given: &Connection,
        survey: Survey,
        attempts: Vec<Attempt>,
        asked: Option<Tenant>,
        chosen: bool,
    ) -> Result<Validation, ConnectionError> {
        let endpoint = self.client.endpoint().clone();
        let mut warnings = Vec::new();
        match asked {
            None if chosen => warnings.push(ValidationWarning::TenantAssumed),
            Some(tenant) if chosen => warnings.push(ValidationWarning::TenantTaken(tenant)),
            Some(tenant) if !endpoint.names_tenant() => {
                warnings.push(ValidationWarning::TenantWithoutEffect(tenant));
            }
            _ => {}
        }
        if endpoint.names_tenant() && endpoint.tenant() == Some(Tenant::All) {
            warnings.push(ValidationWarning::AllTenants);
        }
        if survey.is_partial {
            warnings.push(ValidationWarning::Partial);
        }
        if !survey.is_victoria_metrics {
            warnings.push(ValidationWarning::NotVictoriaMetrics);
        } else if survey.series.is_empty() {
            warnings.push(ValidationWarning::NoComponents);
        }
        let versions: Vec<_> = survey.series.iter().map(version_of).collect();
        let components: BTreeSet<_> = versions
            .iter()
            .filter_map(|version| Component::from_version_label(version))
            .collect();
        Ok(Validation {
            connection: resolved(given, &endpoint)?,
            version: version_of_server(endpoint.base_path(), &versions),
            reporting: survey.series.len(),
            components: components.into_iter().collect(),
            is_victoria_metrics: survey.is_victoria_metrics,
            attempts,
            endpoint,
            warnings,
        })
    }
}

fn version_of(series: &InstantSeries) -> String {
    let version = series.labels.get("version");
    version.map(ToString::to_string).unwrap_or_default()
}

/// The version of the component that answers at a base path: the data hold those of many.
fn version_of_server(base_path: &str, versions: &[String]) -> Option<String> {
    let of = |component| {
        let all = versions.iter();
        all.filter(|version| Component::from_version_label(version) == Some(component))
            .collect::<BTreeSet<_>>()
    };
    let (single, select) = (of(Component::VmSingle), of(Component::VmSelect));
    let mut found = if base_path.contains("/select/") {
        select
    } else if matches!(base_path, "" | "/prometheus") {
        single
    } else {
        // Behind a gateway it can be either.
        single.union(&select).copied().collect()
    };
    // Several versions: an arbitrary one would be wrong more often than not.
    let one = found.pop_first()?;
    found.is_empty().then(|| one.clone())
}

fn resolved(given: &Connection, endpoint: &Endpoint) -> Result<Connection, ConnectionError> {
    let (_, address) = Address::of(given)?;
    let origin = MaskedUrl::from(address.url).to_string();
    let tenant = endpoint.tenant();
    Ok(Connection {
        url: match address.query {
            Some(query) => format!("{origin}/?{}", query.expose_secret()),
            None => origin,
        },
        api_base_path: endpoint.base_path().to_owned(),
        full_api_url: endpoint.base_url().to_string(),
        tenant_id: match tenant {
            Some(tenant @ Tenant::Single { .. }) => tenant.to_string(),
            _ => String::new(),
        },
        is_multitenant: tenant == Some(Tenant::All),
        auth: match (&given.auth, address.user) {
            (Auth::None, Some((username, password))) => Auth::Basic {
                username,
                password: Some(password),
            },
            (auth, _) => auth.clone(),
        },
        ..given.clone()
    })
}

/// An error and its causes.
fn one_line(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(connection: Connection) -> Option<String> {
        let endpoint = Endpoint::new(&connection).unwrap();
        cluster_path(&connection, &endpoint)
    }

    #[test]
    fn a_tenant_is_guessed_only_where_the_path_leaves_it_open() {
        let with = |url: &str, base_path: &str, full: &str, tenant: &str| {
            path(Connection {
                url: url.to_owned(),
                api_base_path: base_path.to_owned(),
                full_api_url: full.to_owned(),
                tenant_id: tenant.to_owned(),
                ..Connection::default()
            })
        };
        let zero = Some("/select/0/prometheus");
        assert_eq!(with("http://vm", "", "", "").as_deref(), zero);
        assert_eq!(with("http://vm/", "/prometheus", "", "").as_deref(), zero);
        assert_eq!(with("", "", "http://vm/prometheus", "").as_deref(), zero);
        assert_eq!(with("http://vm/prometheus/", "", "", "").as_deref(), zero);
        assert_eq!(
            with("http://vm", "", "", "7:1").as_deref(),
            Some("/select/7:1/prometheus")
        );
        assert_eq!(
            with("http://vm", "", "", "multitenant").as_deref(),
            Some("/select/multitenant/prometheus")
        );
        assert_eq!(
            with("http://vm/prefix", "", "", "").as_deref(),
            Some("/prefix/select/0/prometheus")
        );
        for (url, base_path, full) in [
            ("http://vm", "/x", ""),
            ("http://vm", "/1011/prometheus", ""),
            ("http://vm/1011/prometheus", "", ""),
            ("http://vm/select/5/prometheus", "", ""),
            ("http://vm", "", "http://vm/x"),
            ("http://vm", "", "http://vm/select/5/prometheus"),
        ] {
            assert_eq!(
                with(url, base_path, full, ""),
                None,
                "{url} {base_path} {full}"
            );
        }
    }

    #[test]
    fn the_version_is_that_of_the_component_that_answers() {
        let label = |text: &str| format!("{text}-20260101-120000-tags-v1.0.0");
        let agent = label("vmagent");
        let select = label("vmselect");
        let single = label("victoria-metrics");
        let all = [
            agent.clone(),
            select.clone(),
            single.clone(),
            select.clone(),
        ];
        let version = |path: &str, versions: &[String]| version_of_server(path, versions);
        assert_eq!(version("/select/0/prometheus", &all), Some(select.clone()));
        assert_eq!(version("", &all), Some(single.clone()));
        assert_eq!(version("/prometheus", &all), Some(single));
        assert_eq!(version("/1011/prometheus", &all), None);
        assert_eq!(version("/1011/prometheus", &all[..2]), Some(select.clone()));
        assert_eq!(version("", &[agent, String::new()]), None);
        let newer = select.replace("1.0.0", "1.0.1");
        assert_eq!(version("/select/0/prometheus", &[select, newer]), None);
    }
}
