//! What a caller asks for; the command line, the config file and the HTTP API all end up here.

use std::path::PathBuf;
use std::time::Duration;

use bundle::Format;

use crate::distinct::distinct;
use crate::time_range::TimeRange;

/// One export as asked for. Everything in it has been checked by its own type; whether the pieces
/// fit together is checked by [`crate::export`] before any work.
pub struct ExportRequest {
    /// Where to read from, with credentials.
    pub connection: vmapi::Connection,
    /// Which series.
    pub selection: Selection,
    /// Only series of these instances, by exact value; empty for all.
    pub instances: Vec<String>,
    /// Keeps at most one sample of a series in each interval of this length, the last one.
    /// Intervals end on multiples of the length, as those of server-side deduplication do.
    pub thin: Option<Duration>,
    /// Components the person chose; goes into the metadata only.
    pub components: Vec<String>,
    /// Which samples; both ends belong to the range.
    pub range: TimeRange,
    /// What is replaced and what is dropped.
    pub rules: privacy::Rules,
    /// Findings of the audit are recorded and stop nothing.
    pub accept_audit: bool,
    /// Where pseudonyms come from: a new map, or an earlier one that is extended.
    pub map: privacy::Map,
    /// Folder for the map; `None` declines it, and the pseudonyms are then irreversible.
    pub map_folder: Option<PathBuf>,
    /// How series are fetched.
    pub transport: TransportChoice,
    /// Distance of query results; `None` chooses by the length of the range. Stored samples have none.
    pub step: Option<Duration>,
    /// Time span of one slice; `None` chooses by transport and range.
    pub window: Option<Duration>,
    /// Requests in flight, 1 to [`MAX_CONCURRENCY`].
    pub concurrency: usize,
    /// What the bundle holds: JSON lines or native blocks.
    pub format: Format,
    /// Where the result goes.
    pub destination: Destination,
    /// Folder below which this export gets a staging folder of its own.
    pub staging_root: PathBuf,
    /// Folder that remembers where unfinished exports lie, as [`crate::Registry`] reads it.
    pub registry: Option<PathBuf>,
    /// Case id for the metadata.
    pub case: Option<String>,
    /// Free text for the metadata.
    pub note: Option<String>,
    /// Version of the program, for the metadata.
    pub version: String,
}

/// An export keeps one of the server's few query slots busy per request in flight.
pub const MAX_CONCURRENCY: usize = 8;

/// Which series an export takes.
#[derive(Clone, Debug)]
pub enum Selection {
    /// Every series of the tenant.
    Everything,
    /// Every series of these jobs, by exact name; never empty.
    Jobs(Vec<String>),
    /// The series of one selector, narrowed to `jobs` unless that is empty.
    Selector {
        /// The selector as the person wrote it.
        selector: vmapi::Selector,
        /// Exact job names.
        jobs: Vec<String>,
    },
    /// The results of a MetricsQL expression, at a fixed step.
    Expression(String),
}

impl Selection {
    /// The chosen jobs, each once.
    pub(crate) fn jobs(&self) -> Vec<String> {
        match self {
            Self::Everything | Self::Expression(_) => Vec::new(),
            Self::Jobs(jobs) | Self::Selector { jobs, .. } => distinct(jobs.clone()),
        }
    }
}

/// How series are fetched, as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TransportChoice {
    /// Native where the server offers it, else JSON lines.
    #[default]
    Auto,
    /// Native or fail.
    Native,
    /// JSON lines.
    Json,
    /// Query results at a fixed step, for servers that offer nothing else.
    QueryRange,
}

/// Where the result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A bundle in this folder under a generated name; the folder is created when needed.
    Folder(PathBuf),
    /// A bundle at this path, which must not exist yet.
    File(PathBuf),
    /// The bundle's bytes, into the writer that goes with the call.
    Archive,
    /// JSON lines only, into the writer that goes with the call.
    Lines,
}
