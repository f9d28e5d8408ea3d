//! The description of the API, made from the code that answers.

use axum::extract::State;
use utoipa::{OpenApi, ToSchema};

use super::ImportServer;
use crate::reply::Reply;

/// Where to write, and what becomes of the data on the way.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct ImportConfigSchema {
    /// Address of the target.
    endpoint: String,
    /// `accountID[:projectID]` or `multitenant`.
    tenant_id: Option<String>,
    /// `none`, `basic`, `bearer` or `header`.
    auth_type: Option<String>,
    username: Option<String>,
    /// Of `basic`; the token of `bearer`.
    password: Option<String>,
    custom_header_name: Option<String>,
    custom_header_value: Option<String>,
    /// Accept any certificate.
    skip_tls_verify: Option<bool>,
    /// Without effect; kept in profiles.
    metric_step_seconds: Option<i64>,
    /// Without effect; kept in profiles.
    batch_window_seconds: Option<i64>,
    /// Do not send samples older than the retention; `true` if absent.
    drop_old: Option<bool>,
    /// Added to every timestamp.
    time_shift_ms: Option<i64>,
    /// Label limit to assume; 0 takes that of the target.
    max_labels_override: Option<i64>,
    /// Labels removed before sending.
    drop_labels: Option<Vec<String>>,
    /// Labels put on every series, in place of one of that name.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    add_labels: Option<String>,
    /// `ms`, `s`, `us`, `ns` or `auto`.
    timestamp_unit: Option<String>,
}

/// A bundle and where it goes.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct UploadForm {
    /// An import config as JSON.
    config: String,
    /// ZIP, JSON lines, gzip or zstd of JSON lines.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    bundle: String,
}

/// A bundle, where it would go, and how much of it to look at.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct AnalysisForm {
    /// An import config as JSON.
    config: String,
    /// ZIP, JSON lines, gzip or zstd of JSON lines.
    #[schema(format = Binary, content_media_type = "application/octet-stream")]
    bundle: String,
    /// `1`, `true`, `yes` or `on`: look at all lines, not only at the first 2000.
    full_collection: Option<String>,
}

/// The API as it is served.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "vmgather import",
        description = "The API of the import page. Times are RFC 3339. Failures are \
                       `ProblemBody`. Absent and `null` are the same; unknown fields are ignored."
    ),
    paths(
        super::health::health,
        super::check::check,
        super::upload::upload,
        super::analyze::analyze,
        super::follow::status,
        super::follow::events,
        super::follow::imports,
        super::steer::resume,
        super::steer::cancel,
        super::steer::discard,
        super::profiles::recent,
        super::profiles::forget,
        openapi,
    )
)]
struct Api;

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
pub(super) async fn openapi(
    State(importer): State<ImportServer>,
) -> Reply<utoipa::openapi::OpenApi> {
    let mut api = Api::openapi();
    api.info.version = importer.options.version.clone();
    Reply(api)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_call_tells_what_it_answers() {
        let api = serde_json::to_value(Api::openapi()).unwrap();
        let paths = api["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 13);
        for (path, calls) in paths {
            for (method, call) in calls.as_object().unwrap() {
                assert!(call["responses"]["200"].is_object(), "{method} {path}");
                let about = format!("{}{}", call["summary"], call["description"]);
                assert!(about.len() > 20, "{method} {path}");
            }
        }
    }

    #[test]
    fn the_described_config_has_no_field_that_does_not_exist() {
        let api = serde_json::to_value(Api::openapi()).unwrap();
        let config = &api["components"]["schemas"]["ImportConfigSchema"];
        let Value::Object(fields) = &config["properties"] else {
            panic!("{config}");
        };
        let source = include_str!("config.rs");
        for field in fields.keys() {
            assert!(source.contains(&format!("\"{field}\"")), "{field}");
        }
    }
}
