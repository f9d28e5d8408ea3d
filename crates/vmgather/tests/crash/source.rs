//! A server with known data behind a network that obeys, and the exports of it.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use gather::Interrupted;
use testkit::seed::cluster;
use testkit::{CanonicalSeries, Fault, FaultProxy, VmServer, VmVersion, canonical};

use crate::harness::{Place, entry};

const START_MS: i64 = 1_700_000_000_000;
const STEP_MS: i64 = 15_000;

/// The two ways to fetch, as `--transport` spells them.
pub(crate) const TRANSPORTS: [&str; 2] = ["native", "json"];

/// A server and the truth about what it holds.
pub(crate) struct Source {
    pub(crate) proxy: FaultProxy,
    pub(crate) truth: CanonicalSeries,
    server: VmServer,
    stalls: Cell<usize>,
    end_ms: i64,
}

impl Source {
    pub(crate) fn new(version: VmVersion, series: usize, samples: usize) -> Self {
        let server = VmServer::start(version, &[]);
        server.load(&cluster(series, samples, START_MS, STEP_MS));
        let end_ms = START_MS + samples as i64 * STEP_MS;
        Self {
            proxy: FaultProxy::start(&server.url()),
            truth: canonical(&server.export_json_lines(testkit::EVERYTHING, START_MS, end_ms)),
            server,
            stalls: Cell::new(0),
            end_ms,
        }
    }

    /// `export` of everything the server holds.
    pub(crate) fn export(&self, transport: &str, more: &[&str]) -> Vec<String> {
        let (start, end) = (START_MS.to_string(), self.end_ms.to_string());
        let url = self.proxy.url();
        let args = [
            "export",
            "--url",
            &url,
            "--start",
            &start,
            "--end",
            &end,
            "--transport",
            transport,
            "--quiet",
        ];
        let args = args.iter().chain(more);
        args.map(|arg| (*arg).to_owned()).collect()
    }

    /// Makes every slice take its time.
    pub(crate) fn throttle(&self, bytes_per_second: u64) {
        self.proxy
            .order("/api/v1/export", [], Fault::Throttle { bytes_per_second });
    }

    /// The first so many exports pass, the probe of the first run included; the next one stalls
    /// after `bytes`, until released, and so do all that follow.
    pub(crate) fn stall(&self, passing: usize, bytes: u64) {
        let passing = std::iter::repeat_n(Fault::Pass, passing);
        self.proxy
            .order("/api/v1/export", passing, Fault::StallAfter(bytes));
    }

    /// Waits until one response more has stalled.
    pub(crate) fn wait_for_stall(&self) {
        self.stalls.set(self.stalls.get() + 1);
        self.proxy.wait_for_stalls(self.stalls.get());
    }

    /// The server without the network in front of it.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    pub(crate) fn calm(&self) {
        self.proxy.order("/api/v1/export", [], Fault::Pass);
    }

    /// Requests for data so far, and for whether there is any: one at the start of each run that has
    /// slices to fetch.
    pub(crate) fn requests(&self) -> usize {
        self.settle();
        self.proxy.requests("/api/v1/export").len()
    }

    /// Waits until the proxy has seen everything that a program sent before it ended. The proxy takes
    /// connections in order, so once it has answered one of ours it knows all before it.
    fn settle(&self) {
        let url = self.proxy.url();
        let address = url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream
            .write_all(b"GET /health HTTP/1.1\r\nHost: proxy\r\nConnection: close\r\n\r\n")
            .unwrap();
        stream.read_to_end(&mut Vec::new()).unwrap();
        self.proxy.wait_until_idle();
    }
}

/// Bundles in a folder; what has a final name must be complete.
pub(crate) fn bundles(folder: &Path) -> Vec<PathBuf> {
    ending_with(folder, ".zip")
}

pub(crate) fn ending_with(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_str().is_some_and(|path| path.ends_with(ending)));
    paths
}

/// Checks everything that has a final name, whatever happened before; returns the bundles.
#[track_caller]
pub(crate) fn assert_whole(place: &Place, folder: &Path) -> Vec<PathBuf> {
    let bundles = bundles(folder);
    for bundle in &bundles {
        let report = bundle::verify(bundle, |_| ()).unwrap();
        assert!(report.is_ok(), "{}: {report:?}", bundle.display());
    }
    for map in ending_with(&place.path(".vmgather/maps"), ".json") {
        privacy::Map::from_json(&std::fs::read(map).unwrap()).unwrap();
    }
    bundles
}

/// The one bundle of a finished export, with nothing left beside it.
#[track_caller]
pub(crate) fn assert_finished(place: &Place, folder: &Path) -> PathBuf {
    let bundles = assert_whole(place, folder);
    let [bundle] = &bundles[..] else {
        panic!("not one bundle: {bundles:?}");
    };
    assert_eq!(ending_with(folder, ".partial"), [] as [PathBuf; 0]);
    assert_eq!(ending_with(folder, ".sha256").len(), 1);
    assert_eq!(ending_with(&folder.join("staging"), ""), [] as [PathBuf; 0]);
    let verified = place.run(&["verify", bundle.to_str().unwrap()]);
    assert_eq!(verified.code, 0, "{}", verified.stdout());
    bundle.clone()
}

/// The samples of a bundle, labels as they are in it.
pub(crate) fn samples(bundle: &Path) -> CanonicalSeries {
    canonical(entry(bundle, bundle::METRICS_ENTRY).as_bytes())
}

/// The interrupted exports of an output folder.
pub(crate) fn interrupted(output: &Path) -> Vec<Interrupted> {
    gather::interrupted(&output.join("staging")).unwrap()
}

/// Past the capture of the test harness: numbers and skipped tests are for whoever reads the log.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("test folders have plain names")
}
