//! Choosing a few series out of many: from every job, and of different names.

use std::collections::{BTreeMap, HashSet, VecDeque};

use vmapi::Labels;

/// At most `limit` series; the same ones for the same series, in whatever order those come.
pub(super) fn spread(series: &[Labels], limit: usize) -> Vec<&Labels> {
    let mut by_job: BTreeMap<&[u8], BTreeMap<&[u8], Vec<&Labels>>> = BTreeMap::new();
    for labels in series {
        let job = labels.get("job").map_or(&b""[..], |value| value.as_bytes());
        let names = by_job.entry(job).or_default();
        names.entry(name(labels)).or_default().push(labels);
    }
    let mut queues: Vec<VecDeque<&Labels>> = by_job
        .into_values()
        .map(|names| evenly(names.into_values().collect(), limit).into())
        .collect();
    let mut chosen = Vec::new();
    let mut names = HashSet::new();
    // One of each job in turn, if possible of a name that no other job has shown: jobs of the same
    // kind have the same names.
    while chosen.len() < limit && !queues.is_empty() {
        queues.retain_mut(|queue| {
            if chosen.len() == limit {
                return false;
            }
            let new = queue
                .iter()
                .position(|labels| !names.contains(&name(labels)));
            let next = queue.remove(new.unwrap_or(0));
            names.extend(next.map(name));
            chosen.extend(next);
            next.is_some()
        });
    }
    chosen
}

fn name(labels: &Labels) -> &[u8] {
    labels.get("__name__").map_or(b"", |value| value.as_bytes())
}

/// The series of one job: one of each of `limit` names that lie evenly apart, then the others.
fn evenly(mut names: Vec<Vec<&Labels>>, limit: usize) -> Vec<&Labels> {
    let step = (names.len() / limit.max(1)).max(1);
    // In the middle of each stretch: what stands first in the alphabet, such as `flag`, says least.
    let middle = step / 2;
    let mut first = Vec::new();
    let mut rest = Vec::new();
    for (at, series) in names.iter_mut().enumerate() {
        series.sort_by_cached_key(|labels| labels.sorted());
        if at % step == middle && first.len() < limit {
            first.push(series[0]);
            rest.extend(&series[1..]);
        } else {
            rest.extend(series.iter().copied());
        }
    }
    rest.truncate(limit.saturating_sub(first.len()));
    first.extend(rest);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(job: &str, name: &str, more: &str) -> Labels {
        let json = format!(r#"{{"__name__":"{name}","job":"{job}","x":"{more}"}}"#);
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn every_job_has_its_share_and_names_differ() {
        let mut all = Vec::new();
        for name in 0..100 {
            all.push(series("big", &format!("m{name:03}"), "a"));
            all.push(series("big", &format!("m{name:03}"), "b"));
        }
        all.push(series("small", "up", ""));
        let chosen: Vec<Labels> = spread(&all, 11).into_iter().cloned().collect();
        let jobs = chosen.iter().filter(|l| *l.get("job").unwrap() == "small");
        assert_eq!(jobs.count(), 1);
        let names: std::collections::BTreeSet<String> = chosen
            .iter()
            .map(|labels| labels.get("__name__").unwrap().to_string())
            .collect();
        assert_eq!((chosen.len(), names.len()), (11, 11));
        let last = names.iter().rfind(|name| name.starts_with('m')).unwrap();
        assert!(last > &"m080".to_owned(), "{last}");
        all.reverse();
        assert_eq!(spread(&all, 11), chosen.iter().collect::<Vec<_>>());
    }

    #[test]
    fn jobs_of_the_same_kind_show_different_names() {
        let mut all = Vec::new();
        for job in ["a", "b", "c", "d"] {
            for name in ["flag", "go_info", "up", "vm_rows"] {
                all.push(series(job, name, "1"));
                all.push(series(job, name, "2"));
            }
        }
        let shown = |labels: &Labels| {
            let text = |name| labels.get(name).unwrap().to_string();
            (text("job"), text("__name__"))
        };
        let chosen: Vec<_> = spread(&all, 6).into_iter().map(shown).collect();
        let jobs: HashSet<_> = chosen[..4].iter().map(|(job, _)| job).collect();
        let names: HashSet<_> = chosen[..4].iter().map(|(_, name)| name).collect();
        assert_eq!((jobs.len(), names.len()), (4, 4), "{chosen:?}");
        assert_eq!(chosen.len(), 6, "where names are used up, others follow");
    }

    #[test]
    fn few_series_are_all_chosen() {
        let all = [series("a", "up", "1"), series("a", "up", "2")];
        assert_eq!(spread(&all, 10).len(), 2);
        assert_eq!(spread(&all, 1).len(), 1);
        assert!(spread(&[], 10).is_empty());
    }
}
