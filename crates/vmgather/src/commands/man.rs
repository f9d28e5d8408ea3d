//! `vmgather man`: manual pages, made from the definitions that `--help` is made from.

use std::io::{self, Write};

use clap_mangen::Man;

use crate::cli::{self, ManArgs, VERSION};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer;

pub(crate) fn run(args: &ManArgs) -> Result<Exit, Failure> {
    let mut program = cli::definition();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => program.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<String> = program
                .get_subcommands()
                .map(|command| format!("`{}`", command.get_name()))
                .collect();
            Failure::usage(format!("there is no command `{name}`"))
                .hint(format!("there are {}", names.join(", ")))
        })?,
    };
    let page =
        page(command).map_err(|error| Failure::failed("cannot write the page").because(error))?;
    printer::stdout(&page)?;
    Ok(Exit::Done)
}

/// The page in roff.
fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let ending = command.get_after_long_help().map(ToString::to_string);
    let has_commands = command.get_subcommands().next().is_some();
    let man = Man::new(command.version(VERSION));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if has_commands {
        man.render_subcommands_section(&mut page)?;
    }
    sections(&ending.unwrap_or_default(), &mut page)?;
    man.render_version_section(&mut page)?;
    Ok(page)
}

/// The end of a long help: each `Heading:` is a section, whose lines stay as they are.
fn sections(text: &str, out: &mut impl Write) -> io::Result<()> {
    let mut open = false;
    for line in text.lines() {
        let heading = line.strip_suffix(':').filter(|line| !line.starts_with(' '));
        if let Some(heading) = heading {
            if open {
                writeln!(out, ".fi")?;
            }
            writeln!(out, ".SH \"{}\"\n.nf", escaped(&heading.to_uppercase()))?;
            open = true;
        } else {
            // The margin of a section stands for the indentation of the help.
            writeln!(out, "{}", escaped(line.strip_prefix("  ").unwrap_or(line)))?;
        }
    }
    if open {
        writeln!(out, ".fi")?;
    }
    Ok(())
}

/// A line that roff prints as it stands.
fn escaped(line: &str) -> String {
    let text = line.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_become_sections_and_lines_stay() {
        let mut out = Vec::new();
        sections(
            "Examples:\n  a --b \\\n    .c\n\nExit codes:\n  0  done",
            &mut out,
        )
        .unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            ".SH \"EXAMPLES\"\n.nf\na \\-\\-b \\e\n  .c\n\n.fi\n.SH \"EXIT CODES\"\n.nf\n0  done\n.fi\n"
        );
        assert_eq!(escaped(".x"), "\\&.x");
    }
}
