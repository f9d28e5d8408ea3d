//! What a finished export produced, as replies show it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use bundle::{Bundle, DataReader, Format};
use gather::Report;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use vmformat::json_line::{LineSink, ValueChunk};

use crate::reply::one_line;

/// Lines or blocks of a bundle that are looked at for a few examples.
const LOOKED_AT: usize = 500;

/// Inflated bytes read at a time.
const BUFFER_BYTES: usize = 64 << 10;

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
    /// What the data in it are: `jsonl` or `native`.
    #[schema(value_type = String)]
    pub(in crate::exporter) format: Format,
    /// Lines of `metrics.jsonl`, or blocks of `metrics.native`.
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
    /// A few series of the bundle.
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
            format: metadata.format,
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

/// A few series of different names, as they stand in the bundle.
fn examples(archive: &Path) -> Result<Vec<SampleLine>, String> {
    let bundle = Bundle::open(archive).map_err(|error| one_line(&error))?;
    let data = bundle.data().map_err(|error| one_line(&error))?;
    let mut found = Found::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    'entries: for entry in data.entries {
        let mut inflated = bundle.read(entry).map_err(|error| one_line(&error))?;
        let mut reader = DataReader::new(data.format);
        loop {
            let read = inflated
                .read(&mut buffer)
                .map_err(|error| one_line(&error))?;
            if read == 0 {
                break;
            }
            match reader.push(&buffer[..read], &mut found) {
                Ok(()) => {}
                Err(Stop::Enough) => break 'entries,
                Err(Stop::Broken(error)) => return Err(one_line(&error)),
            }
        }
    }
    // Spread over the names, which are sorted.
    let all: Vec<SampleLine> = found.by_name.into_values().collect();
    let step = (all.len() / SHOWN).max(1);
    Ok(all.into_iter().step_by(step).take(SHOWN).collect())
}

/// The first series of each name.
#[derive(Default)]
struct Found {
    by_name: BTreeMap<String, SampleLine>,
    lines: usize,
    /// The one that is being read, if its name is new.
    current: Option<SampleLine>,
}

/// Why no more is read.
enum Stop {
    Enough,
    Broken(vmformat::Error),
}

impl From<vmformat::Error> for Stop {
    fn from(error: vmformat::Error) -> Self {
        Self::Broken(error)
    }
}

impl LineSink for Found {
    type Error = Stop;

    fn metric(&mut self, labels: &[(Vec<u8>, Vec<u8>)]) -> Result<(), Stop> {
        if self.lines == LOOKED_AT {
            return Err(Stop::Enough);
        }
        self.lines += 1;
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        let pairs = labels.iter().map(|(name, value)| (text(name), text(value)));
        let mut labels: BTreeMap<String, String> = pairs.collect();
        let name = labels.remove("__name__").unwrap_or_default();
        self.current = (!self.by_name.contains_key(&name)).then_some(SampleLine {
            name,
            labels,
            value: Value::Null,
        });
        Ok(())
    }

    fn values(&mut self, chunk: ValueChunk<'_>) -> Result<(), Stop> {
        if let Some(current) = &mut self.current {
            let last = chunk.text.rsplit(|byte| *byte == b',').next();
            let last = last.and_then(|last| serde_json::from_slice(last).ok());
            current.value = last.unwrap_or_default();
        }
        Ok(())
    }

    fn timestamps(&mut self, _: &[i64]) -> Result<(), Stop> {
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), Stop> {
        if let Some(line) = self.current.take() {
            self.by_name.insert(line.name.clone(), line);
        }
        Ok(())
    }
}
