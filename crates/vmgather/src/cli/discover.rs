//! `vmgather discover`.

use std::path::PathBuf;

use clap::Args;
use vmapi::Tenant;

use super::{ConnectionArgs, Moment, Span};

/// List components, jobs and series, and estimate an export
///
/// Looks at the whole time range, so that a component that died in it is listed
/// too, and asks little of the server: as a rule five short queries. Nothing is
/// written, but the map of --obfuscate.
#[derive(Args, Debug, Default)]
#[command(
    after_help = "`vmgather discover --help` explains each option and ends with examples.",
    after_long_help = AFTER_HELP
)]
pub(crate) struct DiscoverArgs {
    /// Base URL of VictoriaMetrics, or of the vmauth before it
    ///
    /// A cluster is read through vmselect, with the tenant in the path:
    /// http://vmselect:8481/select/0/prometheus.
    #[arg(long, value_name = "URL", help_heading = "Source")]
    pub(crate) url: Option<String>,

    /// Look at an embedded demo cluster instead of a server
    ///
    /// Needs no VictoriaMetrics and no network. Without a time range the last hour is taken.
    #[arg(long, help_heading = "Source")]
    pub(crate) demo: bool,

    /// Look at this tenant, as accountID or accountID:projectID; repeatable; all is every tenant
    ///
    /// Tenants are listed apart. The tenant takes the place of the one in the URL, or is added to
    /// it. For all, the server is asked which tenants it has. No export is estimated then, because
    /// one export reads one address.
    #[arg(
        long = "tenant",
        value_name = "TENANT",
        value_parser = Tenants::parse,
        help_heading = "Source"
    )]
    pub(crate) tenants: Vec<Tenants>,

    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,

    /// Length of a range up to now: 90s, 6h, 1h30m
    ///
    /// Now is the start of the run. Units: w, d, h, m, s, ms.
    #[arg(long, value_name = "DURATION", value_parser = Span::parse, help_heading = "Selection")]
    pub(crate) last: Option<Span>,

    /// First moment of the range; needs --end
    ///
    /// RFC 3339 with a zone, Unix seconds, Unix milliseconds, now, or now-2h, as for
    /// `vmgather export`.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) start: Option<Moment>,

    /// Last moment of the range; needs --start
    ///
    /// The same forms as --start.
    #[arg(long, value_name = "TIME", value_parser = Moment::parse, allow_hyphen_values = true,
        help_heading = "Selection")]
    pub(crate) end: Option<Moment>,

    /// Estimate an export of this job; repeatable
    ///
    /// Without --job, --component and --selector an export of all jobs found is estimated.
    #[arg(long = "job", value_name = "JOB", help_heading = "Selection")]
    pub(crate) jobs: Vec<String>,

    /// Estimate an export of the jobs of this component; repeatable
    #[arg(
        long = "component",
        value_name = "COMPONENT",
        help_heading = "Selection"
    )]
    pub(crate) components: Vec<String>,

    /// Estimate an export of this selector; with --job narrowed to these jobs
    #[arg(long, value_name = "SELECTOR", help_heading = "Selection")]
    pub(crate) selector: Option<String>,

    /// Show pseudonyms instead of jobs, so that the output can be shared
    ///
    /// Counts, tenants and the names of components stay. The map is written to ~/.vmgather/maps as
    /// for an export. Errors may still name the server.
    #[arg(long, help_heading = "Privacy")]
    pub(crate) obfuscate: bool,

    /// Use the pseudonyms of this earlier map, and add new ones
    ///
    /// With the map of a bundle the pseudonyms are those in the bundle.
    #[arg(long, value_name = "FILE", help_heading = "Privacy")]
    pub(crate) map: Option<PathBuf>,

    /// Keep no map; nobody can ever turn the pseudonyms back
    #[arg(long, help_heading = "Privacy")]
    pub(crate) no_map: bool,

    /// Print one JSON object
    #[arg(long, help_heading = "Messages")]
    pub(crate) json: bool,
}

/// A value of `--tenant`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tenants {
    /// One by its number, or `multitenant`.
    One(Tenant),
    /// Those that the server lists.
    All,
}

impl Tenants {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            text => text
                .parse()
                .map(Self::One)
                .map_err(|error: vmapi::TenantError| error.to_string()),
        }
    }
}

const AFTER_HELP: &str = "\
Examples:
  Try it without a server:
    vmgather discover --demo

  What is there, and what would six hours of two jobs weigh:
    vmgather discover --url http://vmsingle:8428 --last 6h --job vmagent --job vmalert

  Every tenant of a cluster, for scripts:
    vmgather discover --url http://vmselect:8481 --tenant all --last 1h --json

  The same for somebody who must not know the jobs:
    vmgather discover --url http://vmsingle:8428 --last 6h --obfuscate

JSON:
  time_range.start, .end            as RFC 3339
  components[].component            such as vmstorage; unknown if it cannot be told
  components[].tenant               accountID:projectID; only where tenants are told apart
  components[].jobs                 exact names, or pseudonyms; sorted
  components[].instance_count       distinct instances; -1 unknown
  components[].metrics_count_estimate
                                    series; -1 unknown
  components[].job_metrics          series by job, where known
  components[].job_instances        instances by job, where known
  estimate                          null if nothing was estimated; its numbers are
                                    null where unknown
  estimate.series, .samples         of the selection in the time range
  estimate.bundle_bytes_jsonl, .bundle_bytes_native
                                    sealed bundle of lines, of native blocks;
                                    .bundle_bytes is the first
  estimate.json_lines_bytes, .native_bytes
                                    the lines and the blocks themselves
  estimate.seconds                  from the first request to the sealed bundle
  estimate.basis                    scrape_counts, last_minutes or nothing
  warnings[]                        sentences

Exit codes:
  0  something was found
  1  failed, or no component was seen in the time range
  2  bad usage

Environment:
  VMGATHER_SOURCE_PASSWORD  password for --user
  VMGATHER_SOURCE_TOKEN     bearer token, unless options say otherwise
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY
                            proxy on the way to the server
  HOME                      holds .vmgather (key, maps)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_a_word_and_everything_else_a_tenant() {
        assert_eq!(Tenants::parse("all"), Ok(Tenants::All));
        assert_eq!(
            Tenants::parse("7"),
            Ok(Tenants::One("7:0".parse().unwrap()))
        );
        assert!(Tenants::parse("seven").unwrap_err().contains("accountID"));
    }
}
