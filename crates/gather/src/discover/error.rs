//! Why there is no discovery.

use vmapi::{Selector, Tenant};

use super::names::listed;
use crate::time_range::{TimeRange, format_ms};

/// A failed discovery or estimate. `Display` says what was tried; the cause is in `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The server could not be asked.
    #[error("cannot ask the server what it has")]
    Ask(#[source] vmapi::Error),
    /// The address cannot be used, or not with a tenant.
    #[error("cannot use the connection")]
    Connection(#[source] vmapi::ConnectionError),
    /// The server has no metrics of any VictoriaMetrics component in the range.
    #[error(
        "no component of VictoriaMetrics was seen from {} to {}",
        format_ms(range.start_ms),
        format_ms(range.end_ms)
    )]
    NothingFound {
        /// Where was looked, in time.
        range: TimeRange,
        /// Where was looked, in a cluster.
        tenant: Option<Tenant>,
    },
    /// The server does not list its tenants.
    #[error("the server does not offer a list of its tenants")]
    NoTenantList,
    /// None of the chosen components has a job in the range.
    #[error("no job of {} was seen in the time range", listed(wanted.iter()))]
    NoSuchComponent {
        /// The components as chosen.
        wanted: Vec<String>,
        /// The components that do have jobs, sorted.
        found: Vec<String>,
    },
    /// The selector matches nothing in the range.
    #[error("no series match `{0}` in the time range")]
    NoSeries(Selector),
    /// The selector matches series, but none of them belongs to a job.
    #[error("the series that match `{0}` have no `job` label")]
    NoJobs(Selector),
}

impl DiscoverError {
    /// Whether the server answered, and had nothing of what was asked for.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::NothingFound { .. } | Self::NoSuchComponent { .. } | Self::NoSeries(_)
        )
    }

    /// The next step for a person, if there is an obvious one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ask(source) => source.hint(),
            Self::NothingFound { tenant, .. } => Some(match tenant {
                Some(tenant) => format!(
                    "tenant `{tenant}` was asked; the metrics may be in another one, or in another \
                     time range"
                ),
                None => "the server may not be the one that stores the metrics of the components, \
                         or not for this time range"
                    .to_owned(),
            }),
            Self::NoSuchComponent { found, .. } if found.is_empty() => {
                Some("nothing that belongs to a job was found at all; check the time range".into())
            }
            Self::NoSuchComponent { found, .. } => {
                Some(format!("there are {}", listed(found.iter())))
            }
            Self::NoTenantList => {
                Some("name the tenants; a single node has none, and gateways hide them".to_owned())
            }
            Self::NoJobs(_) => Some("export by this selector instead of by jobs".to_owned()),
            Self::Connection(_) | Self::NoSeries(_) => None,
        }
    }
}
