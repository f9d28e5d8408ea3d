//! `vmgather export`: from what was typed to a checked request, then the run.

mod audit_file;
mod components;
pub(super) mod contradictions;
pub(super) mod demo_cluster;
pub(super) mod destination;
mod dry_run;
pub(super) mod pseudonyms;
mod selection;
mod size_limit;
mod source;
pub(super) mod time;

use std::time::Duration;

use bundle::Format;
use demo::Demo;
use gather::{ExportRequest, Outcome};
use jiff::Timestamp;

use self::audit_file::AuditFile;
use self::destination::Place;
use self::selection::Chosen;
use crate::address;
use crate::cli::{ExportArgs, VERSION};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::folders;
use crate::progress::Wish;
use crate::run::{Run, Stop};
use crate::unfinished;

/// Shorter windows cost the server more than they fetch.
const SHORTEST_WINDOW: Duration = Duration::from_secs(1);

/// Whose rules hold where they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Convention {
    /// A slip in a config is an error, and options decide where files go.
    Options,
    /// That of `-oneshot`: scripts of older releases rely on its tolerance.
    Oneshot,
}

pub(crate) fn run(args: ExportArgs, convention: Convention, debug: bool) -> Result<Exit, Failure> {
    let now = Timestamp::now();
    contradictions::refuse(&args)?;
    let wish = Wish {
        json: args.json,
        quiet: args.quiet,
        debug,
    };
    let run = Run::new(wish);
    if args.dry_run {
        let mut prepared = Prepared::new(&args, convention, now, &run)?;
        return crate::run::runtime()?.block_on(async {
            prepared.complete(&run).await?;
            dry_run::show(prepared.request, args.json).await
        });
    }
    let args = &args;
    run.conduct(
        |run| {
            let prepared = Prepared::new(args, convention, now, run)?;
            if let Some(ttl) = args.staging_ttl {
                let roots = unfinished::staging_roots([prepared.request.staging_root.clone()]);
                unfinished::sweep(&roots, ttl, |text| run.warning(text));
            }
            Ok(prepared)
        },
        |prepared| prepared.request.staging_root.clone(),
        async |run: &Run, mut prepared: Prepared, events, cancel| {
            gather::prepare_destination(&prepared.request.destination)?;
            let prepare = async {
                prepared.complete(run).await?;
                match args.max_bytes {
                    Some(limit) => size_limit::check(&prepared.request, limit).await,
                    None => Ok(()),
                }
            };
            tokio::select! {
                prepared = prepare => prepared?,
                () = cancel.cancelled() => return Ok(Outcome::Cancelled { resumable: None }),
            }
            let Prepared {
                request,
                place,
                audit_file,
                demo,
                ..
            } = prepared;
            let outcome = gather::export(request, place.writer(), events, cancel).await;
            drop(demo);
            if let Some(file) = audit_file {
                file.write(&outcome)?;
            }
            refuse_empty(args, outcome?)
        },
    )
}

/// Everything an export needs.
struct Prepared {
    request: ExportRequest,
    place: Place,
    audit_file: Option<AuditFile>,
    /// Components whose jobs are still to be asked for.
    components: Vec<String>,
    /// Serves the export if it asks the demo cluster.
    demo: Option<Demo>,
}

impl Prepared {
    /// Checks everything that can be checked without asking the server.
    fn new(
        args: &ExportArgs,
        convention: Convention,
        now: Timestamp,
        run: &Run,
    ) -> Result<Self, Failure> {
        let demo = args.demo.then(|| demo_cluster::start(now)).transpose()?;
        let url = match &demo {
            Some(demo) => Some(demo_cluster::url(demo)),
            None => args.url.clone(),
        };
        let config = source::merged(args, url, convention, run)?;
        let range = time::range(args, &config, now)?;
        let window = match args.window {
            Some(window) if window.get() < SHORTEST_WINDOW => {
                return Err(Failure::usage("`--window` must be at least 1s"));
            }
            Some(window) => Some(window.get()),
            None => config.window.for_range(range),
        };
        let components = components::to_find(args, &config);
        let chosen = Chosen::new(args, &config)?;
        let rules = config
            .rules()
            .map_err(|error| source::labels_refused(args, &error))?;
        let named = [
            ("--obfuscate-label", &args.obfuscate_labels),
            ("--obfuscate-word", &args.obfuscate_words),
            ("--obfuscate-regex", &args.obfuscate_patterns),
        ];
        if !config.obfuscation.enabled
            && let Some((option, _)) = named.iter().find(|(_, values)| !values.is_empty())
        {
            return Err(Failure::usage(format!(
                "the config switches obfuscation off, so `{option}` has no effect"
            ))
            .hint("set `obfuscation.enabled` to `true`"));
        }
        let place = Place::of(args)?;
        let audit_file = AuditFile::of(args, &rules)?;
        let staging_root = place.staging_root(args, &config, convention)?;
        let endpoint = vmapi::Endpoint::new(&config.connection)
            .map_err(|error| source::connection_refused(args, &error))?;
        if endpoint.skips_tls_verify() {
            run.warning("certificates are not verified: anyone on the way can read everything");
        }
        let (map, map_folder) = pseudonyms::choose(args, &rules, run)?;
        let request = ExportRequest {
            connection: config.connection,
            selection: chosen.selection,
            instances: args.instances.clone(),
            thin: args.thin.map(|interval| interval.get()),
            components: config.components,
            range,
            rules,
            accept_audit: args.accept_audit || config.obfuscation.accept_audit,
            map,
            map_folder,
            transport: chosen.transport,
            step: chosen.step,
            window,
            concurrency: usize::from(args.concurrency.unwrap_or(1)),
            format: match args.format {
                Some(format) => format.into(),
                // Lines are what goes there, whatever a bundle would hold.
                None if args.stdout => Format::Jsonl,
                None => config.format,
            },
            destination: place.destination(),
            staging_root,
            registry: folders::private_jobs(),
            case: args.case.clone(),
            note: args.note.clone(),
            version: VERSION.to_owned(),
        };
        Ok(Self {
            request,
            place,
            audit_file,
            components,
            demo,
        })
    }

    /// Completes the address and the selection by asking the server.
    async fn complete(&mut self, run: &Run) -> Result<(), Failure> {
        let say = |text: &str| run.warning(text);
        if let Some(found) = address::resolve(&self.request.connection, say).await {
            self.request.connection = found;
        }
        components::add_jobs(&mut self.request, &self.components, say).await
    }
}

/// An empty result is a failure if the person says so.
fn refuse_empty(args: &ExportArgs, outcome: Outcome) -> Result<Outcome, Stop> {
    match &outcome {
        Outcome::Done(report) if args.fail_empty && report.metadata.metrics_count == 0 => {
            Err(Failure::failed("no series has a sample in the time range")
                .hint("`vmgather discover` shows what there is")
                .into())
        }
        _ => Ok(outcome),
    }
}
