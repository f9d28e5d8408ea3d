//! What the page must know about this machine.

use std::env;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Exporter;
use crate::reply::Reply;

/// Defaults for the page.
#[derive(Serialize, ToSchema)]
pub(super) struct Settings {
    /// Version of the build, `dev` if it has none.
    version: String,
    /// Where unfinished exports go unless the page says otherwise.
    default_staging_dir: String,
    /// `linux`, `darwin` or `windows`.
    os: &'static str,
    /// Where bundles go.
    output_dir: String,
    /// Where the system puts temporary files.
    temp_dir: String,
    /// `/api/fs/list` is usable.
    supports_dir_picker: bool,
    /// `/api/fs/check` may create folders.
    supports_dir_prepare: bool,
    /// How far obfuscation can go.
    obfuscation_levels: [&'static str; 2],
    /// Exports at once.
    max_jobs: usize,
    /// Address of the demo cluster, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    demo_url: Option<String>,
}

/// Defaults for the page.
#[utoipa::path(get, path = "/api/config", responses((status = 200, body = Settings)))]
pub(super) async fn settings(State(exporter): State<Exporter>) -> Reply<Settings> {
    let options = &exporter.options;
    Reply(Settings {
        version: options.version.clone(),
        default_staging_dir: options.staging.display().to_string(),
        os: match env::consts::OS {
            "macos" => "darwin",
            other => other,
        },
        output_dir: options.output.display().to_string(),
        temp_dir: env::temp_dir().display().to_string(),
        supports_dir_picker: options.allow_browse && options.loopback,
        supports_dir_prepare: options.loopback,
        obfuscation_levels: ["standard", "strict"],
        max_jobs: options.max_jobs,
        demo_url: options.demo_url.clone(),
    })
}
