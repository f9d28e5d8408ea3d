//! What there is: exports at work, interrupted ones, and finished bundles.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use bundle::{Bundle, Format, checksum_path};
use gather::{Registry, format_ms};
use jiff::Timestamp;
use serde::Serialize;
use tokio::task::spawn_blocking;
use utoipa::ToSchema;

use super::Exporter;
use super::jobs::{Status, TimeSpan, WAITING};
use crate::reply::{Problem, Reply};

/// Finished bundles that are listed, the newest ones.
const MOST: usize = 50;

/// Exports of this person.
#[derive(Serialize, ToSchema)]
pub(super) struct Exports {
    /// At work or waiting, oldest first.
    active: Vec<Status>,
    /// To be resumed or discarded, newest first.
    interrupted: Vec<InterruptedExport>,
    /// Bundles in the output folder, newest first.
    finished: Vec<FinishedExport>,
}

/// An export that has not come to its end.
#[derive(Serialize, ToSchema)]
pub(super) struct InterruptedExport {
    /// What resume, discard and status take.
    job_id: String,
    export_id: String,
    started: String,
    range: TimeSpan,
    slices_done: usize,
    slices_total: usize,
    staging_path: String,
    /// Address of the source, without secrets.
    url: String,
    /// `canceled`, `failed`, or `running` while another process is at work on it.
    state: &'static str,
    obfuscation_enabled: bool,
    /// What a resume needs again, because it is never stored; for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A sealed bundle.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FinishedExport {
    export_id: String,
    archive_name: String,
    archive_path: String,
    /// Bytes.
    size: u64,
    /// What the data in it are: `jsonl` or `native`.
    #[schema(value_type = String)]
    format: Format,
    /// From the checksum file.
    sha256: Option<String>,
    created: String,
    obfuscated: bool,
    series_count: Option<u64>,
    sample_count: Option<u64>,
    range: TimeSpan,
}

/// Exports at work, interrupted ones, and finished bundles.
#[utoipa::path(get, path = "/api/exports", responses((status = 200, body = Exports)))]
pub(super) async fn exports(State(exporter): State<Exporter>) -> Result<Reply<Exports>, Problem> {
    let read = spawn_blocking(move || Exports {
        active: exporter
            .jobs
            .active()
            .iter()
            .map(|job| Status::of(job))
            .collect(),
        interrupted: interrupted(&exporter),
        finished: finished(&exporter.options.output),
    });
    read.await
        .map(Reply)
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "cannot list the exports"))
}

/// Folders that may hold staging folders of this person.
pub(super) fn staging_roots(exporter: &Exporter) -> Vec<PathBuf> {
    let options = &exporter.options;
    let registry = options.registry.clone().map(Registry::new);
    let remembered = registry.map(|registry| registry.staging_roots());
    let mut roots = remembered.unwrap_or_default();
    roots.push(options.staging.clone());
    roots.push(options.output.join("staging"));
    roots.sort();
    roots.dedup();
    roots
}

fn interrupted(exporter: &Exporter) -> Vec<InterruptedExport> {
    let found = exporter.jobs.adopt(&staging_roots(exporter));
    found
        .into_iter()
        .map(|(found, job)| InterruptedExport {
            job_id: job.id.clone(),
            export_id: found.export_id,
            started: found.started.to_string(),
            range: TimeSpan {
                start: format_ms(found.range.start_ms),
                end: format_ms(found.range.end_ms),
            },
            slices_done: found.slices_done,
            slices_total: found.slices_total,
            staging_path: found.staging.display().to_string(),
            url: found.url,
            state: if found.running {
                "running"
            } else {
                job.state.phase().word(WAITING)
            },
            obfuscation_enabled: found.obfuscating,
            needs: found.needs.map(|needs| needs.to_string()),
            error: job.failure_text(),
        })
        .collect()
}

/// Bundles in a folder, by what they say about themselves; what is none is left out.
pub(super) fn finished(output: &Path) -> Vec<FinishedExport> {
    let mut files: Vec<(SystemTime, PathBuf, u64)> = fs::read_dir(output)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "zip"))
        .filter_map(|path| {
            let found = path.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
            Some((found.modified().ok()?, path, found.len()))
        })
        .collect();
    files.sort_by(|a, b| b.cmp(a));
    files
        .into_iter()
        .filter_map(|(modified, path, size)| described(&path, size, modified))
        .take(MOST)
        .collect()
}

fn described(path: &Path, size: u64, modified: SystemTime) -> Option<FinishedExport> {
    let metadata = Bundle::open(path).ok()?.metadata().ok()??;
    let created = Timestamp::try_from(modified).unwrap_or(metadata.export_date);
    Some(FinishedExport {
        export_id: metadata.export_id,
        archive_name: path.file_name()?.to_string_lossy().into_owned(),
        archive_path: path.display().to_string(),
        size,
        format: metadata.format,
        sha256: checksum(path).ok().flatten(),
        created: created.to_string(),
        obfuscated: metadata.obfuscated,
        series_count: metadata.series_count,
        sample_count: metadata.sample_count,
        range: TimeSpan {
            start: metadata.time_range.start.to_string(),
            end: metadata.time_range.end.to_string(),
        },
    })
}

/// The digits at the beginning of the checksum file.
fn checksum(path: &Path) -> io::Result<Option<String>> {
    let text = fs::read_to_string(checksum_path(path))?;
    let digits = text.get(..64).map(str::to_ascii_lowercase);
    Ok(digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit())))
}

/// The file of a bundle by the id of its export.
pub(super) fn by_id(output: &Path, export_id: &str) -> Option<PathBuf> {
    // The name holds the id, so other bundles need not be opened.
    let candidates = fs::read_dir(output).ok()?.flatten().filter(|entry| {
        let name = entry.file_name();
        name.to_str()
            .is_some_and(|name| name.ends_with(".zip") && name.contains(export_id))
    });
    candidates.map(|entry| entry.path()).find(|path| {
        let metadata = Bundle::open(path).and_then(|bundle| bundle.metadata());
        metadata.is_ok_and(|found| found.is_some_and(|found| found.export_id == export_id))
    })
}
