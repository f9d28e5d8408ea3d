//! What an import does to series and samples, as asked and as resolved.

use serde::{Deserialize, Serialize};

use vmapi::{Retention, TargetLimits};
use vmformat::native::Layout;

use crate::shift::Shift;
use crate::source::Format;
use crate::time_unit::{TimeUnit, UnitChoice};

/// Labels that are never dropped: without them nobody finds the series again.
pub const PROTECTED_LABELS: [&str; 3] = ["__name__", "job", "instance"];

/// The longest line that every version of the target takes, in bytes.
const SAFE_LINE_BYTES: u64 = 10 << 20;

/// What leaves the retention of the target within this time is not sent, in ms; a hundredth of a
/// short retention.
const MAX_RETENTION_MARGIN_MS: i64 = 5 * 60 * 1000;

/// The clock of the target may be behind by this, in ms.
const FUTURE_MARGIN_MS: i64 = 5_000;

/// What the user wants done to the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fit {
    /// What the timestamps count.
    pub unit: UnitChoice,
    /// By how much they move.
    pub shift: Shift,
    /// Send samples older than the target's retention too.
    pub keep_old: bool,
    /// Labels to remove; the target sees the rest of the series.
    pub drop_labels: Vec<String>,
    /// Labels to add to every series, in place of one of that name.
    pub add_labels: Vec<(String, String)>,
    /// Most labels of a series, the metric name counted, if the target's own limit is not known or
    /// not to be believed.
    pub max_labels: Option<u32>,
}

/// What is known of the target; everything unknown limits nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetFacts {
    /// How long it keeps samples, in ms.
    pub retention_ms: Option<i64>,
    /// How far ahead samples may be, in ms.
    pub future_ms: Option<i64>,
    /// Most labels of a series, the metric name counted.
    pub max_labels: Option<u32>,
    /// Longest line in bytes.
    pub max_line_bytes: Option<u64>,
    /// Whether it keeps only one sample per interval, and which, in ms.
    pub dedup_ms: Option<i64>,
    /// Whether it reads `null` and `"Infinity"`; servers before v1.82.0 skip a line that holds one.
    pub reads_special_values: bool,
    /// The layout of native blocks that it takes; `None` if it takes none, or nobody knows.
    pub native_layout: Option<Layout>,
}

/// How far ahead servers take samples that have no setting for it.
const DEFAULT_FUTURE_MS: i64 = 2 * 86_400_000;

impl TargetFacts {
    /// The oldest sample to send, in Unix ms, if the target has a retention: its border moves on while
    /// samples are sent and compared, and takes what lies close to it.
    #[must_use]
    pub fn oldest_ms(&self, now_ms: i64) -> Option<i64> {
        let retention_ms = self.retention_ms?;
        let margin_ms = MAX_RETENTION_MARGIN_MS.min(retention_ms / 100);
        let oldest_ms = now_ms.saturating_sub(retention_ms);
        Some(oldest_ms.saturating_add(margin_ms).max(0))
    }

    /// What a target's own limits mean for an import.
    #[must_use]
    pub fn of(limits: &TargetLimits) -> Self {
        let retention_ms = limits.retention.as_ref().map(Retention::ms);
        Self {
            retention_ms,
            // Only a process that stores has a retention, and only that one looks at the time.
            future_ms: limits
                .future_retention_ms
                .or(retention_ms.map(|_| DEFAULT_FUTURE_MS)),
            max_labels: limits.max_labels,
            max_line_bytes: limits.max_line_bytes,
            dedup_ms: limits.dedup_interval_ms,
            reads_special_values: limits.dialect.native_layout() != Some(Layout::A),
            native_layout: limits.dialect.native_layout(),
        }
    }
}

impl Default for TargetFacts {
    /// A target of which nothing is known but that it is of these years.
    fn default() -> Self {
        Self {
            retention_ms: None,
            future_ms: None,
            max_labels: None,
            max_line_bytes: None,
            dedup_ms: None,
            reads_special_values: true,
            native_layout: None,
        }
    }
}

/// Options that are wrong or do not fit the data.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// A label that must stay.
    #[error("the label `{0}` cannot be dropped: without it nobody finds the series again")]
    Protected(String),
    /// A label name that no series has.
    #[error("a label to drop or add has no name")]
    EmptyName,
    /// The metric name is no mark.
    #[error("`{0}` cannot be added as a label")]
    NotAMark(String),
    /// One label is dropped and added, or added twice.
    #[error("the label `{0}` is named twice")]
    Twice(String),
    /// The unit cannot be told.
    #[error(
        "the unit of the timestamps cannot be told: they go from {first} to {last}; name it \
         (`ms`, `s`, `us` or `ns`)"
    )]
    MixedUnits {
        /// The smallest.
        first: i64,
        /// The largest.
        last: i64,
    },
    /// Native blocks count milliseconds.
    #[error("native blocks count milliseconds; another unit cannot be right")]
    NativeUnit,
    /// The shift leads out of 64 bits.
    #[error("the data cannot be shifted as far as that")]
    ShiftTooFar,
}

