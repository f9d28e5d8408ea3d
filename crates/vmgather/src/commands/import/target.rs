//! The target: who it is, whether it takes imports, and what it would drop.

use replay::TargetFacts;
use vmapi::{Checked, Connection, ConnectionError, Importer, Target, TargetLimits, Timeouts};

use super::session::{Session, Stop};
use crate::cli::ImportArgs;
use crate::credentials;
use crate::failure::Failure;

/// What was found out about a target.
pub(super) struct KnownTarget {
    pub(super) checked: Checked,
    pub(super) limits: TargetLimits,
    pub(super) facts: TargetFacts,
}

/// What the options say about the target; nothing is asked yet.
pub(super) fn importer(args: &ImportArgs) -> Result<Importer, Failure> {
    let Some(url) = &args.url else {
        return Err(Failure::usage("no target is given")
            .hint("`--url http://vmsingle:8428`, the VictoriaMetrics to write to"));
    };
    let mut connection = Connection {
        url: url.clone(),
        tenant_id: args.tenant.clone().unwrap_or_default(),
        ..Connection::default()
    };
    credentials::apply(&args.connection, &mut connection)?;
    let target = Target::new(&connection).map_err(|error| refused(&error))?;
    Importer::new(target, Timeouts::default()).map_err(|error| refused(&error))
}

fn refused(error: &ConnectionError) -> Failure {
    let what = match error.field() {
        "tenant_id" => "cannot use `--tenant` as given",
        _ => "cannot use `--url` and the credentials as given",
    };
    Failure::usage(what)
        .because(error)
        .maybe_hint(error.hint().map(str::to_owned))
}

/// Proves that the target takes imports.
pub(super) async fn check(session: &Session, importer: &Importer) -> Result<Checked, Stop> {
    let checking = session.cancel();
    let Some(checked) = checking.run_until_cancelled(importer.check()).await else {
        return Err(Stop::Interrupted);
    };
    let checked = checked.map_err(|error| {
        Failure::failed("the target takes no imports; nothing was sent")
            .because(&error)
            .maybe_hint(error.hint())
    })?;
    for warning in &checked.warnings {
        session.warning(warning);
    }
    Ok(checked)
}

/// Proves that the target takes imports and finds out what it would drop.
pub(super) async fn ask(session: &Session, importer: &Importer) -> Result<KnownTarget, Stop> {
    let checked = check(session, importer).await?;
    let asking = session.cancel();
    let Some(limits) = asking.run_until_cancelled(importer.limits()).await else {
        return Err(Stop::Interrupted);
    };
    Ok(KnownTarget {
        facts: TargetFacts::of(&limits),
        checked,
        limits,
    })
}
