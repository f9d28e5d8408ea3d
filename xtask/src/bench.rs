//! Compares vmgather with curl, side by side: exports with plain downloads from one server, imports
//! with plain uploads into fresh ones.

mod import;
mod measure;
mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use testkit::seed::Cluster;
use testkit::{EVERYTHING, VmServer, VmVersion};

use measure::Measurement;

/// What vmgather is run with, besides where from, what range, and where to.
const EXPORT: [&str; 2] = ["export", "--quiet"];
const START_MS: i64 = 1_760_000_000_000;
const STEP_MS: i64 = 15_000;
const IMPORT_BYTES: usize = 20_000_000;
/// From so many series on the point is their number, and a few samples of each are enough.
const MANY_SERIES: usize = 100_000;

#[derive(Args)]
pub(crate) struct Options {
    /// Number of series
    #[arg(long, default_value_t = 34_000)]
    series: usize,
    /// Samples of each series [default: 480, or 16 from 100,000 series on]
    #[arg(long)]
    samples: Option<usize>,
    /// Multiply the samples of each series
    #[arg(long, default_value_t = 1)]
    scale: usize,
    /// Version of the server
    #[arg(long, value_enum, default_value = "1.112")]
    server: Server,
    /// How often each is measured; the medians count
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Measure the downloads by curl only
    #[arg(long)]
    curl_only: bool,
    /// Compare imports instead of exports
    #[arg(long, conflicts_with = "curl_only")]
    import: bool,
    /// Measure this binary instead of a release build of the work tree
    #[arg(long, conflicts_with = "curl_only")]
    binary: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Server {
    #[value(name = "1.79")]
    V1_79,
    #[value(name = "1.112")]
    V1_112,
}

/// One way to get the data.
struct Case {
    name: &'static str,
    program: PathBuf,
    arguments: Vec<OsString>,
    gives: Gives,
}

/// How the size of a result is known.
enum Gives {
    /// The program prints it.
    Printed,
    /// It is that of the bundle in this folder.
    Bundle(PathBuf),
    /// Beforehand, in bytes.
    Known(u64),
}

/// Seeds a server, measures, and prints a table in Markdown.
#[expect(clippy::print_stdout, reason = "a command line")]
pub(crate) fn run(options: &Options) -> Result<()> {
    let binary = match &options.binary {
        _ if options.curl_only => None,
        Some(binary) => Some(binary.clone()),
        None => Some(release_build()?),
    };
    let version = match options.server {
        Server::V1_79 => VmVersion::V1_79,
        Server::V1_112 => VmVersion::V1_112,
    };
    let few = if options.series < MANY_SERIES {
        480
    } else {
        16
    };
    let data = Cluster {
        series: options.series,
        samples: options.samples.unwrap_or(few) * options.scale,
        start_ms: START_MS,
        step_ms: STEP_MS,
        irregular: false,
    };
    let work = tempfile::tempdir()?;
    let setting = format!(
        "VictoriaMetrics {version}, {} series with {} samples each, {} cores, median of {}\n",
        data.series,
        data.samples,
        std::thread::available_parallelism()?,
        options.rounds
    );
    if options.import {
        let binary = binary.context("imports are compared with a binary only")?;
        let tables = import::run(data, version, &binary, options.rounds, work.path())?;
        println!("{setting}\n{}", tables.join("\n"));
        return Ok(());
    }
    let server = VmServer::start(version, &[]);
    seed(&server, data);
    let cases = cases(&server, data, binary.as_deref(), work.path());
    let mut results: Vec<Vec<Measurement>> = cases.iter().map(|_| Vec::new()).collect();
    // One round warms the caches and does not count.
    for round in 0..=options.rounds {
        for (case, results) in cases.iter().zip(&mut results) {
            let result = measure::run(case, &server, work.path())
                .with_context(|| format!("`{}` failed", case.name))?;
            tell(round, case, &result);
            if round > 0 {
                results.push(result);
            }
        }
    }
    println!("{setting}");
    let names = cases.iter().map(|case| case.name);
    print!("{}", table::markdown(names.zip(&results)));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a command line")]
fn tell(round: u16, case: &Case, result: &Measurement) {
    eprintln!(
        "round {round}: {}: {:.2} s",
        case.name,
        result.wall.as_secs_f64()
    );
}

#[expect(clippy::print_stderr, reason = "seeding takes a while")]
fn seed(server: &VmServer, data: Cluster) {
    let mut request = Vec::with_capacity(IMPORT_BYTES);
    let mut total = 0;
    for line in data.lines() {
        total += line.len();
        request.extend_from_slice(&line);
        if request.len() >= IMPORT_BYTES {
            server.import_json_lines(&request);
            request.clear();
        }
    }
    server.import_json_lines(&request);
    server.flush();
    eprintln!("seeded {} MB of JSON lines", total / 1_000_000);
}

fn cases(server: &VmServer, data: Cluster, binary: Option<&Path>, work: &Path) -> Vec<Case> {
    let end_ms = START_MS + STEP_MS * data.samples as i64 - 1;
    let curl = |name, path: &str| {
        let form = [
            format!("match[]={EVERYTHING}"),
            format!("start={}.000", START_MS / 1000),
            format!("end={}.{:03}", end_ms / 1000, end_ms % 1000),
        ];
        let fixed = ["-sS", "--fail", "-o", "/dev/null", "-w", "%{size_download}"];
        let mut arguments: Vec<OsString> = fixed.map(OsString::from).into();
        for field in form {
            arguments.extend(["--data-urlencode".into(), field.into()]);
        }
        arguments.push(format!("{}{path}", server.url()).into());
        Case {
            name,
            program: "curl".into(),
            arguments,
            gives: Gives::Printed,
        }
    };
    let vmgather = |name, transport: &str, privacy: &[&str]| {
        let output = work.join(format!("{transport}{}", privacy.join("")));
        let mut arguments: Vec<OsString> = EXPORT.map(OsString::from).into();
        for (option, value) in [
            ("--url", server.url()),
            ("--start", START_MS.to_string()),
            ("--end", end_ms.to_string()),
            ("--transport", transport.to_owned()),
        ] {
            arguments.extend([option.into(), value.into()]);
        }
        arguments.extend(privacy.iter().map(OsString::from));
        arguments.extend(["--output".into(), output.clone().into()]);
        let program = binary.expect("asked for only with a binary").to_owned();
        Case {
            name,
            program,
            arguments,
            gives: Gives::Bundle(output),
        }
    };
    let mut cases = vec![
        curl("curl, JSON lines", "/api/v1/export"),
        curl("curl, native", "/api/v1/export/native"),
    ];
    if binary.is_some() {
        cases.push(vmgather("vmgather export", "auto", &[]));
        cases.push(vmgather("vmgather export --strict", "auto", &["--strict"]));
        cases.push(vmgather("vmgather export --plain", "auto", &["--plain"]));
        let native = ["--format", "native"];
        cases.push(vmgather("vmgather export --format native", "auto", &native));
        cases.push(vmgather("vmgather export --transport json", "json", &[]));
    }
    cases
}

fn release_build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--package", "vmgather"])
        .status()?;
    ensure!(status.success(), "cannot build `vmgather`");
    // This program lies in `<target>/debug`.
    let own = std::env::current_exe()?;
    let target = own
        .parent()
        .and_then(Path::parent)
        .context("not started by cargo")?;
    Ok(target.join("release/vmgather"))
}
