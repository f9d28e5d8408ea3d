//! `vmgather export`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ConnectionArgs, Moment, Size, Span};

/// Export metrics into one bundle, then exit
///
/// Reads the chosen series and time range from VictoriaMetrics, replaces what names
/// machines, people and places by pseudonyms unless --plain is given, searches the
/// result for originals, and seals one ZIP with a checksum. Interrupted exports, and
/// those that the search stopped, continue with `vmgather resume`.
#[derive(Args, Debug, Default)]
#[command(
    after_help = "`vmgather export --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct ExportArgs {
    /// Base URL of VictoriaMetrics, or of the vmauth before it
    ///
    /// A cluster is read through vmselect, with the tenant in the path:
    /// http://vmselect:8481/select/0/prometheus. A user name and password in the URL are used
    /// for basic authentication. With --config this replaces the address in the file.
    #[arg(long, value_name = "URL", help_heading = "Source")]
    pub(crate) url: Option<String>,

    /// Export from an embedded demo cluster instead of a server
    ///
    /// Needs no VictoriaMetrics and no network. Without a time range the last hour is taken.
    #[arg(long, help_heading = "Source")]
    pub(crate) demo: bool,

    /// Read an export config (JSON); - is stdin
    ///
    /// The format is that of the HTTP API. Unknown fields are errors. Options override the file:
    /// --url and --demo replace its whole connection, credentials included; other credentials
    /// replace those in the file; --last, or --start and --end, its time range; --job and
    /// --component its jobs; --selector and --query its query; --step its step; --window its
    /// batching; --format its format; --output and -o its staging folder. --obfuscate-label and --drop-label add to its lists. --plain switches its
    /// obfuscation off; without --plain the file alone decides whether anything is obfuscated.
    #[arg(long, value_name = "FILE", help_heading = "Source")]
    pub(crate) config: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// Length of a range up to now: 90s, 6h, 1h30m
    ///
    /// Now is the start of the run. Units: w, d, h, m, s, ms.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) last: Option<Span>,

    /// First moment of the range; needs --end
    ///
    /// RFC 3339 with a zone (2026-01-23T12:00:00Z, 2026-01-23T15:00:00.250+03:00), Unix seconds,
    /// Unix milliseconds, now, or now-2h. A whole number of 100000000000 and more counts
    /// milliseconds, a smaller one seconds. Samples at this very millisecond are included.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) start: Option<Moment>,

    /// Last moment of the range; needs --start
    ///
    /// The same forms as --start. Samples at this very millisecond are included.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) end: Option<Moment>,

    /// Export this job, by exact name; repeatable
    ///
    /// Without --job, --component, --selector, --query and --instance every series of the tenant is
    /// exported, with a warning.
    #[arg(long = "job", value_name = "JOB", help_heading = "Selection")]
    pub(crate) jobs: Vec<String>,

    /// Export the jobs of this component; repeatable
    ///
    /// vmstorage, vmselect, vminsert, vmagent, vmalert, vmauth or vmsingle, for instance. The server
    /// is asked in which jobs it was seen during the range; `vmgather discover` shows them. With
    /// --job these jobs are exported as well.
    #[arg(
        long = "component",
        value_name = "COMPONENT",
        help_heading = "Selection"
    )]
    pub(crate) components: Vec<String>,

    /// Export the series of this selector
    ///
    /// Such as '{env="prod"}': a metric name, label filters in braces, or both; with --job it is
    /// narrowed to these jobs.
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub(crate) selector: Option<String>,

    /// Export the series of a selector, or the results of a MetricsQL query
    ///
    /// A metric name, label filters in braces, or both, are a selector, and its stored samples are
    /// exported. Anything else, such as 'sum(vm_rows) by (job)', is a
    /// query: its results are exported, one each --step, and the bundle says so.
    #[arg(long, value_name = "QUERY", help_heading = "Selection")]
    pub(crate) query: Option<String>,

    /// Only series of this instance, by exact value; repeatable
    #[arg(long = "instance", value_name = "INSTANCE", help_heading = "Selection")]
    pub(crate) instances: Vec<String>,

    /// Keep one sample of a series per interval, the last one, such as 30s
    ///
    /// For long ranges, where a coarser picture is enough. The samples that stay are stored ones,
    /// unchanged. Intervals end on multiples of the duration, as those of the server's own
    /// deduplication do.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) thin: Option<Span>,

    /// Distance of query results, such as 1m
    ///
    /// Whole seconds. Default: 30s for a range of up to 15 minutes, 1m up to 6 hours, else 5m.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) step: Option<Span>,

    /// Obfuscate nothing; the bundle holds real addresses and names
    #[arg(long, help_heading = "Privacy")]
    pub(crate) plain: bool,

    /// Replace the values of this label too; repeatable
    #[arg(
        long = "obfuscate-label",
        value_name = "LABEL",
        help_heading = "Privacy"
    )]
    pub(crate) obfuscate_labels: Vec<String>,

    /// Replace everything that is not known to be public
    ///
    /// For bundles that leave the company. Values, label names and metric names outside the
    /// vocabulary of VictoriaMetrics are replaced, and ports too; networks cannot be told apart, and
    /// the scrape times of each target are shifted by a secret amount below its scrape interval.
    #[arg(long, help_heading = "Privacy")]
    pub(crate) strict: bool,

    /// Replace this word or domain wherever it stands; repeatable
    ///
    /// Such as the name of a customer: in either case, and also inside of longer words, of label
    /// names and of metric names.
    #[arg(long = "obfuscate-word", value_name = "WORD", help_heading = "Privacy")]
    pub(crate) obfuscate_words: Vec<String>,

    /// Replace what this regular expression matches in label values; repeatable
    #[arg(
        long = "obfuscate-regex",
        value_name = "REGEX",
        help_heading = "Privacy"
    )]
    pub(crate) obfuscate_patterns: Vec<String>,

    /// Let this value stay; repeatable
    ///
    /// A whole label value, or a host or name inside of one, that would be replaced or that the
    /// audit has stopped at.
    #[arg(long = "keep-value", value_name = "VALUE", help_heading = "Privacy")]
    pub(crate) keep_values: Vec<String>,

    /// Seal the bundle even if the audit finds what looks like an original
    ///
    /// Before anything leaves, all names are searched for originals and for what is shaped like an
    /// address. A finding stops the export. With this option it is recorded in the metadata.
    #[arg(long, help_heading = "Privacy")]
    pub(crate) accept_audit: bool,

    /// Write what the audit found to this file, as JSON
    ///
    /// Every finding, and every distinct value that left as it was, by label; also if the findings
    /// stop the export. It holds real names and is readable by you only: do not attach it. An
    /// existing file is never overwritten.
    #[arg(long, value_name = "FILE", help_heading = "Privacy")]
    pub(crate) audit_report: Option<PathBuf>,

    /// Remove this label from every series; repeatable, also with --plain
    #[arg(long = "drop-label", value_name = "LABEL", help_heading = "Privacy")]
    pub(crate) drop_labels: Vec<String>,

    /// Use the pseudonyms of this earlier map, and add new ones
    ///
    /// Bundles made with one map agree: a host has the same pseudonym in all of them. The map keeps
    /// its id; with the new pseudonyms it is written to ~/.vmgather/maps.
    #[arg(long, value_name = "FILE", help_heading = "Privacy")]
    pub(crate) map: Option<PathBuf>,

    /// Keep no map; nobody can ever turn the pseudonyms back
    ///
    /// Without this option the map is written to ~/.vmgather/maps. It never goes into the bundle.
    #[arg(long, help_heading = "Privacy")]
    pub(crate) no_map: bool,

    /// Folder for the bundle and unfinished data
    ///
    /// Unfinished data lie in DIR/staging. Default: ~/Downloads/vmgather where ~/Downloads exists, else ./exports. Created when
    /// needed.
    #[arg(long, value_name = "DIR", help_heading = "Result")]
    pub(crate) output: Option<PathBuf>,

    /// Write the bundle to this file; - is stdout
    ///
    /// An existing file is never overwritten. Unfinished data lies in `staging` beside FILE, with
    /// - in ~/.vmgather/staging; --output chooses another folder for them.
    #[arg(short = 'o', value_name = "FILE", help_heading = "Result")]
    pub(crate) file: Option<PathBuf>,

    /// Write JSON lines to stdout instead of a bundle
    ///
    /// The same lines that the bundle would hold, obfuscated alike, after everything has been
    /// fetched.
    #[arg(long, help_heading = "Result")]
    pub(crate) stdout: bool,

    /// What the bundle holds: jsonl or native [default: jsonl]
    ///
    /// jsonl is text that every tool reads. native holds the blocks of VictoriaMetrics, in a
    /// fraction of the size, for servers since 1.82; `vmgather cat` prints them as JSON lines. The
    /// samples are the same.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        hide_possible_values = true,
        help_heading = "Result"
    )]
    pub(crate) format: Option<BundleFormat>,

    /// Exit with 1 if no series has a sample in the range
    ///
    /// The result is written all the same. Without this option it is only warned about.
    #[arg(long, help_heading = "Result")]
    pub(crate) fail_empty: bool,

    /// Show the plan and stop; nothing is fetched or written
    ///
    /// The server is asked how series would be fetched and which jobs there are. With --json the
    /// plan is one JSON object.
    #[arg(long, help_heading = "Result")]
    pub(crate) dry_run: bool,

    /// Refuse to start an export that is likely to be larger, such as 2GiB
    ///
    /// Compares the estimated size of the bundle. Units: B, KB, MB, GB, TB, KiB, MiB, GiB, TiB.
    /// Where nothing can be estimated, as for query results, the export is refused too.
    #[arg(long, value_name = "SIZE", value_parser = Size::parse, allow_hyphen_values = true,
        help_heading = "Result")]
    pub(crate) max_bytes: Option<Size>,

    /// Case id for the metadata; names known from the data are replaced in it
    #[arg(long = "case", value_name = "ID", help_heading = "Result")]
    pub(crate) case: Option<String>,

    /// Text for the metadata; names known from the data are replaced in it
    #[arg(long, value_name = "TEXT", help_heading = "Result")]
    pub(crate) note: Option<String>,

    /// How to fetch: auto, native, json or query-range
    ///
    /// native is by far the cheapest for the server; auto, the default, takes it where it is
    /// offered, else JSON lines. The bundle holds the same samples either way. query-range asks for
    /// values at a --step instead of stored samples; auto takes it only where the server exports
    /// nothing, and always for a MetricsQL query.
    #[arg(
        long,
        value_name = "TRANSPORT",
        value_enum,
        hide_possible_values = true,
        help_heading = "Fetching"
    )]
    pub(crate) transport: Option<Transport>,

    /// Time span of one request, such as 1h
    ///
    /// At least 1s. Default: chosen by transport and time range.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true,
        help_heading = "Fetching")]
    pub(crate) window: Option<Span>,

    /// Requests in flight, 1 to 8 [default: 1]
    ///
    /// Each one occupies a query slot of the server from its first to its last byte.
    #[arg(long, value_name = "N", allow_hyphen_values = true,
        value_parser = clap::value_parser!(u8).range(1..=gather::MAX_CONCURRENCY as i64),
        help_heading = "Fetching")]
    pub(crate) concurrency: Option<u8>,

    /// First delete interrupted exports that nobody touched for so long, such as 7d
    ///
    /// Looks where this export puts its unfinished data and at every other place that earlier
    /// exports used. Running exports stay. Default: nothing is deleted.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, allow_hyphen_values = true,
        help_heading = "Result")]
    pub(crate) staging_ttl: Option<Span>,

    /// Print one JSON object per event to stdout, for scripts
    #[arg(long, help_heading = "Messages")]
    pub(crate) json: bool,

    /// Print errors only
    #[arg(long, short, help_heading = "Messages")]
    pub(crate) quiet: bool,
}

