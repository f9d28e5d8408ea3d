//! Which program runs at which target.

use std::collections::{BTreeMap, BTreeSet};

use vmapi::Selector;

use super::look_back::{Computed, LookBack};
use super::program::Program;
use super::target::{Target, label};
use super::tell_tale;

/// The programs seen at each target, nearly always one; several where an address was used again.
pub(super) type Programs = BTreeMap<Target, BTreeSet<Program>>;

/// Asks every process of the family what it is: one series per process.
///
/// Those that do not say so are told by their metrics and flags, which takes one more request.
pub(super) async fn programs(look: &LookBack<'_>) -> Result<Programs, vmapi::Error> {
    let computed = Computed {
        aggregate: "count",
        rollup: "last_over_time",
        by: "version, job, instance, vm_account_id, vm_project_id",
    };
    let versions = [Selector::equal("__name__", "vm_app_version")];
    let mut programs = Programs::new();
    for series in look.ask(&computed, &versions).await? {
        let found = programs.entry(Target::of(&series.labels)).or_default();
        let version = label(&series.labels, "version");
        found.extend(Program::from_version_label(&version));
    }
    let silent = |(target, found): (&Target, &BTreeSet<Program>)| {
        found.is_empty().then(|| target.job.clone())
    };
    let silent: BTreeSet<String> = programs.iter().filter_map(silent).collect();
    if programs.is_empty() || !silent.is_empty() {
        let jobs = silent.iter().map(String::as_str).collect();
        for (target, component) in tell_tale::recognised(look, &jobs).await? {
            let found = programs.entry(target).or_default();
            // What a process says of itself counts more.
            if found.is_empty() {
                found.insert(Program::Known(component));
            }
        }
    }
    for found in programs.values_mut().filter(|found| found.is_empty()) {
        found.insert(Program::Unknown);
    }
    Ok(programs)
}
