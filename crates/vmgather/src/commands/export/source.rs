//! What to export and from where: the config file with the options put over it.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use gather::config::{
    ConfigError, ExportConfig, MAX_CONFIG_BYTES, Mode, ObfuscationConfig, QueryType, Strictness,
};
use vmapi::{Connection, ConnectionError};

use crate::cli::ExportArgs;
use crate::credentials;
use crate::failure::{Failure, unusable};
use crate::run::Run;

/// The config of this run, `url` put over its connection. Without a file it is that of the options
/// alone, with the standard obfuscation.
pub(super) fn merged(
    args: &ExportArgs,
    url: Option<String>,
    run: &Run,
) -> Result<ExportConfig, Failure> {
    let mut config = match &args.config {
        Some(path) => {
            let config = read(path)?;
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
    connect(args, url, &mut config)?;
    select(args, &mut config)?;
    if args.plain {
        config.obfuscation.enabled = false;
    }
    let lists = &mut config.obfuscation;
    lists
        .custom_labels
        .extend(args.obfuscate_labels.iter().cloned());
    lists.drop_labels.extend(args.drop_labels.iter().cloned());
    Ok(config)
}

/// Whatever the config says about its own fields.
pub(super) fn refused(error: &ConfigError) -> Failure {
    Failure::from_error(crate::exit::Exit::Usage, error).maybe_hint(error.hint())
}

/// Label names that cannot be used, by the name of the option unless a file is read.
pub(super) fn labels_refused(args: &ExportArgs, error: &ConfigError) -> Failure {
    let option = match error {
        ConfigError::Labels { field, .. } if field.ends_with("drop_labels") => "--drop-label",
        ConfigError::Labels { .. } => "--obfuscate-label",
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
    Failure::usage(what).because(error)
}

fn read(path: &Path) -> Result<ExportConfig, Failure> {
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
    ExportConfig::parse(&document, Strictness::Strict).map_err(|error| refused(&error))
}

fn connect(
    args: &ExportArgs,
    url: Option<String>,
    config: &mut ExportConfig,
) -> Result<(), Failure> {
    if let Some(url) = url {
        // Credentials in the file belong to the server in the file.
        config.connection = Connection {
            url,
            ..Connection::default()
        };
    }
    let connection = &config.connection;
    if connection.url.is_empty() && connection.full_api_url.is_empty() {
        return Err(match &args.config {
            Some(_) => Failure::usage("`connection.url` is missing in the config"),
            None => Failure::usage("no server is given"),
        }
        .hint("`--url http://vmsingle:8428`, or `--demo` to try it without a server"));
    }
    if args.demo {
        return Ok(());
    }
    credentials::apply(&args.connection, &mut config.connection)
}

fn select(args: &ExportArgs, config: &mut ExportConfig) -> Result<(), Failure> {
    for (option, names) in [("--job", &args.jobs), ("--component", &args.components)] {
        if names.iter().any(String::is_empty) {
            return Err(Failure::usage(format!("`{option}` must not be empty")));
        }
    }
    if !args.jobs.is_empty() || !args.components.is_empty() {
        config.jobs = args.jobs.iter().chain(&args.components).cloned().collect();
        config.components.clone_from(&args.components);
    }
    if let Some(selector) = &args.selector {
        if let Err(error) = vmapi::Selector::parse_user(selector) {
            return Err(Failure::usage("`--selector` is not a selector")
                .because(error)
                .hint(
                    "a selector is a metric name, label filters in braces, or both: up{job=\"a\"}",
                ));
        }
        config.mode = Mode::Custom;
        config.query_type = Some(QueryType::Selector);
        config.query.clone_from(selector);
    }
    Ok(())
}
