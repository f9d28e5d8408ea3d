use crate::data::{Sample, Series};

/// How far before a window the sample may lie from which a growth into the window is counted.
const LOOK_BEHIND_MS: i64 = 60_000;

/// What becomes of the samples of a series inside a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rollup {
    /// The last value, unless a stale marker follows it: what a bare selector means.
    Default,
    Last,
    First,
    Max,
    Min,
    Avg,
    Sum,
    Count,
    Present,
    Increase,
    Rate,
}

impl Rollup {
    pub(crate) fn named(lower: &str) -> Option<Rollup> {
        Some(match lower {
            "default_rollup" => Rollup::Default,
            "last_over_time" => Rollup::Last,
            "first_over_time" => Rollup::First,
            "max_over_time" => Rollup::Max,
            "min_over_time" => Rollup::Min,
            "avg_over_time" => Rollup::Avg,
            "sum_over_time" => Rollup::Sum,
            "count_over_time" => Rollup::Count,
            "present_over_time" => Rollup::Present,
            "increase" => Rollup::Increase,
            "rate" => Rollup::Rate,
            _ => return None,
        })
    }

    /// Whether the results keep the metric name.
    pub(crate) fn keeps_name(self) -> bool {
        matches!(
            self,
            Rollup::Default
                | Rollup::Last
                | Rollup::First
                | Rollup::Max
                | Rollup::Min
                | Rollup::Avg
        )
    }

    /// The value of the window that begins behind `after_ms` and ends with `to_ms`.
    pub(crate) fn of(self, series: &Series<'_>, after_ms: i64, to_ms: i64) -> Option<f64> {
        let scale = series.scale();
        let window = || series.samples(after_ms.saturating_add(1), to_ms);
        let values = || {
            window()
                .filter(|sample| !sample.is_stale())
                .map(|sample| sample.value(scale))
        };
        match self {
            Rollup::Default => {
                let last = window().next_back()?;
                (!last.is_stale()).then(|| last.value(scale))
            }
            Rollup::Last => values().next_back(),
            Rollup::First => values().next(),
            Rollup::Max => values().reduce(f64::max),
            Rollup::Min => values().reduce(f64::min),
            Rollup::Sum => values().reduce(|sum, value| sum + value),
            Rollup::Avg => {
                let count = values().count() as f64;
                values()
                    .reduce(|sum, value| sum + value)
                    .map(|sum| sum / count)
            }
            Rollup::Count => match values().count() {
                0 => None,
                count => Some(count as f64),
            },
            Rollup::Present => values().next().map(|_| 1.0),
            Rollup::Increase => growth(series, after_ms, to_ms).map(|(growth, _)| growth),
            Rollup::Rate => {
                let (growth, ms) = growth(series, after_ms, to_ms)?;
                (ms > 0).then(|| growth / (ms as f64 / 1_000.0))
            }
        }
    }
}

/// How much a counter grew, resets taken into account, and over how many milliseconds.
fn growth(series: &Series<'_>, after_ms: i64, to_ms: i64) -> Option<(f64, i64)> {
    let scale = series.scale();
    let mut first: Option<Sample> = None;
    let mut before: Option<Sample> = None;
    let mut total = 0.0;
    let mut inside = 0;
    for sample in series.samples(after_ms.saturating_sub(LOOK_BEHIND_MS), to_ms) {
        if sample.is_stale() {
            continue;
        }
        if sample.timestamp_ms > after_ms {
            inside += 1;
            if let Some(before) = before {
                let step = sample.value(scale) - before.value(scale);
                total += if step < 0.0 {
                    sample.value(scale)
                } else {
                    step
                };
            }
            first = first.or(before).or(Some(sample));
        }
        before = Some(sample);
    }
    let (first, last) = (first?, before?);
    (inside > 0).then_some((total, last.timestamp_ms - first.timestamp_ms))
}
