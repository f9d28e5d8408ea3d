//! `vmgather import`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use replay::{Shift, UnitChoice};

use super::ConnectionArgs;

/// Replay a bundle into VictoriaMetrics
///
/// Reads a bundle or JSON lines, sends every sample that the target can store, and
/// compares what arrived with what was sent. Interrupted imports continue with
/// --resume: what the target acknowledged is not sent again.
#[derive(Args, Debug, Default)]
#[command(
    after_help = "`vmgather import --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ImportArgs {
    /// Bundle, JSON lines or native data; - is stdin
    ///
    /// A ZIP of vmgather, a ZIP with another .jsonl file, or what /api/v1/export and
    /// /api/v1/export/native write, plain or compressed by gzip or zstd; the content decides, not
    /// the name. It is read as a stream and
    /// never unpacked to disk. What comes through stdin is copied to ~/.vmgather/imports first,
    /// because it is read twice: a damaged archive must be known before anything is sent. The copy
    /// is readable by its owner only, and goes when the import is complete.
    #[arg(value_name = "BUNDLE")]
    pub(crate) bundle: Option<PathBuf>,

    /// Base URL of the VictoriaMetrics to write to
    ///
    /// http://vmsingle:8428 for a single node; http://vminsert:8480/insert/0/prometheus for a
    /// cluster, where the address of vmselect is understood as well if a gateway serves both; or the
    /// vmauth before either. A user name and password in the URL are used for basic
    /// authentication. A query string goes with every request; extra_label only with imports.
    #[arg(long, value_name = "URL", help_heading = "Target")]
    pub(crate) url: Option<String>,

    /// Tenant of a cluster, as accountID or accountID:projectID
    ///
    /// Not needed if it stands in the path of --url.
    #[arg(long, value_name = "TENANT", help_heading = "Target")]
    pub(crate) tenant: Option<String>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// Move all samples in time: now, +3d, -1h30m or align=TIME
    ///
    /// now puts the last sample at the start of the import; align=2026-01-23T12:00:00Z puts the
    /// first sample at that time. Units: w, d, h, m, s, ms. Samples are moved before those beyond
    /// the retention of the target are left out.
    #[arg(long, value_name = "SHIFT", value_parser = shift, allow_hyphen_values = true,
        help_heading = "Data")]
    pub(crate) shift: Option<Shift>,

    /// Send samples older than the retention of the target too
    ///
    /// The target acknowledges them and drops them. For targets that tell a wrong retention.
    #[arg(long, help_heading = "Data")]
    pub(crate) keep_old: bool,

    /// What the timestamps count: ms, s, us, ns, or auto
    ///
    /// Bundles and exports of VictoriaMetrics count milliseconds, the default. auto decides once per
    /// file by the size of all its timestamps, and refuses files that mix units.
    #[arg(long, value_name = "UNIT", value_parser = unit, help_heading = "Data")]
    pub(crate) timestamp_unit: Option<UnitChoice>,

    /// Remove this label from every series; repeatable
    ///
    /// Series that then share all their labels become one; how many is said. __name__, job and
    /// instance cannot be dropped.
    #[arg(long = "drop-label", value_name = "LABEL", help_heading = "Data")]
    pub(crate) drop_labels: Vec<String>,

    /// Add this label to every series, in place of one of that name; repeatable
    ///
    /// Marks a bundle, so that those of two customers, who both have a 777.777.1.1, stay apart.
    #[arg(long = "add-label", value_name = "NAME=VALUE", value_parser = label,
        help_heading = "Data")]
    pub(crate) add_labels: Vec<(String, String)>,

    /// Leave out series with more labels than this
    ///
    /// The metric name counts as one. Only where the target does not tell its own limit, or tells a
    /// lower one that does not hold.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<u32>::new().range(1..),
        help_heading = "Data")]
    pub(crate) max_labels: Option<u32>,

    /// Send nothing if a line cannot be used
    ///
    /// By default such lines are skipped, and counted with their line numbers.
    #[arg(long, help_heading = "Data")]
    pub(crate) fail_on_skip: bool,

    /// Do not compare afterwards
    #[arg(long, help_heading = "Sending")]
    pub(crate) no_verify: bool,

    /// Requests at once
    ///
    /// As many requests at most may arrive a second time after a crash. More than one helps where
    /// the target is far away.
    #[arg(
        long,
        value_name = "N",
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=8),
        help_heading = "Sending"
    )]
    pub(crate) concurrency: Option<usize>,

    /// Show what would be sent, left out and why; send nothing
    #[arg(long, help_heading = "Sending")]
    pub(crate) dry_run: bool,

    /// Continue an interrupted import, with the options it had
    ///
    /// ID, or its beginning; not needed if there is only one. Needs --url, of the same target.
    /// Credentials are never stored: give them again.
    #[arg(long, value_name = "ID", num_args = 0..=1, help_heading = "Interrupted imports")]
    pub(crate) resume: Option<Option<String>>,

    /// Give an interrupted import up; what was sent stays in the target
    #[arg(long, value_name = "ID", num_args = 0..=1, help_heading = "Interrupted imports")]
    pub(crate) discard: Option<Option<String>>,

    /// Do not ask before continuing or giving up
    #[arg(long, short, help_heading = "Interrupted imports")]
    pub(crate) yes: bool,

    /// Print one JSON object per event to stdout, for scripts
    #[arg(long, help_heading = "Messages")]
    pub(crate) json: bool,

    /// Print errors only
    #[arg(long, short, help_heading = "Messages")]
    pub(crate) quiet: bool,
}

