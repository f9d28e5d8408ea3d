//! The machine's own apt sources, turned to another release of Debian.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Names that a source may use instead of a codename.
const ALIASES: [&str; 3] = ["oldstable", "stable", "testing"];

/// One place to fetch packages from: what a deb822 stanza or a line of the older form says.
#[derive(Debug, PartialEq, Eq)]
struct Source {
    uris: String,
    suites: Vec<String>,
    components: String,
    /// Further fields in deb822 spelling, e.g. (`Signed-By`, a path).
    options: Vec<(String, String)>,
}

/// The deb822 text of the machine's sources with the release replaced by `codename`.
///
/// Only the main suite of the machine's release is taken (not updates, not security), so archives that do not follow
/// Debian's releases drop out.
///
/// # Errors
/// If the files cannot be read or none of them names a main suite of Debian.
pub(crate) fn derived(etc_apt: &Path, own_codename: &str, codename: &str) -> Result<String> {
    let mut sources = Vec::new();
    for text in files(etc_apt, "list")? {
        sources.extend(text.lines().filter_map(one_line));
    }
    for text in files(etc_apt, "sources")? {
        sources.extend(deb822(&text));
    }
    let is_main = |suite: &String| suite == own_codename || ALIASES.contains(&suite.as_str());
    sources.retain(|source| source.suites.iter().any(is_main));
    ensure!(
        !sources.is_empty(),
        "no source below `{}` has the suite `{own_codename}`",
        etc_apt.display()
    );
    let mut text = String::new();
    for source in sources {
        writeln!(text, "Types: deb\nURIs: {}", source.uris)?;
        writeln!(
            text,
            "Suites: {codename}\nComponents: {}",
            source.components
        )?;
        for (name, value) in source.options {
            writeln!(text, "{name}: {value}")?;
        }
        text.push('\n');
    }
    Ok(text)
}

/// `sources.list` and `sources.list.d/*` of one form, told by the file extension as apt does.
fn files(etc_apt: &Path, extension: &str) -> Result<Vec<String>> {
    let mut paths = vec![etc_apt.join("sources.list")];
    match fs::read_dir(etc_apt.join("sources.list.d")) {
        Ok(entries) => {
            for entry in entries {
                paths.push(entry?.path());
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).context("cannot list apt sources"),
    }
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|own| own == extension) && path.exists());
    let read = |path: &std::path::PathBuf| {
        fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
    };
    paths.iter().map(read).collect()
}

/// Reads `deb [option=value ...] URI suite component...`.
fn one_line(line: &str) -> Option<Source> {
    let line = line.split('#').next()?.trim();
    let mut rest = line
        .strip_prefix("deb")?
        .strip_prefix([' ', '\t'])?
        .trim_start();
    let mut options = Vec::new();
    if let Some(bracket) = rest.strip_prefix('[') {
        let (inside, after) = bracket.split_once(']')?;
        for (name, value) in inside
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
        {
            options.push((deb822_name(name)?, value.replace(',', " ")));
        }
        rest = after;
    }
    let mut words = rest.split_whitespace().map(str::to_owned);
    let uris = words.next()?;
    let suites = vec![words.next()?];
    let components = words.collect::<Vec<_>>().join(" ");
    Some(Source {
        uris,
        suites,
        components,
        options,
    })
}

fn deb822_name(option: &str) -> Option<String> {
    let name = match option {
        "arch" => "Architectures",
        "signed-by" => "Signed-By",
        "trusted" => "Trusted",
        "check-valid-until" => "Check-Valid-Until",
        _ => return None,
    };
    Some(name.to_owned())
}

/// Reads stanzas of `Field: value` lines; a line that begins with a space continues the field before it.
fn deb822(text: &str) -> Vec<Source> {
    let mut stanzas = vec![Vec::<(String, String)>::new()];
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let stanza = stanzas.last_mut().expect("begins with one");
        if line.trim().is_empty() {
            stanzas.push(Vec::new());
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = stanza.last_mut() {
                value.push('\n');
                value.push_str(line);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            stanza.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    stanzas.into_iter().filter_map(source).collect()
}

fn source(mut fields: Vec<(String, String)>) -> Option<Source> {
    let mut take = |wanted: &str| {
        let at = fields
            .iter()
            .position(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
        Some(fields.swap_remove(at).1)
    };
    let enabled = take("Enabled").is_none_or(|value| !value.eq_ignore_ascii_case("no"));
    let has_binaries = take("Types")?.split_whitespace().any(|word| word == "deb");
    let uris = take("URIs")?;
    let suites = take("Suites")?
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let components = take("Components").unwrap_or_default();
    let source = Source {
        uris,
        suites,
        components,
        options: fields,
    };
    (enabled && has_binaries).then_some(source)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derive(list: &str, sources: &str) -> Result<String> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("sources.list"), list).unwrap();
        fs::create_dir(dir.path().join("sources.list.d")).unwrap();
        fs::write(dir.path().join("sources.list.d/debian.sources"), sources).unwrap();
        fs::write(
            dir.path().join("sources.list.d/old.sources.bak"),
            "Suites: bookworm",
        )
        .unwrap();
        derived(dir.path(), "bookworm", "trixie")
    }

    #[test]
    fn turns_the_one_line_form() {
        let list = "# deb http://commented.example/debian bookworm main\n\
                    deb [arch=amd64,arm64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib # note\n\
                    deb-src http://a.example/debian bookworm main\n\
                    deb http://a.example/debian bookworm-updates main\n\
                    deb http://other.example/apt tool-bookworm main\n";
        assert_eq!(
            derive(list, "").unwrap(),
            "Types: deb\nURIs: http://a.example/debian\nSuites: trixie\nComponents: main contrib\n\
             Architectures: amd64 arm64\nSigned-By: /k.gpg\n\n"
        );
    }

    #[test]
    fn turns_the_deb822_form() {
        let sources = "Types: deb deb-src\n# note\nURIs: mirror+file:/etc/apt/mirrors/debian.list\n\
                       Suites: bookworm bookworm-updates\nComponents: main\nSigned-By:\n -----BEGIN\n .\n -----END\n\n\
                       Types: deb\nURIs: http://security.example\nSuites: bookworm-security\nComponents: main\n\n\
                       Enabled: no\nTypes: deb\nURIs: http://off.example\nSuites: bookworm\nComponents: main\n";
        assert_eq!(
            derive("", sources).unwrap(),
            "Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: trixie\nComponents: main\n\
             Signed-By: \n -----BEGIN\n .\n -----END\n\n"
        );
    }

    #[test]
    fn a_machine_without_sources_of_its_release_is_an_error() {
        let error = derive("deb http://a.example/debian sid main", "").unwrap_err();
        assert!(
            error.to_string().contains("has the suite `bookworm`"),
            "{error}"
        );
    }
}
