//! One import of a file into a target at a time.
//!
//! Two that ran side by side would send everything twice. So each import notes in its folder what it
//! is about before it does anything else, and looks at the other folders before. A lock beside the
//! folders makes noting and looking one step; it is held for no longer. Whether another import still
//! runs is told by the lock of its folder, which the system takes away from a process that dies.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use bundle::staging::{StagingError, StagingFolder, read_whole};
use serde::{Deserialize, Serialize};
use vmapi::Target;

use crate::error::Error;
use crate::journal::ImportPlan;
use crate::place::Place;
use crate::source::Source;
use crate::unfinished::is_running;

const CLAIM: &str = "claim.json";

/// What an import is about: two with the same claim send the same samples to the same place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// The file, whatever links and working directories led to it.
    path: PathBuf,
    place: Place,
}

impl Claim {
    pub(crate) fn of(source: &Source, target: &Target) -> Self {
        Self {
            path: canonical(source.path()),
            place: Place::of(target),
        }
    }

    pub(crate) fn of_plan(plan: &ImportPlan) -> Self {
        Self {
            path: canonical(&plan.path),
            place: plan.place.clone(),
        }
    }

    /// Notes the claim in the folder of a new import, which lies in `root`.
    ///
    /// # Errors
    ///
    /// Another import has the same claim and runs, or was interrupted on its way.
    pub(crate) fn stake(
        &self,
        root: &Path,
        folder: &StagingFolder,
        name: &str,
    ) -> Result<(), Error> {
        let lock_path = root.with_extension("lock");
        let lock = || {
            let mut options = OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            {
                use std::os::unix::fs::OpenOptionsExt;
                options.mode(0o600);
            }
            let lock = options.open(&lock_path)?;
            lock.lock().map(|()| lock)
        };
        let _held = lock().map_err(Error::temporary(root))?;
        let entries = std::fs::read_dir(root).map_err(Error::temporary(root))?;
        for other in entries.flatten().map(|entry| entry.path()) {
            if other == folder.path() || Self::read(&other).as_ref() != Some(self) {
                continue;
            }
            if is_running(&other) {
                return Err(Error::Running {
                    name: name.to_owned(),
                });
            }
            // Without a plan nothing of it was sent.
            if let Ok(Some(plan)) = ImportPlan::read(&other) {
                return Err(Error::Halfway {
                    name: name.to_owned(),
                    import_id: plan.import_id,
                });
            }
        }
        Ok(self.write(folder)?)
    }

    fn write(&self, folder: &StagingFolder) -> Result<(), StagingError> {
        let json = serde_json::to_vec(self).map_err(|source| StagingError::Io {
            action: "write",
            path: folder.file(CLAIM),
            source: source.into(),
        })?;
        folder.write_whole(CLAIM, &json)
    }

    fn read(folder: &Path) -> Option<Self> {
        let text = read_whole(&folder.join(CLAIM)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// The path from the root without links; as far as that is known where the file is gone.
pub(crate) fn canonical(path: &Path) -> PathBuf {
    path.canonicalize()
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}
