//! `mode`, `jobs`, `components`, `query`: which series.

use vmapi::Selector;

use super::ExportConfig;
use super::error::ConfigError;
use crate::request::Selection;

/// What chooses the series.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Jobs, or components.
    #[default]
    Cluster,
    /// A query.
    Custom,
}

impl Mode {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("cluster", Self::Cluster), ("custom", Self::Custom)];
}

/// What a query is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryType {
    /// A series selector: its stored samples are exported.
    Selector,
    /// A MetricsQL expression: its results are exported.
    MetricsQl,
}

impl QueryType {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("selector", Self::Selector), ("metricsql", Self::MetricsQl)];
}

const NO_METRICSQL: &str = "is a MetricsQL expression; only selectors such as `{job=\"vmagent\"}` \
                            can be exported";

impl ExportConfig {
    /// The selection.
    ///
    /// Components without jobs stand for the jobs of the same names.
    ///
    /// # Errors
    ///
    /// Custom mode without a query, a query in cluster mode, a MetricsQL expression, or a text that
    /// is no selector although `query_type` says so.
    pub fn selection(&self) -> Result<Selection, ConfigError> {
        let query = self.query.trim();
        match self.mode {
            Mode::Cluster if !query.is_empty() => Err(ConfigError::field(
                "query",
                "needs `mode` to be `custom`; without it jobs choose the series",
            )),
            Mode::Cluster => Ok(match (&self.jobs[..], &self.components[..]) {
                ([], []) => Selection::Everything,
                ([], components) => Selection::Jobs(components.to_vec()),
                (jobs, _) => Selection::Jobs(jobs.to_vec()),
            }),
            Mode::Custom if query.is_empty() => Err(ConfigError::field(
                "query",
                "is missing, and `mode` `custom` needs it",
            )),
            Mode::Custom => Ok(Selection::Selector {
                selector: self.selector(query)?,
                jobs: self.jobs.clone(),
            }),
        }
    }

    fn selector(&self, query: &str) -> Result<Selector, ConfigError> {
        match self.query_type {
            Some(QueryType::MetricsQl) => Err(ConfigError::field("query", NO_METRICSQL)),
            Some(QueryType::Selector) => Selector::parse_user(query).map_err(ConfigError::Selector),
            None => {
                Selector::parse_user(query).map_err(|_| ConfigError::field("query", NO_METRICSQL))
            }
        }
    }
}
