//! The importer: the API of the import page, and the page.

mod health;

use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use tokio_util::sync::CancellationToken;

use crate::pages;

/// What the importer needs to know about this machine and this run.
pub struct ImportServerOptions {
    /// Version of the build.
    pub version: String,
    /// Folder for uploads and unfinished imports, from the root; made when it is needed.
    pub spool: PathBuf,
    /// File that remembers recent targets and settings, from the root; `None` remembers nothing.
    pub profiles: Option<PathBuf>,
    /// Imports at once.
    pub max_jobs: usize,
    /// Largest upload in bytes; `None` takes what fits on the disk.
    pub max_upload_bytes: Option<u64>,
    /// Only this machine can connect.
    pub loopback: bool,
}

/// The importer; cheap to clone.
#[derive(Clone)]
pub struct ImportServer {
    options: Arc<ImportServerOptions>,
    stop: CancellationToken,
}

impl ImportServer {
    /// An importer that has not begun any work; `stop` ends whatever it does, so that it can be resumed.
    #[must_use]
    pub fn new(options: ImportServerOptions, stop: CancellationToken) -> Self {
        Self {
            options: Arc::new(options),
            stop,
        }
    }

    /// Waits until its imports have stopped.
    pub async fn ended(&self) {
        self.stop.cancelled().await;
    }

    /// Everything it answers.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/api/health", any(health::health))
            .with_state(self.clone())
            .merge(pages::routes("import"))
    }
}
