//! What a scraper scrapes: one process at one address.

use vmapi::{Labels, Tenant};

/// Labels that tell targets apart, for the `by` of a query.
///
/// Those of the tenant exist only where all tenants are read at once, and cost nothing elsewhere.
pub(super) const TARGET_LABELS: &str = "job, instance, vm_account_id, vm_project_id";

/// A process as its job and instance name it, in one tenant; absent labels are empty.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Target {
    pub(super) tenant: Option<Tenant>,
    pub(super) job: String,
    pub(super) instance: String,
}

impl Target {
    /// The target to which the labels of a result belong.
    pub(super) fn of(labels: &Labels) -> Self {
        Self {
            tenant: tenant_of(labels),
            job: label(labels, "job"),
            instance: label(labels, "instance"),
        }
    }
}

/// The value of a label, empty if it is absent.
pub(super) fn label(labels: &Labels, name: &str) -> String {
    labels
        .get(name)
        .map_or_else(String::new, |value| value.to_string())
}

/// The tenant, where its labels say so.
fn tenant_of(labels: &Labels) -> Option<Tenant> {
    Some(Tenant::Single {
        account: label(labels, "vm_account_id").parse().ok()?,
        project: label(labels, "vm_project_id").parse().ok()?,
    })
}
