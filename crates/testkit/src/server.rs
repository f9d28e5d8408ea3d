use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use ureq::Agent;
use ureq::http::Response;

use crate::canonical::sample_count;
use crate::process::Process;
use crate::usage::{cpu_seconds, peak_rss};
use crate::version::VmVersion;

/// The selector of every series that has a metric name.
pub const EVERYTHING: &str = r#"{__name__!=""}"#;

const VISIBLE_DEADLINE: Duration = Duration::from_secs(60);
/// The last second that newer versions do not take for milliseconds.
const END_OF_TIME_MS: i64 = 4_294_967_295_000;

/// A single-node VictoriaMetrics on loopback with an empty storage of its own, killed when dropped.
pub struct VmServer {
    process: Process,
    agent: Agent,
    version: VmVersion,
}

impl VmServer {
    /// Starts a server and waits until it answers; `flags` are added to, or override, those it needs.
    ///
    /// # Panics
    /// If the test environment is missing or the server does not start.
    pub fn start(version: VmVersion, flags: &[&str]) -> VmServer {
        let process = Process::start(version, "victoria-metrics", |dir: &Path, port| {
            let mut arguments = vec![
                format!("-storageDataPath={}", dir.join("data").display()),
                format!("-httpListenAddr=127.0.0.1:{port}"),
                "-retentionPeriod=100y".to_owned(),
            ];
            arguments.extend(flags.iter().map(|&flag| flag.to_owned()));
            arguments
        });
        let server = VmServer {
            process,
            agent: agent(),
            version,
        };
        server.get("/health");
        server
    }

    /// The version that was asked for.
    pub fn version(&self) -> VmVersion {
        self.version
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub fn url(&self) -> String {
        self.process.url()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// User and system time the server has used so far, in seconds.
    pub fn cpu_seconds(&self) -> f64 {
        cpu_seconds(self.pid()).expect("running")
    }

    /// The highest resident set size of the server so far, in bytes.
    pub fn peak_rss(&self) -> u64 {
        peak_rss(self.pid()).expect("running")
    }

    /// What the server has logged so far.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Kills the server at once, like a crash.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    /// Sends JSON lines to `/api/v1/import` in one request; they become visible some time later.
    ///
    /// # Panics
    /// If the answer is not 204. The server skips lines it cannot read without saying so.
    pub fn import_json_lines(&self, lines: &[u8]) {
        self.import("/api/v1/import", lines);
    }

    /// Sends a native stream, header included, to `/api/v1/import/native`.
    ///
    /// # Panics
    /// If the answer is not 204.
    pub fn import_native(&self, stream: &[u8]) {
        self.import("/api/v1/import/native", stream);
    }

    /// Imports JSON lines and waits until every sample of theirs can be exported.
    ///
    /// # Panics
    /// If they do not become visible within a minute, e.g. because they are out of the retention.
    pub fn load(&self, lines: &[u8]) {
        let before = self.count_samples(EVERYTHING);
        self.import_json_lines(lines);
        self.wait_for_samples(EVERYTHING, before + sample_count(lines));
    }

    /// Imports samples in the Prometheus text format, with times, and waits until they can be exported.
    ///
    /// # Panics
    /// If they do not become visible within a minute.
    pub fn load_prometheus_text(&self, text: &[u8]) {
        let before = self.count_samples(EVERYTHING);
        self.import("/api/v1/import/prometheus", text);
        let samples = text
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .count();
        self.wait_for_samples(EVERYTHING, before + samples);
    }

    /// Asks the server to make everything it received searchable.
    pub fn flush(&self) {
        self.get("/internal/force_flush");
    }

    /// Flushes and waits until an export of the selector has at least `samples` samples.
    ///
    /// # Panics
    /// If that does not happen within a minute.
    pub fn wait_for_samples(&self, selector: &str, samples: usize) {
        let deadline = Instant::now() + VISIBLE_DEADLINE;
        loop {
            self.flush();
            let seen = self.count_samples(selector);
            if seen >= samples {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{seen} of {samples} samples of `{selector}` became visible"
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The server's own JSON lines of a selector, both ends included: the truth in lossless tests.
    ///
    /// # Panics
    /// If the answer is not 200.
    pub fn export_json_lines(&self, selector: &str, start_ms: i64, end_ms: i64) -> Vec<u8> {
        self.export("/api/v1/export", selector, start_ms, end_ms)
    }

    /// The server's own native stream of a selector, header included; blocks are whole, not cut to the range.
    ///
    /// # Panics
    /// If the answer is not 200.
    pub fn export_native(&self, selector: &str, start_ms: i64, end_ms: i64) -> Vec<u8> {
        self.export("/api/v1/export/native", selector, start_ms, end_ms)
    }

    fn count_samples(&self, selector: &str) -> usize {
        sample_count(&self.export_json_lines(selector, 0, END_OF_TIME_MS))
    }

    fn export(&self, path: &str, selector: &str, start_ms: i64, end_ms: i64) -> Vec<u8> {
        let response = self.agent.post(format!("{}{path}", self.url())).send_form([
            ("match[]", selector),
            ("start", &seconds(start_ms)),
            ("end", &seconds(end_ms)),
        ]);
        expect_status(response, 200, path)
    }

    fn import(&self, path: &str, body: &[u8]) {
        let response = self.agent.post(format!("{}{path}", self.url())).send(body);
        expect_status(response, 204, path);
    }

    fn get(&self, path: &str) {
        let response = self.agent.get(format!("{}{path}", self.url())).call();
        response.unwrap_or_else(|error| panic!("`{path}`: {error}; log:\n{}", self.log()));
    }
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn expect_status(
    response: Result<Response<ureq::Body>, ureq::Error>,
    status: u16,
    path: &str,
) -> Vec<u8> {
    let mut response = response.unwrap_or_else(|error| panic!("`{path}`: {error}"));
    let body = response
        .body_mut()
        .with_config()
        .limit(u64::MAX)
        .read_to_vec();
    let body = body.unwrap_or_else(|error| panic!("body of `{path}`: {error}"));
    let text = String::from_utf8_lossy(&body[..body.len().min(1000)]);
    assert_eq!(response.status(), status, "`{path}` answered: {text}");
    body
}

/// Seconds with three decimals are the one form of a time that all versions read exactly.
fn seconds(time_ms: i64) -> String {
    format!(
        "{}.{:03}",
        time_ms.div_euclid(1000),
        time_ms.rem_euclid(1000)
    )
}
