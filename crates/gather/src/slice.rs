//! What one request fetches: a group of series and a span of time.

use serde::{Deserialize, Serialize};
use vmapi::Selector;

use crate::time_range::TimeRange;

/// How series are fetched; chosen once per export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// Stored blocks of `/api/v1/export/native`.
    Native,
    /// JSON lines of `/api/v1/export`.
    Json,
    /// Results of `/api/v1/query_range` at a fixed step: not the stored samples.
    QueryRange,
}

impl Transport {
    /// The word in options and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Json => "json",
            Self::QueryRange => "query-range",
        }
    }
}

/// What one request fetches. The slices of a plan are disjoint: no two of them share a sample.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Slice {
    /// Number in the plan; the pieces of a divided slice append theirs, such as `3.1`.
    pub id: String,
    /// The series: those of any of these selectors.
    #[serde(with = "selector_texts")]
    pub selectors: Vec<Selector>,
    /// A MetricsQL expression in place of selectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// The span of time, both ends included.
    pub range: TimeRange,
}

/// Selectors are kept as their text.
mod selector_texts {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use vmapi::Selector;

    pub(super) fn serialize<S: Serializer>(
        selectors: &[Selector],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(selectors.iter().map(Selector::as_str))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Selector>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts
            .iter()
            .map(|text| Selector::parse_user(text).map_err(de::Error::custom))
            .collect()
    }
}

/// Inner edges of time slices lie one millisecond after a multiple of this, because servers
/// deduplicate in intervals that end on such a multiple and no interval must be cut in two.
const EDGE_MS: i64 = 60_000;

/// Cuts a range into windows of about `window_ms`, without gap or overlap. Intervals to thin by,
/// `thin_ms` long, stay whole: each keeps one sample, and a window knows its own samples only.
pub(crate) fn windows(range: TimeRange, window_ms: i64, thin_ms: Option<i64>) -> Vec<TimeRange> {
    let mut windows = Vec::new();
    let mut start_ms = range.start_ms;
    while start_ms <= range.end_ms {
        let next_ms = next_edge(start_ms, window_ms, thin_ms);
        let end_ms = range.end_ms.min(next_ms - 1);
        windows.push(TimeRange { start_ms, end_ms });
        start_ms = next_ms;
    }
    windows
}

/// The start of the window after the one that starts at `start_ms`: aligned where the window is
/// longer than the alignment, and always to the intervals to thin by.
fn next_edge(start_ms: i64, window_ms: i64, thin_ms: Option<i64>) -> i64 {
    let next_ms = start_ms.saturating_add(window_ms.max(1));
    let aligned = |interval_ms: i64| {
        let edge_ms = (next_ms - 1).div_euclid(interval_ms) * interval_ms + 1;
        (edge_ms > start_ms).then_some(edge_ms)
    };
    match thin_ms {
        None if window_ms <= EDGE_MS => next_ms,
        None => aligned(EDGE_MS).unwrap_or(next_ms),
        Some(thin_ms) => least_common_multiple(EDGE_MS, thin_ms)
            .and_then(aligned)
            .or_else(|| aligned(thin_ms))
            .unwrap_or_else(|| {
                let interval = (start_ms - 1).div_euclid(thin_ms);
                interval
                    .saturating_add(1)
                    .saturating_mul(thin_ms)
                    .saturating_add(1)
            }),
    }
}

/// `None` if it is out of reach.
fn least_common_multiple(a: i64, b: i64) -> Option<i64> {
    let (mut divisor, mut rest) = (a, b);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (a / divisor).checked_mul(b)
}

/// Cuts a range into windows of at most `window_ms` whose ends are points of the grid that begins at
/// the start of the range, `step_ms` apart: no point of the grid is in two windows or in none.
pub(crate) fn step_windows(range: TimeRange, step_ms: i64, window_ms: i64) -> Vec<TimeRange> {
    let points = (window_ms / step_ms).max(1);
    let mut windows = Vec::new();
    let mut start_ms = range.start_ms;
    while start_ms <= range.end_ms {
        let last_ms = start_ms.saturating_add((points - 1).saturating_mul(step_ms));
        let left = (range.end_ms - start_ms) / step_ms;
        let end_ms = last_ms.min(start_ms + left * step_ms);
        windows.push(TimeRange { start_ms, end_ms });
        start_ms = end_ms + step_ms;
    }
    windows
}

