use std::collections::{BTreeMap, BTreeSet};

use vmformat::native::Encoder;

use super::answer::{Answer, Asker};
use super::export::{Export, Lines, Native, Storage};
use super::json::{labels, list, point, quote};
use super::params::{Params, Range};
use super::route::Endpoint;
use crate::data::View;
use crate::query::{
    self, DEFAULT_STEP_MS, Evaluator, Expression, Failure, Instant, Labels, RangeQuery, Selection,
    Selector,
};
use crate::{Personality, Version};

/// `-search.maxSeries`, which holds whatever `limit` says.
const MAX_SERIES: usize = 30_000;
/// Most points that a range query may compute for a series.
const MAX_POINTS: i64 = 30_000;
const BRACKETS: [char; 2] = ['[', ']'];

/// One request to `/api/v1`.
pub(crate) struct Api<'a> {
    pub(crate) personality: Personality,
    pub(crate) storage: Storage,
    pub(crate) view: View,
    pub(crate) params: Params<'a>,
    pub(crate) asker: &'a Asker,
}

impl Api<'_> {
    pub(crate) fn answer(&self, endpoint: &Endpoint) -> Answer {
        let answer = match endpoint {
            Endpoint::Export | Endpoint::ExportNative => {
                return self
                    .export(endpoint)
                    .unwrap_or_else(|text| self.asker.plain_error(400, &text));
            }
            Endpoint::Query => self.query(),
            Endpoint::QueryRange => self.query_range(),
            Endpoint::Series => self.series(),
            Endpoint::Labels => self.label_names(),
            Endpoint::LabelValues(name) => self.label_values(name),
            Endpoint::BuildInfo => Ok(self.build_info()),
            Endpoint::Tsdb => self.tsdb(),
        };
        answer.unwrap_or_else(|failure| match failure {
            Failure::BadParameter(text) => {
                Answer::json_error(self.version().bad_parameter_status(), &text)
            }
            Failure::Execution(text) => Answer::json_error(422, &text),
        })
    }

    fn version(&self) -> Version {
        self.params.version
    }

    fn export(&self, endpoint: &Endpoint) -> Result<Answer, String> {
        let selection = self.params.selection()?;
        let range = self.params.export_range()?;
        let view = self.view.clone();
        let mut storage = self.storage;
        if *endpoint == Endpoint::ExportNative {
            let format = Native {
                range,
                layout: self.version().layout(),
                storage,
                encoder: Encoder::new(),
            };
            let pieces = Export::new(view, selection, format, Native::head(range));
            return Ok(Answer::stream("VictoriaMetrics/native", pieces));
        }
        let by_block = self.params.get("reduce_mem_usage") == Some("1");
        if !by_block {
            // Blocks are merged before lines are made, so their borders do not show.
            storage.rows_per_block = usize::MAX;
        }
        let format = Lines {
            range,
            version: self.version(),
            storage,
            max_rows_per_line: self
                .params
                .number("max_rows_per_line")
                .unwrap_or(usize::MAX),
            by_block,
        };
        let pieces = Export::new(view, selection, format, Vec::new());
        Ok(Answer::stream(
            "application/stream+json; charset=utf-8",
            pieces,
        ))
    }

    fn expression(&self) -> Result<Expression, Failure> {
        let text = self.params.get("query").unwrap_or_default();
        if text.is_empty() {
            return Err(Failure::BadParameter("missing `query` arg".to_owned()));
        }
        query::parse(text, self.version()).map_err(|failure| match failure {
            Failure::BadParameter(cause) => Failure::BadParameter(format!(
                "error when executing query=\"{text}\": cannot parse the query: {cause}"
            )),
            Failure::Execution(cause) => {
                Failure::Execution(format!("error when executing query=\"{text}\": {cause}"))
            }
        })
    }

    fn query(&self) -> Result<Answer, Failure> {
        let expression = self.expression()?;
        let at_ms = self.params.time("time").map_err(Failure::BadParameter)?;
        let at_ms = at_ms.unwrap_or(self.params.clock.now_ms);
        let step_ms = self.params.step_ms().map_err(Failure::BadParameter)?;
        let filters = self.params.filters().map_err(Failure::BadParameter)?;
        let evaluator = Evaluator {
            view: &self.view,
            filters: &filters,
        };
        Ok(match evaluator.instant(&expression, at_ms, step_ms) {
            Instant::Matrix(rows) => self.matrix(&rows),
            Instant::Vector(rows) => self.result("vector", rows, |out, (metric, value)| {
                out.push_str("{\"metric\":");
                metric_object(out, &metric);
                out.push_str(",\"value\":");
                point(out, (at_ms, value));
                out.push('}');
            }),
        })
    }

    fn query_range(&self) -> Result<Answer, Failure> {
        let expression = self.expression()?;
        let clock = self.params.clock;
        let time = |name, default| {
            let time = self.params.time(name).map_err(Failure::BadParameter)?;
            Ok(time.unwrap_or(default))
        };
        let mut end_ms = time("end", clock.now_ms)?;
        let mut start_ms = time("start", end_ms - DEFAULT_STEP_MS)?;
        let step_ms = self.params.step_ms().map_err(Failure::BadParameter)?;
        let step_ms = step_ms.unwrap_or(DEFAULT_STEP_MS);
        if self.params.get("nocache") != Some("1") {
            start_ms -= start_ms.rem_euclid(step_ms);
            end_ms -= end_ms.rem_euclid(step_ms);
        }
        let points = end_ms.saturating_sub(start_ms) / step_ms + 1;
        if points > MAX_POINTS {
            return Err(Failure::BadParameter(format!(
                "too many points for the given step={step_ms}, start={start_ms} and \
                 end={end_ms}: {points}; cannot exceed -search.maxPointsPerTimeseries={MAX_POINTS}"
            )));
        }
        let filters = self.params.filters().map_err(Failure::BadParameter)?;
        let evaluator = Evaluator {
            view: &self.view,
            filters: &filters,
        };
        let range = RangeQuery {
            start_ms,
            end_ms,
            step_ms,
        };
        Ok(self.matrix(&evaluator.range(&expression, range)))
    }

    fn matrix(&self, rows: &[(Labels, Vec<(i64, f64)>)]) -> Answer {
        self.result("matrix", rows, |out, (metric, points)| {
            out.push_str("{\"metric\":");
            metric_object(out, metric);
            out.push_str(",\"values\":");
            list(out, BRACKETS, points, |out, at| point(out, *at));
            out.push('}');
        })
    }

    fn result<T>(
        &self,
        kind: &str,
        rows: impl IntoIterator<Item = T>,
        write: impl FnMut(&mut String, T),
    ) -> Answer {
        let mut data = format!("{{\"resultType\":\"{kind}\",\"result\":");
        list(&mut data, BRACKETS, rows, write);
        data.push('}');
        self.success(&data)
    }

    fn series(&self) -> Result<Answer, Failure> {
        let selection = self.params.selection().map_err(Failure::BadParameter)?;
        let range = self
            .params
            .metadata_range()
            .map_err(Failure::BadParameter)?;
        let found: Vec<_> = self
            .view
            .series()
            .filter(|s| selection.admits(s) && s.has_samples(range.start_ms, range.end_ms))
            .take(MAX_SERIES + 1)
            .collect();
        if found.len() > MAX_SERIES {
            return Err(Failure::Execution(format!(
                "the number of matching timeseries exceeds {MAX_SERIES}; either narrow down the \
                 search or increase -search.max* command-line flag values (the most likely limit \
                 is -search.maxSeries)"
            )));
        }
        let limit = self.params.number("limit").unwrap_or(usize::MAX);
        let mut data = String::new();
        list(&mut data, BRACKETS, found.iter().take(limit), |out, s| {
            let own = s.labels();
            let all = std::iter::once(("__name__", s.name()))
                .chain(own.iter().map(|(name, value)| (*name, &**value)));
            labels(out, all);
        });
        Ok(self.success(&data))
    }

    fn label_names(&self) -> Result<Answer, Failure> {
        let mut names = BTreeSet::new();
        self.each_known_series(|series| {
            names.insert("__name__");
            names.extend(series.labels().iter().map(|(name, _)| *name));
        })?;
        Ok(self.strings(names))
    }

    fn label_values(&self, name: &str) -> Result<Answer, Failure> {
        let mut values = BTreeSet::new();
        self.each_known_series(|series| values.extend(series.label(name)))?;
        Ok(self.strings(values))
    }

    fn each_known_series<'a>(
        &'a self,
        mut visit: impl FnMut(crate::data::Series<'a>),
    ) -> Result<(), Failure> {
        let selection = self.params.optional_selection();
        let selection = selection.map_err(Failure::BadParameter)?;
        let range = self
            .params
            .metadata_range()
            .map_err(Failure::BadParameter)?;
        self.view
            .series()
            .filter(|s| selection.admits(s) && s.has_samples(range.start_ms, range.end_ms))
            .for_each(&mut visit);
        Ok(())
    }

    fn strings<T: AsRef<str>>(&self, items: BTreeSet<T>) -> Answer {
        let limit = self.params.number("limit").unwrap_or(usize::MAX);
        let mut data = String::new();
        list(
            &mut data,
            BRACKETS,
            items.iter().take(limit),
            |out, item| {
                quote(out, item.as_ref());
            },
        );
        self.success(&data)
    }

    fn build_info(&self) -> Answer {
        self.success(match self.version() {
            Version::V1_79 => "{}",
            _ => "{\"version\":\"2.24.0\"}",
        })
    }

    /// Counts for the day of `date`, by default today; 0 is all time.
    fn tsdb(&self) -> Result<Answer, Failure> {
        let selection = self.params.optional_selection();
        let selection = selection.map_err(Failure::BadParameter)?;
        let range = match self.params.get("date") {
            Some("0") => Range {
                start_ms: 0,
                end_ms: i64::MAX,
            },
            _ => {
                let day_ms = self.params.time("date").map_err(Failure::BadParameter)?;
                let day_ms = day_ms.unwrap_or(self.params.clock.now_ms);
                let day = Range {
                    start_ms: day_ms,
                    end_ms: day_ms,
                };
                day.whole_days()
            }
        };
        let top = self.params.number("topN").unwrap_or(10).min(1_000);
        let focus = self.params.get("focusLabel").unwrap_or_default();
        let (mut total, mut pairs) = (0, 0);
        let mut by_name: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_label: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_focus: BTreeMap<String, usize> = BTreeMap::new();
        let mut by_pair: BTreeMap<String, usize> = BTreeMap::new();
        let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for series in self.view.series() {
            if !selection.admits(&series) || !series.has_samples(range.start_ms, range.end_ms) {
                continue;
            }
            total += 1;
            *by_name.entry(series.name().to_owned()).or_default() += 1;
            if let Some(value) = series.label(focus) {
                *by_focus.entry(value.into_owned()).or_default() += 1;
            }
            let own = series.labels();
            let all = std::iter::once(("__name__", series.name()))
                .chain(own.iter().map(|(name, value)| (*name, &**value)));
            for (name, value) in all {
                pairs += 1;
                *by_label.entry(name.to_owned()).or_default() += 1;
                *by_pair.entry(format!("{name}={value}")).or_default() += 1;
                let known = values.entry(name.to_owned()).or_default();
                if !known.contains(value) {
                    known.insert(value.to_owned());
                }
            }
        }
        let by_values = values.into_iter().map(|(name, set)| (name, set.len()));
        let mut data = format!("{{\"totalSeries\":{total},\"totalLabelValuePairs\":{pairs}");
        for (key, counts) in [
            ("seriesCountByMetricName", by_name),
            ("seriesCountByLabelName", by_label),
            ("seriesCountByFocusLabelValue", by_focus),
            ("seriesCountByLabelValuePair", by_pair),
            ("labelValueCountByLabelName", by_values.collect()),
        ] {
            data.push_str(&format!(",\"{key}\":"));
            top_counts(&mut data, counts, top);
        }
        data.push('}');
        Ok(self.success(&data))
    }

    /// A successful answer around `data`, which is JSON.
    fn success(&self, data: &str) -> Answer {
        let partial = match self.personality {
            Personality::Single => "",
            Personality::Cluster if self.view.partial => "\"isPartial\":true,",
            Personality::Cluster => "\"isPartial\":false,",
        };
        Answer::json(format!(
            "{{\"status\":\"success\",{partial}\"data\":{data}}}"
        ))
    }

    /// What the request selects, if it is well-formed and selects anything.
    pub(crate) fn selected(&self, endpoint: &Endpoint) -> Option<Selection> {
        match endpoint {
            Endpoint::Query | Endpoint::QueryRange => Some(Selection {
                any_of: self.selectors_of_query()?,
                filters: self.params.filters().ok()?,
            }),
            Endpoint::BuildInfo => None,
            _ => self.params.optional_selection().ok(),
        }
    }

    /// The selectors of a query that reads any series.
    fn selectors_of_query(&self) -> Option<Vec<Selector>> {
        let expression = self.expression().ok()?;
        let selectors: Vec<_> = expression.selectors().into_iter().cloned().collect();
        (!selectors.is_empty()).then_some(selectors)
    }

    /// The range that the request covers.
    pub(crate) fn range(&self, endpoint: &Endpoint) -> Option<Range> {
        match endpoint {
            Endpoint::Query => {
                let end_ms = self.params.time("time").ok()?;
                let end_ms = end_ms.unwrap_or(self.params.clock.now_ms);
                let length_ms = self.expression().ok()?.range_ms();
                Some(Range {
                    start_ms: end_ms.saturating_sub(length_ms),
                    end_ms,
                })
            }
            _ => self.params.export_range().ok(),
        }
    }
}

fn metric_object(out: &mut String, metric: &Labels) {
    labels(
        out,
        metric
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
}

/// The greatest counts, the greatest first.
fn top_counts(out: &mut String, counts: BTreeMap<String, usize>, top: usize) {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    list(
        out,
        BRACKETS,
        counts.iter().take(top),
        |out, (name, count)| {
            out.push_str("{\"name\":");
            quote(out, name);
            out.push_str(&format!(",\"value\":{count}}}"));
        },
    );
}
