//! Recognises components by what they expose, for builds that do not tell their version.

use std::collections::{BTreeMap, BTreeSet};

use vmapi::{Component, Evidence, Selector};

use super::look_back::{Computed, LookBack};
use super::narrowed::{in_queries, narrowed};
use super::target::{Target, label};

/// Metrics of which a process has one or a few series and that tell components apart.
///
/// Of the names that [`Evidence`] knows these are the cheapest; each component but vmbackup and
/// vmrestore of old versions can be told by them or by its flags, in v1.79.5 as in v1.150.0.
const METRICS: &str = r#"{__name__=~"vmauth_config_last_reload_successful|vmauth_http_requests_total|vmagent_remotewrite_queues|vmagent_remotewrite_blocks_sent_total|vmalert_config_last_reload_successful|vm_vmselect_conns|vm_vminsert_conns|vm_rpc_vmstorage_is_reachable|vm_tenant_select_requests_total|vm_data_size_bytes|vm_concurrent_select_capacity|vm_backups_uploaded_bytes_total|vm_backups_downloaded_bytes_total"}"#;

/// Flags that tell components apart: a process has one series for each.
const FLAGS: &str = r#"flag{name=~"auth\\.config|remoteWrite\\.tmpDataPath|datasource\\.url|rule|vminsertAddr|storageNode|maxLabelsPerTimeseries|search\\.latencyOffset|storageDataPath|snapshotName|dst|src"}"#;

/// The components that give themselves away, in these jobs or, without any, everywhere.
pub(super) async fn recognised(
    look: &LookBack<'_>,
    jobs: &BTreeSet<&str>,
) -> Result<BTreeMap<Target, Component>, vmapi::Error> {
    let computed = Computed {
        aggregate: "count",
        rollup: "last_over_time",
        by: "__name__, name, job, instance, vm_account_id, vm_project_id",
    };
    let mut selectors = Vec::new();
    for base in [METRICS, FLAGS] {
        let base = Selector::parse_user(base).expect("a fixed text that is a selector");
        if jobs.is_empty() {
            selectors.push(base);
        } else {
            selectors.extend(narrowed(&base, jobs));
        }
    }
    let mut evidence: BTreeMap<Target, Evidence> = BTreeMap::new();
    for query in in_queries(selectors) {
        for series in look.ask(&computed, &query).await? {
            let seen = evidence.entry(Target::of(&series.labels)).or_default();
            match label(&series.labels, "__name__").as_str() {
                "flag" => seen.add_flag(&label(&series.labels, "name")),
                metric => seen.add_metric(metric),
            }
        }
    }
    let component = |(target, evidence): (Target, Evidence)| Some((target, evidence.component()?));
    Ok(evidence.into_iter().filter_map(component).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(selector: &str) -> impl Iterator<Item = String> {
        let (_, rest) = selector.split_once("=~\"").unwrap();
        let (words, _) = rest.split_once('"').unwrap();
        words.split('|').map(|word| word.replace("\\\\.", "."))
    }

    #[test]
    fn every_word_asked_for_is_evidence() {
        for metric in words(METRICS) {
            let mut evidence = Evidence::default();
            evidence.add_metric(&metric);
            assert_ne!(evidence, Evidence::default(), "{metric}");
        }
        for flag in words(FLAGS) {
            let mut evidence = Evidence::default();
            evidence.add_flag(&flag);
            assert_ne!(evidence, Evidence::default(), "{flag}");
        }
    }

    #[test]
    fn the_fixed_texts_are_selectors() {
        for text in [METRICS, FLAGS] {
            assert!(Selector::parse_user(text).is_ok(), "{text}");
        }
    }
}
