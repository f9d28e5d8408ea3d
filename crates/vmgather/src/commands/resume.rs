//! `vmgather resume`: finding an interrupted export, asking, and going on with it.

use std::io::{self, BufRead, IsTerminal};
use std::path::PathBuf;

use gather::{Amendment, Destination, Interrupted, ResumeRequest, format_ms};
use vmapi::Connection;

use super::export::destination::bundle_file;
use crate::cli::{ResumeArgs, VERSION};
use crate::credentials;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folders;
use crate::printer;
use crate::progress::Wish;
use crate::run::{Run, from_gather};
use crate::unfinished;

pub(crate) fn run(args: ResumeArgs, debug: bool) -> Result<Exit, Failure> {
    if args.json && args.quiet {
        return Err(Failure::usage(
            "`--json` prints every event and `--quiet` none; give one of them",
        ));
    }
    if args.output.is_some() && args.staging.is_some() {
        return Err(Failure::usage(
            "`--output` and `--staging` are two ways to say where the data lie; give one of them",
        ));
    }
    if args.discard && (args.url.is_some() || args.connection.has_credentials()) {
        return Err(Failure::usage(
            "`--discard` asks no server; leave out its address and credentials",
        ));
    }
    if args.connection.has_tls() && args.url.is_none() {
        return Err(Failure::usage(
            "TLS options need `--url`; without it those of the export hold",
        ));
    }
    if args.discard && args.file.is_some() {
        return Err(Failure::usage(
            "`--discard` writes no bundle; leave out `-o`",
        ));
    }
    let interrupted = choose(&args)?;
    if args.discard {
        return discard(&args, &interrupted);
    }
    if !args.yes && !agreed(&question(&interrupted))? {
        return Ok(Exit::Failed);
    }
    let wish = Wish {
        json: args.json,
        quiet: args.quiet,
        debug,
    };
    Run::new(wish).conduct(
        |_| request(&args, &interrupted),
        |request| {
            let root = request.staging.parent();
            root.unwrap_or(&request.staging).to_owned()
        },
        async |_: &Run, request, events, cancel| {
            Ok(gather::resume(request, None, events, cancel).await?)
        },
    )
}

/// The one export that is meant.
fn choose(args: &ResumeArgs) -> Result<Interrupted, Failure> {
    let roots = staging_roots(args)?;
    if let Some(ttl) = args.staging_ttl {
        unfinished::sweep(&roots, ttl, |text| printer::stderr(&format!("{text}\n")));
    }
    let mut found = Vec::new();
    for root in roots {
        found.extend(gather::interrupted(&root).map_err(|error| from_gather(&error))?);
    }
    let candidates: Vec<&Interrupted> = found
        .iter()
        .filter(|export| match &args.id {
            Some(id) => export.export_id.starts_with(id),
            None => !export.running,
        })
        .collect();
    match (candidates[..].as_ref(), &args.id) {
        ([export], _) if export.running => Err(Failure::usage(format!(
            "`{}` is running in another process",
            export.export_id
        ))),
        ([export], _) => Ok((*export).clone()),
        ([], Some(id)) => {
            list(&found);
            Err(Failure::usage(format!("no interrupted export `{id}` here"))
                .maybe_hint(where_to_look(args)))
        }
        ([], None) => {
            Err(Failure::usage("there is no interrupted export here")
                .maybe_hint(where_to_look(args)))
        }
        (several, _) => {
            list(&found);
            Err(
                Failure::usage(format!("there are {} to choose from", several.len()))
                    .hint("give the id of one: `vmgather resume ID`"),
            )
        }
    }
}

/// Folders that may hold staging folders: the one that is named, else all that are known.
fn staging_roots(args: &ResumeArgs) -> Result<Vec<PathBuf>, Failure> {
    if let Some(staging) = &args.staging {
        return Ok(vec![folders::absolute(staging)?]);
    }
    let beside = folders::staging(&folders::output(args.output.as_deref())?);
    Ok(match args.output {
        Some(_) => vec![beside],
        None => unfinished::staging_roots([beside]),
    })
}

fn where_to_look(args: &ResumeArgs) -> Option<String> {
    (args.output.is_none() && args.staging.is_none())
        .then(|| "one of another person or home folder is found with `--output DIR`".to_owned())
}

/// Prints the exports to stderr, one a line.
fn list(exports: &[Interrupted]) {
    for export in exports {
        printer::stderr(&format!("{}\n", line(export)));
    }
}

fn line(export: &Interrupted) -> String {
    let running = if export.running { ", running" } else { "" };
    format!(
        "{}  {} to {}  {} of {} slices{running}  {}",
        export.export_id,
        format_ms(export.range.start_ms),
        format_ms(export.range.end_ms),
        export.slices_done,
        export.slices_total,
        export.url
    )
}

fn question(export: &Interrupted) -> String {
    format!("{}\ncontinue?", line(export))
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

fn discard(args: &ResumeArgs, export: &Interrupted) -> Result<Exit, Failure> {
    if !args.yes {
        if !io::stdin().is_terminal() {
            return Err(
                Failure::usage("`--discard` deletes data and nobody can be asked")
                    .hint("add `--yes`"),
            );
        }
        if !agreed(&format!("{}\ndelete what was fetched?", line(export)))? {
            return Ok(Exit::Failed);
        }
    }
    gather::discard(&export.staging).map_err(|error| from_gather(&error))?;
    if let Some(registry) = unfinished::registry() {
        registry.remove(&export.export_id);
    }
    if !args.quiet {
        printer::stderr(&format!("deleted {}\n", export.export_id));
    }
    Ok(Exit::Done)
}

fn request(args: &ResumeArgs, export: &Interrupted) -> Result<ResumeRequest, Failure> {
    let mut connection = Connection {
        url: args.url.clone().unwrap_or_default(),
        ..Connection::default()
    };
    credentials::apply(&args.connection, &mut connection)?;
    // What was to go to a pipe that is gone becomes a file.
    let destination = match &args.file {
        Some(file) => Some(Destination::File(bundle_file(file)?)),
        None if export.writes_to_pipe => Some(Destination::Folder(folders::output(
            args.output.as_deref(),
        )?)),
        None => None,
    };
    Ok(ResumeRequest {
        staging: export.staging.clone(),
        auth: connection.auth.clone(),
        connection: args.url.is_some().then_some(connection),
        destination,
        registry: folders::private_jobs(),
        amendment: Amendment {
            accept_audit: args.accept_audit,
            strict: args.strict,
            obfuscate_labels: args.obfuscate_labels.clone(),
            obfuscate_words: args.obfuscate_words.clone(),
            obfuscate_patterns: args.obfuscate_patterns.clone(),
            drop_labels: args.drop_labels.clone(),
            keep_values: args.keep_values.clone(),
        },
        version: VERSION.to_owned(),
    })
}
