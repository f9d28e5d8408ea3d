//! This export's staging folder: what is planned, what is committed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::job_evidence::JobEvidence;
use bundle::ExportId;
use bundle::staging::{
    Journal, LabelId, LabelTable, PartReader, PartSummary, StagingError, StagingFolder, TokenFile,
    TokenMark,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::slice::Slice;
use crate::stage::Staged;
use crate::time_range::TimeRange;

/// The plan.
pub(crate) const PLAN_FILE: &str = "plan.json";
/// The key and the earlier pseudonyms.
pub(crate) const MAP_FILE: &str = "map.json";
const JOURNAL: &str = "journal";
const TOKENS: &str = "tokens";
/// What the names of parts start with.
const PART: &str = "part-";

/// One line of the journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fact {
    /// A slice met a limit of the server and is replaced by others.
    Split {
        /// The slice that is no more.
        slice: String,
        /// What takes its place.
        into: Vec<Slice>,
    },
    /// A slice is fetched; its part is on disk.
    Committed(Committed),
    /// The part of a fetched slice is damaged or gone: the slice is to be fetched again.
    Lost {
        /// The slice.
        slice: String,
    },
}

/// A fetched slice.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Committed {
    pub(crate) slice: String,
    pub(crate) range: TimeRange,
    /// File name of the part.
    pub(crate) file: String,
    pub(crate) part: PartSummary,
    /// How far the token table is needed to read the part.
    pub(crate) tokens: TokenMark,
    pub(crate) series: u64,
    pub(crate) samples: u64,
    pub(crate) body_bytes: u64,
    /// Whether the reply said where it ends, so that nothing can be missing at its end.
    pub(crate) proven_complete: bool,
    /// Per job (its label number), what its metrics tell about the component.
    pub(crate) evidence: BTreeMap<u32, JobEvidence>,
    /// Per instance (its label number), the scrape interval as far as the data tell it, ms.
    pub(crate) intervals: BTreeMap<u32, u64>,
}

/// What is known of the reply that a part was made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyFacts {
    pub(crate) bytes: u64,
    pub(crate) proven_complete: bool,
}

/// Distinct labels of the export, shared by the slices in flight.
#[derive(Default)]
pub(crate) struct Labels(Mutex<LabelTable>);

impl Labels {
    pub(crate) fn lock(&self) -> MutexGuard<'_, LabelTable> {
        // A table is whole after every call, so one that a panicking thread held can be used on.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The staging folder of a running export. Dropping it keeps what is committed.
pub(crate) struct Staging {
    folder: StagingFolder,
    pub(crate) labels: Labels,
    commits: Mutex<Commits>,
}

struct Commits {
    journal: Journal<Fact>,
    tokens: TokenFile,
    next_part: u32,
}

/// What the journal of a folder says.
pub(crate) struct Progress {
    /// Slices still to fetch, in order.
    pub(crate) open: Vec<Slice>,
    /// Slices fetched, in order of the plan as far as that order can be told.
    pub(crate) committed: Vec<Committed>,
    /// The slices of `committed`.
    closed: Vec<Slice>,
}

impl Progress {
    /// Applies facts to the slices of the plan.
    pub(crate) fn new(planned: &[Slice], facts: Vec<Fact>) -> Self {
        let mut progress = Self {
            open: planned.to_vec(),
            committed: Vec::new(),
            closed: Vec::new(),
        };
        for fact in facts {
            match fact {
                Fact::Split { slice, into } => {
                    if let Some(at) = progress.open.iter().position(|open| open.id == slice) {
                        progress.open.splice(at..=at, into);
                    }
                }
                Fact::Committed(committed) => {
                    let at = |open: &Slice| open.id == committed.slice;
                    // A slice counts once, else its samples would be in the bundle twice.
                    if let Some(at) = progress.open.iter().position(at) {
                        progress.closed.push(progress.open.remove(at));
                        progress.committed.push(committed);
                    }
                }
                Fact::Lost { slice } => progress.lose(&slice),
            }
        }
        progress
    }

    /// A slice that was fetched is open again.
    fn lose(&mut self, slice: &str) {
        self.committed.retain(|committed| committed.slice != slice);
        if let Some(at) = self.closed.iter().position(|closed| closed.id == slice) {
            self.open.push(self.closed.remove(at));
        }
    }

