use std::collections::{BTreeMap, HashSet};

use super::expression::{Aggregate, DEFAULT_STEP_MS, Expression, Grouping};
use super::filters::Filters;
use super::rollup::Rollup;
use super::selector::Selector;
use crate::data::{Series, View};

/// Labels of a result, sorted by name, `__name__` included.
pub(crate) type Labels = BTreeMap<String, String>;

/// Why a query has no answer; the text is what the server would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The query or a parameter cannot be read.
    BadParameter(String),
    /// It can be read but not computed.
    Execution(String),
}

/// The answer to an instant query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Instant {
    /// Values at the instant; a number is a series without labels.
    Vector(Vec<(Labels, f64)>),
    /// Raw samples: Unix milliseconds and values.
    Matrix(Vec<(Labels, Vec<(i64, f64)>)>),
}

/// Where a range query is computed; both ends are Unix milliseconds, included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RangeQuery {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
    /// At least 1.
    pub(crate) step_ms: i64,
}

/// Computes queries over the series that one request may see.
pub(crate) struct Evaluator<'a> {
    pub(crate) view: &'a View,
    pub(crate) filters: &'a Filters,
}

impl Evaluator<'_> {
    /// The value at `at_ms`, Unix milliseconds.
    pub(crate) fn instant(
        &self,
        expression: &Expression,
        at_ms: i64,
        step_ms: Option<i64>,
    ) -> Instant {
        match expression {
            Expression::Raw { selector, range_ms } => {
                let from_ms = at_ms.saturating_sub(*range_ms).saturating_add(1);
                Instant::Matrix(self.raw(selector, from_ms, at_ms))
            }
            _ => {
                Instant::Vector(self.vector(expression, at_ms, step_ms.unwrap_or(DEFAULT_STEP_MS)))
            }
        }
    }

    /// The values at every step of a range, without series that have none.
    pub(crate) fn range(
        &self,
        expression: &Expression,
        range: RangeQuery,
    ) -> Vec<(Labels, Vec<(i64, f64)>)> {
        let mut rows: BTreeMap<Labels, Vec<(i64, f64)>> = BTreeMap::new();
        let mut at_ms = range.start_ms;
        while at_ms <= range.end_ms {
            for (labels, value) in self.vector(expression, at_ms, range.step_ms) {
                rows.entry(labels).or_default().push((at_ms, value));
            }
            let Some(next) = at_ms.checked_add(range.step_ms) else {
                break;
            };
            at_ms = next;
        }
        rows.into_iter().collect()
    }

    fn raw(&self, selector: &Selector, from_ms: i64, to_ms: i64) -> Vec<(Labels, Vec<(i64, f64)>)> {
        self.matching(selector)
            .filter_map(|series| {
                let samples: Vec<_> = series
                    .samples(from_ms, to_ms)
                    .map(|sample| (sample.timestamp_ms, sample.value(series.scale())))
                    .collect();
                (!samples.is_empty()).then(|| (labels_of(&series, true), samples))
            })
            .collect()
    }

    fn vector(&self, expression: &Expression, at_ms: i64, step_ms: i64) -> Vec<(Labels, f64)> {
        match expression {
            Expression::Number(number) => vec![(Labels::new(), *number)],
            Expression::Raw { selector, range_ms } => {
                self.rollup(Rollup::Default, selector, *range_ms, at_ms)
            }
            Expression::Rollup {
                rollup,
                selector,
                range_ms,
            } => {
                let looks_back = match rollup {
                    Rollup::Default => step_ms.max(DEFAULT_STEP_MS),
                    _ => step_ms,
                };
                self.rollup(*rollup, selector, range_ms.unwrap_or(looks_back), at_ms)
            }
            Expression::Aggregate {
                aggregate,
                grouping,
                inner,
            } => aggregated(*aggregate, grouping, self.vector(inner, at_ms, step_ms)),
            Expression::Or(sides) => {
                let mut found = Vec::new();
                let mut seen = HashSet::new();
                for side in sides {
                    let mut added = self.vector(side, at_ms, step_ms);
                    added.retain(|(labels, _)| !seen.contains(&without_name(labels)));
                    seen.extend(added.iter().map(|(labels, _)| without_name(labels)));
                    found.extend(added);
                }
                found
            }
        }
    }

    fn rollup(
        &self,
        rollup: Rollup,
        selector: &Selector,
        range_ms: i64,
        at_ms: i64,
    ) -> Vec<(Labels, f64)> {
        self.matching(selector)
            .filter_map(|series| {
                let value = rollup.of(&series, at_ms.saturating_sub(range_ms), at_ms)?;
                Some((labels_of(&series, rollup.keeps_name()), value))
            })
            .collect()
    }

    fn matching<'b>(&'b self, selector: &'b Selector) -> impl Iterator<Item = Series<'b>> {
        self.view
            .series()
            .filter(move |series| selector.matches(series) && self.filters.admit(series))
    }
}

fn labels_of(series: &Series<'_>, with_name: bool) -> Labels {
    let mut labels: Labels = series
        .labels()
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect();
    if with_name {
        labels.insert("__name__".to_owned(), series.name().to_owned());
    }
    labels
}

/// What `or` compares: all labels but the metric name.
fn without_name(labels: &Labels) -> Labels {
    let mut labels = labels.clone();
    labels.remove("__name__");
    labels
}

fn aggregated(
    aggregate: Aggregate,
    grouping: &Grouping,
    vector: Vec<(Labels, f64)>,
) -> Vec<(Labels, f64)> {
    let mut groups: BTreeMap<Labels, Vec<(Labels, f64)>> = BTreeMap::new();
    for (labels, value) in vector {
        let key = group_key(grouping, &labels);
        groups.entry(key).or_default().push((labels, value));
    }
    let mut out = Vec::new();
    for (key, mut members) in groups {
        let values = members.iter().map(|(_, value)| *value);
        let value = match aggregate {
            Aggregate::Count => Some(members.len() as f64),
            Aggregate::Sum => values.reduce(|sum, value| sum + value),
            Aggregate::Min => values.reduce(f64::min),
            Aggregate::Max => values.reduce(f64::max),
            Aggregate::Avg => values
                .reduce(|sum, value| sum + value)
                .map(|sum| sum / members.len() as f64),
            Aggregate::Group => Some(1.0),
            Aggregate::TopK(count) => {
                members.sort_by(|a, b| b.1.total_cmp(&a.1));
                out.extend(members.into_iter().take(count));
                None
            }
            Aggregate::LimitK(count) => {
                out.extend(members.into_iter().take(count));
                None
            }
        };
        out.extend(value.map(|value| (key, value)));
    }
    out
}

fn group_key(grouping: &Grouping, labels: &Labels) -> Labels {
    let kept = |name: &str| match grouping {
        Grouping::By(names) => names.iter().any(|by| by == name),
        Grouping::Without(names) => name != "__name__" && !names.iter().any(|by| by == name),
    };
    labels
        .iter()
        .filter(|(name, _)| kept(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
