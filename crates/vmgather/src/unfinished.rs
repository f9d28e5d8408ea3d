//! Where unfinished exports lie, and clearing away the forgotten ones.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use gather::Registry;

use crate::cli::Span;
use crate::folders;

/// What this person's exports are known by; `None` without a home folder.
pub(crate) fn registry() -> Option<Registry> {
    folders::private_jobs().map(Registry::new)
}

/// Folders that may hold staging folders of this person: `usual` ones and all that are remembered.
pub(crate) fn staging_roots(usual: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    let private = folders::private_staging();
    let remembered = registry().map(|registry| registry.staging_roots());
    let mut roots: Vec<PathBuf> = usual
        .into_iter()
        .chain(private)
        .chain(remembered.into_iter().flatten())
        .collect();
    roots.sort();
    roots.dedup();
    roots
}

/// Deletes interrupted exports below `roots` that were not touched for `ttl`, and says so.
pub(crate) fn sweep(roots: &[PathBuf], ttl: Span, say: impl Fn(&str)) {
    let registry = registry();
    for root in roots {
        match gather::sweep(root, ttl.get(), SystemTime::now()) {
            Ok(swept) => {
                for export in swept {
                    if let Some(registry) = &registry {
                        registry.remove(&export.export_id);
                    }
                    say(&format!(
                        "deleted the interrupted export {}: nobody went on with it for longer than \
                         `--staging-ttl`",
                        export.export_id
                    ));
                }
            }
            Err(error) => say(&not_swept(root, &error)),
        }
    }
}

fn not_swept(root: &Path, error: &gather::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    let root = root.display();
    format!(
        "forgotten exports in `{root}` stay: {error}{}",
        cause.unwrap_or_default()
    )
}