    pub(crate) fn slices(&self) -> usize {
        self.open.len() + self.committed.len()
    }
}

impl Staging {
    /// Opens the journal and the token table of a folder and discards what was never committed.
    pub(crate) fn open(
        folder: StagingFolder,
        planned: &[Slice],
    ) -> Result<(Self, Progress), StagingError> {
        let (journal, facts) = Journal::open(&folder.file(JOURNAL))?;
        let progress = Progress::new(planned, facts);
        let mark = progress
            .committed
            .iter()
            .map(|committed| committed.tokens)
            .max_by_key(|mark| mark.labels)
            .unwrap_or_default();
        let (tokens, table) = TokenFile::open(&folder.file(TOKENS), mark)?;
        discard_uncommitted(&folder, &progress.committed)?;
        folder.sync()?;
        let staging = Self {
            labels: Labels(Mutex::new(table)),
            commits: Mutex::new(Commits {
                journal,
                tokens,
                next_part: next_part(&progress.committed),
            }),
            folder,
        };
        Ok((staging, progress))
    }

    /// Reads all parts; slices whose part is damaged or gone are open again afterwards.
    ///
    /// Stops early when the export is cancelled.
    pub(crate) fn check_parts(
        &self,
        progress: &mut Progress,
        cancel: &CancellationToken,
    ) -> Result<(), StagingError> {
        let mut lost = Vec::new();
        for committed in &progress.committed {
            if cancel.is_cancelled() {
                return Ok(());
            }
            match PartReader::check(&self.folder.file(&committed.file), committed.part) {
                Ok(()) => {}
                Err(error) if error.is_damaged() => {
                    tracing::warn!(slice = committed.slice, %error, "to be fetched again");
                    lost.push(committed.slice.clone());
                }
                Err(error) => return Err(error),
            }
        }
        for slice in lost {
            progress.lose(&slice);
            self.record(&Fact::Lost { slice })?;
        }
        Ok(())
    }

    /// The journal of a folder that may belong to another process, without touching anything.
    pub(crate) fn peek(folder: &Path, planned: &[Slice]) -> Result<Progress, StagingError> {
        let path = folder.join(JOURNAL);
        let facts = if path.exists() {
            Journal::read(&path)?
        } else {
            Vec::new()
        };
        Ok(Progress::new(planned, facts))
    }

    pub(crate) fn folder(&self) -> &StagingFolder {
        &self.folder
    }

    /// A file name for the next part; never one that the journal names.
    pub(crate) fn new_part(&self) -> String {
        let mut commits = self.commits();
        let number = commits.next_part;
        commits.next_part += 1;
        format!("{PART}{number:06}")
    }

    /// Commits a slice: when this returns, a resume will not fetch it again.
    pub(crate) fn commit(
        &self,
        slice: &Slice,
        file: String,
        staged: Staged,
        body: BodyFacts,
    ) -> Result<Committed, StagingError> {
        let mut commits = self.commits();
        let tokens = {
            let table = self.labels.lock();
            commits.tokens.append(&table)?
        };
        let committed = Committed {
            slice: slice.id.clone(),
            range: slice.range,
            file,
            part: staged.part,
            tokens,
            series: staged.series,
            samples: staged.samples,
            body_bytes: body.bytes,
            proven_complete: body.proven_complete,
            intervals: staged.intervals,
            evidence: staged
                .evidence
                .into_iter()
                .map(|(LabelId(job), evidence)| (job, evidence))
                .collect(),
        };
        self.folder.sync()?;
        commits
            .journal
            .append(&Fact::Committed(committed.clone()))?;
        Ok(committed)
    }

    /// Records any other fact.
    pub(crate) fn record(&self, fact: &Fact) -> Result<(), StagingError> {
        self.commits().journal.append(fact)
    }

