//! Labels whose names say what they hold.

/// Labels that hold names of customers, machines, files or people, sorted. At the standard level
/// their values are covered unless they are public vocabulary, like those of target labels.
const IDENTITY: [&str; 124] = [
    "account",
    "accountname",
    "addr",
    "address",
    "alertgroup",
    "alertname",
    "app",
    "availability_zone",
    "az",
    "bucket",
    "client",
    "client_id",
    "client_ip",
    "cluster",
    "collection",
    "company",
    "configmap",
    "consumer_group",
    "consumergroup",
    "container",
    "container_name",
    "created_by",
    "cronjob",
    "customer",
    "daemonset",
    "database",
    "datacenter",
    "datname",
    "db",
    "dc",
    "deployment",
    "dest",
    "destination",
    "domain",
    "dst",
    "email",
    "endpoint",
    "enduser",
    "environment",
    "exported",
    "exported_instance",
    "exported_job",
    "file",
    "filename",
    "fqdn",
    "group",
    "group_id",
    "host",
    "hostname",
    "hwaddr",
    "id",
    "ifalias",
    "ifphysaddress",
    "image",
    "ingress",
    "instance_name",
    "ip",
    "job_name",
    "keyspace",
    "kubernetes_cluster",
    "kubernetes_node",
    "login",
    "mac",
    "mac_address",
    "machine",
    "mountpoint",
    "namespace",
    "node",
    "node_name",
    "nodename",
    "org",
    "organization",
    "owner",
    "path",
    "peer",
    "persistentvolume",
    "persistentvolumeclaim",
    "pod",
    "pod_ip",
    "pod_name",
    "pod_uid",
    "project",
    "queue",
    "rack",
    "receiver",
    "recording",
    "region",
    "remote_addr",
    "remoteaddr",
    "replicaset",
    "rule",
    "rule_id",
    "rule_name",
    "schema",
    "schemaname",
    "scrape_job",
    "secret",
    "serial",
    "server",
    "server_address",
    "service",
    "site",
    "src",
    "statefulset",
    "storagenode",
    "syscontact",
    "syslocation",
    "sysname",
    "target",
    "team",
    "tenant",
    "topic",
    "uid",
    "url",
    "usename",
    "user",
    "user_email",
    "user_name",
    "username",
    "value",
    "vhost",
    "vm",
    "volumename",
    "wwn",
];

/// Labels in which a bare name is a host, sorted.
const HOST: [&str; 22] = [
    "addr",
    "address",
    "client",
    "dest",
    "destination",
    "dst",
    "endpoint",
    "fqdn",
    "host",
    "hostname",
    "ip",
    "machine",
    "node",
    "node_name",
    "nodename",
    "peer",
    "pod_ip",
    "remote_addr",
    "remoteaddr",
    "server",
    "src",
    "storagenode",
];

/// Labels that hold numbers of the metric itself and never change, sorted.
const BOUNDS: [&str; 3] = ["le", "quantile", "vmrange"];

/// Labels that hold versions, sorted: what looks like an address or a token there is none.
pub(crate) const VERSIONS: [&str; 8] = [
    "app_version",
    "build_version",
    "go_version",
    "goversion",
    "kernel_version",
    "revision",
    "short_version",
    "version",
];

pub(crate) fn is_identity(label: &str) -> bool {
    contains(&IDENTITY, label) || contains(&IDENTITY, &base(label))
}

/// What a label is about, without what exporters and OpenTelemetry put around it: `exported_node`,
/// `kubernetes_pod_name`, `k8s.pod.name`, `tenant_id`.
fn base(label: &str) -> String {
    let lower = label.to_ascii_lowercase().replace('.', "_");
    let inner = ["exported_", "kubernetes_", "k8s_"]
        .into_iter()
        .find_map(|prefix| lower.strip_prefix(prefix))
        .unwrap_or(&lower);
    let base = ["_name", "_id"]
        .into_iter()
        .find_map(|suffix| inner.strip_suffix(suffix));
    base.unwrap_or(inner).to_owned()
}

pub(crate) fn is_host(label: &str) -> bool {
    contains(&HOST, label)
}

pub(crate) fn is_bound(label: &str) -> bool {
    BOUNDS.contains(&label)
}

pub(crate) fn is_version(label: &str) -> bool {
    contains(&VERSIONS, label)
}

fn contains(sorted: &[&str], label: &str) -> bool {
    if label.bytes().any(|byte| byte.is_ascii_uppercase()) {
        let lower = label.to_ascii_lowercase();
        return sorted.binary_search(&lower.as_str()).is_ok();
    }
    sorted.binary_search(&label).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_the_search() {
        assert!(IDENTITY.is_sorted());
        assert!(HOST.is_sorted());
        assert!(VERSIONS.is_sorted());
        assert!(HOST.iter().all(|label| is_identity(label)));
    }

    #[test]
    fn case_does_not_matter() {
        assert!(is_identity("storageNode") && is_host("remoteAddr"));
        assert!(!is_identity("type") && is_bound("le") && is_version("short_version"));
    }
}
