//! A server that really listens, and a client that sends whatever it is told to.

#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use demo::{Demo, Options, Personality, Version};
use privacy::{Key, Map};
use secrecy::SecretString;
use serde_json::{Value, json};
use server::{
    Access, AccessOptions, Exporter, ExporterOptions, ImportServer, ImportServerOptions, Limits,
    Pseudonyms,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A test that waits longer than this hangs.
const HANGS: Duration = Duration::from_secs(60);

/// The end of the demo's data, in Unix milliseconds: a whole minute.
pub(crate) const NOW_MS: i64 = 1_795_000_020_000;

/// How the server is started.
pub(crate) struct Setup {
    pub(crate) bind: &'static str,
    pub(crate) token: Option<&'static str>,
    pub(crate) hosts: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) max_jobs: usize,
    pub(crate) allow_browse: bool,
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) page: Page,
}

/// What is served.
#[derive(Default)]
pub(crate) enum Page {
    #[default]
    Export,
    Import {
        max_upload_bytes: Option<u64>,
    },
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:0",
            token: None,
            hosts: Vec::new(),
            limits: Limits::default(),
            max_jobs: 3,
            allow_browse: false,
            tls: None,
            page: Page::default(),
        }
    }
}

/// A server at work; dropping it stops it.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) access: Arc<Access>,
    pub(crate) place: Arc<TempDir>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

type Ended = Pin<Box<dyn Future<Output = ()> + Send>>;

struct OwnKeys(PathBuf);

impl Pseudonyms for OwnKeys {
    fn new_map(&self) -> Result<(Map, Option<String>), String> {
        let key = Key::from_hex(&"5a".repeat(32)).unwrap();
        Ok((Map::new(key).unwrap(), None))
    }

    fn map_folder(&self) -> Result<PathBuf, String> {
        Ok(self.0.clone())
    }
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::with(Setup::default())
    }

    pub(crate) fn with(setup: Setup) -> Self {
        Self::at(setup, Arc::new(tempfile::tempdir().unwrap()))
    }

    /// A server with the folders of an earlier one.
    pub(crate) fn at(setup: Setup, place: Arc<TempDir>) -> Self {
        let bound = server::bind(setup.bind, false).unwrap();
        let tls = setup
            .tls
            .map(|(certificate, key)| server::tls_config(&certificate, &key).unwrap());
        let mut address = bound.address();
        if address.ip().is_unspecified() {
            address.set_ip([127, 0, 0, 1].into());
        }
        let options = AccessOptions {
            token: setup.token.map(SecretString::from),
            hosts: setup.hosts,
            tls: tls.is_some(),
        };
        let access = Access::new(&bound, options).unwrap();
        let root = place.path().canonicalize().unwrap();
        let output = root.join("out");
        std::fs::create_dir_all(&output).unwrap();
        let stop = CancellationToken::new();
        let (routes, ended): (_, Ended) = match setup.page {
            Page::Export => {
                let exporter = Exporter::new(
                    ExporterOptions {
                        version: "test".to_owned(),
                        output,
                        staging: root.join("staging"),
                        home: Some(root.join("home")),
                        registry: Some(root.join("jobs")),
                        pseudonyms: Box::new(OwnKeys(root.join("maps"))),
                        max_jobs: setup.max_jobs,
                        allow_browse: setup.allow_browse,
                        loopback: bound.is_loopback(),
                        demo_url: None,
                    },
                    stop.clone(),
                );
                let routes = exporter.routes();
                (routes, Box::pin(async move { exporter.ended().await }))
            }
            Page::Import { max_upload_bytes } => {
                let importer = ImportServer::new(
                    ImportServerOptions {
                        version: "test".to_owned(),
                        spool: root.join("imports"),
                        profiles: Some(root.join("cache/recent_profiles.json")),
                        max_jobs: setup.max_jobs,
                        max_upload_bytes,
                        loopback: bound.is_loopback(),
                    },
                    stop.clone(),
                );
                let routes = importer.routes();
                (routes, Box::pin(async move { importer.ended().await }))
            }
        };
        let app = access.protect(routes);
        let (limits, stopped) = (setup.limits, stop.clone());
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                server::serve(bound, tls, app, limits, stopped)
                    .await
                    .unwrap();
                ended.await;
            });
        });
        Self {
            address,
            access,
            place,
            stop,
            thread: Some(thread),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(HANGS)).unwrap();
        stream.set_write_timeout(Some(HANGS)).unwrap();
        stream
    }

    /// Sends bytes as they are, and reads until the server closes.
    pub(crate) fn raw(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        // The server may have had enough before it has read all.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    pub(crate) fn send(&self, request: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut text = format!("{request} HTTP/1.1\r\nConnection: close\r\n");
        let own_host = headers.iter().any(|(name, _)| *name == "Host");
        if !own_host {
            text += &format!("Host: {}\r\n", self.authority());
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        text += "\r\n";
        let answer = self.raw(&[text.as_bytes(), body].concat());
        Answer::read(&answer).unwrap_or_else(|| {
            panic!(
                "no answer to `{request}`: {:?}",
                String::from_utf8_lossy(&answer)
            )
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(&format!("GET {path}"), &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.send(&format!("POST {path}"), &[], body.as_bytes())
    }

    /// Asks until the job has ended.
    pub(crate) fn ended(&self, job_id: &str) -> Value {
        // The stream of events ends with the job.
        let events = self.get(&format!("/api/export/events?id={job_id}"));
        assert_eq!(events.status, 200, "{}", events.text());
        self.get(&format!("/api/export/status?id={job_id}")).json()
    }

    pub(crate) fn stop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A reply.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first reply in these bytes.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut body = bytes[end + 4..].to_vec();
        if headers.contains(&("transfer-encoding".to_owned(), "chunked".to_owned())) {
            body = unchunked(&body)?;
        }
        Some(Self {
            status,
            headers,
            body,
        })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        let json = self.header("content-type") == Some("application/json");
        assert!(json, "{} {:?} {}", self.status, self.headers, self.text());
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", self.text()))
    }

    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    /// The status, and the error that must be there.
    #[track_caller]
    pub(crate) fn refused(&self) -> u16 {
        let json = self.json();
        assert!(
            json["error"].as_str().is_some_and(|text| !text.is_empty()),
            "{json}"
        );
        assert_eq!(json["status"], self.status, "{json}");
        self.status
    }
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?, 16).ok()?;
        bytes = &bytes[end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend(bytes.get(..size)?);
        bytes = bytes.get(size + 2..)?;
    }
}

/// The demo cluster, and the address of its tenant.
pub(crate) fn cluster() -> (Demo, String) {
    let options = Options::new(Personality::Cluster, Version::V1_150, NOW_MS);
    let demo = Demo::start(options).unwrap();
    let url = format!("{}/select/0/prometheus", demo.url());
    (demo, url)
}

/// The last `minutes` of the demo's data.
pub(crate) fn last(minutes: i64) -> Value {
    json!({
        "start": gather::format_ms(NOW_MS - minutes * 60_000),
        "end": gather::format_ms(NOW_MS),
    })
}