    /// Removes the folder: nothing is left to resume.
    pub(crate) fn remove(self) -> Result<(), StagingError> {
        remove(self.folder)
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Removes a staging folder. The plan goes first, so that a crash leaves nothing that could be taken
/// for an export.
pub(crate) fn remove(folder: StagingFolder) -> Result<(), StagingError> {
    folder.remove_file(PLAN_FILE)?;
    folder.remove()
}

/// Removes what crashes left of making and removing staging folders below `root`: originals may stand
/// in it. Best effort; the next run tries again.
pub(crate) fn clear_remains(root: &Path) {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    for path in paths.filter(|path| is_export(path) && !path.join(PLAN_FILE).exists()) {
        // Without a lock file the folder is being made this moment, or empty.
        let cleared = match StagingFolder::open(&path) {
            Ok(folder) if !folder.file(PLAN_FILE).exists() => folder.remove().is_ok(),
            Ok(_) => false,
            Err(_) => fs::remove_dir(&path).is_ok(),
        };
        tracing::debug!(path = %path.display(), cleared, "remains of an export");
    }
}

fn is_export(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.parse::<ExportId>().is_ok())
}

/// Parts that no line of the journal names are of attempts that a crash has ended.
fn discard_uncommitted(
    folder: &StagingFolder,
    committed: &[Committed],
) -> Result<(), StagingError> {
    let io = |source| StagingError::Io {
        action: "list",
        path: folder.path().to_owned(),
        source,
    };
    let named: BTreeSet<&str> = committed.iter().map(|part| part.file.as_str()).collect();
    for entry in fs::read_dir(folder.path()).map_err(io)? {
        let name = entry.map_err(io)?.file_name();
        if let Some(name) = name.to_str()
            && name.starts_with(PART)
            && !named.contains(name)
        {
            folder.remove_file(name)?;
        }
    }
    Ok(())
}

fn next_part(committed: &[Committed]) -> u32 {
    let numbers = committed
        .iter()
        .filter_map(|committed| committed.file.strip_prefix(PART)?.parse::<u32>().ok());
    numbers.max().map_or(1, |number| number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(id: &str) -> Slice {
        Slice {
            id: id.to_owned(),
            selectors: Vec::new(),
            expression: None,
            range: TimeRange {
                start_ms: 0,
                end_ms: 9,
            },
        }
    }

    fn committed(slice: &str, file: &str) -> Fact {
        let json = serde_json::json!({
            "slice": slice, "range": {"start_ms": 0, "end_ms": 9}, "file": file,
            "part": {"bytes": 1, "crc32": 1}, "tokens": {"labels": 0, "bytes": 0, "crc32": 0},
            "series": 0, "samples": 0, "body_bytes": 0, "proven_complete": true, "evidence": {}, "intervals": {},
        });
        Fact::Committed(serde_json::from_value(json).unwrap())
    }

    fn ids(progress: &Progress) -> (Vec<&str>, Vec<&str>) {
        (
            progress
                .open
                .iter()
                .map(|slice| slice.id.as_str())
                .collect(),
            progress
                .committed
                .iter()
                .map(|slice| slice.file.as_str())
                .collect(),
        )
    }

    #[test]
    fn a_slice_counts_once() {
        let facts = vec![committed("1", "part-000001"), committed("1", "part-000002")];
        let progress = Progress::new(&[slice("1"), slice("2")], facts);
        assert_eq!(ids(&progress), (vec!["2"], vec!["part-000001"]));
    }

    #[test]
    fn a_lost_slice_is_open_until_it_is_fetched_or_divided_again() {
        let lost = || Fact::Lost {
            slice: "1".to_owned(),
        };
        let planned = [slice("1"), slice("2")];
        let mut facts = vec![committed("1", "part-000001"), lost()];
        let progress = Progress::new(&planned, facts.clone());
        assert_eq!(ids(&progress), (vec!["2", "1"], vec![]));
        let again = [&facts[..], &[committed("1", "part-000002")]].concat();
        let progress = Progress::new(&planned, again);
        assert_eq!(ids(&progress), (vec!["2"], vec!["part-000002"]));
        facts.push(Fact::Split {
            slice: "1".to_owned(),
            into: vec![slice("1.0"), slice("1.1")],
        });
        let progress = Progress::new(&planned, facts);
        assert_eq!(ids(&progress), (vec!["2", "1.0", "1.1"], vec![]));
    }

    #[test]
    fn what_a_crash_left_of_a_staging_folder_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let make = |id| StagingFolder::create(root.path(), id).unwrap();
        let running = make("export-1-running");
        drop(make("export-2-without-plan"));
        let whole = make("export-3-whole");
        whole.write_whole(PLAN_FILE, b"{}").unwrap();
        drop(whole);
        drop(make("of-somebody-else"));
        fs::create_dir(root.path().join("export-4-empty")).unwrap();
        clear_remains(root.path());
        let mut left: Vec<_> = fs::read_dir(root.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            ["export-1-running", "export-3-whole", "of-somebody-else"]
        );
        drop(running);
    }

    #[test]
    fn a_folder_that_is_being_made_is_not_taken_for_remains() {
        let root = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            let creator = scope.spawn(|| {
                for number in 0..200 {
                    let id = format!("export-{number}");
                    let folder = StagingFolder::create(root.path(), &id).unwrap();
                    folder.write_whole(PLAN_FILE, b"{}").unwrap();
                }
            });
            while !creator.is_finished() {
                clear_remains(root.path());
            }
        });
        for folder in fs::read_dir(root.path()).unwrap() {
            let folder = folder.unwrap().path();
            assert!(folder.join(PLAN_FILE).exists() && folder.join("lock").exists());
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 200);
    }
}