impl Fit {
    /// Checks the options and brings label names into a form without blanks and repetitions.
    ///
    /// # Errors
    ///
    /// A label that is protected, has no name, or is named for two things.
    pub fn checked(mut self) -> Result<Self, FitError> {
        let tidy = |name: &str| match name.trim() {
            "" => Err(FitError::EmptyName),
            name => Ok(name.to_owned()),
        };
        let drop_labels: Result<Vec<_>, _> =
            self.drop_labels.iter().map(|name| tidy(name)).collect();
        self.drop_labels = drop_labels?;
        self.drop_labels.sort();
        self.drop_labels.dedup();
        if let Some(name) = self
            .drop_labels
            .iter()
            .find(|name| PROTECTED_LABELS.contains(&name.as_str()))
        {
            return Err(FitError::Protected(name.clone()));
        }
        for (name, _) in &mut self.add_labels {
            *name = tidy(name)?;
            if name == "__name__" {
                return Err(FitError::NotAMark(name.clone()));
            }
            if self.drop_labels.contains(name) {
                return Err(FitError::Twice(name.clone()));
            }
        }
        self.add_labels.sort();
        if let Some(pair) = self
            .add_labels
            .windows(2)
            .find(|pair| pair[0].0 == pair[1].0)
        {
            return Err(FitError::Twice(pair[0].0.clone()));
        }
        Ok(self)
    }

    /// Whether all timestamps must be seen before the first line can be fitted.
    pub(crate) fn needs_range(&self) -> bool {
        self.unit == UnitChoice::Auto || self.shift.needs_range()
    }

    /// Decides everything, so that each run of an import does the same.
    ///
    /// `written` is the range of the timestamps as they stand in the data, if it is known.
    pub(crate) fn resolve(
        &self,
        written: Option<(i64, i64)>,
        target: &TargetFacts,
        format: Format,
        now_ms: i64,
    ) -> Result<FitPlan, FitError> {
        if format == Format::Native
            && matches!(self.unit, UnitChoice::Is(unit) if unit != TimeUnit::Milliseconds)
        {
            return Err(FitError::NativeUnit);
        }
        let unit = match (self.unit, written) {
            (UnitChoice::Is(unit), _) => unit,
            (UnitChoice::Auto, None) => TimeUnit::default(),
            (UnitChoice::Auto, Some((first, last))) => {
                TimeUnit::of_range(first, last).ok_or(FitError::MixedUnits { first, last })?
            }
        };
        let range = match written {
            None => None,
            Some((first, last)) => {
                let ms = |timestamp| unit.to_ms(timestamp).ok_or(FitError::ShiftTooFar);
                Some((ms(first)?, ms(last)?))
            }
        };
        let shift_ms = self.shift.resolve(range, now_ms);
        Ok(FitPlan {
            unit,
            shift_ms: shift_ms.ok_or(FitError::ShiftTooFar)?,
            oldest_ms: target.oldest_ms(now_ms).filter(|_| !self.keep_old),
            newest_ms: target.future_ms.map(|ahead| {
                now_ms
                    .saturating_add(ahead)
                    .saturating_sub(FUTURE_MARGIN_MS)
            }),
            drop_labels: self.drop_labels.clone(),
            add_labels: self.add_labels.clone(),
            target_labels: Vec::new(),
            // A limit that is too low in one of two places must not cost a series.
            max_labels: self.max_labels.max(target.max_labels),
            max_line_bytes: target.max_line_bytes.unwrap_or(SAFE_LINE_BYTES),
            reads_special_values: target.reads_special_values,
            wire: wire_of(format, target),
        })
    }
}

/// Native blocks stay native where the target takes them; everything else goes as lines.
fn wire_of(format: Format, target: &TargetFacts) -> Wire {
    match (format, target.native_layout) {
        (Format::Native, Some(layout)) => Wire::Native(layout.into()),
        _ => Wire::Lines,
    }
}

