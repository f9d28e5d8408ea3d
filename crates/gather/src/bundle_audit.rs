//! The audit of a finished bundle, by reading what it really holds.
//!
//! The search is that of an export, without the rules of the export: with the map it knows every
//! original, without one it only knows what addresses look like. The bundle is inflated piece by
//! piece; memory does not grow with it.

mod any_frames;
mod any_lines;
mod public_names;

use std::io::Read;
use std::path::{Path, PathBuf};

use audit::{Audit, Auditor, Findings};
use bundle::{
    Bundle, Entry, Format, METADATA_ENTRY, METRICS_ENTRY, Metadata, NATIVE_ENTRY, README_ENTRY,
    readme,
};
use privacy::{Key, Map, Rules};

use self::any_frames::AnyFrames;
use self::any_lines::{AnyLines, LineError};
use self::public_names::PublicNames;
use crate::bundle_lines::{StreamError, inflate};
use crate::watch::{AuditError, ENTRY_NAME, FILE_NAME, scope};

/// Distinct labels that a search remembers; it takes 32 MB for them, and more labels take time.
const REMEMBERED_LABELS: usize = 1_000_000;

/// A longer text beside the data is none of ours.
const MAX_TEXT_BYTES: u64 = 16 << 20;

/// What the audit of a bundle saw.
#[derive(Clone, Debug)]
pub struct BundleAudit {
    /// Hits, and the values that stayed.
    pub findings: Findings,
    /// How many distinct originals were searched for; 0 without a map.
    pub originals: u64,
    /// Entries that are neither data nor a text of ours. Only their names were searched.
    pub unsearched: Vec<String>,
    /// What the bundle says of itself; `None` if it has no metadata that can be read.
    pub metadata: Option<Metadata>,
}

