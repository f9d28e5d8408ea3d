//! Where the unfinished exports of this person lie.
//!
//! A private folder with one small file per export, `<export id>.json`, that holds the path of its
//! staging folder. It serves only to find exports again: an export runs without it, and the staging
//! folder alone says what there is to resume.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bundle::staging::create_private_folder;
use serde::{Deserialize, Serialize};

const ENDING: &str = "json";

/// The folder that knows all staging folders.
#[derive(Clone, Debug)]
pub struct Registry {
    folder: PathBuf,
}

/// The content of one file.
#[derive(Serialize, Deserialize)]
struct Entry {
    staging: PathBuf,
}

impl Registry {
    /// A registry in this folder, which is created by the first entry.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Remembers where an export lies. Best effort: without an entry a person has to say where.
    pub(crate) fn add(&self, export_id: &str, staging: &Path) {
        if let Err(error) = self.write(export_id, staging) {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "cannot remember where the export lies");
        }
    }

    /// Forgets an export that is done or given up. Best effort: an entry whose staging folder is
    /// gone means nothing.
    pub fn remove(&self, export_id: &str) {
        if let Err(error) = fs::remove_file(self.file(export_id))
            && error.kind() != io::ErrorKind::NotFound
        {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "cannot forget where an export lay");
        }
    }

    /// The folders that hold staging folders of known exports, each once, sorted.
    ///
    /// Entries of exports that are gone are removed, unless their folder may only be out of reach,
    /// as on a disk that is not mounted.
    pub fn staging_roots(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut roots = Vec::new();
        for file in entries.map(|entry| entry.path()) {
            if file.extension().is_none_or(|ending| ending != ENDING) {
                continue;
            }
            let entry = fs::read(&file).ok();
            let entry = entry.and_then(|json| serde_json::from_slice::<Entry>(&json).ok());
            let Some(Entry { staging }) = entry else {
                continue;
            };
            let Some(root) = staging.parent() else {
                continue;
            };
            if staging.is_dir() {
                roots.push(root.to_owned());
            } else if root.is_dir() {
                // Another run may have done the same.
                let _ = fs::remove_file(&file);
            }
        }
        roots.sort();
        roots.dedup();
        roots
    }

    fn file(&self, export_id: &str) -> PathBuf {
        self.folder.join(format!("{export_id}.{ENDING}"))
    }

    fn write(&self, export_id: &str, staging: &Path) -> io::Result<()> {
        let entry = Entry {
            staging: std::path::absolute(staging)?,
        };
        create_private_folder(&self.folder)?;
        // Readable by its owner only, whole or not at all.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec(&entry)?)?;
        file.persist(self.file(export_id))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_are_found_wherever_they_lie_until_they_are_done() {
        let place = tempfile::tempdir().unwrap();
        let registry = Registry::new(place.path().join("home/jobs"));
        assert_eq!(registry.staging_roots(), Vec::<PathBuf>::new());
        let (one, two) = (place.path().join("1"), place.path().join("2"));
        for (id, root) in [
            ("export-1-a", &one),
            ("export-2-b", &two),
            ("export-3-c", &two),
        ] {
            fs::create_dir_all(root.join(id)).unwrap();
            registry.add(id, &root.join(id));
        }
        assert_eq!(registry.staging_roots(), [one, two.clone()]);
        registry.remove("export-1-a");
        registry.remove("export-1-a");
        assert_eq!(registry.staging_roots(), [two]);
    }

    #[test]
    fn an_export_that_is_gone_is_forgotten_but_not_one_out_of_reach() {
        let place = tempfile::tempdir().unwrap();
        let registry = Registry::new(place.path().join("jobs"));
        let mounted = place.path().join("mounted");
        fs::create_dir_all(&mounted).unwrap();
        registry.add("export-1-a", &mounted.join("export-1-a"));
        registry.add("export-2-b", &place.path().join("unmounted/export-2-b"));
        assert_eq!(registry.staging_roots(), Vec::<PathBuf>::new());
        assert!(!registry.file("export-1-a").exists());
        assert!(registry.file("export-2-b").exists());
    }

    #[test]
    fn what_is_no_entry_stays_and_does_no_harm() {
        let place = tempfile::tempdir().unwrap();
        let registry = Registry::new(place.path().to_owned());
        for (name, content) in [
            ("a.json", "{"),
            ("b.json", "{\"staging\":5}"),
            ("c.txt", ""),
        ] {
            fs::write(place.path().join(name), content).unwrap();
        }
        assert_eq!(registry.staging_roots(), Vec::<PathBuf>::new());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 3);
    }

    #[cfg(unix)]
    #[test]
    fn the_registry_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let registry = Registry::new(place.path().join("jobs"));
        registry.add("export-1-a", place.path());
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&registry.folder), 0o700);
        assert_eq!(mode(&registry.file("export-1-a")), 0o600);
    }
}