impl Slice {
    /// What `/api/v1/query_range` is asked: the expression, or all selectors in one.
    pub(crate) fn query(&self) -> String {
        match &self.expression {
            Some(expression) => expression.clone(),
            None => {
                let selectors = self.selectors.iter().map(Selector::as_str);
                selectors.collect::<Vec<_>>().join(" or ")
            }
        }
    }

    /// Divides the slice in the middle of its steps; `None` if it has a single one.
    pub(crate) fn split_steps(&self, step_ms: i64) -> Option<Vec<Slice>> {
        let half_ms = self.range.len_ms() / 2;
        let ranges = step_windows(self.range, step_ms, half_ms.max(step_ms));
        (ranges.len() > 1).then(|| {
            let pieces = ranges.into_iter().enumerate();
            pieces
                .map(|(number, range)| self.piece(number, self.selectors.clone(), range))
                .collect()
        })
    }

    /// Divides the slice in the middle of its time; `None` if it is a single millisecond, or a single
    /// interval to thin by.
    pub(crate) fn split_time(&self, thin_ms: Option<i64>) -> Option<Vec<Slice>> {
        let len_ms = self.range.len_ms();
        if len_ms < 2 {
            return None;
        }
        let middle_ms = next_edge(self.range.start_ms, len_ms / 2, thin_ms);
        if middle_ms > self.range.end_ms {
            return None;
        }
        let first = TimeRange {
            start_ms: self.range.start_ms,
            end_ms: middle_ms - 1,
        };
        let second = TimeRange {
            start_ms: middle_ms,
            end_ms: self.range.end_ms,
        };
        Some(vec![
            self.piece(0, self.selectors.clone(), first),
            self.piece(1, self.selectors.clone(), second),
        ])
    }

    /// Divides the slice by the values of a label: about `pieces` groups of values, and the series
    /// that do not have the label.
    pub(crate) fn split_by_label(
        &self,
        label: &str,
        values: &[impl AsRef<[u8]>],
        pieces: usize,
    ) -> Vec<Slice> {
        let per_piece = values.len().div_ceil(pieces.max(1)).max(1);
        let mut groups: Vec<Vec<Selector>> = values
            .chunks(per_piece)
            .map(|values| self.narrowed(label, values))
            .collect();
        groups.push(self.narrowed(label, &[""]));
        groups
            .into_iter()
            .enumerate()
            .map(|(number, selectors)| self.piece(number, selectors, self.range))
            .collect()
    }

    fn narrowed(&self, label: &str, values: &[impl AsRef<[u8]>]) -> Vec<Selector> {
        values
            .iter()
            .flat_map(|value| {
                self.selectors
                    .iter()
                    .map(move |selector| selector.with_equal(label, value))
            })
            .collect()
    }

