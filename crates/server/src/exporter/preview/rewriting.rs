//! How the labels of a selection will be rewritten.

use std::collections::{BTreeMap, BTreeSet};

use privacy::{Collector, Map, Rewriter, Rules};
use vmapi::{Component, Evidence, Labels};

/// Numbers the pseudonyms of these series, beginning with those of the map.
///
/// # Errors
///
/// As [`Collector::finish`].
pub(super) fn rewriter(
    series: &[Labels],
    rules: &Rules,
    map: Map,
) -> Result<Rewriter, privacy::Error> {
    let mut collector = Collector::new(rules, map);
    let mut jobs: BTreeMap<&[u8], Told> = BTreeMap::new();
    for labels in series {
        if labels.get("__name__").is_some_and(|name| *name == "up") {
            let names = labels.iter().map(|(name, _)| name.to_string_lossy());
            collector.target_labels(names.filter(|name| name != "__name__"));
        }
        if let Some(job) = labels.get("job") {
            jobs.entry(job.as_bytes()).or_default().observe(labels);
        }
    }
    for (job, told) in jobs {
        if let Some(component) = told.component() {
            collector.job_component(job, component.as_str());
        }
    }
    let pairs: BTreeSet<(&[u8], &[u8])> = series
        .iter()
        .flat_map(Labels::iter)
        .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        .collect();
    collector.finish(|| pairs.iter().copied())
}

/// What the series of a job tell about the component behind it.
#[derive(Default)]
struct Told {
    stated: BTreeSet<Component>,
    tell_tales: Evidence,
}

impl Told {
    fn observe(&mut self, labels: &Labels) {
        let text = |label| labels.get(label).map(|value| value.to_string_lossy());
        let Some(metric) = text("__name__") else {
            return;
        };
        self.tell_tales.add_metric(&metric);
        if metric == "vm_app_version" {
            let version = text("version").unwrap_or_default();
            self.stated.extend(Component::from_version_label(&version));
        } else if metric == "flag"
            && let Some(flag) = text("name")
        {
            self.tell_tales.add_flag(&flag);
        }
    }

    fn component(&self) -> Option<Component> {
        match self.stated.len() {
            0 => self.tell_tales.component(),
            1 => self.stated.first().copied(),
            _ => None,
        }
    }
}
