use super::time::{self, Clock};
use crate::Version;
use crate::query::{Filters, Matcher, Selection, Selector, duration_ms};

/// Milliseconds that label and series requests look back without `start`.
const METADATA_LOOK_BACK_MS: i64 = 300_000;

const DAY_MS: i64 = 86_400_000;

/// Unix milliseconds, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start_ms: i64,
    pub(crate) end_ms: i64,
}

impl Range {
    /// All UTC days that the range touches: the index of series is by day.
    pub(crate) fn whole_days(self) -> Range {
        Range {
            start_ms: self.start_ms - self.start_ms.rem_euclid(DAY_MS),
            end_ms: self.end_ms - self.end_ms.rem_euclid(DAY_MS) + (DAY_MS - 1),
        }
    }

    pub(crate) fn length_ms(self) -> i64 {
        self.end_ms.saturating_sub(self.start_ms)
    }
}

/// The decoded parameters of a request; all errors are the server's texts.
pub(crate) struct Params<'a> {
    pub(crate) pairs: &'a [(String, String)],
    pub(crate) version: Version,
    pub(crate) clock: Clock,
}

impl<'a> Params<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.pairs.iter().filter(|(key, _)| key == name);
        found.next().map(|(_, value)| value.as_str())
    }

    pub(crate) fn number(&self, name: &str) -> Option<usize> {
        self.get(name)?.parse().ok().filter(|number| *number > 0)
    }

    /// `match[]`, which must be there.
    pub(crate) fn selection(&self) -> Result<Selection, String> {
        let selection = self.optional_selection()?;
        match selection.any_of.is_empty() {
            true => Err("missing `match[]` arg".to_owned()),
            false => Ok(selection),
        }
    }

    /// `match[]`, or everything.
    pub(crate) fn optional_selection(&self) -> Result<Selection, String> {
        let any_of = self
            .all("match")
            .map(|text| self.selector(text))
            .collect::<Result<_, _>>()?;
        Ok(Selection {
            any_of,
            filters: self.filters()?,
        })
    }

    pub(crate) fn filters(&self) -> Result<Filters, String> {
        let mut filters = Filters::default();
        for text in self.all("extra_label") {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                format!("`extra_label` query arg must have the format `name=value`; got \"{text}\"")
            })?;
            filters.labels.push(Matcher::equals(name, value));
        }
        for text in self.all("extra_filters") {
            filters.any_of.push(self.selector(text)?);
        }
        Ok(filters)
    }

    /// `start` and `end` of an export: absent they are 0 and the current second.
    pub(crate) fn export_range(&self) -> Result<Range, String> {
        let start_ms = self.time("start")?.unwrap_or(0);
        let end_ms = self
            .time("end")?
            .unwrap_or_else(|| self.clock.this_second_ms());
        Ok(Range {
            start_ms,
            end_ms: end_ms.max(start_ms),
        })
    }

    /// `start` and `end` of a label or series request, in whole days.
    pub(crate) fn metadata_range(&self) -> Result<Range, String> {
        let end_ms = self
            .time("end")?
            .unwrap_or_else(|| self.clock.this_second_ms());
        let start_ms = match self.time("start")? {
            None | Some(0) => end_ms.saturating_sub(METADATA_LOOK_BACK_MS).max(0),
            Some(start_ms) => start_ms,
        };
        let range = Range {
            start_ms,
            end_ms: end_ms.max(start_ms),
        };
        Ok(range.whole_days())
    }

    /// A point in time in Unix milliseconds.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, String> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        time::parse(name, text, self.version, self.clock).map(Some)
    }

    /// `step` in milliseconds.
    pub(crate) fn step_ms(&self) -> Result<Option<i64>, String> {
        let Some(text) = self.get("step").filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match duration_ms(text) {
            Some(ms) if ms > 0 => Ok(Some(ms)),
            _ => Err(format!(
                "cannot parse step={text}: cannot parse duration \"{text}\""
            )),
        }
    }

    /// Values of `name` and of `name[]`.
    fn all(&self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key.strip_suffix("[]").unwrap_or(key) == name)
            .map(|(_, value)| value.as_str())
    }

    fn selector(&self, text: &str) -> Result<Selector, String> {
        Selector::parse(text, self.version)
            .map_err(|error| format!("cannot parse matches[]={text}: {error}"))
    }
}
