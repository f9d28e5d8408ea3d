use std::sync::Arc;

use super::installation::Installation;
use super::series::Series;
use super::target::Tenant;

/// Whose series a request may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Everything, as in a single node, which knows no tenants.
    Single,
    /// One tenant of a cluster.
    Tenant(Tenant),
    /// All tenants of a cluster, with their numbers as labels.
    Multitenant,
}

/// The series that one request may see.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) installation: Arc<Installation>,
    pub(crate) owner: Owner,
    /// Every other series is missing, as when a storage node is down.
    pub(crate) partial: bool,
}

/// Position of a series: number of the target, number within the target.
pub(crate) type Place = (usize, usize);

impl View {
    /// The first visible series at or after `place`.
    ///
    /// A place instead of an iterator lets a response keep its position without borrowing.
    pub(crate) fn series_from(&self, mut place: Place) -> Option<(Place, Series<'_>)> {
        loop {
            let (found, mut series) = self.installation.series_from(place)?;
            let visible = match self.owner {
                Owner::Single | Owner::Multitenant => true,
                Owner::Tenant(tenant) => series.target.tenant == tenant,
            };
            if visible && !(self.partial && found.1 % 2 == 1) {
                series.shows_tenant = self.owner == Owner::Multitenant;
                return Some((found, series));
            }
            place = (found.0, found.1 + 1);
        }
    }

    /// All visible series.
    pub(crate) fn series(&self) -> impl Iterator<Item = Series<'_>> {
        let mut next = (0, 0);
        std::iter::from_fn(move || {
            let (found, series) = self.series_from(next)?;
            next = (found.0, found.1 + 1);
            Some(series)
        })
    }
}
