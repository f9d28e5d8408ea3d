//! `vmgather reveal`: pseudonyms back to originals.

use std::io::{self, BufRead, Write};
use std::path::Path;

use bundle::Format;
use gather::reveal::{RevealedForm, reveal_bundle};
use indicatif::HumanCount;
use privacy::{Map, Revealer};

use crate::cli::RevealArgs;
use crate::exit::Exit;
use crate::failure::{Failure, unwritable};
use crate::maps::{self, Missing};
use crate::printer;

pub(crate) fn run(args: &RevealArgs) -> Result<Exit, Failure> {
    match (&args.names[..], &args.out) {
        ([], _) => Err(Failure::usage("nothing to reveal is given")
            .hint("give pseudonyms, `-` for stdin, or a bundle with `-o OUT`")),
        ([name], Some(_)) if name == "-" => Err(Failure::usage(
            "`-o` writes a bundle; it cannot be combined with `-`",
        )),
        ([bundle], Some(out)) => {
            let form = form_of(out)?;
            let bundle = Path::new(bundle);
            let map = match &args.map {
                Some(file) => maps::read(file)?,
                None => maps::of_bundle(bundle)?.map_err(|missing| without_map(&missing))?,
            };
            whole_bundle(bundle, &map, out, form)
        }
        (_, Some(_)) => Err(Failure::usage(
            "`-o` reveals one bundle, but several are given",
        )),
        (names, None) if names.iter().any(|name| name == "-") => {
            if names.len() > 1 {
                return Err(Failure::usage("`-` cannot be combined with names"));
            }
            lines(&Revealer::new(&map_of_names(args)?))
        }
        (names, None) => {
            if let [name] = names
                && Path::new(name).is_file()
            {
                return Err(Failure::usage(format!("`{name}` is a file"))
                    .hint("to reveal a bundle, say where to: `-o OUT.zip`"));
            }
            single_names(names, &Revealer::new(&map_of_names(args)?))
        }
    }
}

/// Names do not tell which map they are of.
fn map_of_names(args: &RevealArgs) -> Result<Map, Failure> {
    match &args.map {
        Some(file) => maps::read(file),
        None => maps::only(),
    }
}

/// A bundle whose map is not at hand.
fn without_map(missing: &Missing) -> Failure {
    let failure = Failure::failed(missing.to_string());
    match missing {
        Missing::Untold => failure.hint("`--map FILE`; maps lie in ~/.vmgather/maps"),
        Missing::Plain => {
            failure.hint("there is nothing to reveal: the names in it are the real ones")
        }
        Missing::NotKept => failure.hint("its pseudonyms cannot be turned back by anybody"),
        Missing::NotHere { .. } => failure
            .hint(
                "it lies in ~/.vmgather/maps of whoever made the bundle; give it with `--map FILE`",
            )
            .hint("if it is lost, the pseudonyms cannot be turned back by anybody"),
    }
}

/// What to write, by the ending of the name.
fn form_of(out: &Path) -> Result<RevealedForm, Failure> {
    let form = match out.extension().and_then(|ending| ending.to_str()) {
        Some("zip") => RevealedForm::Bundle,
        Some("jsonl") => RevealedForm::Lines,
        _ => {
            return Err(Failure::usage(format!(
                "`-o {}` must end in .zip or .jsonl",
                out.display()
            )));
        }
    };
    if out.symlink_metadata().is_ok() {
        return Err(
            Failure::usage(format!("`{}` exists already", out.display()))
                .hint("an existing file is never overwritten; choose another name"),
        );
    }
    Ok(form)
}

fn whole_bundle(bundle: &Path, map: &Map, out: &Path, form: RevealedForm) -> Result<Exit, Failure> {
    let revealed = reveal_bundle(bundle, map, out, form)
        .map_err(|error| Failure::from_error(Exit::Failed, &error).maybe_hint(error.hint()))?;
    let unit = match revealed.format {
        Format::Native => "blocks",
        _ => "lines",
    };
    printer::stderr(&format!(
        "wrote {} with {} {unit}, {} of them with revealed names\nit holds originals: keep it\n",
        out.display(),
        HumanCount(revealed.lines),
        HumanCount(revealed.changed_lines)
    ));
    Ok(Exit::Done)
}

fn single_names(names: &[String], revealer: &Revealer) -> Result<Exit, Failure> {
    let mut unknown = Vec::new();
    for name in names {
        let original = revealer.text(name);
        if original == *name {
            unknown.push(format!("`{name}`"));
        } else {
            printer::stdout(format!("{original}\n").as_bytes())?;
        }
    }
    if unknown.is_empty() {
        return Ok(Exit::Done);
    }
    Err(
        Failure::failed(format!("not in this map: {}", unknown.join(", "))).hint(
            "the bundle's metadata name the map that belongs to it: `vmgather inspect BUNDLE`",
        ),
    )
}

/// Replaces every pseudonym in the lines of stdin; what is not text stays as it is.
fn lines(revealer: &Revealer) -> Result<Exit, Failure> {
    let mut input = io::stdin().lock();
    let mut output = io::BufWriter::new(io::stdout().lock());
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = input
            .read_until(b'\n', &mut line)
            .map_err(|error| Failure::failed("cannot read stdin").because(error))?;
        if read == 0 {
            break;
        }
        let written = match std::str::from_utf8(&line) {
            Ok(text) => output.write_all(revealer.text(text).as_bytes()),
            Err(_) => output.write_all(&line),
        };
        written.map_err(|error| unwritable("to stdout", error))?;
    }
    output
        .flush()
        .map_err(|error| unwritable("to stdout", error))?;
    Ok(Exit::Done)
}
