//! Which component of VictoriaMetrics a series comes from.

use serde::{Deserialize, Serialize};

/// A program of the VictoriaMetrics family, serialised as its name in lower case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Component {
    /// Takes rules, queries the data source, writes results and alerts.
    VmAlert,
    /// Scrapes and forwards.
    VmAgent,
    /// Detects anomalies.
    VmAnomaly,
    /// Authenticates and routes.
    VmAuth,
    /// Makes backups.
    VmBackup,
    /// Runs backups on a schedule.
    VmBackupManager,
    /// Authenticates by JWT and limits rates.
    VmGateway,
    /// Takes samples of a cluster.
    VmInsert,
    /// Restores backups.
    VmRestore,
    /// Answers queries of a cluster.
    VmSelect,
    /// The single-node version.
    VmSingle,
    /// Stores the samples of a cluster.
    VmStorage,
}

impl Component {
    /// All components, sorted by name.
    pub const ALL: [Self; 12] = [
        Self::VmAgent,
        Self::VmAlert,
        Self::VmAnomaly,
        Self::VmAuth,
        Self::VmBackup,
        Self::VmBackupManager,
        Self::VmGateway,
        Self::VmInsert,
        Self::VmRestore,
        Self::VmSelect,
        Self::VmSingle,
        Self::VmStorage,
    ];

    /// The name in lower case, such as `vmstorage`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VmAgent => "vmagent",
            Self::VmAlert => "vmalert",
            Self::VmAnomaly => "vmanomaly",
            Self::VmAuth => "vmauth",
            Self::VmBackup => "vmbackup",
            Self::VmBackupManager => "vmbackupmanager",
            Self::VmGateway => "vmgateway",
            Self::VmInsert => "vminsert",
            Self::VmRestore => "vmrestore",
            Self::VmSelect => "vmselect",
            Self::VmSingle => "vmsingle",
            Self::VmStorage => "vmstorage",
        }
    }

    /// The component of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|component| component.as_str() == name)
    }

    /// Reads the `version` label of `vm_app_version`, such as
    /// `vmstorage-20260101-120000-tags-v1.150.0-cluster-0-g0123abcd`.
    ///
    /// `None` for builds without a version (distributions) and for other programs.
    #[must_use]
    pub fn from_version_label(version: &str) -> Option<Self> {
        if let Some(rest) = version.strip_prefix("victoria-metrics") {
            return (rest.is_empty() || rest.starts_with('-')).then_some(Self::VmSingle);
        }
        // The name ends where the date of the build begins, for some names have a dash in them.
        let name = match version.split_once("-20") {
            Some((name, _)) => name,
            None => version.split('-').next().unwrap_or_default(),
        };
        Self::from_name(name)
    }
}

impl std::fmt::Display for Component {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tell-tale metrics and flags of one target (or one job), for builds without a version.
///
/// Which component has which name was compared between running components of v1.79.5, v1.112.0 and
/// v1.150.0. Feed it each distinct metric name and each `name` label of the metric `flag`.
///
/// Serialised as a number whose bits are the constants below: they keep their meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence(u32);

impl Evidence {
    const AUTH: Self = Self(1);
    const AGENT: Self = Self(1 << 1);
    const ALERT: Self = Self(1 << 2);
    const ALERT_SOURCE_FLAG: Self = Self(1 << 3);
    const ALERT_RULE_FLAG: Self = Self(1 << 4);
    const STORAGE: Self = Self(1 << 5);
    const INSERT: Self = Self(1 << 6);
    const NODE_FLAG: Self = Self(1 << 7);
    const MAX_LABELS_FLAG: Self = Self(1 << 8);
    const LATENCY_FLAG: Self = Self(1 << 9);
    const DATA: Self = Self(1 << 10);
    const ROWS_INSERTED: Self = Self(1 << 11);
    const SELECT_CAPACITY: Self = Self(1 << 12);
    const DATA_PATH_FLAG: Self = Self(1 << 13);
    const SELECT_DURATION: Self = Self(1 << 14);
    const TENANT_SELECT: Self = Self(1 << 15);
    const UPLOADED: Self = Self(1 << 16);
    const DOWNLOADED: Self = Self(1 << 17);
    const SNAPSHOT_FLAG: Self = Self(1 << 18);
    const DESTINATION_FLAG: Self = Self(1 << 19);
    const SOURCE_FLAG: Self = Self(1 << 20);
    const ANY: Self = Self(1 << 21);

