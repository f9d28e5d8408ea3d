//! What a finished export produced, as replies show it.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use bundle::{Bundle, METRICS_ENTRY};
use gather::Report;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::reply::one_line;

/// Lines of a bundle that are looked at for a few examples.
const LOOKED_AT: usize = 500;

/// Longest line that is worth looking at, in bytes.
const LONGEST_LINE: usize = 1 << 20;

/// Examples that are shown.
const SHOWN: usize = 5;

/// A span of time, RFC 3339.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::exporter) struct TimeSpan {
    pub(in crate::exporter) start: String,
    pub(in crate::exporter) end: String,
}

/// A sealed bundle.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::exporter) struct ExportResult {
    pub(in crate::exporter) export_id: String,
    /// Absolute path on the server.
    pub(in crate::exporter) archive_path: String,
    pub(in crate::exporter) archive_name: String,
    pub(in crate::exporter) archive_size_bytes: u64,
    /// Lines of `metrics.jsonl`.
    pub(in crate::exporter) metrics_exported: u64,
    pub(in crate::exporter) time_range: TimeSpan,
    /// Something was really replaced.
    pub(in crate::exporter) obfuscation_applied: bool,
    /// Of the ZIP, lower-case hex.
    pub(in crate::exporter) sha256: String,
    /// Distinct series.
    pub(in crate::exporter) series_count: Option<u64>,
    pub(in crate::exporter) sample_count: Option<u64>,
    /// Where the map of pseudonyms lies; it stays here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::exporter) map_path: Option<String>,
    /// A few lines of the bundle.
    pub(in crate::exporter) sample_data: Option<Vec<SampleLine>>,
    /// Why there are none; the export is good all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::exporter) sample_error: Option<String>,
}

/// A series of the bundle with its last value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(in crate::exporter) struct SampleLine {
    name: String,
    labels: BTreeMap<String, String>,
    /// A number, `"Infinity"`, `"-Infinity"`, or `null` for none.
    #[schema(value_type = f64)]
    value: Value,
}

impl ExportResult {
    /// Reads the bundle once more for its examples.
    pub(super) fn new(report: &Report) -> Self {
        let metadata = &report.metadata;
        let archive = report.archive.as_deref().unwrap_or(Path::new(""));
        let (sample_data, sample_error) = match examples(archive) {
            Ok(samples) => (Some(samples), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            export_id: report.export_id.clone(),
            archive_path: archive.display().to_string(),
            archive_name: archive
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            archive_size_bytes: report.size_bytes,
            metrics_exported: metadata.metrics_count,
            time_range: TimeSpan {
                start: metadata.time_range.start.to_string(),
                end: metadata.time_range.end.to_string(),
            },
            obfuscation_applied: metadata.obfuscated,
            sha256: report.sha256.clone().unwrap_or_default(),
            series_count: metadata.series_count,
            sample_count: metadata.sample_count,
            map_path: report.map.as_ref().map(|map| map.display().to_string()),
            sample_data,
            sample_error,
        }
    }
}

#[derive(Deserialize)]
struct Line {
    metric: BTreeMap<String, String>,
    values: Vec<Value>,
}

/// A few series of different names, as they stand in the bundle.
fn examples(archive: &Path) -> Result<Vec<SampleLine>, String> {
    let bundle = Bundle::open(archive).map_err(|error| one_line(&error))?;
    let Some(entry) = bundle.find(METRICS_ENTRY) else {
        return Ok(Vec::new());
    };
    let reader = bundle.read(entry).map_err(|error| one_line(&error))?;
    let mut reader = BufReader::new(reader);
    let mut by_name: BTreeMap<String, SampleLine> = BTreeMap::new();
    let mut line = Vec::new();
    for _ in 0..LOOKED_AT {
        line.clear();
        let mut limited = std::io::Read::take(&mut reader, LONGEST_LINE as u64);
        let read = limited.read_until(b'\n', &mut line);
        if read.map_err(|error| error.to_string())? == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let Ok(Line { mut metric, values }) = serde_json::from_slice(&line) else {
            continue;
        };
        let name = metric.remove("__name__").unwrap_or_default();
        by_name.entry(name.clone()).or_insert(SampleLine {
            name,
            labels: metric,
            value: values.last().cloned().unwrap_or_default(),
        });
    }
    // Spread over the names, which are sorted.
    let all: Vec<SampleLine> = by_name.into_values().collect();
    let step = (all.len() / SHOWN).max(1);
    Ok(all.into_iter().step_by(step).take(SHOWN).collect())
}
