//! Exports run from tests, against real servers.
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a failed helper is a failed test")]

use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use gather::{
    Destination, Event, EventSink, ExportRequest, NoEvents, Outcome, Report, ResumeRequest,
    Selection, TimeRange, TransportChoice,
};
use tokio_util::sync::CancellationToken;

/// A writer whose bytes can be read afterwards.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    pub(crate) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps every event but the counters.
#[derive(Default)]
pub(crate) struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    pub(crate) fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn retries(&self) -> usize {
        let retry = |event: &&Event| matches!(event, Event::Retrying { .. });
        self.all().iter().filter(retry).count()
    }

    pub(crate) fn splits(&self) -> usize {
        let split = |event: &&Event| matches!(event, Event::Split { .. });
        self.all().iter().filter(split).count()
    }
}

impl EventSink for Recorder {
    fn event(&self, event: &Event) {
        if !matches!(event, Event::Fetched(_) | Event::Sealing { .. }) {
            self.0.lock().unwrap().push(event.clone());
        }
    }
}

/// An export of everything in `range` from `url`, as plain lines, staged below `staging_root`.
pub(crate) fn request(url: &str, range: (i64, i64), staging_root: &Path) -> ExportRequest {
    ExportRequest {
        connection: vmapi::Connection {
            url: url.to_owned(),
            ..vmapi::Connection::default()
        },
        selection: Selection::Everything,
        instances: Vec::new(),
        thin: None,
        components: Vec::new(),
        range: TimeRange::new(range.0, range.1).unwrap(),
        rules: privacy::Rules::off(Vec::<String>::new()).unwrap(),
        accept_audit: false,
        map: privacy::Map::new(privacy::Key::generate().unwrap()).unwrap(),
        map_folder: None,
        transport: TransportChoice::Auto,
        step: None,
        window: None,
        concurrency: 1,
        format: bundle::Format::Jsonl,
        destination: Destination::Lines,
        staging_root: staging_root.to_owned(),
        registry: None,
        case: None,
        note: None,
        version: "test".to_owned(),
    }
}

pub(crate) fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// Runs an export to its end; the lines and what it reported.
pub(crate) fn export_lines(request: ExportRequest) -> (Vec<u8>, Report) {
    let lines = Shared::default();
    let outcome = run(gather::export(
        request,
        Some(Box::new(lines.clone())),
        Arc::new(NoEvents),
        CancellationToken::new(),
    ));
    match outcome.unwrap() {
        Outcome::Done(report) => (lines.take(), *report),
        Outcome::Cancelled { .. } => panic!("nobody cancelled"),
    }
}

/// Resumes the only interrupted export below `staging_root`.
pub(crate) fn resume_only(
    staging_root: &Path,
    writer: Option<gather::Writer>,
    events: Arc<dyn EventSink>,
) -> Result<Outcome, gather::Error> {
    let interrupted = gather::interrupted(staging_root).unwrap();
    assert_eq!(interrupted.len(), 1, "{interrupted:?}");
    run(gather::resume(
        ResumeRequest {
            staging: interrupted[0].staging.clone(),
            connection: None,
            auth: vmapi::Auth::None,
            destination: None,
            registry: None,
            amendment: gather::Amendment::default(),
            version: "test".to_owned(),
        },
        writer,
        events,
        CancellationToken::new(),
    ))
}
