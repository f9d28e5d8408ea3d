//! This export's staging folder: what is planned, what is committed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::job_evidence::JobEvidence;
use bundle::staging::{
    Journal, LabelId, LabelTable, PartSummary, StagingError, StagingFolder, TokenFile, TokenMark,
};
use serde::{Deserialize, Serialize};

use crate::slice::Slice;
use crate::stage::Staged;
use crate::time_range::TimeRange;

const JOURNAL: &str = "journal";
const TOKENS: &str = "tokens";

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
}

impl Progress {
    /// Applies facts to the slices of the plan.
    pub(crate) fn new(planned: &[Slice], facts: Vec<Fact>) -> Self {
        let mut progress = Self {
            open: planned.to_vec(),
            committed: Vec::new(),
        };
        for fact in facts {
            match fact {
                Fact::Split { slice, into } => {
                    if let Some(at) = progress.open.iter().position(|open| open.id == slice) {
                        progress.open.splice(at..=at, into);
                    }
                }
                Fact::Committed(committed) => {
                    progress.open.retain(|open| open.id != committed.slice);
                    progress.committed.push(committed);
                }
            }
        }
        progress
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
        format!("part-{number:06}")
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
        self.folder.remove()
    }

    fn commits(&self) -> MutexGuard<'_, Commits> {
        self.commits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn next_part(committed: &[Committed]) -> u32 {
    let numbers = committed
        .iter()
        .filter_map(|committed| committed.file.strip_prefix("part-")?.parse::<u32>().ok());
    numbers.max().map_or(1, |number| number + 1)
}
