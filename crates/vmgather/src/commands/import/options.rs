//! From options to what is done to the data, and what does not go together.

use replay::{Fit, FitError, Tally};

use crate::cli::ImportArgs;
use crate::exit::Exit;
use crate::failure::Failure;

/// Options that contradict each other or lack their partner.
pub(super) fn refuse_contradictions(args: &ImportArgs) -> Result<(), Failure> {
    if args.json && args.quiet {
        return Err(Failure::usage(
            "`--json` prints every event and `--quiet` none; give one of them",
        ));
    }
    if args.resume.is_some() && args.discard.is_some() {
        return Err(Failure::usage(
            "`--resume` continues and `--discard` gives up; give one of them",
        ));
    }
    if args.discard.is_some() {
        if args.url.is_some() || args.connection.has_credentials() {
            return Err(Failure::usage(
                "`--discard` asks no server; leave out its address and credentials",
            ));
        }
        return refuse(args, "--discard", true);
    }
    if args.resume.is_some() {
        return refuse(args, "--resume", false);
    }
    if args.yes {
        return Err(Failure::usage(
            "`--yes` answers the questions of `--resume` and `--discard`; otherwise nothing is asked",
        ));
    }
    if args.bundle.is_none() {
        return Err(Failure::usage("no bundle is given")
            .hint("`vmgather import BUNDLE --url http://vmsingle:8428`, or `-` for stdin"));
    }
    if args.dry_run && args.fail_on_skip {
        return Err(Failure::usage(
            "`--dry-run` sends nothing whatever the lines are; leave out `--fail-on-skip`",
        ));
    }
    if args.dry_run && args.quiet {
        return Err(Failure::usage(
            "`--dry-run` has nothing but its output; leave out `--quiet`",
        ));
    }
    Ok(())
}

/// Refuses what an import that has begun cannot have.
fn refuse(args: &ImportArgs, command: &str, sends_nothing: bool) -> Result<(), Failure> {
    let given = [
        ("BUNDLE", args.bundle.is_some()),
        ("--shift", args.shift.is_some()),
        ("--keep-old", args.keep_old),
        ("--timestamp-unit", args.timestamp_unit.is_some()),
        ("--drop-label", !args.drop_labels.is_empty()),
        ("--add-label", !args.add_labels.is_empty()),
        ("--max-labels", args.max_labels.is_some()),
        ("--fail-on-skip", args.fail_on_skip),
        ("--no-verify", args.no_verify),
        ("--dry-run", args.dry_run),
        ("--concurrency", sends_nothing && args.concurrency.is_some()),
        ("--tenant", sends_nothing && args.tenant.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(Failure::usage(format!(
            "`{command}` is about an import that has begun and keeps its own options; leave out \
             `{name}`"
        ))),
        None => Ok(()),
    }
}

/// What is done to the data.
pub(super) fn fit(args: &ImportArgs) -> Result<Fit, Failure> {
    let fit = Fit {
        unit: args.timestamp_unit.unwrap_or_default(),
        shift: args.shift.unwrap_or_default(),
        keep_old: args.keep_old,
        drop_labels: args.drop_labels.clone(),
        add_labels: args.add_labels.clone(),
        max_labels: args.max_labels,
    };
    fit.checked()
        .map_err(|error: FitError| Failure::from_error(Exit::Usage, &error))
}

/// Ends an import of which no line may be skipped.
pub(super) fn refuse_skips(tally: &Tally) -> Result<(), Failure> {
    let lines = tally.skipped_lines();
    if lines == 0 {
        return Ok(());
    }
    let plural = if lines == 1 { "line" } else { "lines" };
    let shown = tally
        .first_skipped
        .iter()
        .map(|skipped| format!("line {}: {}", skipped.line, skipped.reason));
    Err(
        Failure::failed(format!("{lines} {plural} cannot be used; nothing was sent"))
            .listing(shown)
            .hint("repair the data, or leave out `--fail-on-skip`"),
    )
}
