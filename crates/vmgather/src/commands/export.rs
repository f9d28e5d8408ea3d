//! `vmgather export`: from what was typed to a checked request, then the run.

mod demo_cluster;
mod destination;
mod pseudonyms;
mod source;
mod time;

use std::time::Duration;

use demo::Demo;
use gather::{ExportRequest, TransportChoice};
use jiff::Timestamp;

use self::destination::Place;
use crate::cli::{ExportArgs, Transport, VERSION};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Wish;
use crate::run::Run;

/// Shorter windows cost the server more than they fetch.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);

pub(crate) fn run(args: ExportArgs, debug: bool) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    refuse_contradictions(&args)?;
    let wish = Wish {
        json: args.json,
        quiet: args.quiet,
        debug,
    };
    Run::new(wish).conduct(
        |run| Prepared::new(&args, now, run),
        |prepared| prepared.request.staging_root.clone(),
        |prepared, events, cancel| async move {
            let Prepared {
                request,
                place,
                demo,
            } = prepared;
            let outcome = gather::export(request, place.writer(), events, cancel).await;
            drop(demo);
            outcome
        },
    )
}

/// Options that cannot both be meant.
fn refuse_contradictions(args: &ExportArgs) -> Result<(), Failure> {
    let to_stdout = args
        .file
        .as_deref()
        .is_some_and(|file| file.as_os_str() == "-");
    let range = args.start.is_some() || args.end.is_some();
    let obfuscating = !args.obfuscate_labels.is_empty();
    let contradictions = [
        (
            args.last.is_some() && range,
            "`--last` and `--start` with `--end` are two ways to give the range",
        ),
        (
            args.start.is_some() && args.end.is_none(),
            "`--start` needs `--end`; for a range up to now give `--end now`",
        ),
        (
            args.end.is_some() && args.start.is_none(),
            "`--end` needs `--start`",
        ),
        (
            args.demo && args.url.is_some(),
            "`--demo` is its own server; it cannot be combined with `--url`",
        ),
        (
            args.demo && args.connection.has_credentials(),
            "`--demo` needs no credentials",
        ),
        (
            args.plain && obfuscating,
            "`--plain` obfuscates nothing; it cannot be combined with `--obfuscate-label`",
        ),
        (
            args.plain && args.map.is_some(),
            "`--plain` uses no pseudonyms; it cannot be combined with `--map`",
        ),
        (
            args.map.is_some() && args.no_map,
            "`--map` extends a map and `--no-map` keeps none; give one of them",
        ),
        (
            args.stdout && args.file.is_some(),
            "`--stdout` writes no bundle; it cannot be combined with `-o`",
        ),
        (
            args.json && (args.stdout || to_stdout),
            "`--json` writes events to stdout, where the data go; leave one of them out",
        ),
        (
            args.json && args.quiet,
            "`--json` prints every event and `--quiet` none; give one of them",
        ),
    ];
    for (holds, message) in contradictions {
        if holds {
            return Err(Failure::usage(message));
        }
    }
    let both = |label: &&String| args.drop_labels.contains(label);
    match args.obfuscate_labels.iter().find(both) {
        Some(label) => Err(Failure::usage(format!(
            "the label `{label}` cannot be both obfuscated and dropped"
        ))),
        None => Ok(()),
    }
}

/// Everything an export needs.
struct Prepared {
    request: ExportRequest,
    place: Place,
    /// Serves the export if it asks the demo cluster.
    demo: Option<Demo>,
}

impl Prepared {
    /// Checks everything that can be checked without asking the server.
    fn new(args: &ExportArgs, now: Timestamp, run: &Run) -> Result<Self, Failure> {
        let demo = args.demo.then(|| demo_cluster::start(now)).transpose()?;
        let url = match &demo {
            Some(demo) => Some(demo_cluster::url(demo)),
            None => args.url.clone(),
        };
        let config = source::merged(args, url, run)?;
        let range = time::range(args, &config, now)?;
        let window = match args.window {
            Some(window) if window.get() < SHORTEST_WINDOW => {
                return Err(Failure::usage("`--window` must be at least 1s"));
            }
            Some(window) => Some(window.get()),
            None => config.window.for_range(range),
        };
        let selection = config
            .selection()
            .map_err(|error| source::refused(&error))?;
        let rules = config
            .rules()
            .map_err(|error| source::labels_refused(args, &error))?;
        if !config.obfuscation.enabled && !args.obfuscate_labels.is_empty() {
            return Err(Failure::usage(
                "the config switches obfuscation off, so `--obfuscate-label` has no effect",
            )
            .hint("set `obfuscation.enabled` to `true`"));
        }
        let place = Place::of(args)?;
        let staging_root = place.staging_root(args, &config)?;
        let endpoint = vmapi::Endpoint::new(&config.connection)
            .map_err(|error| source::connection_refused(args, &error))?;
        if endpoint.skips_tls_verify() {
            run.warning("certificates are not verified: anyone on the way can read everything");
        }
        let (map, map_folder) = pseudonyms::choose(args, &rules, run)?;
        let request = ExportRequest {
            connection: config.connection,
            selection,
            instances: Vec::new(),
            thin: None,
            components: config.components,
            range,
            rules,
            map,
            map_folder,
            transport: match args.transport.unwrap_or_default() {
                Transport::Auto => TransportChoice::Auto,
                Transport::Native => TransportChoice::Native,
                Transport::Json => TransportChoice::Json,
            },
            window,
            concurrency: usize::from(args.concurrency.unwrap_or(1)),
            destination: place.destination(),
            staging_root,
            case: args.case.clone(),
            note: args.note.clone(),
            version: VERSION.to_owned(),
        };
        Ok(Self {
            request,
            place,
            demo,
        })
    }
}
