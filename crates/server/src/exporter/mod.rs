//! The exporter: the API of the wizard, and its page.

mod apart;
mod asked;
mod discover;
mod health;
mod openapi;
mod settings;
mod upstream;
mod validate;
mod validate_query;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use privacy::Map;

use crate::pages;

/// What the exporter needs to know about this machine and this run.
pub struct ExporterOptions {
    /// Version of the build.
    pub version: String,
    /// Folder for bundles, from the root.
    pub output: PathBuf,
    /// Folder for unfinished exports where the page names none, from the root.
    pub staging: PathBuf,
    /// Folder of the person, whose folders the page may list.
    pub home: Option<PathBuf>,
    /// Folder that remembers where unfinished exports lie.
    pub registry: Option<PathBuf>,
    /// Where pseudonyms come from.
    pub pseudonyms: Box<dyn Pseudonyms>,
    /// Exports at once.
    pub max_jobs: usize,
    /// The page may list folders.
    pub allow_browse: bool,
    /// Only this machine can connect.
    pub loopback: bool,
    /// Address of the demo cluster, if there is one.
    pub demo_url: Option<String>,
}

/// Where the pseudonyms of new exports come from, and where their maps go.
pub trait Pseudonyms: Send + Sync {
    /// An empty map with the key of this installation, or with one of its own where that cannot be
    /// used, and then the reason.
    ///
    /// # Errors
    ///
    /// Why there is no key at all, in words for a person.
    fn new_map(&self) -> Result<(Map, Option<String>), String>;

    /// The folder for maps, proven to be writable.
    ///
    /// # Errors
    ///
    /// Why maps cannot be kept, in words for a person.
    fn map_folder(&self) -> Result<PathBuf, String>;
}

/// The exporter; cheap to clone.
#[derive(Clone)]
pub struct Exporter {
    options: Arc<ExporterOptions>,
}

impl Exporter {
    /// An exporter that has not begun any work.
    #[must_use]
    pub fn new(options: ExporterOptions) -> Self {
        Self {
            options: Arc::new(options),
        }
    }

    /// Everything it answers.
    #[must_use]
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/api/health", any(health::health))
            .route("/api/config", get(settings::settings))
            .route("/api/validate", post(validate::validate))
            .route("/api/validate-query", post(validate_query::validate_query))
            .route("/api/discover", post(discover::discover))
            .route("/api/discover-selector", post(discover::discover_selector))
            .with_state(self.clone())
            .merge(pages::routes("gather"))
    }
}
