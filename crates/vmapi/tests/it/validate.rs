//! Whether a connection works, and as what.

use std::time::Duration;

use vmapi::{
    Auth, Component, Connection, Error, Timeouts, Validation, ValidationError, ValidationWarning,
    validate,
};

use crate::server::{Reply, Server, connection};

const EMPTY: &str = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
const ONE: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#;
const SIGN: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"3"]}]}}"#;

fn versions(labels: &[&str]) -> String {
    let series: Vec<_> = labels
        .iter()
        .map(|label| format!(r#"{{"metric":{{"version":"{label}"}},"value":[1,"1"]}}"#))
        .collect();
    let series = series.join(",");
    format!(
        r#"{{"status":"success","isPartial":false,"data":{{"resultType":"vector","result":[{series}]}}}}"#
    )
}

fn cluster() -> String {
    versions(&[
        "vmstorage-20260101-120000-tags-v1.150.0-cluster-0-g01ab",
        "vmagent-20260101-120000-tags-v1.149.0-0-g01ab",
        "vmselect-20260101-120000-tags-v1.150.0-cluster-0-g01ab",
        "vmselect-20260101-120000-tags-v1.150.0-cluster-0-g01ab",
    ])
}

fn no_tenant() -> Reply {
    Reply::new(
        400,
        "",
        "unsupported URL format for path \"/api/v1/query\". Make sure you're using cluster URL format",
    )
}

async fn check(connection: &Connection) -> Result<Validation, ValidationError> {
    validate(connection, Timeouts::VALIDATE).await
}

/// Outcome, and the request lines.
async fn check_at(
    path: &str,
    replies: Vec<Reply>,
) -> (Result<Validation, ValidationError>, Vec<String>) {
    let server = Server::start(replies).await;
    let outcome = check(&connection(&format!("{}{path}", server.url))).await;
    let lines = server.requests().into_iter().map(|request| request.line);
    (outcome, lines.collect())
}

fn failed(outcome: Result<Validation, ValidationError>) -> (Error, usize) {
    match outcome.unwrap_err() {
        ValidationError::Failed { error, attempts } => (error, attempts.len()),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn a_bare_vmselect_is_found_below_tenant_0() {
    let server = Server::start([no_tenant(), Reply::ok(cluster())]).await;
    let validation = check(&connection(&server.url)).await.unwrap();
    let full = format!("{}/select/0/prometheus", server.url);
    assert_eq!(validation.endpoint.to_string(), full);
    assert_eq!(validation.connection.url, server.url);
    assert_eq!(validation.connection.api_base_path, "/select/0/prometheus");
    assert_eq!(validation.connection.full_api_url, full);
    assert_eq!(validation.connection.tenant_id, "0");
    assert_eq!(
        validation.version.as_deref(),
        Some("vmselect-20260101-120000-tags-v1.150.0-cluster-0-g01ab")
    );
    assert_eq!(validation.reporting, 4);
    assert_eq!(
        validation.components,
        [
            Component::VmAgent,
            Component::VmSelect,
            Component::VmStorage
        ]
    );
    assert!(validation.is_victoria_metrics);
    assert_eq!(validation.warnings, [ValidationWarning::TenantAssumed]);
    let [first, second] = &validation.attempts[..] else {
        panic!("{:?}", validation.attempts);
    };
    assert!(
        first
            .error
            .as_ref()
            .unwrap()
            .contains("unsupported URL format")
    );
    assert_eq!(
        (first.base_path.as_str(), second.base_path.as_str()),
        ("", "/select/0/prometheus")
    );
    assert!(second.error.is_none());
    let requests = server.requests();
    assert_eq!(requests[0].line, "POST /api/v1/query");
    assert_eq!(requests[0].parameter("query"), ["vm_app_version"]);
    assert_eq!(requests[1].line, "POST /select/0/prometheus/api/v1/query");
}

#[tokio::test]
async fn the_tenant_given_is_the_one_tried() {
    let server = Server::start([no_tenant(), Reply::ok(cluster())]).await;
    let given = Connection {
        tenant_id: "7:1".to_owned(),
        ..connection(&server.url)
    };
    let validation = check(&given).await.unwrap();
    assert_eq!(
        validation.connection.api_base_path,
        "/select/7:1/prometheus"
    );
    let warnings: Vec<_> = validation
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(warnings, ["the tenant `7:1` was taken from `tenant_id`"]);
}

#[tokio::test]
async fn a_tenant_that_chooses_nothing_is_warned_about() {
    let server = Server::start([Reply::ok(versions(&[
        "victoria-metrics-20260101-x-tags-v1.1.0",
    ]))])
    .await;
    let given = Connection {
        tenant_id: "7".to_owned(),
        ..connection(&server.url)
    };
    let validation = check(&given).await.unwrap();
    assert_eq!(
        validation.version.as_deref(),
        Some("victoria-metrics-20260101-x-tags-v1.1.0")
    );
    assert!(matches!(
        validation.warnings[..],
        [ValidationWarning::TenantWithoutEffect(_)]
    ));
}

#[tokio::test]
async fn the_first_error_is_reported() {
    let second = Reply::new(400, "", "unsupported path requested");
    let (outcome, lines) = check_at("/prometheus", vec![no_tenant(), second]).await;
    let (error, attempts) = failed(outcome);
    assert!(
        error.to_string().contains("unsupported URL format"),
        "{error}"
    );
    assert!(error.hint().unwrap().contains("/select/0/prometheus"));
    assert_eq!(attempts, 2);
    assert_eq!(lines[1], "POST /select/0/prometheus/api/v1/query");
}

#[tokio::test]
async fn refusals_and_lost_connections_end_the_search() {
    for reply in [
        Reply::new(401, "", "Unauthorized"),
        Reply::new(403, "", ""),
        Reply::raw(""),
    ] {
        let (outcome, lines) = check_at("", vec![reply]).await;
        assert_eq!(failed(outcome).1, 1);
        assert_eq!(lines.len(), 1);
    }
}

#[tokio::test]
async fn a_path_that_is_given_is_the_only_one_tried() {
    let (outcome, lines) = check_at("/1011/prometheus", vec![Reply::new(404, "", "")]).await;
    assert_eq!(failed(outcome).1, 1);
    assert_eq!(lines, ["POST /1011/prometheus/api/v1/query"]);
}

#[tokio::test]
async fn another_server_is_not_called_victoria_metrics() {
    let replies = vec![
        Reply::ok(EMPTY),
        Reply::new(400, "", r#"{"status":"error","error":"unknown function"}"#),
        Reply::ok(ONE),
    ];
    let (outcome, lines) = check_at("", replies).await;
    let validation = outcome.unwrap();
    assert!(!validation.is_victoria_metrics);
    assert!(validation.components.is_empty() && validation.version.is_none());
    assert_eq!(validation.warnings, [ValidationWarning::NotVictoriaMetrics]);
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn old_signs_and_headers_are_evidence() {
    let (outcome, _) = check_at("", vec![Reply::ok(EMPTY), Reply::ok(SIGN), Reply::ok(ONE)]).await;
    let validation = outcome.unwrap();
    assert!(validation.is_victoria_metrics);
    assert_eq!(validation.warnings, [ValidationWarning::NoComponents]);
    let (outcome, lines) = check_at(
        "",
        vec![Reply::new(200, "X-Server-Hostname: vm\r\n", EMPTY)],
    )
    .await;
    assert!(outcome.unwrap().is_victoria_metrics);
    assert_eq!(lines.len(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_evaluate_a_constant_has_no_query_api() {
    let fault = Reply::new(404, "", "");
    let replies = vec![Reply::ok(EMPTY), Reply::ok(EMPTY), fault.clone(), fault];
    let (outcome, _) = check_at("", replies).await;
    assert_eq!(failed(outcome).0.status(), Some(404));
}

#[tokio::test]
async fn a_storage_node_that_is_down_is_a_warning() {
    let partial = cluster().replace("\"isPartial\":false", "\"isPartial\":true");
    let (outcome, _) = check_at("/select/3/prometheus", vec![Reply::ok(partial)]).await;
    assert_eq!(outcome.unwrap().warnings, [ValidationWarning::Partial]);
}

#[tokio::test]
async fn user_info_moves_into_auth_and_the_query_string_stays() {
    let server = Server::start([Reply::ok(cluster())]).await;
    let url = server.url.replace("://", "://ann:pw@");
    let validation = check(&connection(&format!(
        "{url}/select/multitenant/prometheus?key=k1"
    )))
    .await
    .unwrap();
    let resolved = &validation.connection;
    assert_eq!(resolved.url, format!("{}/?key=k1", server.url));
    assert!(resolved.is_multitenant && resolved.tenant_id.is_empty());
    assert!(matches!(&resolved.auth, Auth::Basic { username, .. } if username == "ann"));
    assert_eq!(validation.warnings, [ValidationWarning::AllTenants]);
    // The resolved connection is as good as the one given.
    let server = Server::start([Reply::ok(cluster())]).await;
    let again = Connection {
        url: format!("{}/?key=k1", server.url),
        full_api_url: String::new(),
        ..resolved.clone()
    };
    check(&again).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(
        request.line,
        "POST /select/multitenant/prometheus/api/v1/query?key=k1"
    );
    assert_eq!(request.header("authorization"), Some("Basic YW5uOnB3"));
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    let server = Server::start([Reply::raw("").then_hold()]).await;
    let timeouts = Timeouts {
        reply: Duration::from_millis(50),
        ..Timeouts::VALIDATE
    };
    let outcome = validate(&connection(&server.url), timeouts).await;
    let (error, attempts) = failed(outcome);
    assert!(matches!(error, Error::Stalled { .. }) && attempts == 1);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_no_attempt() {
    let error = check(&connection("http://vm/select/prometheus"))
        .await
        .unwrap_err();
    assert!(matches!(error, ValidationError::Connection(_)), "{error:?}");
    assert!(
        error
            .hint()
            .unwrap()
            .contains("/select/<tenant>/prometheus")
    );
}
