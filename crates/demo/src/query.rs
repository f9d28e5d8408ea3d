//! A small, honest part of MetricsQL: selectors, raw ranges, a few rollups and aggregates.

mod evaluate;
mod expression;
mod filters;
mod lexer;
mod matcher;
mod rollup;
mod selector;

pub(crate) use evaluate::{Evaluator, Failure, Instant, Labels, RangeQuery};
pub(crate) use expression::{DEFAULT_STEP_MS, Expression, duration_ms, parse};
pub(crate) use filters::{Filters, Selection};
pub(crate) use matcher::Matcher;
pub(crate) use selector::Selector;
