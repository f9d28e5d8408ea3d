//! Which series: the options put over the config.

use std::time::Duration;

use gather::config::{ExportConfig, Mode, QueryType};
use gather::{Selection, TransportChoice};

use super::source::refused;
use crate::cli::{ExportArgs, Transport};
use crate::failure::Failure;

/// Which series, and how they are asked for.
pub(super) struct Chosen {
    pub(super) selection: Selection,
    pub(super) transport: TransportChoice,
    pub(super) step: Option<Duration>,
}

/// Puts the options over the config.
pub(super) fn put(args: &ExportArgs, config: &mut ExportConfig) -> Result<(), Failure> {
    for (option, names) in [
        ("--job", &args.jobs),
        ("--component", &args.components),
        ("--instance", &args.instances),
    ] {
        if names.iter().any(String::is_empty) {
            return Err(Failure::usage(format!("`{option}` must not be empty")));
        }
    }
    if !args.jobs.is_empty() || !args.components.is_empty() {
        config.jobs.clone_from(&args.jobs);
        config.components.clone_from(&args.components);
    }
    if let Some(selector) = &args.selector {
        if let Err(error) = vmapi::Selector::parse_user(selector) {
            return Err(Failure::usage("`--selector` cannot be used")
                .because(error)
                .hint(
                    "a selector is a metric name, label filters in braces, or both: up{job=\"a\"}; \
                     `--query` takes MetricsQL too",
                ));
        }
        config.query_type = Some(QueryType::Selector);
        config.query.clone_from(selector);
        config.mode = Mode::Custom;
    }
    if let Some(query) = &args.query {
        if query.trim().is_empty() {
            return Err(Failure::usage("`--query` must not be empty"));
        }
        config.query_type = None;
        config.query.clone_from(query);
        config.mode = Mode::Custom;
    }
    if let Some(step) = args.step {
        config.step = Some(step.get());
    }
    Ok(())
}

impl Chosen {
    /// What the config says once the options are put over it, checked against the options that do
    /// not go with it.
    pub(super) fn new(args: &ExportArgs, config: &ExportConfig) -> Result<Self, Failure> {
        let transport = match args.transport.unwrap_or_default() {
            Transport::Auto => TransportChoice::Auto,
            Transport::Native => TransportChoice::Native,
            Transport::Json => TransportChoice::Json,
            Transport::QueryRange => TransportChoice::QueryRange,
        };
        let selection = config.selection().map_err(|error| refused(&error))?;
        if matches!(selection, Selection::Expression(_)) {
            refuse_with_expression(args)?;
        } else if args.step.is_some() && transport != TransportChoice::QueryRange {
            return Err(Failure::usage(
                "`--step` spaces query results, but stored samples are exported",
            )
            .hint("`--thin` thins stored samples; `--transport query-range` asks for results"));
        }
        if args.step.is_some_and(|step| !whole_seconds(step.get())) {
            return Err(Failure::usage("`--step` must be a whole number of seconds"));
        }
        Ok(Self {
            selection,
            transport,
            step: config.step,
        })
    }
}

fn whole_seconds(length: Duration) -> bool {
    length.as_secs() > 0 && length.subsec_nanos() == 0
}

/// Options that only make sense for stored samples.
fn refuse_with_expression(args: &ExportArgs) -> Result<(), Failure> {
    let stored_only = match args.transport {
        Some(Transport::Native) => Some("--transport native"),
        Some(Transport::Json) => Some("--transport json"),
        _ if !args.jobs.is_empty() => Some("--job"),
        _ if !args.components.is_empty() => Some("--component"),
        _ if !args.instances.is_empty() => Some("--instance"),
        _ if args.thin.is_some() => Some("--thin"),
        _ => None,
    };
    match stored_only {
        Some(option) => Err(Failure::usage(format!(
            "`{option}` chooses among stored samples, but the query is MetricsQL and has results"
        ))
        .hint("say it in the query itself, or give a selector such as up{job=\"a\"}")),
        None => Ok(()),
    }
}
