//! What to export and from where: the config file with the options put over it.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use gather::config::{ConfigError, ExportConfig, MAX_CONFIG_BYTES, ObfuscationConfig, Strictness};
use privacy::Level;
use vmapi::{Connection, ConnectionError};

use super::{Convention, selection};
use crate::cli::ExportArgs;
use crate::credentials;
use crate::failure::{Failure, unusable};
use crate::run::Run;

/// The config of this run, `url` put over its connection. Without a file it is that of the options
/// alone, with the standard obfuscation.
pub(super) fn merged(
    args: &ExportArgs,
    url: Option<String>,
    convention: Convention,
    run: &Run,
) -> Result<ExportConfig, Failure> {
    let mut config = match &args.config {
        Some(path) => {
            let config = read(path, convention)?;
            if config.connection.log_requests {
                run.show_requests();
            }
            for warning in &config.warnings {
                run.warning(&format!("config: {warning}"));
            }
            config
        }
        None => ExportConfig {
            obfuscation: ObfuscationConfig::standard(),
            ..ExportConfig::default()
        },
    };
    connect(args, url, convention, &mut config)?;
    selection::put(args, &mut config)?;
    if args.plain {
        config.obfuscation.enabled = false;
    }
    let lists = &mut config.obfuscation;
    lists
        .custom_labels
        .extend(args.obfuscate_labels.iter().cloned());
    lists.drop_labels.extend(args.drop_labels.iter().cloned());
    lists.words.extend(args.obfuscate_words.iter().cloned());
    lists
        .patterns
        .extend(args.obfuscate_patterns.iter().cloned());
    lists.keep_values.extend(args.keep_values.iter().cloned());
    if args.strict {
        *lists = ObfuscationConfig {
            enabled: true,
            instance: true,
            job: true,
            level: Level::Strict,
            ..std::mem::take(lists)
        };
    }
    Ok(config)
}

/// Whatever the config says about its own fields.
pub(super) fn refused(error: &ConfigError) -> Failure {
    Failure::from_error(crate::exit::Exit::Usage, error).maybe_hint(error.hint())
}

/// Label names that cannot be used, by the name of the option unless a file is read.
pub(super) fn labels_refused(args: &ExportArgs, error: &ConfigError) -> Failure {
    let option = match error {
        ConfigError::Labels { field, .. } => match field.rsplit('.').next() {
            Some("drop_labels") => "--drop-label",
            Some("words") => "--obfuscate-word",
            Some("patterns") => "--obfuscate-regex",
            Some("keep_values") => "--keep-value",
            _ => "--obfuscate-label",
        },
        _ => return refused(error),
    };
    match error.source() {
        Some(cause) if args.config.is_none() => {
            Failure::usage(format!("`{option}` cannot be used")).because(cause)
        }
        _ => refused(error),
    }
}

/// An address or credentials that cannot be used.
pub(super) fn connection_refused(args: &ExportArgs, error: &ConnectionError) -> Failure {
    let what = if args.url.is_some() {
        "cannot use `--url` and the credentials as given"
    } else {
        "cannot use the connection"
    };
    Failure::usage(what)
        .because(error)
        .maybe_hint(error.hint().map(str::to_owned))
}

fn read(path: &Path, convention: Convention) -> Result<ExportConfig, Failure> {
    let strictness = match convention {
        Convention::Options => Strictness::Strict,
        Convention::Oneshot => Strictness::Lenient,
    };
    let mut document = Vec::new();
    let limited = |reader: &mut dyn Read, document: &mut Vec<u8>| {
        reader.take(MAX_CONFIG_BYTES + 1).read_to_end(document)
    };
    if path.as_os_str() == "-" {
        limited(&mut io::stdin().lock(), &mut document)
            .map_err(|error| Failure::usage("cannot read the config from stdin").because(error))?;
    } else {
        File::open(path)
            .and_then(|mut file| limited(&mut file, &mut document))
            .map_err(|error| unusable("read", path, error))?;
    }
    ExportConfig::parse(&document, strictness).map_err(|error| refused(&error))
}

fn connect(
    args: &ExportArgs,
    url: Option<String>,
    convention: Convention,
    config: &mut ExportConfig,
) -> Result<(), Failure> {
    if let Some(url) = url {
        // Credentials in the file belong to the server in the file.
        config.connection =
            Connection::from_typed_url(&url).map_err(|error| connection_refused(args, &error))?;
    }
    let connection = &config.connection;
    if connection.url.is_empty() && connection.full_api_url.is_empty() {
        let missing = match &args.config {
            Some(_) => Failure::usage("`connection.url` is missing in the config"),
            None => Failure::usage("no server is given"),
        };
        return Err(match convention {
            Convention::Options => {
                missing.hint("`--url http://vmsingle:8428`, or `--demo` to try it without a server")
            }
            Convention::Oneshot => missing,
        });
    }
    if args.demo {
        return Ok(());
    }
    credentials::apply(&args.connection, &mut config.connection)
}
