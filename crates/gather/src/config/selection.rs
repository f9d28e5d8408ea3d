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
    /// A MetricsQL expression: its results are exported, one each step.
    MetricsQl,
}

impl QueryType {
    pub(super) const WORDS: [(&str, Self); 2] =
        [("selector", Self::Selector), ("metricsql", Self::MetricsQl)];
}

impl ExportConfig {
    /// The selection.
    ///
    /// Components without jobs choose no job yet: only the server knows theirs, and an export of no
    /// jobs is refused. A query without a type is a
    /// selector if it has the form of one, else MetricsQL.
    ///
    /// # Errors
    ///
    /// Custom mode without a query, a query in cluster mode, or a text that is no selector although
    /// `query_type` says so.
    pub fn selection(&self) -> Result<Selection, ConfigError> {
        let query = self.query.trim();
        match self.mode {
            Mode::Cluster if !query.is_empty() => Err(ConfigError::field(
                "query",
                "needs `mode` to be `custom`; without it jobs choose the series",
            )),
            Mode::Cluster if self.jobs.is_empty() && self.components.is_empty() => {
                Ok(Selection::Everything)
            }
            Mode::Cluster => Ok(Selection::Jobs(self.jobs.clone())),
            Mode::Custom if query.is_empty() => Err(ConfigError::field(
                "query",
                "is missing, and `mode` `custom` needs it",
            )),
            Mode::Custom => self.queried(query),
        }
    }

    fn queried(&self, query: &str) -> Result<Selection, ConfigError> {
        if self.query_type == Some(QueryType::MetricsQl) {
            return Ok(Selection::Expression(query.to_owned()));
        }
        match Selector::parse_user(query) {
            Ok(selector) => Ok(Selection::Selector {
                selector,
                jobs: self.jobs.clone(),
            }),
            Err(_) if self.query_type.is_none() => Ok(Selection::Expression(query.to_owned())),
            Err(error) => Err(ConfigError::Selector(error)),
        }
    }
}