    fn piece(&self, number: usize, selectors: Vec<Selector>, range: TimeRange) -> Slice {
        Slice {
            id: format!("{}.{number}", self.id),
            selectors,
            expression: self.expression.clone(),
            range,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_covers(range: TimeRange, windows: &[TimeRange]) {
        assert_eq!(windows[0].start_ms, range.start_ms);
        assert_eq!(windows[windows.len() - 1].end_ms, range.end_ms);
        for pair in windows.windows(2) {
            assert_eq!(pair[0].end_ms + 1, pair[1].start_ms);
        }
        assert!(
            windows
                .iter()
                .all(|window| window.start_ms <= window.end_ms)
        );
    }

    proptest! {
        #[test]
        fn windows_cover_the_range_exactly_once(
            start_ms in 0i64..10_000_000_000,
            len_ms in 1i64..1_000_000,
            window_ms in 1i64..2_000_000,
        ) {
            let range = TimeRange { start_ms, end_ms: start_ms + len_ms };
            prop_assume!(len_ms / window_ms < 10_000);
            let windows = windows(range, window_ms, None);
            assert_covers(range, &windows);
            for window in &windows {
                prop_assert!(window.len_ms() <= window_ms);
            }
            if window_ms > EDGE_MS {
                for window in &windows[1..] {
                    prop_assert_eq!(window.start_ms % EDGE_MS, 1);
                }
            }
        }

        #[test]
        fn an_interval_to_thin_by_is_in_one_window(
            start_ms in 0i64..10_000_000_000,
            len_ms in 1i64..1_000_000,
            window_ms in 1i64..2_000_000,
            thin_ms in 1i64..700_000,
        ) {
            let range = TimeRange { start_ms, end_ms: start_ms + len_ms };
            prop_assume!(len_ms / window_ms < 10_000);
            let windows = windows(range, window_ms, Some(thin_ms));
            assert_covers(range, &windows);
            for window in &windows[1..] {
                prop_assert_eq!((window.start_ms - 1) % thin_ms, 0);
            }
            let slice = Slice {
                id: "1".to_owned(),
                selectors: vec![Selector::everything()],
                expression: None,
                range,
            };
            if let Some(halves) = slice.split_time(Some(thin_ms)) {
                let ranges: Vec<_> = halves.iter().map(|slice| slice.range).collect();
                assert_covers(range, &ranges);
                prop_assert_eq!((ranges[1].start_ms - 1) % thin_ms, 0);
            } else {
                let interval = |ms: i64| (ms - 1).div_euclid(thin_ms);
                prop_assert_eq!(interval(start_ms), interval(range.end_ms));
            }
        }

        #[test]
        fn every_step_is_in_exactly_one_window(
            start_ms in 0i64..1_000_000,
            len_ms in 1i64..1_000_000,
            step_ms in 1i64..100_000,
            window_ms in 1i64..500_000,
        ) {
            prop_assume!(len_ms / step_ms < 5_000);
            let range = TimeRange { start_ms, end_ms: start_ms + len_ms };
            let windows = step_windows(range, step_ms, window_ms);
            let points = windows.iter().flat_map(|window| {
                (window.start_ms..=window.end_ms).step_by(step_ms as usize)
            });
            let grid = (range.start_ms..=range.end_ms).step_by(step_ms as usize);
            prop_assert!(points.eq(grid));
            prop_assert!(windows.iter().all(|window| window.len_ms() <= window_ms.max(1)));
        }

        #[test]
        fn halves_cover_the_slice(start_ms in 0i64..10_000_000, len_ms in 1i64..1_000_000) {
            let slice = Slice {
                id: "1".to_owned(),
                selectors: vec![Selector::everything()],
                expression: None,
                range: TimeRange { start_ms, end_ms: start_ms + len_ms },
            };
            let halves = slice.split_time(None).unwrap();
            let ranges: Vec<_> = halves.iter().map(|slice| slice.range).collect();
            assert_covers(slice.range, &ranges);
            prop_assert_eq!(halves.len(), 2);
        }
    }

    #[test]
    fn a_single_millisecond_cannot_be_divided() {
        let slice = Slice {
            id: "1".to_owned(),
            selectors: vec![Selector::everything()],
            expression: None,
            range: TimeRange {
                start_ms: 5,
                end_ms: 5,
            },
        };
        assert!(slice.split_time(None).is_none());
    }

    #[test]
    fn a_division_by_label_keeps_the_series_without_it() {
        let slice = Slice {
            id: "2".to_owned(),
            selectors: vec![Selector::job("a")],
            expression: None,
            range: TimeRange {
                start_ms: 0,
                end_ms: 9,
            },
        };
        let values: Vec<String> = ["x", "y", "z"].map(str::to_owned).to_vec();
        let pieces = slice.split_by_label("instance", &values, 2);
        let selectors: Vec<Vec<String>> = pieces
            .iter()
            .map(|piece| piece.selectors.iter().map(ToString::to_string).collect())
            .collect();
        assert_eq!(
            selectors,
            [
                vec![r#"{job="a",instance="x"}"#, r#"{job="a",instance="y"}"#],
                vec![r#"{job="a",instance="z"}"#],
                vec![r#"{job="a",instance=""}"#],
            ]
        );
        assert_eq!(pieces[2].id, "2.2");
    }
}
