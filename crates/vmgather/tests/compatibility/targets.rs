//! The servers and their addresses.

use std::sync::Arc;

use demo::{Credentials, Demo, Installation, Options, Personality, Version};
use testkit::{CanonicalSeries, VmAuth, VmServer, VmVersion, canonical};
use vmapi::{Client, Connection, Endpoint, ExportParams, ExportRoute, Selector, Timeouts};

/// The data end here, so that every run exports the same.
pub(crate) const END_MS: i64 = 1_790_000_000_000;
pub(crate) const START_MS: i64 = END_MS - 3_600_000;

const JOB: &str = r#"{job="vmstorage"}"#;

/// One address of one server.
pub(crate) struct Target {
    /// What answers there.
    pub(crate) server: String,
    /// The address with an invented host.
    pub(crate) shown: String,
    pub(crate) auth: &'static str,
    pub(crate) url: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(&'static str, &'static str)>,
    /// The transport that must have been used.
    pub(crate) transport: &'static str,
    /// The samples of the server itself.
    pub(crate) truth: Arc<CanonicalSeries>,
    /// Keeps the servers running.
    _servers: Vec<Arc<dyn Send + Sync>>,
}

impl Target {
    pub(crate) fn name(&self) -> String {
        format!("{}, {}, {}", self.server, self.shown, self.auth)
    }

    fn auth(mut self, auth: &'static str, arguments: &[&str]) -> Self {
        self.auth = auth;
        self.arguments = arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect();
        self
    }

    fn environment(mut self, variable: &'static str, value: &'static str) -> Self {
        self.environment.push((variable, value));
        self
    }

    fn transport(mut self, transport: &'static str) -> Self {
        self.transport = transport;
        self
    }
}

/// A running server whose addresses become targets.
struct Running {
    server: String,
    url: String,
    truth: Arc<CanonicalSeries>,
    servers: Vec<Arc<dyn Send + Sync>>,
}

impl Running {
    fn at(&self, path: &str) -> Target {
        Target {
            server: self.server.clone(),
            shown: format!("http://host{path}"),
            auth: "none",
            url: format!("{}{path}", self.url),
            arguments: Vec::new(),
            environment: Vec::new(),
            transport: "native",
            truth: self.truth.clone(),
            _servers: self.servers.clone(),
        }
    }
}

pub(crate) fn all() -> Vec<Target> {
    let mut targets = Vec::new();
    for version in VmVersion::all() {
        real(version, &mut targets);
    }
    for version in [Version::V1_79, Version::V1_112, Version::V1_150] {
        cluster(version, &mut targets);
    }
    managed(&mut targets);
    targets
}

/// A single node, as it is and behind the vmauth of its release.
fn real(version: VmVersion, targets: &mut Vec<Target>) {
    let number = version.number();
    let data_version = match version {
        VmVersion::V1_79 => Version::V1_79,
        VmVersion::V1_112 => Version::V1_112,
    };
    let server = Arc::new(VmServer::start(version, &["-retentionPeriod=100y"]));
    let stream = native_stream(data_version);
    server.import_native(&stream);
    server.wait_for_samples(JOB, 100_000);
    let truth = Arc::new(canonical(&server.export_json_lines(JOB, START_MS, END_MS)));
    let single = Running {
        server: format!("single node {number}"),
        url: server.url(),
        truth: truth.clone(),
        servers: vec![server.clone()],
    };
    for path in [
        "",
        "/",
        "/prometheus",
        "/api/v1/query?query=up",
        "/vmui/#/?g0.expr=up",
    ] {
        targets.push(single.at(path));
    }

    let user = "  username: ann\n  password: hunter2\n";
    let everything = format!("users:\n-\n{user}  url_prefix: \"{}\"\n", server.url());
    let token = format!(
        "users:\n- bearer_token: t0k3n\n  url_prefix: \"{}\"\n",
        server.url()
    );
    let routes = |paths: &[&str]| {
        let paths: Vec<String> = paths.iter().map(|path| format!("\"{path}\"")).collect();
        format!(
            "users:\n-\n{user}  url_map:\n  - src_paths: [{}]\n    url_prefix: \"{}\"\n",
            paths.join(", "),
            server.url()
        )
    };
    let queries = [
        "/api/v1/query",
        "/api/v1/query_range",
        "/api/v1/label/.+",
        "/api/v1/series",
    ];
    let lines = [&queries[..], &["/api/v1/export"]].concat();
    let behind = |what: &str, config: &str| {
        let auth = Arc::new(VmAuth::start(version, config));
        Running {
            server: format!("vmauth {number}{what}"),
            url: auth.url(),
            truth: truth.clone(),
            servers: vec![server.clone(), auth],
        }
    };
    let basic = |target: Target| {
        target
            .auth("basic", &["--user", "ann"])
            .environment("VMGATHER_SOURCE_PASSWORD", "hunter2")
    };
    targets.push(basic(behind("", &everything).at("")));
    targets.push(
        behind("", &token)
            .at("/prometheus")
            .auth("bearer", &[])
            .environment("VMGATHER_SOURCE_TOKEN", "t0k3n"),
    );
    targets.push(basic(behind(", no native route", &routes(&lines)).at("")).transport("json"));
    targets.push(
        basic(behind(", no export route", &routes(&queries)).at("")).transport("query-range"),
    );
}