/// Why a bundle cannot be audited.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleAuditError {
    /// The bundle says that its pseudonyms come from another map.
    #[error("the bundle was made with another map, `{bundle}`; this is map `{map}`")]
    OtherMap {
        /// Id in the bundle's metadata.
        bundle: String,
        /// Id of the map given.
        map: String,
    },
    /// The bundle cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Read {
        /// The bundle.
        path: PathBuf,
        /// Why not.
        #[source]
        source: bundle::Error,
    },
    /// An entry ends early or is damaged.
    #[error("cannot read `{entry}` of the bundle")]
    Entry {
        /// The entry.
        entry: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A line cannot be read, so nobody knows what is in it.
    #[error("line {line} of `{entry}` cannot be audited: expected {expected}")]
    Line {
        /// The entry.
        entry: String,
        /// Counted from 1.
        line: u64,
        /// What should stand there.
        expected: &'static str,
    },
    /// A native block cannot be read, or a line while names are collected.
    #[error("cannot read `{entry}` of the bundle")]
    BrokenLine {
        /// The entry.
        entry: String,
        /// Which line, and why not.
        #[source]
        source: vmformat::Error,
    },
    /// The search cannot be made.
    #[error("cannot search the bundle")]
    Search(#[source] AuditError),
    /// A value that is to stay cannot be one.
    #[error("a value that is to stay cannot be used")]
    Kept(#[source] privacy::Error),
    /// The system gives no random numbers.
    #[error("cannot prepare the search")]
    Random(#[source] privacy::Error),
}

/// Searches a bundle for the originals of `map` and for everything that is shaped like an address;
/// `kept` are the values that its export let stay.
///
/// Whoever made the bundle, its name, the names of its entries, its data, metadata and README are
/// searched. A bundle that is not obfuscated is searched, too.
///
/// # Errors
///
/// The bundle names another map, or cannot be read to its end.
pub fn audit_bundle(
    path: &Path,
    map: Option<&Map>,
    kept: &[String],
) -> Result<BundleAudit, BundleAuditError> {
    let unreadable = |source| BundleAuditError::Read {
        path: path.to_owned(),
        source,
    };
    let bundle = Bundle::open(path).map_err(unreadable)?;
    // Damaged metadata leave as well, and are searched as the text that they are.
    let metadata = bundle.metadata().ok().flatten();
    if let Some(metadata) = &metadata {
        refuse(metadata, map)?;
    }
    let data = bundle.data().map_err(unreadable)?;
    let names = match map {
        Some(_) => PublicNames::of(&bundle, &data).map_err(|error| error.at(path))?,
        // Nothing that is shaped like an address is a public name.
        None => PublicNames::default(),
    };
    let rules = Rules::builder()
        .instance(true)
        .keep_values(kept)
        .build()
        .map_err(BundleAuditError::Kept)?;
    let no_map;
    let known = match map {
        Some(map) => map,
        None => {
            let key = Key::generate().map_err(BundleAuditError::Random)?;
            no_map = Map::new(key).map_err(BundleAuditError::Random)?;
            &no_map
        }
    };
    let scope = scope(known, Some(&rules), names.labels()).map_err(BundleAuditError::Search)?;
    let audit = Audit::new(scope, REMEMBERED_LABELS);
    let mut auditor = audit.auditor();
    if let Some(name) = path.file_name() {
        auditor.text(FILE_NAME, &name.to_string_lossy());
    }
    if data.format == Format::Native {
        let mut frames = AnyFrames::default();
        inflate(&bundle, &data.entries, |piece| match piece {
            Some(bytes) => frames.push(bytes, &mut auditor),
            None => std::mem::take(&mut frames).finish(),
        })
        .map_err(|error| error.at(path))?;
    } else {
        let mut lines = AnyLines::default();
        inflate(&bundle, &data.entries, |piece| match piece {
            Some(bytes) => lines.push(bytes, &mut auditor),
            None => std::mem::take(&mut lines).finish(&mut auditor),
        })
        .map_err(|error| error.at(path))?;
    }
    let mut unsearched = Vec::new();
    for entry in bundle.entries() {
        let is_data = data.entries.iter().any(|data| data.name == entry.name);
        if !is_ours(&entry.name) {
            auditor.text(ENTRY_NAME, &entry.name);
        }
        if !is_data && !search_text(&bundle, entry, metadata.as_ref(), &mut auditor)? {
            unsearched.push(entry.name.clone());
        }
    }
    Ok(BundleAudit {
        findings: auditor.finish(),
        originals: audit.scope().originals(),
        unsearched,
        metadata,
    })
}

fn refuse(metadata: &Metadata, map: Option<&Map>) -> Result<(), BundleAuditError> {
    match (&metadata.map_id, map) {
        (Some(id), Some(map)) if id != map.id() => Err(BundleAuditError::OtherMap {
            bundle: id.clone(),
            map: map.id().to_owned(),
        }),
        _ => Ok(()),
    }
}

fn is_ours(entry: &str) -> bool {
    [METRICS_ENTRY, NATIVE_ENTRY, METADATA_ENTRY, README_ENTRY].contains(&entry)
}

/// Searches an entry beside the data; false if it is not a text of ours.
fn search_text(
    bundle: &Bundle,
    entry: &Entry,
    metadata: Option<&Metadata>,
    auditor: &mut Auditor,
) -> Result<bool, BundleAuditError> {
    let what = match entry.name.as_str() {
        METADATA_ENTRY => METADATA_ENTRY,
        README_ENTRY => README_ENTRY,
        _ => return Ok(false),
    };
    if entry.size_bytes > MAX_TEXT_BYTES {
        return Ok(false);
    }
    let broken = |source| BundleAuditError::Entry {
        entry: entry.name.clone(),
        source,
    };
    let mut content = Vec::new();
    bundle
        .read(entry)
        .map_err(|error| broken(std::io::Error::other(error)))?
        .read_to_end(&mut content)
        .map_err(broken)?;
    let Some(metadata) = metadata.filter(|metadata| is_made_of(what, &content, metadata)) else {
        auditor.text(what, &String::from_utf8_lossy(&content));
        return Ok(true);
    };
    // The rest are words of ours, in which a common word may well be somebody's label value.
    let names = metadata.jobs.iter().chain(&metadata.components);
    let ids = [&metadata.export_id, &metadata.vmgather_version];
    for text in names.chain(&metadata.case).chain(&metadata.note).chain(ids) {
        auditor.text(METADATA_ENTRY, text);
    }
    Ok(true)
}

/// Whether a text is exactly what these metadata look like.
fn is_made_of(what: &str, content: &[u8], metadata: &Metadata) -> bool {
    if what == README_ENTRY {
        return content == readme(metadata).as_bytes();
    }
    metadata.to_json().is_ok_and(|json| content == json)
}

impl StreamError<vmformat::Error> {
    fn at(self, bundle: &Path) -> BundleAuditError {
        match self {
            Self::Open(source) => unopened(bundle, source),
            Self::Read(entry, source) => BundleAuditError::Entry { entry, source },
            Self::Line(entry, source) => BundleAuditError::BrokenLine { entry, source },
        }
    }
}

impl StreamError<LineError> {
    fn at(self, bundle: &Path) -> BundleAuditError {
        match self {
            Self::Open(source) => unopened(bundle, source),
            Self::Read(entry, source) => BundleAuditError::Entry { entry, source },
            Self::Line(entry, LineError { line, expected }) => BundleAuditError::Line {
                entry,
                line,
                expected,
            },
        }
    }
}

fn unopened(bundle: &Path, source: bundle::Error) -> BundleAuditError {
    BundleAuditError::Read {
        path: bundle.to_owned(),
        source,
    }
}
