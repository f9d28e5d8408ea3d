//! The description of the API, made from the handlers.

use utoipa::ToSchema;

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
    /// `jsonl`.
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
