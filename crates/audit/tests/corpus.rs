//! Real labels of real components do not stop an export.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use std::collections::BTreeSet;

use audit::{Audit, Code, Findings, Place, Scope, ScopeBuilder};

const SERIES: &str = include_str!("corpus/series.jsonl");
const FLAGS: &str = include_str!("corpus/flags.txt");

fn scope() -> ScopeBuilder {
    Scope::builder()
        .addresses(true)
        .version_label("version")
        .version_label("short_version")
}

fn findings(scope: ScopeBuilder) -> Findings {
    let audit = Audit::new(scope.build().unwrap(), 10_000);
    let mut auditor = audit.auditor();
    for series in SERIES.lines() {
        let line = format!(r#"{{"metric":{series},"values":[1],"timestamps":[1795287679779]}}"#);
        auditor.lines(line.as_bytes()).unwrap();
    }
    for flag in FLAGS.lines() {
        auditor.label(b"name", flag.as_bytes());
        auditor.label(flag.as_bytes(), b"");
        auditor.text("flags", flag);
    }
    auditor.finish()
}

#[test]
fn real_series_hold_no_shape_but_the_addresses_of_the_recording() {
    let findings = findings(scope());
    let hits: BTreeSet<(Place, Code)> = findings
        .hits()
        .map(|hit| (hit.place().clone(), hit.code()))
        .collect();
    let expected = ["addr", "instance", "value"]
        .map(|label| (Place::Label(label.to_owned()), Code::IpAddress));
    assert_eq!(hits, BTreeSet::from(expected));
    assert!(
        findings
            .hits()
            .flat_map(|hit| hit.examples())
            .all(|example| example.contains("127.0.0.1"))
    );
    assert!(findings.texts() > 2_000, "{}", findings.texts());
}

#[test]
fn allowed_addresses_leave_nothing_to_report() {
    let findings = findings(scope().allow("127.0.0.1"));
    assert_eq!(
        findings.hits().collect::<Vec<_>>(),
        Vec::<&audit::Hit>::new()
    );
}

#[test]
fn labels_of_clusters_and_other_programs_are_no_hits() {
    let audit = Audit::new(scope().build().unwrap(), 1_000);
    let mut auditor = audit.auditor();
    for (name, value) in [
        (
            "version",
            "vminsert-20261012-094107-tags-v1.150.0-cluster-0-g5d1c5f5b1a",
        ),
        ("short_version", "v1.150.0-cluster"),
        ("version", "1.2.3.4"),
        ("version", "go1.22.3"),
        ("version", "go1.22.3 X:nocoverageredesign"),
        ("version", "3.1.4-alpine-20261012"),
        ("le", "0.005"),
        ("le", "+Inf"),
        ("quantile", "0.99"),
        ("vmrange", "1.136e-05...1.292e-05"),
        ("pod", "vminsert-5f6b-2mwtn"),
        ("pod", "vmstorage-0"),
        ("container", "vmselect"),
        (
            "image",
            "vmagent@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        ("image", "victoriametrics/vmagent:v1.112.0"),
        (
            "image_id",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        ),
        ("commit", "5d1c5f5b1a0c4e8f9b7a6d5c4b3a29181706f5e4"),
        ("uid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("username", "bearer_token:hash:FA8AFD82C423144D"),
        (
            "path",
            "/var/lib/vmagent/persistent-queue/1_B9DFD5A4450568D8",
        ),
        ("url", "1:secret-url"),
        ("location", "VictoriaMetrics/lib/storage/storage.go:123"),
        ("path", "/api/v1/label/{}/values"),
        ("path", "/functions/<func_name>"),
        ("action", "12:30:45"),
        ("start", "2026-11-21T20:01:07.302Z"),
        ("date", "2026-11-21 19:30:05"),
        ("date", "20261121_193005"),
        ("interval", "1h30m0s"),
        (
            "expr",
            "sum(rate(vm_http_requests_total{path=~\"/api/.+\"}[5m])) by (job) > 0.5",
        ),
        ("expr", "up @ end() == 0 and up@1609746000"),
        ("recording", "job:vm_rows:rate5m"),
        ("id", "12685057545560275637"),
        ("cpu", "0-3,8-11"),
        ("device", "nvme0n1p1"),
        ("device", "0000:00:1f.2"),
        ("type", "std::vector<dead::beef>"),
        ("type", "storage/big"),
        ("schema", "k8s.pod.name"),
        ("le", "1e-05"),
        ("phase", "..."),
        ("file", "rules.yml"),
        ("value", "0.0.0.0:8428"),
        ("value", "[::]:8428"),
        ("value", "http://localhost:8428/api/v1/write"),
        ("value", "777.777.1.1:8400,777.777.1.2:8400"),
        ("url", "1:http://777.777.1.2:8480/insert/0/prometheus"),
        ("name", "getty@tty1.service"),
    ] {
        auditor.label(name.as_bytes(), value.as_bytes());
    }
    auditor.text(
        "README.txt",
        "Export date: 2026-11-21 20:01:07.303694591 UTC\n\
         vmexport_export-1795291267-04483f3d128d0dd0_20261121_200107.zip\n\
         Content: 1,728 lines, 1,728 series; see metadata.json and metrics.jsonl.",
    );
    let findings = auditor.finish();
    let hits: Vec<_> = findings
        .hits()
        .map(|hit| (hit.to_string(), hit.examples().collect::<Vec<_>>()))
        .collect();
    assert!(hits.is_empty(), "{hits:?}");
}