/// What an import does, decided once and kept in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FitPlan {
    pub(crate) unit: TimeUnit,
    pub(crate) shift_ms: i64,
    /// Samples before this Unix time in ms are not sent.
    pub(crate) oldest_ms: Option<i64>,
    /// Samples after this Unix time in ms are not sent.
    pub(crate) newest_ms: Option<i64>,
    pub(crate) drop_labels: Vec<String>,
    pub(crate) add_labels: Vec<(String, String)>,
    /// Labels that the target itself puts on every series, in place of others with their names.
    #[serde(skip)]
    pub(crate) target_labels: Vec<(String, String)>,
    /// Series with more labels are not sent.
    pub(crate) max_labels: Option<u32>,
    pub(crate) max_line_bytes: u64,
    pub(crate) reads_special_values: bool,
    pub(crate) wire: Wire,
}

/// The format of requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Wire {
    /// JSON lines.
    #[default]
    Lines,
    /// Native blocks.
    Native(WireLayout),
}

/// The layout of native blocks in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WireLayout {
    /// Of servers before v1.82.0.
    A,
    /// Of newer ones.
    B,
}

impl From<WireLayout> for Layout {
    fn from(layout: WireLayout) -> Self {
        match layout {
            WireLayout::A => Self::A,
            WireLayout::B => Self::B,
        }
    }
}

impl From<Layout> for WireLayout {
    fn from(layout: Layout) -> Self {
        match layout {
            Layout::A => Self::A,
            Layout::B => Self::B,
        }
    }
}

impl FitPlan {
    /// Changes and cuts nothing.
    pub(crate) fn untouched(target: &TargetFacts) -> Self {
        Self {
            unit: TimeUnit::Milliseconds,
            shift_ms: 0,
            oldest_ms: None,
            newest_ms: None,
            drop_labels: Vec::new(),
            add_labels: Vec::new(),
            target_labels: Vec::new(),
            max_labels: None,
            max_line_bytes: target.max_line_bytes.unwrap_or(SAFE_LINE_BYTES),
            reads_special_values: true,
            wire: Wire::Lines,
        }
    }

    pub(crate) fn changes_labels(&self) -> bool {
        !self.drop_labels.is_empty() || !self.add_labels.is_empty()
    }

    pub(crate) fn changes_times(&self) -> bool {
        self.unit != TimeUnit::Milliseconds || self.shift_ms != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_labels_stay() {
        for name in PROTECTED_LABELS {
            let fit = Fit {
                drop_labels: vec![format!(" {name} ")],
                ..Fit::default()
            };
            assert!(matches!(fit.checked(), Err(FitError::Protected(_))));
        }
    }

    #[test]
    fn what_leaves_the_target_while_it_is_sent_is_cut() {
        let target = TargetFacts {
            retention_ms: Some(86_400_000),
            future_ms: Some(60_000),
            ..TargetFacts::default()
        };
        let now_ms = 1_800_000_000_000;
        let plan = Fit::default()
            .resolve(None, &target, Format::Lines, now_ms)
            .unwrap();
        assert_eq!(plan.oldest_ms, Some(now_ms - 86_400_000 + 300_000));
        assert_eq!(plan.newest_ms, Some(now_ms + 55_000));
    }

    #[test]
    fn the_cut_follows_the_shift() {
        let fit = Fit {
            shift: Shift::ToNow,
            ..Fit::default()
        };
        let target = TargetFacts {
            retention_ms: Some(1_000),
            ..TargetFacts::default()
        };
        let plan = fit
            .resolve(Some((0, 500)), &target, Format::Lines, 1_000_000)
            .unwrap();
        assert_eq!(plan.shift_ms, 999_500);
        assert_eq!(plan.oldest_ms, Some(999_010));
    }

    #[test]
    fn old_samples_are_kept_if_asked_for() {
        let fit = Fit {
            keep_old: true,
            ..Fit::default()
        };
        let target = TargetFacts {
            retention_ms: Some(1_000),
            ..TargetFacts::default()
        };
        let plan = fit
            .resolve(None, &target, Format::Lines, 1_000_000)
            .unwrap();
        assert_eq!(plan.oldest_ms, None);
    }

    #[test]
    fn a_retention_beyond_1970_cuts_nothing_that_can_be_stored() {
        let target = TargetFacts {
            retention_ms: Some(i64::MAX),
            ..TargetFacts::default()
        };
        let plan = Fit::default()
            .resolve(None, &target, Format::Lines, 1_000)
            .unwrap();
        assert_eq!(plan.oldest_ms, Some(0));
    }

    #[test]
    fn mixed_units_are_an_error_and_name_the_range() {
        let fit = Fit {
            unit: UnitChoice::Auto,
            ..Fit::default()
        };
        let written = Some((1_700_000_000, 1_700_000_000_000));
        let error = fit
            .resolve(written, &TargetFacts::default(), Format::Lines, 0)
            .unwrap_err();
        assert!(error.to_string().contains("1700000000000"));
    }
}
