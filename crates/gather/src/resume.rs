//! Interrupted exports: finding them, going on with one, giving one up.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bundle::staging::{StagingError, StagingFolder, read_whole};
use bundle::{Format, Warning, partial_path};
use jiff::Timestamp;
use privacy::{Level, Map};
use tokio_util::sync::CancellationToken;
use vmapi::{Auth, Connection, RetryPolicy};

use crate::error::Error;
use crate::event::EventSink;
use crate::export::{connect, prepare_destination};
use crate::outcome::{Outcome, Resumable};
use crate::persist::persist;
use crate::plan::{Plan, STAGING_VERSION, Target};
use crate::registry::Registry;
use crate::request::Destination;
use crate::run::Run;
use crate::saved_connection::Missing;
use crate::sealing::Writer;
use crate::staging::{self, MAP_FILE, PLAN_FILE, Progress, Staging, clear_remains};
use crate::time_range::TimeRange;

/// Which export to go on with, and what was not stored.
pub struct ResumeRequest {
    /// The staging folder of the export.
    pub staging: PathBuf,
    /// Replaces the address of the export; needed if its URL held secrets.
    pub connection: Option<Connection>,
    /// Credentials, if the export needs them and `connection` is `None`.
    pub auth: Auth,
    /// Replaces where the result goes.
    pub destination: Option<Destination>,
    /// Folder that remembers where unfinished exports lie.
    pub registry: Option<PathBuf>,
    /// What changes about what leaves.
    pub amendment: Amendment,
    /// Version of the program, for the metadata.
    pub version: String,
}

/// What a resume changes about what leaves: labels are bound late, so an answer to the audit needs
/// no second fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Amendment {
    /// Findings of the audit stop nothing.
    pub accept_audit: bool,
    /// Everything that is not known to be public is replaced.
    pub strict: bool,
    /// Further labels whose values are replaced.
    pub obfuscate_labels: Vec<String>,
    /// Further words that are replaced wherever they stand.
    pub obfuscate_words: Vec<String>,
    /// Further regular expressions; what they match is replaced.
    pub obfuscate_patterns: Vec<String>,
    /// Further labels that are removed.
    pub drop_labels: Vec<String>,
    /// Further values that stay.
    pub keep_values: Vec<String>,
}

impl Amendment {
    fn apply(self, plan: &mut Plan) -> Result<(), Error> {
        let unusable = |error: privacy::Error| Error::BadRequest(error.to_string());
        let lists = [
            &self.obfuscate_labels,
            &self.obfuscate_words,
            &self.obfuscate_patterns,
        ];
        let covers = self.strict || lists.iter().any(|list| !list.is_empty());
        if plan.rules.is_off() && covers {
            return Err(Error::BadRequest(
                "this export obfuscates nothing, and a resume cannot change that".to_owned(),
            ));
        }
        plan.accept_audit |= self.accept_audit;
        let mut rules = plan.rules.to_builder();
        if self.strict {
            rules = rules.instance(true).job(true).level(Level::Strict);
        }
        plan.rules = rules
            .custom_labels(self.obfuscate_labels)
            .words(self.obfuscate_words)
            .patterns(self.obfuscate_patterns)
            .drop_labels(self.drop_labels)
            .keep_values(self.keep_values)
            .build()
            .map_err(unusable)?;
        Ok(())
    }
}

/// An export that has not come to its end.
#[derive(Clone, Debug)]
pub struct Interrupted {
    /// Unique id of the export.
    pub export_id: String,
    /// Its staging folder.
    pub staging: PathBuf,
    /// When it was started.
    pub started: Timestamp,
    /// Slices that need not be fetched again.
    pub slices_done: usize,
    /// All slices.
    pub slices_total: usize,
    /// Series of the finished slices, each counted in every slice that has it.
    pub series: u64,
    /// Length of the longest slice, ms.
    pub window_ms: u64,
    /// Address of the source, without secrets.
    pub url: String,
    /// What it covers.
    pub range: TimeRange,
    /// The result was to go into a pipe, so a resume has to name a destination.
    pub writes_to_pipe: bool,
    /// A process works on it right now.
    pub running: bool,
    /// Values are to be replaced.
    pub obfuscating: bool,
    /// What the data of the bundle will be.
    pub format: Format,
    /// Without what a resume would be refused; `None` if it would not.
    pub needs: Option<Missing>,
}