/// The words of [`Shift`]; the text itself stands in the message already.
fn shift(text: &str) -> Result<Shift, String> {
    text.parse().map_err(|_| {
        "use `now`, a signed duration such as `+3d` or `-90m`, or `align=2026-01-23T12:00:00Z`"
            .to_owned()
    })
}

fn unit(text: &str) -> Result<UnitChoice, String> {
    text.parse()
        .map_err(|_| "it is one of ms, s, us, ns, auto".to_owned())
}

/// `NAME=VALUE`; the value may hold further equals signs.
fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it must be NAME=VALUE")?;
    if name.trim().is_empty() || value.is_empty() {
        return Err("it must be NAME=VALUE".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

const AFTER_HELP: &str = "\
Examples:
  See what would be sent, and what the target would not keep:
    vmgather import bundle.zip --url http://127.0.0.1:8428 --dry-run

  Send it as if it had just been collected, marked with a name:
    vmgather import bundle.zip --url http://127.0.0.1:8428 --shift now \\
      --add-label vmgather_bundle=case-4711

  Into tenant 7 of a cluster:
    vmgather import bundle.zip --url http://vminsert:8480 --tenant 7

  From a pipe:
    zstdcat lines.zst | vmgather import - --url http://127.0.0.1:8428

  Go on after an interruption:
    vmgather import --resume --url http://127.0.0.1:8428

Exit codes:
  0    sent, and arrived as sent; with a warning also if the comparison was
       not possible; with --dry-run: shown
  1    failed, or the comparison found differences
  2    bad usage; nothing has been sent
  130  interrupted; can be resumed once sending has begun

Environment:
  VMGATHER_SOURCE_PASSWORD  password for --user
  VMGATHER_SOURCE_TOKEN     bearer token, unless options say otherwise
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                            proxy on the way to the target
  NO_COLOR                  no colours
  HOME                      holds .vmgather/imports, the unfinished imports";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_split_at_its_first_equals_sign() {
        assert_eq!(label("a=b=c"), Ok(("a".to_owned(), "b=c".to_owned())));
        for text in ["a", "=b", " =b", "a="] {
            assert!(label(text).is_err(), "{text}");
        }
    }
}
