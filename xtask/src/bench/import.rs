//! Compares imports by vmgather with plain uploads by curl, each into a fresh server.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use testkit::seed::Cluster;
use testkit::{EVERYTHING, VmServer, VmVersion};

use super::measure::{self, Measurement};
use super::{Case, Gives, START_MS, STEP_MS, seed, table};

/// What vmgather is run with: without the comparison, which waits for the target's index.
const IMPORT: [&str; 3] = ["import", "--quiet", "--no-verify"];

/// The same data in all the forms that are imported.
struct Files {
    lines: PathBuf,
    stream: PathBuf,
    bundle: PathBuf,
    native_bundle: PathBuf,
}

/// Measures, and returns tables in Markdown: of lines, and of native blocks where the server is new
/// enough for bundles of them.
pub(crate) fn run(
    data: Cluster,
    version: VmVersion,
    binary: &Path,
    rounds: u16,
    work: &Path,
) -> Result<Vec<String>> {
    let files = files(data, version, binary, work)?;
    let curl = |name, file: &Path, path: &'static str| (name, "curl".into(), file.to_owned(), path);
    let vmgather = |name, file: &Path| (name, binary.to_owned(), file.to_owned(), "");
    let groups = [
        vec![
            curl("curl -T, JSON lines", &files.lines, "/api/v1/import"),
            vmgather("vmgather import, JSON lines", &files.lines),
            vmgather("vmgather import, bundle", &files.bundle),
        ],
        vec![
            curl("curl -T, native", &files.stream, "/api/v1/import/native"),
            vmgather("vmgather import, native", &files.stream),
            vmgather("vmgather import, native bundle", &files.native_bundle),
        ],
    ];
    let mut tables = Vec::new();
    for group in groups {
        let mut results: Vec<Vec<Measurement>> = group.iter().map(|_| Vec::new()).collect();
        // One round warms the caches and does not count.
        for round in 0..=rounds {
            for ((name, program, file, path), results) in group.iter().zip(&mut results) {
                let server = VmServer::start(version, &[]);
                let case = case(name, program, file, &format!("{}{path}", server.url()))?;
                let result = measure::run(&case, &server, work)
                    .with_context(|| format!("`{name}` failed"))?;
                super::tell(round, &case, &result);
                if round > 0 {
                    results.push(result);
                }
            }
        }
        let names = group.iter().map(|(name, ..)| *name);
        tables.push(table::markdown(names.zip(&results)));
    }
    Ok(tables)
}

fn case(name: &'static str, program: &Path, file: &Path, url: &str) -> Result<Case> {
    let is_curl = program == Path::new("curl");
    let mut arguments: Vec<OsString> = Vec::new();
    if is_curl {
        arguments.extend(["-sS", "--fail", "-o", "/dev/null", "-X", "POST", "-T"].map(Into::into));
        arguments.extend([file.into(), url.into()]);
    } else {
        arguments.extend(IMPORT.map(Into::into));
        arguments.extend([file.into(), "--url".into(), url.into()]);
    }
    Ok(Case {
        name,
        program: program.to_owned(),
        arguments,
        gives: Gives::Known(fs::metadata(file)?.len()),
    })
}

/// Exports the data of a seeded server in all forms.
fn files(data: Cluster, version: VmVersion, binary: &Path, work: &Path) -> Result<Files> {
    let files = Files {
        lines: work.join("lines.jsonl"),
        stream: work.join("stream.native"),
        bundle: work.join("lines.zip"),
        native_bundle: work.join("native.zip"),
    };
    let mut lines = BufWriter::new(File::create(&files.lines)?);
    for line in data.lines() {
        lines.write_all(&line)?;
    }
    lines.flush()?;
    let server = VmServer::start(version, &[]);
    seed(&server, data);
    let end_ms = START_MS + STEP_MS * data.samples as i64 - 1;
    fs::write(
        &files.stream,
        server.export_native(EVERYTHING, START_MS, end_ms),
    )?;
    for (format, bundle) in [("jsonl", &files.bundle), ("native", &files.native_bundle)] {
        let status = Command::new(binary)
            .args(["export", "--quiet", "--plain", "--format", format, "--url"])
            .arg(server.url())
            .args(["--start", &START_MS.to_string(), "--end"])
            .arg(end_ms.to_string())
            .arg("-o")
            .arg(bundle)
            .env("HOME", work)
            .status()?;
        ensure!(status.success(), "cannot export the data: {status}");
    }
    Ok(files)
}
