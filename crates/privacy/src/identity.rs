//! Labels whose names say what they hold.

/// Labels that hold names of customers, machines, files or people, sorted. At the standard level
/// their values are covered unless they are public vocabulary, like those of target labels.
const IDENTITY: [&str; 83] = [
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
    "cluster",
    "company",
    "container",
    "container_name",
    "customer",
    "database",
    "datacenter",
    "datname",
    "db",
    "dc",
    "dest",
    "destination",
    "domain",
    "dst",
    "email",
    "endpoint",
    "environment",
    "exported_instance",
    "exported_job",
    "file",
    "filename",
    "fqdn",
    "group",
    "group_id",
    "host",
    "hostname",
    "id",
    "image",
    "ip",
    "kubernetes_cluster",
    "kubernetes_node",
    "login",
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
    "pod",
    "pod_ip",
    "pod_name",
    "project",
    "rack",
    "recording",
    "region",
    "remote_addr",
    "remoteaddr",
    "rule",
    "rule_id",
    "rule_name",
    "scrape_job",
    "server",
    "service",
    "site",
    "src",
    "storagenode",
    "target",
    "team",
    "tenant",
    "topic",
    "url",
    "user",
    "user_email",
    "user_name",
    "username",
    "value",
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
pub(crate) const VERSIONS: [&str; 9] = [
    "app_version",
    "build_version",
    "go_version",
    "goversion",
    "kernel_version",
    "revision",
    "short_version",
    "tag",
    "version",
];

pub(crate) fn is_identity(label: &str) -> bool {
    contains(&IDENTITY, label)
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
