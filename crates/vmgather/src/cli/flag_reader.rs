//! Reading flags as older releases did.
//!
//! One or two dashes, `-flag value` and `-flag=value`; a switch takes its value only behind `=`;
//! the last of several holds; reading stops at the first argument that is no flag, or behind `--`.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// What the arguments ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reading<'a, F> {
    /// To run with these flags; `rest` is what stands behind them.
    Flags { flags: F, rest: &'a [OsString] },
    /// To explain themselves, at length or not.
    Help { long: bool },
    /// To say the version.
    Version,
}

/// Where the value of a flag goes.
pub(crate) enum Flag<'a> {
    Switch(&'a mut bool),
    Text(&'a mut OsString),
    /// An empty path is the same as none.
    Path(&'a mut Option<PathBuf>),
}

/// Reads the arguments behind the name of the program; `place` finds the flag of a name.
///
/// # Errors
///
/// A flag that does not exist, lacks its value, or has one that cannot be used; in words for a
/// person.
pub(crate) fn read<'a, F: Default>(
    arguments: &'a [OsString],
    place: impl for<'f> Fn(&'f mut F, &str) -> Option<Flag<'f>>,
) -> Result<Reading<'a, F>, String> {
    let mut flags = F::default();
    let mut rest = arguments;
    while let Some((argument, behind)) = rest.split_first() {
        if !is_flag(argument) {
            break;
        }
        rest = behind;
        if argument == "--" {
            break;
        }
        let text = argument.to_str().ok_or("an argument is not valid UTF-8")?;
        let body = text.strip_prefix("--").or(text.strip_prefix('-'));
        let body = body.unwrap_or_default();
        if body.starts_with(['-', '=']) {
            return Err(format!("bad flag syntax: `{}`", before_value(text)));
        }
        let (name, value) = match body.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (body, None),
        };
        match name {
            "h" => return Ok(Reading::Help { long: false }),
            "help" => return Ok(Reading::Help { long: true }),
            "version" | "V" => return Ok(Reading::Version),
            _ => {}
        }
        match place(&mut flags, name) {
            Some(Flag::Switch(flag)) => *flag = switch(name, value)?,
            Some(Flag::Text(flag)) => *flag = text_of(name, value, &mut rest)?,
            Some(Flag::Path(flag)) => *flag = folder(text_of(name, value, &mut rest)?),
            // The value is not shown: it may be a secret.
            None => return Err(format!("unknown argument `{}`", before_value(text))),
        }
    }
    Ok(Reading::Flags { flags, rest })
}

/// Whether an argument is a flag; a dash alone is not.
pub(crate) fn is_flag(argument: &OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    bytes.len() > 1 && bytes[0] == b'-'
}

/// A flag without its value.
fn before_value(text: &str) -> &str {
    text.split_once('=').map_or(text, |(flag, _)| flag)
}

/// An empty path is the same as none.
fn folder(value: OsString) -> Option<PathBuf> {
    (!value.is_empty()).then(|| value.into())
}

/// The value of a flag: behind `=`, else the next argument, whatever that looks like.
fn text_of(name: &str, value: Option<&str>, rest: &mut &[OsString]) -> Result<OsString, String> {
    if let Some(value) = value {
        return Ok(value.into());
    }
    let (next, behind) = rest
        .split_first()
        .ok_or_else(|| format!("`-{name}` needs a value"))?;
    *rest = behind;
    Ok(next.clone())
}

fn switch(name: &str, value: Option<&str>) -> Result<bool, String> {
    match value {
        None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
        Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
        Some(other) => Err(format!(
            "`-{name}` cannot be `{other}`; it is one of true, false"
        )),
    }
}
