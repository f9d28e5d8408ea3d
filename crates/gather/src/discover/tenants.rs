//! Discovery of several tenants of a cluster.

use vmapi::{Client, Endpoint, Tenant, Timeouts};

use super::error::DiscoverError;
use super::found::Discovery;
use super::programs::Programs;
use super::series_counts::SeriesCounts;
use super::warning::DiscoveryWarning;
use super::{found_in, survey};
use crate::event::NoEvents;
use crate::persist::persist;

use crate::time_range::TimeRange;

/// What was learnt about targets, before it is put together.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) programs: Programs,
    pub(super) counts: SeriesCounts,
    pub(super) warnings: Vec<DiscoveryWarning>,
}

/// The components in each of these tenants, kept apart.
///
/// `client` asks any tenant of the cluster; its path says where the others are. A tenant without
/// components is no error as long as another one has some. Each tenant takes two to four requests;
/// [`Tenant::All`] takes as many for all of them together, on servers that can read all at once
/// (v1.104 and newer).
///
/// # Errors
///
/// As for [`super::discover`]; [`DiscoverError::Connection`] if the path cannot take a tenant.
pub async fn discover_tenants(
    client: &Client,
    tenants: &[Tenant],
    range: TimeRange,
) -> Result<Discovery, DiscoverError> {
    let mut all = Survey::default();
    for tenant in tenants {
        let client = of_tenant(client, *tenant)?;
        let found = survey(&client, range).await?;
        let named = match tenant {
            Tenant::All => None,
            Tenant::Single { .. } => Some(*tenant),
        };
        all.add(found, named);
    }
    found_in(all, client, range)
}

/// The components in every tenant of the cluster, kept apart.
///
/// Asks for the list of tenants, then for all of them at once; one by one where the server cannot
/// read several at once (before v1.104).
///
/// # Errors
///
/// As for [`discover_tenants`]; [`DiscoverError::NoTenantList`] where the list is not offered, as by
/// single nodes and most gateways.
pub async fn discover_all_tenants(
    client: &Client,
    range: TimeRange,
) -> Result<Discovery, DiscoverError> {
    let ask = async || client.tenants().await;
    let tenants = persist(&NoEvents, ask)
        .await
        .map_err(DiscoverError::Ask)?
        .ok_or(DiscoverError::NoTenantList)?;
    match discover_tenants(client, &[Tenant::All], range).await {
        Err(DiscoverError::Ask(error)) if !error.is_retryable() && !error.is_unauthorized() => {
            discover_tenants(client, &tenants, range).await
        }
        found => found,
    }
}

impl Survey {
    /// Adds what was learnt in one tenant; without one the targets' own labels name it.
    fn add(&mut self, other: Self, tenant: Option<Tenant>) {
        let owned = |mut target: super::target::Target| {
            target.tenant = tenant.or(target.tenant);
            target
        };
        let programs = other.programs.into_iter();
        self.programs
            .extend(programs.map(|(target, programs)| (owned(target), programs)));
        let counts = other.counts.into_iter();
        self.counts
            .extend(counts.map(|(target, count)| (owned(target), count)));
        self.warnings.extend(other.warnings);
    }
}

fn of_tenant(client: &Client, tenant: Tenant) -> Result<Client, DiscoverError> {
    let endpoint: &Endpoint = client.endpoint();
    endpoint
        .with_base_path(&tenant_path(endpoint.base_path(), tenant))
        .and_then(|endpoint| Client::new(endpoint, Timeouts::default()))
        .map_err(DiscoverError::Connection)
}

/// The base path of another tenant: whatever stands before `/select/` stays.
fn tenant_path(path: &str, tenant: Tenant) -> String {
    let before = match path.split_once("/select/") {
        Some((before, _)) => before,
        None => path.strip_suffix("/prometheus").unwrap_or(path),
    };
    format!("{before}/select/{tenant}/prometheus")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_takes_the_place_of_another_one() {
        let tenant = "7:1".parse().unwrap();
        for (path, expected) in [
            ("/select/0/prometheus", "/select/7:1/prometheus"),
            (
                "/a/select/multitenant/prometheus",
                "/a/select/7:1/prometheus",
            ),
            ("/prometheus", "/select/7:1/prometheus"),
            ("", "/select/7:1/prometheus"),
            ("/vm", "/vm/select/7:1/prometheus"),
        ] {
            assert_eq!(tenant_path(path, tenant), expected);
        }
    }
}
