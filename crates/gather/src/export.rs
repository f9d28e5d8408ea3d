//! Starting an export.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bundle::staging::{StagingError, StagingFolder};
use bundle::{ExportId, Format};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use vmapi::{Client, Connection, Endpoint, ExportRoute, ExportSupport, RetryPolicy, Timeouts};

use crate::error::Error;
use crate::event::EventSink;
use crate::outcome::Outcome;
use crate::persist::persist;
use crate::plan::Plan;
use crate::registry::Registry;
use crate::request::{Destination, ExportRequest, MAX_CONCURRENCY, Selection, TransportChoice};
use crate::run::Run;
use crate::sealing::Writer;
use crate::slice::Transport;
use crate::staging::{MAP_FILE, PLAN_FILE, Progress, Staging, clear_remains};
use crate::time_range::TimeRange;

/// Runs one export from nothing to the sealed bundle.
///
/// `writer` takes the result unless the destination is a file or a folder. Cancelling is an outcome;
/// what was fetched until then, or until an error, stays in a folder below the staging root and can
/// be resumed.
///
/// # Errors
///
/// [`Error::is_usage`] before any work; everything else with the staging folder left for a resume.
pub async fn export(
    request: ExportRequest,
    writer: Option<Writer>,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> Result<Outcome, Error> {
    export_patiently(request, writer, events, cancel, Patience::default()).await
}

/// How long an export waits for a server.
#[derive(Clone, Copy, Debug, Default)]
struct Patience {
    timeouts: Timeouts,
    retry: RetryPolicy,
}

async fn export_patiently(
    request: ExportRequest,
    writer: Option<Writer>,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
    patience: Patience,
) -> Result<Outcome, Error> {
    let started = Timestamp::now();
    let now_ms = started.as_millisecond();
    check(&request, now_ms)?;
    prepare_destination(&request.destination)?;
    let client = connect_patiently(&request.connection, patience.timeouts)?;
    let planning = async {
        let transport = choose_transport(&request, &client, &*events).await?;
        let id = ExportId::generate(started).map_err(|_| Error::Defect("no random numbers"))?;
        Plan::make(&request, &client, &*events, transport, id, started).await
    };
    let plan = tokio::select! {
        plan = planning => plan?,
        () = cancel.cancelled() => return Ok(Outcome::Cancelled { resumable: None }),
    };
    let (staging, progress) =
        stage(&request, &plan).map_err(|(folder, source)| Error::Staging { folder, source })?;
    let run = Run {
        plan,
        map: request.map,
        staging,
        progress,
        registry: request.registry.map(Registry::new),
        version: request.version,
        retry: patience.retry,
        now_ms,
        events,
        cancel,
    };
    run.run(&client, writer).await
}

pub(crate) fn connect(connection: &Connection) -> Result<Client, Error> {
    connect_patiently(connection, Timeouts::default())
}

fn connect_patiently(connection: &Connection, timeouts: Timeouts) -> Result<Client, Error> {
    Endpoint::new(connection)
        .and_then(|endpoint| Client::new(endpoint, timeouts))
        .map_err(Error::Connection)
}

/// Everything that can be said without asking the server.
pub(crate) fn check(request: &ExportRequest, now_ms: i64) -> Result<(), Error> {
    request.range.refuse_future(now_ms)?;
    if !(1..=MAX_CONCURRENCY).contains(&request.concurrency) {
        return Err(Error::BadRequest(format!(
            "{} requests at once are not possible: choose 1 to {MAX_CONCURRENCY}",
            request.concurrency
        )));
    }
    match (request.format, &request.destination) {
        (Format::Native, Destination::Lines) => {
            return Err(Error::BadRequest(
                "lines are no native blocks: write a bundle, or leave the format away".to_owned(),
            ));
        }
        (Format::Jsonl | Format::Native, _) => {}
        (Format::Unknown, _) => return Err(Error::Defect("a bundle of an unknown format")),
    }
    if request.window.is_some_and(|window| window.as_millis() == 0) {
        return Err(Error::BadRequest(
            "a window must be at least one millisecond long".to_owned(),
        ));
    }
    if request
        .thin
        .is_some_and(|interval| interval.as_millis() == 0)
    {
        return Err(Error::BadRequest(
            "an interval to thin by must be at least one millisecond long".to_owned(),
        ));
    }
    if request.instances.iter().any(String::is_empty) {
        return Err(Error::BadRequest("an instance has no name".to_owned()));
    }
    let whole_seconds = |step: Duration| step.as_secs() > 0 && step.subsec_nanos() == 0;
    if request.step.is_some_and(|step| !whole_seconds(step)) {
        return Err(Error::BadRequest(
            "a step must be a whole number of seconds".to_owned(),
        ));
    }
    if let Selection::Expression(_) = request.selection {
        let wrong = match request.transport {
            TransportChoice::Native | TransportChoice::Json => {
                Some("a transport of stored samples")
            }
            _ if !request.instances.is_empty() => Some("a choice of instances"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            return Err(Error::BadRequest(format!(
                "a MetricsQL expression cannot be combined with {wrong}"
            )));
        }
    }
    match &request.selection {
        Selection::Jobs(jobs) if jobs.is_empty() => {
            Err(Error::BadRequest("no job is chosen".to_owned()))
        }
        Selection::Jobs(jobs) | Selection::Selector { jobs, .. }
            if jobs.iter().any(String::is_empty) =>
        {
            Err(Error::BadRequest("a job has no name".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Creates the folder of the result and proves that it can be written.
///
/// [`export`] does the same first; a caller that asks the server before it calls this before that.
///
/// # Errors
///
/// [`Error::BadDestination`].
pub fn prepare_destination(destination: &Destination) -> Result<(), Error> {
    let bad = |path: &Path, reason: String| Error::BadDestination {
        path: path.to_owned(),
        reason,
    };
    let folder = match destination {
        Destination::Folder(folder) => folder.as_path(),
        Destination::File(path) => {
            if path.symlink_metadata().is_ok() {
                return Err(bad(path, "it exists already".to_owned()));
            }
            match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            }
        }
        Destination::Archive | Destination::Lines => return Ok(()),
    };
    if folder.exists() && !folder.is_dir() {
        return Err(bad(folder, "it is not a folder".to_owned()));
    }
    std::fs::create_dir_all(folder)
        .and_then(|()| tempfile::tempfile_in(folder).map(drop))
        .map_err(|source| bad(folder, source.to_string()))
}

/// Native where the server offers it, else JSON lines, else query results; asked once, before the
/// first slice.
pub(crate) async fn choose_transport(
    request: &ExportRequest,
    client: &Client,
    events: &dyn EventSink,
) -> Result<(Transport, ExportRoute), Error> {
    let TimeRange { start_ms, end_ms } = request.range;
    let choice = request.transport;
    let stepped = (Transport::QueryRange, ExportRoute::default());
    if choice == TransportChoice::QueryRange
        || matches!(request.selection, Selection::Expression(_))
    {
        return Ok(stepped);
    }
    if choice != TransportChoice::Json {
        let ask = async || client.probe_native(start_ms, end_ms).await;
        match persist(events, ask).await.map_err(Error::Plan)? {
            ExportSupport::Routed(route) => return Ok((Transport::Native, route)),
            ExportSupport::NotRouted(_) if choice == TransportChoice::Auto => {}
            ExportSupport::NotRouted(error) => return Err(Error::Plan(error)),
        }
    }
    let ask = async || client.probe_json_lines(start_ms, end_ms).await;
    match persist(events, ask).await.map_err(Error::Plan)? {
        ExportSupport::Routed(route) => Ok((Transport::Json, route)),
        ExportSupport::NotRouted(_) if choice == TransportChoice::Auto => Ok(stepped),
        ExportSupport::NotRouted(error) => Err(Error::Plan(error)),
    }
}

/// Writes the plan and the key into a new staging folder.
fn stage(
    request: &ExportRequest,
    plan: &Plan,
) -> Result<(Staging, Progress), (PathBuf, StagingError)> {
    let root = &request.staging_root;
    clear_remains(root);
    let at = |source| (root.join(plan.export_id.as_str()), source);
    let folder = StagingFolder::create(root, plan.export_id.as_str()).map_err(at)?;
    let written = folder
        .write_whole(MAP_FILE, request.map.to_json().expose_secret())
        // A folder without a plan is not an export, so the plan comes last.
        .and_then(|()| folder.write_whole(PLAN_FILE, &plan.to_json()));
    if let Err(error) = written {
        // Nobody could resume or discard what is not an export yet.
        let _ = folder.remove();
        return Err(at(error));
    }
    Staging::open(folder, &plan.slices).map_err(at)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::Mutex;
    use std::time::Duration;

    use privacy::{Key, Map, Rules};
    use testkit::seed::cluster;
    use testkit::{Fault, FaultProxy, VmServer, VmVersion, canonical, diff};

    use super::*;
    use crate::event::Event;

    const START_MS: i64 = 1_700_000_000_000;
    const RANGE: TimeRange = TimeRange {
        start_ms: START_MS,
        end_ms: START_MS + 3_600_000,
    };

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[derive(Default)]
    struct Retries(Mutex<Vec<String>>);

    impl EventSink for Retries {
        fn event(&self, event: &Event) {
            if let Event::Retrying { reason, .. } = event {
                self.0.lock().unwrap().push(reason.clone());
            }
        }
    }

    fn request(url: &str, transport: TransportChoice, staging_root: &Path) -> ExportRequest {
        ExportRequest {
            connection: Connection {
                url: url.to_owned(),
                ..Connection::default()
            },
            selection: Selection::Everything,
            instances: Vec::new(),
            components: Vec::new(),
            range: RANGE,
            thin: None,
            rules: Rules::off(Vec::<String>::new()).unwrap(),
            accept_audit: false,
            map: Map::new(Key::generate().unwrap()).unwrap(),
            map_folder: None,
            transport,
            step: None,
            window: None,
            concurrency: 1,
            format: Format::Jsonl,
            destination: Destination::Lines,
            staging_root: staging_root.to_owned(),
            registry: None,
            case: None,
            note: None,
            version: "test".to_owned(),
        }
    }

    #[test]
    fn a_server_that_falls_silent_is_asked_again() {
        let patience = Patience {
            timeouts: Timeouts {
                reply: Duration::from_secs(2),
                stall: Duration::from_secs(2),
                ..Timeouts::default()
            },
            retry: RetryPolicy {
                first_wait: Duration::from_millis(10),
                ..RetryPolicy::default()
            },
        };
        for version in VmVersion::all() {
            let server = VmServer::start(version, &[]);
            server.load(&cluster(200, 200, START_MS, 15_000));
            let lines = server.export_json_lines(testkit::EVERYTHING, START_MS, RANGE.end_ms);
            for transport in [TransportChoice::Native, TransportChoice::Json] {
                // The probe, then a slice that begins to come, then one without a first byte.
                let proxy = FaultProxy::start(&server.url());
                let faults = [Fault::Pass, Fault::StallAfter(1000), Fault::StallAfter(0)];
                proxy.order("/api/v1/export", faults, Fault::Pass);
                let staging = tempfile::tempdir().unwrap();
                let (written, retries) = (Lines::default(), Arc::new(Retries::default()));
                let outcome = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap()
                    .block_on(export_patiently(
                        request(&proxy.url(), transport, staging.path()),
                        Some(Box::new(written.clone())),
                        retries.clone(),
                        CancellationToken::new(),
                        patience,
                    ));
                assert!(matches!(outcome, Ok(Outcome::Done(_))), "{outcome:?}");
                let retries = retries.0.lock().unwrap();
                assert_eq!(retries.len(), 2, "{retries:?}");
                let written = written.0.lock().unwrap();
                assert_eq!(diff(&canonical(&lines), &canonical(&written)), None);
            }
        }
    }
}
