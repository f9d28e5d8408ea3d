//! Comparing one series with what the target has of it.

use crate::picks::Pick;
use crate::read_back::{FoundSamples, window};
use crate::storage_rounding::BlockScales;
use crate::verification::DifferenceReason;

/// How a picked series compares.
pub(crate) struct Comparison {
    pub(crate) seen: bool,
    pub(crate) compared: u64,
    pub(crate) rounded: u64,
    pub(crate) difference: Option<(DifferenceReason, String)>,
    /// The target has the newest sample, so what came with it is there too.
    has_newest: bool,
}

impl Comparison {
    /// Compares value by value; `dedup_ms` is the interval of which the target keeps one sample.
    pub(crate) fn new(pick: &Pick, found: &FoundSamples, dedup_ms: Option<i64>) -> Self {
        let mut sent: Vec<(i64, f64)> = pick.samples.clone();
        sent.sort_by_key(|sample| sample.0);
        let scales = BlockScales::of(sent.iter().map(|sample| sample.1));
        let mut comparison = Self {
            seen: found.count > 0,
            compared: 0,
            rounded: 0,
            difference: None,
            has_newest: found.newest_ms.is_some_and(|newest| newest >= pick.last_ms),
        };
        let mut missing = 0;
        let mut deduplicated = 0;
        let mut first_wrong = None;
        for &(time, value) in &sent {
            let there = at(&found.samples, time);
            if there.is_empty() {
                let removed = |interval| {
                    let stayed = found.windows.get(&window(time, interval));
                    stayed.is_some_and(|stayed| *stayed >= time)
                };
                if dedup_ms.is_some_and(removed) {
                    deduplicated += 1;
                } else {
                    missing += 1;
                }
                continue;
            }
            comparison.compared += 1;
            if there.iter().any(|sample| sample.1 == value) {
                continue;
            }
            if there.iter().any(|sample| scales.explain(value, sample.1)) {
                comparison.rounded += 1;
                continue;
            }
            // Of several samples at one time deduplication keeps one.
            let kept =
                |other: &(i64, f64)| there.iter().any(|sample| scales.explain(other.1, sample.1));
            if dedup_ms.is_some() && at(&sent, time).iter().any(kept) {
                deduplicated += 1;
            } else {
                first_wrong = first_wrong.or(Some((time, value, there[0].1)));
            }
        }
        let count = found.count;
        // Of samples that were not looked at one by one, and of several at one time, only the number
        // is known.
        let short = count < pick.count && deduplicated == 0 && dedup_ms.is_none();
        let numbers = || format!("{} samples sent, {count} found", pick.count);
        comparison.difference = if missing > 0 || short {
            Some((DifferenceReason::Missing, numbers()))
        } else if let Some((time, value, got)) = first_wrong {
            let detail = format!("at {time} ms {value:?} was sent and {got:?} found");
            Some((DifferenceReason::Value, detail))
        } else if deduplicated > 0 || count < pick.count {
            Some((DifferenceReason::Deduplicated, numbers()))
        } else if count > pick.count {
            Some((DifferenceReason::Extra, numbers()))
        } else {
            None
        };
        comparison
    }

    /// Whether time changes nothing of it.
    pub(crate) fn is_settled(&self) -> bool {
        match &self.difference {
            None => true,
            Some((reason, _)) => reason.is_harmless(),
        }
    }

    /// Whether time hardly changes anything of it: all samples are there, and a value is another one.
    pub(crate) fn is_nearly_settled(&self) -> bool {
        let is_value = matches!(self.difference, Some((DifferenceReason::Value, _)));
        self.is_settled() || is_value && self.has_newest
    }
}

/// The samples at a time, of sorted ones.
fn at(samples: &[(i64, f64)], time: i64) -> &[(i64, f64)] {
    let from = samples.partition_point(|sample| sample.0 < time);
    let count = samples[from..].partition_point(|sample| sample.0 == time);
    &samples[from..from + count]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(sent: &[(i64, f64)], found: &[(i64, f64)], dedup_ms: Option<i64>) -> Comparison {
        compared_beside(&[], sent, found, dedup_ms)
    }

    /// With stale markers that were found at some times.
    fn compared_beside(
        markers: &[i64],
        sent: &[(i64, f64)],
        found: &[(i64, f64)],
        dedup_ms: Option<i64>,
    ) -> Comparison {
        let pick = Pick {
            labels: Vec::new(),
            samples: sent.to_vec(),
            count: sent.len() as u64,
            first_ms: sent[0].0,
            last_ms: sent[sent.len() - 1].0,
        };
        let found = FoundSamples {
            samples: found.to_vec(),
            count: found.len() as u64,
            newest_ms: found.last().map(|sample| sample.0),
            windows: dedup_ms
                .map(|interval| {
                    let times = found.iter().map(|sample| &sample.0).chain(markers);
                    times.map(|&time| (window(time, interval), time)).collect()
                })
                .unwrap_or_default(),
        };
        Comparison::new(&pick, &found, dedup_ms)
    }

    fn reason(comparison: &Comparison) -> Option<DifferenceReason> {
        comparison.difference.as_ref().map(|(reason, _)| *reason)
    }

    #[test]
    fn of_several_samples_at_one_time_deduplication_keeps_one() {
        let sent = [(1_000, 1.0), (1_000, 2.0), (2_000, 3.0)];
        let found = [(1_000, 2.0), (2_000, 3.0)];
        let with = compared(&sent, &found, Some(1));
        assert_eq!(reason(&with), Some(DifferenceReason::Deduplicated));
        let without = compared(&sent, &found, None);
        assert_eq!(reason(&without), Some(DifferenceReason::Missing));
        let other = compared(&sent, &[(1_000, 7.0), (2_000, 3.0)], Some(1));
        assert_eq!(reason(&other), Some(DifferenceReason::Value));
    }

    #[test]
    fn only_what_is_later_in_its_window_explains_that_a_sample_is_gone() {
        let sent = [(10_000, 1.0), (25_000, 2.0), (40_000, 3.0)];
        let with = |markers: &[i64], found: &[(i64, f64)]| {
            reason(&compared_beside(markers, &sent, found, Some(30_000)))
        };
        let deduplicated = Some(DifferenceReason::Deduplicated);
        let missing = Some(DifferenceReason::Missing);
        assert_eq!(with(&[], &sent[1..]), deduplicated);
        // The marker of a target that is gone, in place of its last samples.
        assert_eq!(with(&[55_000], &sent[1..2]), deduplicated);
        assert_eq!(with(&[30_000, 40_000], &[]), deduplicated);
        assert_eq!(with(&[30_000], &[]), missing);
        assert_eq!(with(&[5_000], &sent[2..]), missing);
        assert_eq!(with(&[], &[sent[0], sent[2]]), missing);
        assert_eq!(with(&[65_000], &sent[1..2]), missing);
    }

    #[test]
    fn another_value_is_final_only_when_the_newest_sample_is_there() {
        let sent = [(1_000, 1.0), (2_000, 3.0)];
        let whole = compared(&sent, &[(1_000, 9.0), (2_000, 3.0)], None);
        assert_eq!(reason(&whole), Some(DifferenceReason::Value));
        assert!(whole.is_nearly_settled() && !whole.is_settled());
        let growing = compared(&sent, &[(1_000, 9.0)], None);
        assert_eq!(reason(&growing), Some(DifferenceReason::Missing));
        assert!(!growing.is_nearly_settled());
    }
}
