//! What would leave: what happens to each label of a selection, before anything is fetched.
//!
//! The series of the whole selection are listed, since pseudonyms are numbered when all originals
//! are known. Servers list by whole days, so a preview may see series without a sample in the range,
//! and its numbers may differ from those of an export that begins with another map. One that begins
//! with the map of the preview has the same pseudonyms.

mod label_change;
mod listing;
mod results;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};

use audit::Findings;
use privacy::{Collector, Map, Rewriter, Rules};
use vmapi::Labels;

pub use self::label_change::{Action, Example, LabelChange};
pub use self::listing::{Listing, list};
use crate::error::Error;
use crate::job_evidence::JobEvidence;
use crate::seal::{CleanLabels, LabelForm};
use crate::watch::Watch;

/// What happens to the labels of a selection.
pub struct Preview {
    /// Rewrites labels as the export will; its map makes an export begin with the same pseudonyms.
    pub rewriter: Rewriter,
    /// By name.
    pub labels: Vec<LabelChange>,
    /// Series that would share all labels with another one because labels are dropped.
    pub merged_series: u64,
    /// What the audit would stop at; `None` if nothing is obfuscated.
    pub findings: Option<Findings>,
}

/// Rewrites the labels of these series without writing anything.
///
/// # Errors
///
/// [`Error::Privacy`] if labels cannot be rewritten, [`Error::Audit`] if they cannot be searched.
/// Findings are no error here.
pub fn preview(
    series: &[Labels],
    target_labels: &[String],
    rules: &Rules,
    map: Map,
) -> Result<Preview, Error> {
    let mut collector = Collector::new(rules, map);
    collector.target_labels(target_labels);
    let mut jobs: BTreeMap<&[u8], JobEvidence> = BTreeMap::new();
    for labels in series {
        if let Some(job) = labels.get("job") {
            let pairs: Vec<(&[u8], &[u8])> = labels
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
                .collect();
            let evidence = jobs.entry(job.as_bytes()).or_default();
            evidence.observe(pairs.iter().copied());
        }
    }
    for (job, evidence) in &jobs {
        collector.target_labels(evidence.target_labels());
        if let Some(component) = evidence.component() {
            collector.job_component(job, component.as_str());
        }
    }
    let pairs: BTreeSet<(&[u8], &[u8])> = series
        .iter()
        .flat_map(Labels::iter)
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    let rewriter = collector
        .finish(|| pairs.iter().copied())
        .map_err(Error::Privacy)?;
    let findings = searched(&rewriter, &pairs)?;
    Ok(Preview {
        labels: label_change::changes(&pairs, &rewriter).map_err(Error::Privacy)?,
        merged_series: merged(series, rules),
        rewriter,
        findings,
    })
}

/// What the audit finds in the labels.
fn searched(
    rewriter: &Rewriter,
    pairs: &BTreeSet<(&[u8], &[u8])>,
) -> Result<Option<Findings>, Error> {
    let clean = CleanLabels::of(pairs.iter().copied(), rewriter, LabelForm::Json)
        .map_err(Error::Privacy)?;
    let watch = Watch::new(rewriter, pairs.iter().copied(), pairs.len(), true);
    let Some(watch) = watch.map_err(Error::Audit)? else {
        return Ok(None);
    };
    // It accepts what it finds, so findings are no error.
    watch.before(&clean, None).map(Some).map_err(Error::Audit)
}

/// Counts the series that become another one when labels are dropped. A hash that two series share
/// would count one too many; at 64 bits that is no matter.
fn merged(series: &[Labels], rules: &Rules) -> u64 {
    let dropped: HashSet<&str> = rules.dropped_labels().collect();
    if dropped.is_empty() {
        return 0;
    }
    let hasher = RandomState::new();
    let whole: HashSet<u64> = series
        .iter()
        .map(|labels| hash(&hasher, labels, |_| true))
        .collect();
    let kept: HashSet<u64> = series
        .iter()
        .map(|labels| {
            hash(&hasher, labels, |name| {
                std::str::from_utf8(name).is_ok_and(|name| !dropped.contains(name))
            })
        })
        .collect();
    (whole.len() - kept.len().min(whole.len())) as u64
}

fn hash(hasher: &RandomState, labels: &Labels, keep: impl Fn(&[u8]) -> bool) -> u64 {
    let mut pairs: Vec<(&[u8], &[u8])> = labels
        .iter()
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .filter(|(name, _)| keep(name))
        .collect();
    pairs.sort_unstable();
    hasher.hash_one(pairs)
}

#[cfg(test)]
mod tests {
    use privacy::Key;

    use super::*;

    fn series(json: &str) -> Vec<Labels> {
        serde_json::from_str(json).unwrap()
    }

    fn previewed(rules: Rules) -> Preview {
        let series = series(
            r#"[{"__name__":"up","job":"shop","instance":"10.0.0.1:80","lane":"acme","env":"a1"},
                {"__name__":"up","job":"shop","instance":"10.0.0.1:80","lane":"acme","env":"a2"},
                {"__name__":"vm_rows","job":"shop","le":"5","instance":"10.0.0.1:80"}]"#,
        );
        let map = Map::new(Key::generate().unwrap()).unwrap();
        preview(&series, &[], &rules, map).unwrap()
    }

    #[test]
    fn tells_what_happens_to_each_label_and_what_stays() {
        let rules = Rules::builder().instance(true).job(true);
        let preview = previewed(rules.drop_labels(["env"]).build().unwrap());
        let actions: Vec<(&str, Action, usize)> = preview
            .labels
            .iter()
            .map(|label| (&*label.name, label.action, label.values))
            .collect();
        assert_eq!(
            actions,
            [
                ("__name__", Action::Kept, 2),
                ("env", Action::Dropped, 2),
                ("instance", Action::Replaced, 1),
                ("job", Action::Replaced, 1),
                ("lane", Action::Replaced, 1),
                ("le", Action::Kept, 1),
            ]
        );
        let lane = &preview.labels[4];
        assert_eq!(lane.examples[0].before, "acme");
        assert_eq!(lane.examples[0].after.as_deref(), Some("lane-1"));
        assert_eq!(preview.merged_series, 1, "two series differ in `env` only");
        assert!(preview.findings.unwrap().is_clean());
    }

    #[test]
    fn without_obfuscation_everything_stays_and_nothing_is_searched() {
        let preview = previewed(Rules::off([""; 0]).unwrap());
        assert!(
            preview
                .labels
                .iter()
                .all(|label| label.action == Action::Kept)
        );
        assert!(preview.findings.is_none() && preview.merged_series == 0);
    }
}