/// The demo's vmselect.
fn cluster(version: Version, targets: &mut Vec<Target>) {
    let demo = start(Personality::Cluster, version, |_| {});
    let running = Running {
        server: format!("demo cluster, as {}", name(version)),
        url: format!("http://127.0.0.1:{}", demo.port()),
        truth: truth(version),
        servers: vec![Arc::new(demo)],
    };
    // Without a tenant 0 is taken.
    for path in [
        "",
        "/select/0",
        "/select/0/prometheus",
        "/select/0:0/prometheus/api/v1/query",
    ] {
        targets.push(running.at(path));
    }
}

/// A gateway that reads and writes on different paths, and exports on a third.
fn managed(targets: &mut Vec<Target>) {
    let version = Version::V1_150;
    let prefixes = ["/1011/prometheus", "/1011/rw/prometheus"];
    let header = Credentials::Header {
        name: "X-Api-Key".to_owned(),
        value: "s3cret".to_owned(),
    };
    let demo = start(Personality::Single, version, |options| {
        options.prefixes = prefixes.map(str::to_owned).to_vec();
        options.credentials = Some(header);
    });
    let running = Running {
        server: "demo gateway, as v1.150".to_owned(),
        url: format!("http://127.0.0.1:{}", demo.port()),
        truth: truth(version),
        servers: vec![Arc::new(demo)],
    };
    for path in ["/1011", "/1011/rw/prometheus"] {
        targets.push(
            running
                .at(path)
                .auth("header", &["--header", "X-Api-Key: s3cret"]),
        );
    }
}

fn start(personality: Personality, version: Version, set: impl FnOnce(&mut Options)) -> Demo {
    let mut options = Options::new(personality, version, END_MS);
    options.installation = Installation::demo(version, END_MS);
    set(&mut options);
    Demo::start(options).unwrap()
}

fn name(version: Version) -> &'static str {
    match version {
        Version::V1_79 => "v1.79",
        Version::V1_112 => "v1.112",
        Version::V1_150 => "v1.150",
    }
}

/// What the demo itself exports as JSON lines.
fn truth(version: Version) -> Arc<CanonicalSeries> {
    let demo = start(Personality::Single, version, |_| {});
    let selector = Selector::job("vmstorage");
    let lines = download(&demo, selector, async |client, params| {
        client.export_json_lines(params).await
    });
    Arc::new(canonical(&lines))
}

/// All data of the demo in the native format of that version.
fn native_stream(version: Version) -> Vec<u8> {
    let demo = start(Personality::Single, version, |_| {});
    download(&demo, Selector::everything(), async |client, params| {
        client.export_native(params).await
    })
}

fn download(
    demo: &Demo,
    selector: Selector,
    export: impl AsyncFn(&Client, &ExportParams) -> Result<vmapi::ExportBody, vmapi::Error>,
) -> Vec<u8> {
    let connection = Connection {
        url: demo.url(),
        ..Connection::default()
    };
    let client = Client::new(Endpoint::new(&connection).unwrap(), Timeouts::default()).unwrap();
    let params = ExportParams {
        matches: vec![selector],
        start_ms: START_MS,
        end_ms: END_MS,
        max_rows_per_line: None,
        route: ExportRoute::default(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut body = export(&client, &params).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = body.chunk().await.unwrap() {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    })
}
