//! The export config: the JSON document that scripts, the page and the command line share.
//!
//! [`ExportConfig::parse`] checks names, types and words; the methods turn it into the pieces of an
//! [`ExportRequest`](crate::ExportRequest) once a caller has put its own values over the fields.
//! `null` is the same as absent, for every field. Messages name the field and hold no secrets.

mod connection;
mod duplicate_field;
mod error;
mod fields;
mod obfuscation;
mod selection;
mod step;
mod time;
mod window;

use std::path::PathBuf;
use std::time::Duration;

use bundle::Format;
use jiff::Timestamp;

pub use self::error::ConfigError;
pub use self::obfuscation::ObfuscationConfig;
pub use self::selection::{Mode, QueryType};
pub use self::time::{first_ms, last_ms, parse_time};
pub use self::window::WindowConfig;

use self::fields::{Fields, Notes};
use crate::error::Error;
use crate::request::Selection;
use crate::time_range::TimeRange;

/// Largest accepted config in bytes; real ones have a few hundred.
pub const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// The words of `format`.
const FORMATS: [(&str, Format); 2] = [("jsonl", Format::Jsonl), ("native", Format::Native)];

/// What to do with a field that is not known, and with text after the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strictness {
    /// They are errors, and so is a field that stands twice: a person wrote this, and a slip must not
    /// change what is exported.
    Strict,
    /// Fields are warned about, text is ignored, names match without regard to case, the last of
    /// several fields holds: older scripts got away with that.
    Lenient,
}

/// An export config as written, with the defaults filled in; nothing is checked across fields yet.
#[derive(Debug, Default)]
pub struct ExportConfig {
    /// Where to read from. User names, passwords and tokens may be missing.
    pub connection: vmapi::Connection,
    /// First moment of the range; may be finer than a millisecond.
    pub start: Option<Timestamp>,
    /// Last moment of the range; belongs to it.
    pub end: Option<Timestamp>,
    /// Whether jobs or a query choose the series.
    pub mode: Mode,
    /// Components the person chose.
    pub components: Vec<String>,
    /// Exact job names.
    pub jobs: Vec<String>,
    /// What `query` is; `None` is decided by looking at it.
    pub query_type: Option<QueryType>,
    /// Selector or query of [`Mode::Custom`]; empty if absent.
    pub query: String,
    /// What is replaced and what is dropped.
    pub obfuscation: ObfuscationConfig,
    /// How the range is cut into windows.
    pub window: WindowConfig,
    /// Distance of query results; `None` leaves the choice to the export.
    pub step: Option<Duration>,
    /// What the bundle holds; JSON lines unless the document says otherwise.
    pub format: Format,
    /// Folder for unfinished data.
    pub staging_dir: Option<PathBuf>,
    /// What a person should know about the document, one sentence each.
    pub warnings: Vec<String>,
}

impl ExportConfig {
    /// Reads a document of at most [`MAX_CONFIG_BYTES`].
    ///
    /// # Errors
    ///
    /// The text is too long, not UTF-8, not JSON, not an object; a field has a value of another type,
    /// or a word that is not in its list; with [`Strictness::Strict`] also a field that is not known
    /// or stands twice.
    pub fn parse(document: &[u8], strictness: Strictness) -> Result<Self, ConfigError> {
        if document.len() as u64 > MAX_CONFIG_BYTES {
            return Err(ConfigError::TooLarge);
        }
        let mut notes = Notes::new(strictness);
        let value = parse_json(document, strictness)?;
        let mut config = fields::read_document(value, &mut notes, Self::read)?;
        config.warnings = notes.into_warnings();
        Ok(config)
    }

    fn read(fields: &mut Fields<'_>) -> Result<Self, ConfigError> {
        let connection = fields.object("connection", connection::read)?;
        let (start, end) = fields
            .object("time_range", |range| {
                Ok((range.time("start")?, range.time("end")?))
            })?
            .unwrap_or_default();
        let config = Self {
            connection: connection.unwrap_or_default(),
            start,
            end,
            mode: fields.choice("mode", &Mode::WORDS)?.unwrap_or_default(),
            components: fields.texts("components")?,
            jobs: fields.texts("jobs")?,
            query_type: fields.choice("query_type", &QueryType::WORDS)?,
            query: fields.text("query")?.unwrap_or_default(),
            obfuscation: fields
                .object("obfuscation", obfuscation::read)?
                .unwrap_or_default(),
            window: fields.object("batching", window::read)?.unwrap_or_default(),
            step: step::read(fields)?,
            format: fields.choice("format", &FORMATS)?.unwrap_or_default(),
            staging_dir: fields
                .text("staging_dir")?
                .map(|folder| folder.trim().to_owned())
                .filter(|folder| !folder.is_empty())
                .map(PathBuf::from),
            warnings: Vec::new(),
        };
        if config.step.is_some() && !matches!(config.selection(), Ok(Selection::Expression(_))) {
            fields.warn(
                "metric_step_seconds",
                "spaces query results only: stored samples are exported as they are",
            );
        }
        fields.ignore("staging_file", "the program names its own files");
        fields.ignore(
            "resume_from_batch",
            "an interrupted export is resumed by its id",
        );
        fields.ignore(
            "output_settings",
            "a bundle is always a ZIP; `format` says what is in it",
        );
        Ok(config)
    }

    /// The time range, both ends included.
    ///
    /// # Errors
    ///
    /// An end is missing; the end is not after the start; the start lies before 1970 or after `now`.
    pub fn range(&self, now: Timestamp) -> Result<TimeRange, ConfigError> {
        let missing = || "is missing; write a time such as 2026-01-23T12:00:00Z";
        let start = self
            .start
            .ok_or_else(|| ConfigError::field("time_range.start", missing()))?;
        let end = self
            .end
            .ok_or_else(|| ConfigError::field("time_range.end", missing()))?;
        TimeRange::new(first_ms(start), last_ms(end))
            .and_then(|range| range.refuse_future(now.as_millisecond()))
            .map_err(|error| match error {
                Error::BadRange(reason) => {
                    ConfigError::field("time_range", format!("cannot be used: {reason}"))
                }
                other => ConfigError::field("time_range", other.to_string()),
            })
    }
}

fn parse_json(document: &[u8], strictness: Strictness) -> Result<serde_json::Value, ConfigError> {
    let text = std::str::from_utf8(document).map_err(ConfigError::NotUtf8)?;
    // Editors of Windows put a mark in front.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(ConfigError::Empty);
    }
    if strictness == Strictness::Lenient {
        let mut values = serde_json::Deserializer::from_str(text).into_iter();
        let first = values.next().unwrap_or(Ok(serde_json::Value::Null));
        return first.map_err(ConfigError::Syntax);
    }
    let value = serde_json::from_str(text).map_err(ConfigError::Syntax)?;
    match duplicate_field::find(text) {
        Some(field) => Err(ConfigError::field(field, "stands there twice")),
        None => Ok(value),
    }
}

#[cfg(test)]
mod tests;
