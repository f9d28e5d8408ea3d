//! The description of the API, made from the handlers.

use axum::extract::State;
use utoipa::{OpenApi, ToSchema};

use super::Exporter;
use crate::reply::Reply;

/// Body of a connection check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct ConnectionBody {
    connection: ConnectionSchema,
}

/// Body of a discovery.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct RangeBody {
    connection: ConnectionSchema,
    /// The last hour if absent.
    time_range: Option<RangeSchema>,
}

/// Body of a query check.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct QueryBody {
    connection: ConnectionSchema,
    /// Selector or MetricsQL.
    query: String,
    /// The last hour if absent.
    time_range: Option<RangeSchema>,
}

/// Body of a discovery by selector.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct SelectorBody {
    connection: ConnectionSchema,
    selector: String,
    /// The last hour if absent.
    time_range: Option<RangeSchema>,
}

/// How to reach the source.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct ConnectionSchema {
    /// Scheme, host, port, optionally a path.
    url: String,
    /// Path before `/api/v1/...`, such as `/select/0/prometheus`.
    api_base_path: Option<String>,
    /// `accountID[:projectID]`.
    tenant_id: Option<String>,
    /// The address reads all tenants at once.
    is_multitenant: Option<bool>,
    /// Complete base URL; wins over `url` and `api_base_path`.
    full_api_url: Option<String>,
    auth: Option<AuthSchema>,
    /// Accept any certificate.
    skip_tls_verify: Option<bool>,
    /// Log the requests of this connection.
    debug: Option<bool>,
}

/// Credentials of the source.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct AuthSchema {
    /// `none`, `basic`, `bearer` or `header`.
    r#type: Option<String>,
    username: Option<String>,
    password: Option<String>,
    token: Option<String>,
    header_name: Option<String>,
    header_value: Option<String>,
}

/// A span of time, RFC 3339; both ends belong to it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct RangeSchema {
    start: Option<String>,
    end: Option<String>,
}

/// An export.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct ExportConfigSchema {
    connection: ConnectionSchema,
    time_range: RangeSchema,
    /// `cluster` or `custom`.
    mode: Option<String>,
    /// Wanted components.
    components: Option<Vec<String>>,
    /// Wanted jobs, literal names.
    jobs: Option<Vec<String>>,
    /// `selector` or `metricsql`; decided by looking at the query if absent.
    query_type: Option<String>,
    /// Of the mode `custom`.
    query: Option<String>,
    obfuscation: Option<ObfuscationSchema>,
    batching: Option<BatchingSchema>,
    /// What the bundle holds: `jsonl`, the default, or `native`.
    format: Option<String>,
    /// Distance of query results in seconds; 0 chooses.
    metric_step_seconds: Option<i64>,
    /// Folder for unfinished data.
    staging_dir: Option<String>,
}

/// What is replaced and what is dropped.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct ObfuscationSchema {
    enabled: Option<bool>,
    obfuscate_instance: Option<bool>,
    obfuscate_job: Option<bool>,
    /// `standard` or `strict`.
    level: Option<String>,
    /// Words and domains that are replaced wherever they stand.
    words: Option<Vec<String>>,
    /// Regular expressions; what they match is replaced.
    patterns: Option<Vec<String>>,
    /// Values and hosts that stay.
    keep_values: Option<Vec<String>>,
    /// What the search for originals finds stops nothing.
    accept_audit: Option<bool>,
    /// Without effect.
    preserve_structure: Option<bool>,
    /// Further labels to replace.
    custom_labels: Option<Vec<String>>,
    /// Labels that are removed, also if `enabled` is false.
    drop_labels: Option<Vec<String>>,
}

/// How the range is cut into windows.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes a body")]
pub(super) struct BatchingSchema {
    /// `false`: one window for the whole range.
    enabled: Option<bool>,
    /// Without effect.
    strategy: Option<String>,
    /// Length of a window; 0 chooses.
    custom_interval_seconds: Option<i64>,
}

/// The API as it is served.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "vmgather",
        description = "The API of the wizard. Times are RFC 3339 with a zone. Failures are \
                       `ProblemBody`. Absent and `null` are the same; unknown fields are ignored."
    ),
    paths(
        super::health::health,
        super::settings::settings,
        super::validate::validate,
        super::validate_query::validate_query,
        super::discover::discover,
        super::discover::discover_selector,
        super::preview::samples::sample,
        super::preview::changes::preview,
        super::estimate::estimate,
        super::start::export,
        super::start::start,
        super::follow::status,
        super::follow::events,
        super::steer::cancel,
        super::steer::resume,
        super::steer::discard,
        super::exports::exports,
        super::download::download,
        super::folders::list,
        super::folders::check,
        openapi,
    )
)]
struct Api;

/// This description.
#[utoipa::path(get, path = "/api/openapi.json", responses((status = 200, description = "OpenAPI 3.1")))]
pub(super) async fn openapi(State(exporter): State<Exporter>) -> Reply<utoipa::openapi::OpenApi> {
    let mut api = Api::openapi();
    api.info.version = exporter.options.version.clone();
    Reply(api)
}

#[cfg(test)]
mod tests {
    use gather::config::{ExportConfig, Strictness};
    use serde_json::{Map, Value, json};

    use super::*;

    /// A document with every field of a schema.
    fn example(api: &Value, schema: &Value) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return example(api, &api["components"]["schemas"][name]);
        }
        if let Some(kinds) = schema["oneOf"].as_array() {
            let known = kinds.iter().find(|kind| kind["type"] != "null").unwrap();
            return example(api, known);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str(),
            kind => kind.as_str(),
        };
        match kind.unwrap() {
            "object" => {
                let fields = schema["properties"].as_object().unwrap();
                let pairs = fields.iter().map(|(name, field)| {
                    let value = match name.as_str() {
                        "mode" => json!("custom"),
                        "query_type" => json!("metricsql"),
                        "type" => json!("basic"),
                        "format" => json!("native"),
                        "start" => json!("2026-01-01T00:00:00Z"),
                        "end" => json!("2026-01-01T01:00:00Z"),
                        "level" => json!("standard"),
                        _ => example(api, field),
                    };
                    (name.clone(), value)
                });
                Value::Object(pairs.collect::<Map<_, _>>())
            }
            "array" => json!([example(api, &schema["items"])]),
            "string" => json!("text"),
            "boolean" => json!(true),
            "integer" => json!(60),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_described_config_has_no_field_that_does_not_exist() {
        let api = serde_json::to_value(Api::openapi()).unwrap();
        let config = &api["components"]["schemas"]["ExportConfigSchema"];
        let document = example(&api, config).to_string();
        let parsed = ExportConfig::parse(document.as_bytes(), Strictness::Lenient).unwrap();
        for warning in &parsed.warnings {
            assert!(!warning.contains("unknown field"), "{warning}");
        }
        assert!(document.contains("obfuscate_instance"));
    }

    #[test]
    fn every_call_tells_what_it_answers() {
        let api = serde_json::to_value(Api::openapi()).unwrap();
        let paths = api["paths"].as_object().unwrap();
        assert_eq!(paths.len(), 21);
        for (path, calls) in paths {
            for (method, call) in calls.as_object().unwrap() {
                assert!(call["responses"]["200"].is_object(), "{method} {path}");
                let about = format!("{}{}", call["summary"], call["description"]);
                assert!(about.len() > 20, "{method} {path}");
            }
        }
    }
}
