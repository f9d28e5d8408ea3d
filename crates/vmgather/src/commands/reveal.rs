//! `vmgather reveal`: pseudonyms back to originals.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::Path;

use gather::reveal::{RevealedForm, reveal_bundle};
use indicatif::HumanCount;
use privacy::{Map, Revealer};
use secrecy::zeroize::Zeroizing;

use crate::cli::RevealArgs;
use crate::exit::Exit;
use crate::failure::{Failure, unusable, unwritable};
use crate::printer;

pub(crate) fn run(args: &RevealArgs) -> Result<Exit, Failure> {
    let map_file = args.map.as_deref().ok_or_else(|| {
        Failure::usage("no map is given").hint("`--map FILE`; maps lie in ~/.vmgather/maps")
    })?;
    match (&args.names[..], &args.out) {
        ([], _) => Err(Failure::usage("nothing to reveal is given")
            .hint("give pseudonyms, `-` for stdin, or a bundle with `-o OUT`")),
        ([name], Some(_)) if name == "-" => Err(Failure::usage(
            "`-o` writes a bundle; it cannot be combined with `-`",
        )),
        ([bundle], Some(out)) => {
            let form = form_of(out)?;
            whole_bundle(Path::new(bundle), &read_map(map_file)?, out, form)
        }
        (_, Some(_)) => Err(Failure::usage(
            "`-o` reveals one bundle, but several are given",
        )),
        (names, None) if names.iter().any(|name| name == "-") => {
            if names.len() > 1 {
                return Err(Failure::usage("`-` cannot be combined with names"));
            }
            lines(&Revealer::new(&read_map(map_file)?))
        }
        (names, None) => {
            if let [name] = names
                && Path::new(name).is_file()
            {
                return Err(Failure::usage(format!("`{name}` is a file"))
                    .hint("to reveal a bundle, say where to: `-o OUT.zip`"));
            }
            single_names(names, &Revealer::new(&read_map(map_file)?))
        }
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

fn read_map(file: &Path) -> Result<Map, Failure> {
    let json = Zeroizing::new(fs::read(file).map_err(|error| unusable("read", file, error))?);
    Map::from_json(&json).map_err(|error| {
        Failure::failed(format!("cannot use `{}` as a map", file.display())).because(error)
    })
}

fn whole_bundle(bundle: &Path, map: &Map, out: &Path, form: RevealedForm) -> Result<Exit, Failure> {
    let revealed = reveal_bundle(bundle, map, out, form)
        .map_err(|error| Failure::from_error(Exit::Failed, &error).maybe_hint(error.hint()))?;
    printer::stderr(&format!(
        "wrote {} with {} lines, {} of them with revealed names\nit holds originals: keep it\n",
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
