//! Whether the server is alive.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::ImportServer;
use crate::reply::Reply;

/// The server is alive.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`.
    status: &'static str,
    /// Version of the build.
    version: String,
}

/// Is the server alive? Any method, no access rule.
#[utoipa::path(get, path = "/api/health", responses((status = 200, body = Health)))]
pub(super) async fn health(State(importer): State<ImportServer>) -> Reply<Health> {
    Reply(Health {
        status: "ok",
        version: importer.options.version.clone(),
    })
}