    /// Takes note of a metric name.
    pub fn add_metric(&mut self, name: &str) {
        // Most names of an export are foreign.
        if !name.starts_with("vm") {
            return;
        }
        self.add(match name {
            "vmauth_config_last_reload_successful" | "vmauth_http_requests_total" => Self::AUTH,
            "vmagent_http_requests_total" => Self::AGENT,
            "vmalert_config_last_reload_successful" | "vmalert_iteration_total" => Self::ALERT,
            "vm_vmselect_conns" | "vm_vminsert_conns" => Self::STORAGE,
            "vm_rpc_rows_sent_total" | "vm_rpc_vmstorage_is_reachable" => Self::INSERT,
            "vm_data_size_bytes" => Self::DATA,
            "vm_rows_inserted_total" => Self::ROWS_INSERTED,
            "vm_concurrent_select_capacity" => Self::SELECT_CAPACITY,
            "vmselect_request_duration_seconds_bucket" => Self::SELECT_DURATION,
            "vm_tenant_select_requests_total" => Self::TENANT_SELECT,
            "vm_backups_uploaded_bytes_total" => Self::UPLOADED,
            "vm_backups_downloaded_bytes_total" => Self::DOWNLOADED,
            "vm_app_version" | "vm_app_uptime_seconds" | "vm_app_start_timestamp" => Self::ANY,
            name if name.starts_with("vmagent_remotewrite_") => Self::AGENT,
            _ => return,
        });
    }

    /// Takes note of a command-line flag, the `name` label of the metric `flag`.
    pub fn add_flag(&mut self, name: &str) {
        self.add(match name {
            "auth.config" => Self::AUTH,
            "remoteWrite.tmpDataPath" => Self::AGENT,
            "datasource.url" => Self::ALERT_SOURCE_FLAG,
            "rule" => Self::ALERT_RULE_FLAG,
            "vminsertAddr" => Self::STORAGE,
            "storageNode" => Self::NODE_FLAG,
            "maxLabelsPerTimeseries" => Self::MAX_LABELS_FLAG,
            "search.latencyOffset" => Self::LATENCY_FLAG,
            "storageDataPath" => Self::DATA_PATH_FLAG,
            "snapshotName" => Self::SNAPSHOT_FLAG,
            "dst" => Self::DESTINATION_FLAG,
            "src" => Self::SOURCE_FLAG,
            _ => return,
        });
    }

    /// Takes over what was noted elsewhere.
    pub fn merge(&mut self, other: Self) {
        self.add(other);
    }

    /// Whether anything points to the VictoriaMetrics family, even if the component is unknown.
    #[must_use]
    pub fn is_victoria_metrics(self) -> bool {
        self.has(Self::ANY) || self.component().is_some()
    }

    /// The component that the evidence points to.
    ///
    /// If several components share the target, the one named first here wins: vmauth, vmagent,
    /// vmalert, vmstorage, vminsert, single node, vmselect, vmbackup, vmrestore. The order matters,
    /// because a single node has most metrics of the cluster components.
    #[must_use]
    pub fn component(self) -> Option<Component> {
        let has = |evidence| self.has(evidence);
        if has(Self::AUTH) {
            Some(Component::VmAuth)
        } else if has(Self::AGENT) {
            Some(Component::VmAgent)
        } else if has(Self::ALERT) || has(Self::ALERT_SOURCE_FLAG) && has(Self::ALERT_RULE_FLAG) {
            Some(Component::VmAlert)
        } else if has(Self::STORAGE) {
            Some(Component::VmStorage)
        } else if has(Self::INSERT)
            || has(Self::NODE_FLAG) && has(Self::MAX_LABELS_FLAG) && !has(Self::LATENCY_FLAG)
        {
            Some(Component::VmInsert)
        } else if has(Self::DATA) && (has(Self::ROWS_INSERTED) || has(Self::SELECT_CAPACITY))
            || has(Self::DATA_PATH_FLAG) && has(Self::LATENCY_FLAG)
        {
            Some(Component::VmSingle)
        } else if has(Self::TENANT_SELECT)
            || has(Self::SELECT_DURATION) && !has(Self::DATA)
            || has(Self::NODE_FLAG) && has(Self::LATENCY_FLAG)
        {
            Some(Component::VmSelect)
        } else if has(Self::UPLOADED) || has(Self::SNAPSHOT_FLAG) && has(Self::DESTINATION_FLAG) {
            Some(Component::VmBackup)
        } else if has(Self::DOWNLOADED) || has(Self::SOURCE_FLAG) && has(Self::DATA_PATH_FLAG) {
            Some(Component::VmRestore)
        } else {
            None
        }
    }

    fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    fn has(self, evidence: Self) -> bool {
        self.0 & evidence.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(metrics: &[&str], flags: &[&str]) -> Option<Component> {
        let mut evidence = Evidence::default();
        metrics.iter().for_each(|name| evidence.add_metric(name));
        flags.iter().for_each(|name| evidence.add_flag(name));
        evidence.component()
    }

    #[test]
    fn version_labels_name_the_component() {
        for (version, component) in [
            (
                "victoria-metrics-20260101-120000-tags-v1.150.0-0-g01ab",
                Some(Component::VmSingle),
            ),
            (
                "vmstorage-20260101-120000-tags-v1.150.0-cluster-0-g01ab",
                Some(Component::VmStorage),
            ),
            (
                "vmagent-20260101-120000-heads-my-20-branch-0-g01ab",
                Some(Component::VmAgent),
            ),
            ("vmselect-v1.0", Some(Component::VmSelect)),
            ("vmalert-tool-20260101-120000-tags-v1.150.0", None),
            ("victoria-logs-20260101-120000-tags-v1.0.0", None),
            ("", None),
            ("prod-host-7", None),
        ] {
            assert_eq!(
                Component::from_version_label(version),
                component,
                "{version}"
            );
        }
    }

    #[test]
    fn names_lead_back_to_their_component() {
        for component in Component::ALL {
            assert_eq!(Component::from_name(component.as_str()), Some(component));
            let json = format!("\"{component}\"");
            assert_eq!(serde_json::to_string(&component).unwrap(), json);
        }
        assert!(Component::ALL.is_sorted_by_key(|component| component.as_str()));
    }

    #[test]
    fn a_single_node_is_told_from_cluster_components() {
        let select = "vmselect_request_duration_seconds_bucket";
        for (metrics, component) in [
            (
                &["vm_data_size_bytes", "vm_rows_inserted_total", select][..],
                Some(Component::VmSingle),
            ),
            (
                &[
                    "vm_data_size_bytes",
                    "vm_concurrent_select_capacity",
                    select,
                ],
                Some(Component::VmSingle),
            ),
            (
                &["vm_data_size_bytes", "vm_vmselect_conns"],
                Some(Component::VmStorage),
            ),
            (
                &["vm_rows_inserted_total", "vm_rpc_rows_sent_total"],
                Some(Component::VmInsert),
            ),
            (&[select], Some(Component::VmSelect)),
            (
                &[
                    "vmagent_remotewrite_blocks_sent_total",
                    "vm_data_size_bytes",
                ],
                Some(Component::VmAgent),
            ),
            (&["vmauth_http_requests_total"], Some(Component::VmAuth)),
            (&["vmalert_iteration_total"], Some(Component::VmAlert)),
            (
                &["vm_backups_uploaded_bytes_total"],
                Some(Component::VmBackup),
            ),
            (&["vm_data_size_bytes"], None),
            (&["go_goroutines", "vm_app_uptime_seconds"], None),
        ] {
            assert_eq!(seen(metrics, &[]), component, "{metrics:?}");
        }
    }

    #[test]
    fn flags_tell_the_component_too() {
        let latency = "search.latencyOffset";
        for (flags, component) in [
            (&["auth.config"][..], Some(Component::VmAuth)),
            (&["remoteWrite.tmpDataPath"], Some(Component::VmAgent)),
            (&["datasource.url", "rule"], Some(Component::VmAlert)),
            (
                &["vminsertAddr", "storageDataPath"],
                Some(Component::VmStorage),
            ),
            (
                &["storageNode", "maxLabelsPerTimeseries"],
                Some(Component::VmInsert),
            ),
            (&["storageNode", latency], Some(Component::VmSelect)),
            (
                &["storageDataPath", latency, "maxLabelsPerTimeseries"],
                Some(Component::VmSingle),
            ),
            (
                &["snapshotName", "dst", "storageDataPath"],
                Some(Component::VmBackup),
            ),
            (&["src", "storageDataPath"], Some(Component::VmRestore)),
            (&["rule"], None),
        ] {
            assert_eq!(seen(&[], flags), component, "{flags:?}");
        }
    }

    #[test]
    fn any_sign_of_the_family_counts() {
        let mut evidence = Evidence::default();
        evidence.add_metric("up");
        assert!(!evidence.is_victoria_metrics());
        evidence.add_metric("vm_app_version");
        assert!(evidence.is_victoria_metrics());
        assert_eq!(evidence.component(), None);
    }
}
