//! A place for files and one target.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test program uses a part of it"
)]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::Duration;

use replay::{
    Ending, Error, Event, EventSink, Fit, ImportRequest, NoEvents, Outcome, ResumeRequest, Source,
    Spool, TargetFacts,
};
use tokio_util::sync::CancellationToken;
use vmapi::{Connection, Importer, RetryPolicy, Target, Timeouts};

pub const START_MS: i64 = 1_700_000_000_000;

pub struct World {
    pub dir: tempfile::TempDir,
    pub importer: Importer,
    pub retry: RetryPolicy,
    pub cancel: CancellationToken,
    pub in_flight: usize,
    pub verify: bool,
    pub fail_on_skip: bool,
    verify_for: Duration,
    pub events: Arc<dyn EventSink>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn new(url: &str) -> Self {
        Self::of_tenant(url, "")
    }

    pub fn of_tenant(url: &str, tenant: &str) -> Self {
        let connection = Connection {
            url: url.to_owned(),
            tenant_id: tenant.to_owned(),
            ..Connection::default()
        };
        let target = Target::new(&connection).unwrap();
        Self {
            dir: tempfile::tempdir().unwrap(),
            importer: Importer::new(target, Timeouts::default()).unwrap(),
            retry: RetryPolicy {
                first_wait: Duration::from_millis(10),
                longest_wait: Duration::from_millis(50),
                patience: Duration::from_millis(500),
            },
            cancel: CancellationToken::new(),
            in_flight: 1,
            verify: true,
            fail_on_skip: false,
            verify_for: Duration::from_secs(60),
            events: Arc::new(NoEvents),
            // With a worker, several imports can run at once even if one is held up.
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    /// How long samples may take to become visible.
    pub fn patience(&mut self, patience: Duration) {
        self.verify_for = patience;
    }

    pub fn spool(&self) -> Spool {
        Spool::new(self.dir.path().join("imports"))
    }

    pub fn is_empty(&self) -> bool {
        std::fs::read_dir(self.spool().root()).is_ok_and(|entries| entries.count() == 0)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn import_lines(&self, lines: &[u8], fit: Fit) -> Outcome {
        self.import(&self.file("lines.jsonl", lines), fit).unwrap()
    }

    pub fn import(&self, path: &Path, fit: Fit) -> Result<Outcome, Error> {
        let source = Source::open(path, &path.file_name().unwrap().to_string_lossy())?;
        self.runtime.block_on(async {
            let request = ImportRequest {
                source,
                copy: None,
                spool: self.spool(),
                importer: self.importer.clone(),
                target: TargetFacts::of(&self.importer.limits().await),
                fit: fit.checked().unwrap(),
                fail_on_skip: self.fail_on_skip,
                verify: self.verify.then_some(self.verify_for),
                retry: self.retry,
                in_flight: self.in_flight,
            };
            replay::import(request, self.events.clone(), self.cancel.clone()).await
        })
    }

    pub fn resume(&self, folder: &Path) -> Result<Outcome, Error> {
        self.runtime.block_on(async {
            let request = ResumeRequest {
                folder: folder.to_owned(),
                importer: self.importer.clone(),
                retry: self.retry,
                in_flight: self.in_flight,
            };
            replay::resume(request, Arc::new(NoEvents), CancellationToken::new()).await
        })
    }
}

/// A line of one series.
pub fn line(name: &str, samples: &[(i64, &str)]) -> Vec<u8> {
    let values: Vec<&str> = samples.iter().map(|sample| sample.1).collect();
    let times: Vec<String> = samples.iter().map(|sample| sample.0.to_string()).collect();
    format!(
        "{{\"metric\":{{\"__name__\":\"{name}\",\"job\":\"j\"}},\"values\":[{}],\"timestamps\":[{}]}}\n",
        values.join(","),
        times.join(",")
    )
    .into_bytes()
}

pub fn assert_complete(outcome: &Outcome) {
    assert!(matches!(outcome.ending, Ending::Complete), "{outcome:?}");
}

/// Holds an import up at the first event of a kind, until it is told to go on.
pub struct Gate {
    is_here: fn(&Event) -> bool,
    passed: Mutex<usize>,
    changed: Condvar,
    barrier: Barrier,
}

impl Gate {
    pub fn at(is_here: fn(&Event) -> bool) -> Arc<Self> {
        Arc::new(Self {
            is_here,
            passed: Mutex::new(0),
            changed: Condvar::new(),
            barrier: Barrier::new(2),
        })
    }

    /// Waits until the import is held up.
    pub fn wait(&self) {
        self.barrier.wait();
    }

    /// Lets it go on.
    pub fn open(&self) {
        self.barrier.wait();
    }

    /// Waits for so many events of the kind after the first.
    pub fn again(&self, times: usize) {
        let passed = self.passed.lock().unwrap();
        let limit = Duration::from_secs(60);
        let waiting = |passed: &mut usize| *passed <= times;
        let (_passed, result) = self
            .changed
            .wait_timeout_while(passed, limit, waiting)
            .unwrap();
        assert!(!result.timed_out());
    }
}

impl EventSink for Gate {
    fn event(&self, event: &Event) {
        if !(self.is_here)(event) {
            return;
        }
        let passed = {
            let mut passed = self.passed.lock().unwrap();
            *passed += 1;
            *passed
        };
        self.changed.notify_all();
        if passed == 1 {
            self.barrier.wait();
            self.barrier.wait();
        }
    }
}
