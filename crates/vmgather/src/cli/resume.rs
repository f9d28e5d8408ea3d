//! `vmgather resume`.

use std::path::PathBuf;

use clap::Args;

use super::{ConnectionArgs, Span};

/// List interrupted exports, or continue one
///
/// Continues from the last finished slice, with the same selection and the same
/// pseudonyms. Without ID the only interrupted export is taken; where there are
/// several, they are listed. Credentials are never stored: give them again.
#[derive(Args, Debug, Default)]
#[command(
    after_help = "`vmgather resume --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ResumeArgs {
    /// Which export to continue, or the beginning of its id
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,

    /// The --output folder of the interrupted export
    ///
    /// For an export with -o FILE this is the folder of FILE. Exports are found without it too,
    /// wherever they lie: ~/.vmgather/jobs remembers them. What was to go to stdout is sealed into
    /// this folder, by default that of `vmgather export`.
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,

    /// Folder that the config of the export named as staging_dir
    #[arg(long, value_name = "DIR")]
    pub(crate) staging: Option<PathBuf>,

    /// Write the bundle to this file instead of the one of the export
    ///
    /// An existing file is never overwritten.
    #[arg(short = 'o', value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,

    /// Delete the fetched data instead of continuing
    #[arg(long)]
    pub(crate) discard: bool,

    /// Seal the bundle although the audit found what may be originals
    #[arg(long, help_heading = "Privacy")]
    pub(crate) accept_audit: bool,

    /// Replace the values of this label too; repeatable
    #[arg(
        long = "obfuscate-label",
        value_name = "LABEL",
        help_heading = "Privacy"
    )]
    pub(crate) obfuscate_labels: Vec<String>,

    /// Replace everything that is not known to be public
    #[arg(long, help_heading = "Privacy")]
    pub(crate) strict: bool,

    /// Replace this word or domain wherever it stands; repeatable
    #[arg(long = "obfuscate-word", value_name = "WORD", help_heading = "Privacy")]
    pub(crate) obfuscate_words: Vec<String>,

    /// Replace what this regular expression matches in label values; repeatable
    #[arg(
        long = "obfuscate-regex",
        value_name = "REGEX",
        help_heading = "Privacy"
    )]
    pub(crate) obfuscate_patterns: Vec<String>,

    /// Remove this label from every series; repeatable
    #[arg(long = "drop-label", value_name = "LABEL", help_heading = "Privacy")]
    pub(crate) drop_labels: Vec<String>,

    /// Let this value stay; repeatable
    #[arg(long = "keep-value", value_name = "VALUE", help_heading = "Privacy")]
    pub(crate) keep_values: Vec<String>,

    /// Base URL of the same server, where the earlier one held credentials
    ///
    /// User names, passwords and query strings in URLs are never stored, so an export with such a
    /// URL needs it again. Otherwise the address of the interrupted export is used, with its TLS
    /// options; those about TLS need --url.
    #[arg(long, value_name = "URL", help_heading = "Connection")]
    pub(crate) url: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// First delete interrupted exports that nobody touched for so long, such as 7d
    ///
    /// Running exports stay. Default: nothing is deleted.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true)]
    pub(crate) staging_ttl: Option<Span>,

    /// Print one JSON object per event to stdout, for scripts
    #[arg(long, help_heading = "Messages")]
    pub(crate) json: bool,

    /// Print errors only
    #[arg(long, short, help_heading = "Messages")]
    pub(crate) quiet: bool,
}

const AFTER_HELP: &str = "\
Examples:
  Continue the only interrupted export:
    vmgather resume

  Continue one of several, without questions:
    vmgather resume export-1769169600-3f9a --yes

  Answer the audit, without fetching anything again:
    vmgather resume --obfuscate-label path

  Give up on it:
    vmgather resume export-1769169600-3f9a --discard

Exit codes:
  0    the bundle is sealed, or the data are deleted
  1    failed, or the question was answered with no
  2    bad usage, no such export, or several to choose from
  130  interrupted again; can be resumed again

Environment:
  VMGATHER_SOURCE_PASSWORD  password for --user
  VMGATHER_SOURCE_TOKEN     bearer token, unless options say otherwise
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                            proxy on the way to the server
  NO_COLOR                  no colours
  HOME                      holds .vmgather (staging, jobs) and Downloads";