/// Goes on with an interrupted export: fetches the slices that are missing, then seals. A slice whose
/// staged data is damaged or gone is missing too.
///
/// An export whose slices are all there is only sealed, without asking the server.
///
/// # Errors
///
/// As [`crate::export`]; also when the folder is no staging folder of this version, another process
/// works on it, or credentials are missing.
pub async fn resume(
    request: ResumeRequest,
    writer: Option<Writer>,
    events: Arc<dyn EventSink>,
    cancel: CancellationToken,
) -> Result<Outcome, Error> {
    let folder = request.staging;
    let staging_failed = |source| Error::Staging {
        folder: folder.clone(),
        source,
    };
    let moved = is_moved(&read_plan(&folder)?, request.connection.as_ref())?;
    let locked = StagingFolder::open(&folder).map_err(staging_failed)?;
    // Whoever worked on it until now may have changed it.
    let mut plan = read_plan(&folder)?;
    if let Some(destination) = &request.destination {
        prepare_destination(destination)?;
        plan.target = Target::new(destination, &plan.export_id, plan.started);
    }
    let map = read_map(&folder)?;
    let amended = request.amendment != Amendment::default();
    if amended {
        request.amendment.apply(&mut plan)?;
    }
    let newly_moved = moved && !plan.warnings.contains(&Warning::SourceMoved);
    if newly_moved {
        plan.warnings.push(Warning::SourceMoved);
    }
    if amended || request.destination.is_some() || newly_moved {
        locked
            .write_whole(PLAN_FILE, &plan.to_json())
            .map_err(staging_failed)?;
    }
    let (staging, mut progress) = Staging::open(locked, &plan.slices).map_err(staging_failed)?;
    staging
        .check_parts(&mut progress, &cancel)
        .map_err(staging_failed)?;
    let connection = match request.connection {
        Some(connection) => connection,
        None if progress.open.is_empty() => plan.source.without_auth(),
        None => plan
            .source
            .with_auth(request.auth)
            .map_err(|missing| Error::BadRequest(missing.to_string()))?,
    };
    let client = connect(&connection)?;
    if !progress.open.is_empty() {
        // A wrong address shows now, not after the patience of a fetch.
        let TimeRange { start_ms, end_ms } = plan.range;
        let ask = async || client.probe_json_lines(start_ms, end_ms).await;
        tokio::select! {
            answer = persist(&*events, ask) => answer.map_err(Error::Plan)?,
            () = cancel.cancelled() => {
                return Ok(Outcome::Cancelled {
                    resumable: Some(Resumable {
                        export_id: plan.export_id.to_string(),
                        staging: folder,
                    }),
                });
            }
        };
    }
    let run = Run {
        plan,
        map,
        staging,
        progress,
        registry: request.registry.map(Registry::new),
        version: request.version,
        retry: RetryPolicy::default(),
        now_ms: Timestamp::now().as_millisecond(),
        events,
        cancel,
    };
    run.run(&client, writer).await
}

/// Refuses what is no staging folder of this version, and a connection to other data than those of
/// its export.
///
/// # Errors
///
/// [`Error::NothingToResume`], [`Error::OtherSource`], [`Error::Connection`].
pub fn check_source(staging: &Path, connection: Option<&Connection>) -> Result<(), Error> {
    is_moved(&read_plan(staging)?, connection).map(drop)
}

fn is_moved(plan: &Plan, connection: Option<&Connection>) -> Result<bool, Error> {
    connection.map_or(Ok(false), |given| plan.source.is_moved_by(given))
}

/// The interrupted exports below a staging root, oldest first. A missing root holds none.
///
/// What crashes left of making and removing staging folders is removed.
///
/// # Errors
///
/// The folder cannot be listed.
pub fn interrupted(staging_root: &Path) -> Result<Vec<Interrupted>, Error> {
    let io = |source| Error::Io {
        action: "list",
        path: staging_root.to_owned(),
        source,
    };
    clear_remains(staging_root);
    let entries = match fs::read_dir(staging_root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let staging = entry.map_err(io)?.path();
        // Whatever is no export of this version is somebody else's and stays.
        let Ok(plan) = read_plan(&staging) else {
            continue;
        };
        // A resume says what is wrong with a journal that cannot be read.
        let progress = Staging::peek(&staging, &plan.slices)
            .unwrap_or_else(|_| Progress::new(&plan.slices, Vec::new()));
        let running = StagingFolder::is_in_use(&staging);
        found.push(Interrupted {
            export_id: plan.export_id.to_string(),
            started: plan.started,
            slices_done: progress.committed.len(),
            slices_total: progress.slices(),
            series: progress.committed.iter().map(|slice| slice.series).sum(),
            window_ms: longest_ms(&plan),
            url: plan.source.url().to_owned(),
            range: plan.range,
            writes_to_pipe: !matches!(plan.target, Target::File(_)),
            running,
            obfuscating: !plan.rules.is_off(),
            format: plan.format,
            needs: (!progress.open.is_empty())
                .then(|| plan.source.with_auth(Auth::None).err())
                .flatten(),
            staging,
        });
    }
    found.sort_by(|a, b| (a.started, &a.export_id).cmp(&(b.started, &b.export_id)));
    Ok(found)
}

/// Gives an interrupted export up and removes its staging folder and the begun bundle.
///
/// # Errors
///
/// It is no staging folder, another process works on it, or it cannot be removed.
pub fn discard(staging: &Path) -> Result<(), Error> {
    let plan = read_plan(staging)?;
    let failed = |source| Error::Staging {
        folder: staging.to_owned(),
        source,
    };
    let folder = StagingFolder::open(staging).map_err(failed)?;
    if let Target::File(path) = &plan.target {
        // It may never have been begun.
        let _ = fs::remove_file(partial_path(path));
    }
    staging::remove(folder).map_err(failed)
}

fn read_plan(folder: &Path) -> Result<Plan, Error> {
    let nothing = |reason: &str| Error::NothingToResume(format!("`{}` {reason}", folder.display()));
    let json = read_whole(&folder.join(PLAN_FILE)).map_err(|error| match error {
        StagingError::Damaged { .. } => nothing("holds a damaged plan"),
        _ => nothing("is not the staging folder of an export"),
    })?;
    let plan: Plan = serde_json::from_slice(&json)
        .map_err(|_| nothing("was made by another version of vmgather"))?;
    if plan.staging_version != STAGING_VERSION {
        return Err(nothing("was made by another version of vmgather"));
    }
    Ok(plan)
}

fn longest_ms(plan: &Plan) -> u64 {
    let lengths = plan.slices.iter().map(|slice| slice.range.len_ms());
    lengths.max().unwrap_or_default().unsigned_abs()
}

fn read_map(folder: &Path) -> Result<Map, Error> {
    let json = read_whole(&folder.join(MAP_FILE)).map_err(|source| Error::Staging {
        folder: folder.to_owned(),
        source,
    })?;
    Map::from_json(&json).map_err(Error::Privacy)
}
