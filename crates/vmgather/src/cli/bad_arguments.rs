//! Arguments that do not parse, told in the same form as every other error.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;

/// Turns clap's error into ours; values are shown, so no option that takes a secret may be
/// parsed by clap.
pub(crate) fn describe(error: &clap::Error) -> Failure {
    let text = |kind| error.get(kind).map(plain);
    let argument = text(ContextKind::InvalidArg).unwrap_or_default();
    let value = text(ContextKind::InvalidValue).unwrap_or_default();
    let failure = match error.kind() {
        ErrorKind::UnknownArgument => Failure::usage(format!("unknown argument `{argument}`")),
        ErrorKind::InvalidSubcommand => {
            let name = text(ContextKind::InvalidSubcommand).unwrap_or_default();
            Failure::usage(format!("unknown command `{name}`"))
        }
        ErrorKind::InvalidValue if value.is_empty() => {
            Failure::usage(format!("{} needs a value", option(&argument)))
        }
        ErrorKind::InvalidValue => Failure::usage(format!(
            "{} cannot be `{value}`; it is one of {}",
            option(&argument),
            text(ContextKind::ValidValue).unwrap_or_default()
        )),
        ErrorKind::ValueValidation => {
            let reason = std::error::Error::source(error).map(ToString::to_string);
            let reason = reason.unwrap_or_else(|| "is not valid".to_owned());
            Failure::usage(format!(
                "{} cannot be `{value}`: {reason}",
                option(&argument)
            ))
        }
        ErrorKind::ArgumentConflict => {
            Failure::usage(format!("{} is given more than once", option(&argument)))
        }
        ErrorKind::TooManyValues => Failure::usage(format!(
            "{} takes no value, but got `{value}`",
            option(&argument)
        )),
        ErrorKind::MissingRequiredArgument => Failure::usage(format!("`{argument}` is missing")),
        ErrorKind::InvalidUtf8 => Failure::usage("an argument is not valid UTF-8"),
        _ => Failure::usage(first_line(error)),
    };
    failure.maybe_hint(hint(error))
}

/// The nearest thing that exists, or where to look.
fn hint(error: &clap::Error) -> Option<String> {
    for kind in [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ] {
        if let Some(nearest) = error.get(kind) {
            // Of several the last one is the most alike.
            let nearest = match nearest {
                ContextValue::Strings(texts) => texts.last().cloned().unwrap_or_default(),
                one => plain(one),
            };
            return Some(format!("did you mean `{}`?", option_name(&nearest)));
        }
    }
    matches!(
        error.kind(),
        ErrorKind::UnknownArgument
            | ErrorKind::InvalidSubcommand
            | ErrorKind::MissingRequiredArgument
    )
    .then(|| "`--help` lists what there is".to_owned())
}

/// `--last <DURATION>` as `` `--last` ``.
fn option(argument: &str) -> String {
    format!("`{}`", option_name(argument))
}

fn option_name(argument: &str) -> &str {
    argument.split([' ', '=']).next().unwrap_or(argument)
}

/// clap marks up nothing in the values, but lists come as lists.
fn plain(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}
