//! Interrupted imports: finding the one that is meant, and giving it up.

use std::io::{self, BufRead, IsTerminal};

use indicatif::HumanCount;
use replay::{Source, Spool, Unfinished};
use vmapi::Importer;

use super::session::{Session, from_replay};
use crate::cli::ImportArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;
use crate::shown::shown;

/// The one import that is meant: the only one, or the one whose id begins so.
pub(super) fn choose(spool: &Spool, id: Option<&str>) -> Result<Unfinished, Failure> {
    let found = replay::unfinished(spool.root()).map_err(|error| from_replay(&error))?;
    let candidates: Vec<&Unfinished> = found
        .iter()
        .filter(|import| match id {
            Some(id) => import.import_id.starts_with(id),
            None => !import.running,
        })
        .collect();
    match (&candidates[..], id) {
        ([import], _) if import.running => Err(Failure::usage(format!(
            "`{}` is running in another process",
            import.import_id
        ))),
        ([import], _) => Ok((*import).clone()),
        ([], Some(id)) => {
            list(&found);
            Err(Failure::usage(format!("no interrupted import `{id}` here"))
                .hint("an id begins with `import-`; without one the only import is taken"))
        }
        ([], None) => Err(Failure::usage("there is no interrupted import here")),
        (several, _) => {
            list(&found);
            Err(
                Failure::usage(format!("there are {} to choose from", several.len()))
                    .hint("give the id of one behind the option"),
            )
        }
    }
}

/// Refuses to go on elsewhere, before anybody is asked anything.
pub(super) fn refuse_other_target(import: &Unfinished, importer: &Importer) -> Result<(), Failure> {
    let target = importer.target().to_string();
    if target == import.target {
        return Ok(());
    }
    Err(Failure::usage(format!(
        "`{}` wrote to `{}`, not to `{target}`",
        import.import_id, import.target
    ))
    .hint("give the same `--url` and `--tenant` as before"))
}

/// Refuses to begin anew what was begun: everything sent so far would be there twice.
pub(super) fn refuse_halfway(
    session: &Session,
    spool: &Spool,
    source: &Source,
    importer: &Importer,
) -> Result<(), Failure> {
    let found = replay::begun(spool.root(), source, importer.target());
    let Some(begun) = found.map_err(|error| from_replay(&error))? else {
        return Ok(());
    };
    let name = source.name();
    if begun.running {
        let name = name.to_owned();
        return Err(from_replay(&replay::Error::Running { name }));
    }
    let id = &begun.import_id;
    Err(Failure::usage(format!(
        "an import of `{name}` into this target was interrupted after {} samples",
        HumanCount(begun.samples)
    ))
    .hint(format!("continue with `{}`", session.resume_command(id)))
    .hint(format!(
        "`vmgather import --discard {id}` gives it up; what was sent stays in the target"
    )))
}

pub(super) fn agreed_to_continue(import: &Unfinished) -> Result<bool, Failure> {
    agreed(&format!("{}\ncontinue?", line(import)))
}

pub(super) fn discard(args: &ImportArgs, spool: &Spool, id: Option<&str>) -> Result<Exit, Failure> {
    let import = choose(spool, id)?;
    if !args.yes {
        if !io::stdin().is_terminal() {
            return Err(
                Failure::usage("`--discard` gives an import up and nobody can be asked")
                    .hint("add `--yes`"),
            );
        }
        if !agreed(&format!("{}\ngive it up?", line(&import)))? {
            return Ok(Exit::Failed);
        }
    }
    replay::discard(&import.folder).map_err(|error| from_replay(&error))?;
    if !args.quiet {
        printer::stderr(&format!("gave up {}\n", import.import_id));
    }
    Ok(Exit::Done)
}

/// Prints the imports to stderr, one a line.
fn list(imports: &[Unfinished]) {
    for import in imports {
        printer::stderr(&format!("{}\n", line(import)));
    }
}

fn line(import: &Unfinished) -> String {
    let running = if import.running { ", running" } else { "" };
    format!(
        "{}  {}  {} samples sent{running}  {}  {}",
        import.import_id,
        gather::format_ms(import.begun_ms),
        HumanCount(import.samples),
        shown(&import.name),
        import.target
    )
}

/// Asks on a terminal; elsewhere nobody could answer, and the command itself is the answer.
fn agreed(question: &str) -> Result<bool, Failure> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(true);
    }
    printer::stderr(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin()
        .lock()
        .read_line(&mut answer)
        .map_err(|error| Failure::failed("cannot read the answer").because(error))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