/// What a bundle holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum BundleFormat {
    /// JSON lines
    Jsonl,
    /// Native blocks
    Native,
}

impl From<BundleFormat> for bundle::Format {
    fn from(format: BundleFormat) -> Self {
        match format {
            BundleFormat::Jsonl => Self::Jsonl,
            BundleFormat::Native => Self::Native,
        }
    }
}

/// How series are fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Transport {
    /// Native where the server offers it, else JSON lines
    #[default]
    Auto,
    /// Native, or fail
    Native,
    /// JSON lines
    Json,
    /// Query results at a fixed step
    QueryRange,
}

const AFTER_HELP: &str = "\
Examples:
  Try it without a server:
    vmgather export --demo

  Six hours of two jobs, obfuscated:
    vmgather export --url http://vmsingle:8428 --last 6h --job vmagent --job vmalert

  One hour of a cluster's tenant 0, into a file:
    vmgather export --url http://vmselect:8481/select/0/prometheus \\
      --start 2026-01-23T12:00:00Z --end 2026-01-23T13:00:00Z -o case-4711.zip

  What would be asked, without asking for it:
    vmgather export --url http://vmsingle:8428 --last 6h --job vmagent --dry-run

  A week, small enough to send:
    vmgather export --url http://vmsingle:8428 --last 7d --format native

  From a pod to this machine:
    kubectl exec POD -- vmgather export --url http://vmsingle:8428 --last 1h -o - > bundle.zip

Exit codes:
  0    the bundle is sealed, or all lines are written
  1    failed; what was fetched can often be resumed
  2    bad usage or bad config; nothing has been done
  130  interrupted by Ctrl-C or SIGTERM; resume with `vmgather resume`

Environment:
  VMGATHER_SOURCE_PASSWORD  password for --user, or for basic auth in --config
  VMGATHER_SOURCE_TOKEN     bearer token, unless options say otherwise
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                            proxy on the way to the server
  NO_COLOR                  no colours
  HOME                      holds .vmgather (key, maps) and Downloads";
