//! What the series of a job tell about the component behind it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use vmapi::{Component, Evidence};

/// Gathered from the labels of each series of one job.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JobEvidence {
    /// Components that said so themselves, by their version.
    stated: BTreeSet<Component>,
    /// Tell-tale metrics, for builds without a version.
    tell_tales: Evidence,
    /// Names of the labels that stand on the series `up`, which identify a target.
    #[serde(default)]
    target_labels: BTreeSet<String>,
}

impl JobEvidence {
    /// Takes note of one series.
    pub(crate) fn observe<L: AsRef<[u8]>>(&mut self, labels: impl Iterator<Item = (L, L)> + Clone) {
        let value = |wanted: &[u8]| {
            let (_, value) = labels.clone().find(|(name, _)| name.as_ref() == wanted)?;
            String::from_utf8(value.as_ref().to_vec()).ok()
        };
        let Some(metric) = value(b"__name__") else {
            return;
        };
        self.tell_tales.add_metric(&metric);
        match metric.as_str() {
            "vm_app_version" => {
                let version = value(b"version").unwrap_or_default();
                self.stated.extend(Component::from_version_label(&version));
            }
            "flag" => {
                if let Some(flag) = value(b"name") {
                    self.tell_tales.add_flag(&flag);
                }
            }
            "up" => {
                let names = labels.filter_map(|(name, _)| {
                    let name = std::str::from_utf8(name.as_ref()).ok()?;
                    (name != "__name__").then(|| name.to_owned())
                });
                self.target_labels.extend(names);
            }
            _ => {}
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.stated.extend(&other.stated);
        self.tell_tales.merge(other.tell_tales);
        self.target_labels
            .extend(other.target_labels.iter().cloned());
    }

    /// Names of the labels that stand on the job's series `up`.
    pub(crate) fn target_labels(&self) -> impl Iterator<Item = &str> {
        self.target_labels.iter().map(String::as_str)
    }

    /// The component, if exactly one stands behind the job.
    pub(crate) fn component(&self) -> Option<Component> {
        match self.stated.len() {
            0 => self.tell_tales.component(),
            1 => self.stated.first().copied(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(series: &[&[(&str, &str)]]) -> JobEvidence {
        let mut evidence = JobEvidence::default();
        for labels in series {
            evidence.observe(labels.iter().map(|(name, value)| (name, value)));
        }
        evidence
    }

    #[test]
    fn a_version_says_more_than_tell_tale_metrics() {
        let version = "vmselect-20260101-120000-tags-v1.150.0-cluster-0-g0123abcd";
        let stated = evidence(&[
            &[("__name__", "vmauth_http_requests_total")],
            &[("__name__", "vm_app_version"), ("version", version)],
        ]);
        assert_eq!(stated.component(), Some(Component::VmSelect));
    }

    #[test]
    fn builds_without_a_version_are_told_by_their_metrics() {
        let told = evidence(&[
            &[("__name__", "vm_app_version"), ("version", "")],
            &[("__name__", "vm_vmselect_conns")],
        ]);
        assert_eq!(told.component(), Some(Component::VmStorage));
    }

    #[test]
    fn a_job_of_several_components_is_none_of_them() {
        let both = evidence(&[
            &[
                ("__name__", "vm_app_version"),
                ("version", "vmagent-20260101-1-x"),
            ],
            &[
                ("__name__", "vm_app_version"),
                ("version", "vmauth-20260101-1-x"),
            ],
        ]);
        assert_eq!(both.component(), None);
    }
}
