//! Options that cannot both be meant.

use crate::cli::{BundleFormat, ConnectionArgs, ExportArgs, Moment, Span, Transport};
use crate::failure::Failure;

/// Refuses options that contradict each other, or have no effect together.
pub(super) fn refuse(args: &ExportArgs) -> Result<(), Failure> {
    let typed = (args.last, args.start, args.end);
    let found = time(typed)
        .or_else(|| source(args.demo, args.url.as_deref(), &args.connection))
        .or_else(|| selection(args))
        .or_else(|| privacy(args))
        .or_else(|| result(args));
    match found {
        Some(message) => Err(Failure::usage(message)),
        None => labels(args),
    }
}

/// The message of the first contradiction that holds.
pub(in crate::commands) fn first(contradictions: &[(bool, &'static str)]) -> Option<&'static str> {
    let found = contradictions.iter().find(|(holds, _)| *holds);
    found.map(|(_, message)| *message)
}

/// Contradictions between `--last`, `--start` and `--end`.
pub(in crate::commands) fn time(
    (last, start, end): (Option<Span>, Option<Moment>, Option<Moment>),
) -> Option<&'static str> {
    let range = start.is_some() || end.is_some();
    first(&[
        (
            last.is_some() && range,
            "`--last` and `--start` with `--end` are two ways to give the range",
        ),
        (
            start.is_some() && end.is_none(),
            "`--start` needs `--end`; for a range up to now give `--end now`",
        ),
        (end.is_some() && start.is_none(), "`--end` needs `--start`"),
    ])
}

/// Contradictions between the options that name the server.
pub(in crate::commands) fn source(
    demo: bool,
    url: Option<&str>,
    connection: &ConnectionArgs,
) -> Option<&'static str> {
    first(&[
        (
            demo && url.is_some(),
            "`--demo` is its own server; it cannot be combined with `--url`",
        ),
        (
            demo && connection.has_credentials(),
            "`--demo` needs no credentials",
        ),
    ])
}

fn selection(args: &ExportArgs) -> Option<&'static str> {
    let stepped = args.transport == Some(Transport::QueryRange);
    first(&[
        (
            args.selector.is_some() && args.query.is_some(),
            "`--selector` and `--query` are two ways to choose series; give one of them",
        ),
        (
            stepped && args.thin.is_some(),
            "`--thin` thins stored samples, but `--transport query-range` asks for none; give \
             `--step`",
        ),
    ])
}

fn privacy(args: &ExportArgs) -> Option<&'static str> {
    first(&[
        (
            args.plain && !args.obfuscate_labels.is_empty(),
            "`--plain` obfuscates nothing; it cannot be combined with `--obfuscate-label`",
        ),
        (
            args.plain && args.strict,
            "`--plain` obfuscates nothing and `--strict` nearly everything; give one of them",
        ),
        (
            args.plain && !args.obfuscate_words.is_empty(),
            "`--plain` obfuscates nothing; it cannot be combined with `--obfuscate-word`",
        ),
        (
            args.plain && !args.obfuscate_patterns.is_empty(),
            "`--plain` obfuscates nothing; it cannot be combined with `--obfuscate-regex`",
        ),
        (
            args.plain && !args.keep_values.is_empty(),
            "`--plain` obfuscates nothing; it cannot be combined with `--keep-value`",
        ),
        (
            args.plain && args.accept_audit,
            "`--plain` obfuscates nothing, so there is no audit to accept",
        ),
        (
            args.plain && args.audit_report.is_some(),
            "`--plain` obfuscates nothing, so there is no audit to report",
        ),
        (
            args.dry_run && args.audit_report.is_some(),
            "`--dry-run` writes nothing; it cannot be combined with `--audit-report`",
        ),
        (
            args.plain && args.map.is_some(),
            "`--plain` uses no pseudonyms; it cannot be combined with `--map`",
        ),
        (
            args.map.is_some() && args.no_map,
            "`--map` extends a map and `--no-map` keeps none; give one of them",
        ),
    ])
}

fn result(args: &ExportArgs) -> Option<&'static str> {
    let to_stdout = args
        .file
        .as_deref()
        .is_some_and(|file| file.as_os_str() == "-");
    first(&[
        (
            args.stdout && args.file.is_some(),
            "`--stdout` writes no bundle; it cannot be combined with `-o`",
        ),
        (
            args.stdout && args.format == Some(BundleFormat::Native),
            "`--stdout` prints JSON lines; for native blocks write a bundle",
        ),
        (
            args.stdout && args.max_bytes.is_some(),
            "`--max-bytes` limits a bundle; it cannot be combined with `--stdout`",
        ),
        (
            args.dry_run && (args.stdout || to_stdout),
            "`--dry-run` writes nothing; it cannot be combined with output to stdout",
        ),
        (
            args.dry_run && args.staging_ttl.is_some(),
            "`--dry-run` deletes nothing; it cannot be combined with `--staging-ttl`",
        ),
        (
            args.json && (args.stdout || to_stdout),
            "`--json` writes events to stdout, where the data go; leave one of them out",
        ),
        (
            args.json && args.quiet,
            "`--json` prints every event and `--quiet` none; give one of them",
        ),
        (
            args.dry_run && args.quiet,
            "`--dry-run` shows the plan and `--quiet` nothing; give one of them",
        ),
    ])
}

fn labels(args: &ExportArgs) -> Result<(), Failure> {
    let both = |label: &&String| args.drop_labels.contains(label);
    match args.obfuscate_labels.iter().find(both) {
        Some(label) => Err(Failure::usage(format!(
            "the label `{label}` cannot be both obfuscated and dropped"
        ))),
        None => Ok(()),
    }
}
