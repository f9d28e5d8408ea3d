//! Selectors narrowed to jobs, as long as a query may be.

use std::collections::BTreeSet;

use vmapi::Selector;

/// Longest text of all selectors of one query, in bytes. Servers take 16 KiB by default.
const MAX_BYTES: usize = 10_000;

/// Most selectors in a query: each is a search of its own.
const MAX_SELECTORS: usize = 32;

/// The selector narrowed to each of the jobs, or as it is where the jobs are too many to name.
pub(super) fn narrowed(selector: &Selector, jobs: &BTreeSet<&str>) -> Vec<Selector> {
    let narrow = |job: &&str| selector.with_equal("job", job);
    let narrowed: Vec<Selector> = jobs.iter().map(narrow).collect();
    if fits(&narrowed) {
        narrowed
    } else {
        vec![selector.clone()]
    }
}

/// The selectors in groups of which each fits into one query.
pub(super) fn in_queries(selectors: Vec<Selector>) -> Vec<Vec<Selector>> {
    let mut queries: Vec<Vec<Selector>> = Vec::new();
    for selector in selectors {
        match queries.last_mut() {
            Some(query) => {
                query.push(selector);
                if !fits(query) && query.len() > 1 {
                    let selector = query.pop();
                    queries.push(selector.into_iter().collect());
                }
            }
            None => queries.push(vec![selector]),
        }
    }
    queries
}

fn fits(selectors: &[Selector]) -> bool {
    let bytes: usize = selectors.iter().map(|s| s.as_str().len()).sum();
    selectors.len() <= MAX_SELECTORS && bytes <= MAX_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_are_named_until_there_are_too_many() {
        let base = Selector::equal("__name__", "up");
        let few = BTreeSet::from(["a", "b"]);
        let selectors = narrowed(&base, &few);
        assert_eq!(
            selectors.iter().map(Selector::as_str).collect::<Vec<_>>(),
            [r#"{__name__="up",job="a"}"#, r#"{__name__="up",job="b"}"#]
        );
        let names: Vec<String> = (0..40).map(|n| n.to_string()).collect();
        let many = names.iter().map(String::as_str).collect();
        assert_eq!(narrowed(&base, &many), std::slice::from_ref(&base));
        let long = "x".repeat(20_000);
        assert_eq!(narrowed(&base, &BTreeSet::from([&*long])), [base]);
    }

    #[test]
    fn no_selector_is_lost_between_queries() {
        let jobs: Vec<Selector> = (0..70).map(|n| Selector::job(n.to_string())).collect();
        let queries = in_queries(jobs.clone());
        assert_eq!(
            queries.iter().map(Vec::len).collect::<Vec<_>>(),
            [32, 32, 6]
        );
        assert_eq!(queries.concat(), jobs);
        let long = Selector::job("x".repeat(20_000));
        assert_eq!(in_queries(vec![long.clone(), long]).len(), 2);
    }
}
