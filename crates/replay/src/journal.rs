//! The private folder of one import.
//!
//! ```text
//! <root>/<import id>/     0700
//!   lock                  held while a process works on this import
//!   source                a copy of what was uploaded or piped; absent if the source is a file
//!   claim.json            which file goes to which target; absent where there is a copy
//!   plan.json             what is imported where and how, without credentials
//!   journal               one checksummed line per acknowledged chunk
//! ```
//!
//! The plan comes before the first request and goes first: a folder without one is what a crash left,
//! and nothing of it was sent.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::staging::{Journal, StagingError, StagingFolder, read_whole};
use serde::{Deserialize, Serialize};
use vmapi::Target;

use crate::claim::canonical;
use crate::fit::FitPlan;
use crate::place::Place;

pub(crate) const COPY: &str = "source";
const PLAN: &str = "plan.json";
const JOURNAL: &str = "journal";

/// The version of the files in the folder.
const VERSION: u32 = 1;

/// What an import does, kept for its resume.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ImportPlan {
    version: u32,
    pub(crate) import_id: String,
    /// Unix ms.
    pub(crate) begun_ms: i64,
    pub(crate) path: PathBuf,
    /// What messages call the source.
    pub(crate) name: String,
    pub(crate) file_bytes: u64,
    /// What positions in the journal count towards.
    pub(crate) total: u64,
    /// When the file was last written, in Unix ms, if the system tells.
    pub(crate) modified_ms: Option<i64>,
    pub(crate) place: Place,
    pub(crate) fit: FitPlan,
    /// What the target does to samples that are closer to each other.
    pub(crate) dedup_ms: Option<i64>,
    pub(crate) fail_on_skip: bool,
    /// How long the comparison may wait for samples; `None` for no comparison.
    pub(crate) verify: Option<Duration>,
}

impl ImportPlan {
    #[expect(clippy::too_many_arguments, reason = "all of them are what a plan is")]
    pub(crate) fn new(
        import_id: String,
        begun_ms: i64,
        source: &crate::Source,
        target: &Target,
        fit: FitPlan,
        dedup_ms: Option<i64>,
        fail_on_skip: bool,
        verify: Option<Duration>,
    ) -> Self {
        Self {
            version: VERSION,
            import_id,
            begun_ms,
            path: canonical(source.path()),
            name: source.name().to_owned(),
            file_bytes: source.file_bytes(),
            modified_ms: source.modified_ms(),
            place: Place::of(target),
            total: source.total(),
            fit,
            dedup_ms,
            fail_on_skip,
            verify,
        }
    }

    pub(crate) fn write(&self, folder: &StagingFolder) -> Result<(), StagingError> {
        let json = serde_json::to_vec_pretty(self).map_err(|source| StagingError::Io {
            action: "write",
            path: folder.file(PLAN),
            source: source.into(),
        })?;
        folder.write_whole(PLAN, &json)
    }

    /// The plan in a folder; `None` if there is none.
    pub(crate) fn read(folder: &Path) -> Result<Option<Self>, StagingError> {
        let path = folder.join(PLAN);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_whole(&path)?;
        let damaged = |what| StagingError::Damaged { path, what };
        let Ok(plan) = serde_json::from_slice::<Self>(&text) else {
            return Err(damaged("it is not a plan"));
        };
        if plan.version != VERSION {
            return Err(damaged("another version wrote it"));
        }
        Ok(Some(plan))
    }

    pub(crate) fn remove(folder: &StagingFolder) -> Result<(), StagingError> {
        folder.remove_file(PLAN)
    }
}

/// A chunk that the target acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Acknowledged {
    pub(crate) chunk: u64,
    /// CRC-32 and size of its lines.
    pub(crate) crc32: u32,
    pub(crate) bytes: u64,
    pub(crate) samples: u64,
    /// How far the source was read for it.
    pub(crate) position: u64,
}

pub(crate) fn open_journal(
    folder: &StagingFolder,
) -> Result<(Journal<Acknowledged>, Vec<Acknowledged>), StagingError> {
    let opened = Journal::open(&folder.file(JOURNAL))?;
    folder.sync()?;
    Ok(opened)
}

pub(crate) fn read_journal(folder: &Path) -> Result<Vec<Acknowledged>, StagingError> {
    let path = folder.join(JOURNAL);
    if !path.exists() {
        return Ok(Vec::new());
    }
    Journal::read(&path)
}
