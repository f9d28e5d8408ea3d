//! Finding out whether a target takes imports, and what it is.

use vmapi::{Connection, Dialect, Importer, Retention, ServerKind};

use crate::import::importer_of;
use crate::paths::Paths;
use crate::server::{Reply, connection};

const SCALAR: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[0,"1"]}}"#;
const SINGLE: &str = "flag{name=\"retentionPeriod\", value=\"1\"} 1\n\
    vm_data_size_bytes 1\nvm_rows_inserted_total{type=\"vmimport\"} 7\n";
const INSERT: &str =
    "vm_rpc_rows_sent_total 1\nflag{name=\"maxLabelsPerTimeseries\", value=\"30\"} 1\n";
const AUTH: &str = "vmauth_http_requests_total 1\nvm_app_version{version=\"vmauth-v1.79.5\", short_version=\"v1.79.5\"} 1\n";

fn none() -> Reply {
    Reply::new(204, "", "")
}

fn importer(url: &str, tenant: &str) -> Importer {
    importer_of(&Connection {
        tenant_id: tenant.to_owned(),
        ..connection(url)
    })
}

#[tokio::test]
async fn kinds_are_told_by_metrics_and_path() {
    for (tenant, metrics, kind) in [
        ("", SINGLE, ServerKind::Single),
        ("", INSERT, ServerKind::Cluster),
        ("", AUTH, ServerKind::Unknown),
        ("", "", ServerKind::Unknown),
        ("7", AUTH, ServerKind::Cluster),
    ] {
        let (write, read) = match tenant {
            "" => (String::new(), String::new()),
            tenant => (
                format!("/insert/{tenant}/prometheus"),
                format!("/select/{tenant}/prometheus"),
            ),
        };
        let server = Paths::start([
            (format!("HEAD {write}/api/v1/import"), none()),
            ("GET /metrics".to_owned(), Reply::ok(metrics)),
            (format!("POST {read}/api/v1/query"), Reply::ok(SCALAR)),
        ])
        .await;
        let checked = importer(&server.url, tenant).check().await.unwrap();
        assert_eq!(checked.server, kind, "{metrics}");
        assert!(checked.warnings.is_empty(), "{:?}", checked.warnings);
        assert!(
            server
                .lines()
                .iter()
                .all(|line| !line.starts_with("POST /api/v1/import"))
        );
    }
}

#[tokio::test]
async fn an_import_of_nothing_decides_where_head_is_refused() {
    for status in [400, 404, 405, 501] {
        let server = Paths::start([
            ("HEAD /api/v1/import".to_owned(), Reply::new(status, "", "")),
            ("POST /api/v1/import".to_owned(), none()),
        ])
        .await;
        let checked = importer(&server.url, "").check().await.unwrap();
        assert_eq!(checked.server, ServerKind::Unknown, "{status}");
        let [warning] = &checked.warnings[..] else {
            panic!("{:?}", checked.warnings);
        };
        assert!(
            warning.starts_with("an import cannot be verified"),
            "{warning}"
        );
    }
}

#[tokio::test]
async fn a_refused_check_says_why() {
    let server = Paths::start([
        ("HEAD /api/v1/import".to_owned(), Reply::new(401, "", "")),
        (
            "POST /api/v1/import".to_owned(),
            Reply::new(401, "", "who are you"),
        ),
    ])
    .await;
    let error = importer(&server.url, "").check().await.unwrap_err();
    assert!(
        error.to_string().ends_with("answered 401: who are you"),
        "{error}"
    );
    assert!(error.is_unauthorized());
}

#[tokio::test]
async fn redirected_imports_and_full_disks_are_warned_of() {
    let server = Paths::start([
        (
            "HEAD /api/v1/import".to_owned(),
            Reply::redirect(308, "/vm/api/v1/import"),
        ),
        ("HEAD /vm/api/v1/import".to_owned(), none()),
        (
            "GET /metrics".to_owned(),
            Reply::ok(format!("{SINGLE}vm_storage_is_read_only 1\n")),
        ),
        ("POST /api/v1/query".to_owned(), Reply::ok(SCALAR)),
    ])
    .await;
    let checked = importer(&server.url, "").check().await.unwrap();
    let [redirected, full] = &checked.warnings[..] else {
        panic!("{:?}", checked.warnings);
    };
    assert!(
        redirected.contains(&format!("`{}/vm/api/v1/import`", server.url)),
        "{redirected}"
    );
    assert!(full.contains("disk"), "{full}");
}

#[tokio::test]
async fn the_prefix_of_the_path_is_asked_before_the_root() {
    let server = Paths::start([
        ("GET /vm/metrics".to_owned(), Reply::ok(SINGLE)),
        ("GET /metrics".to_owned(), Reply::ok(AUTH)),
    ])
    .await;
    for path in [
        "/vm",
        "/vm/prometheus",
        "/vm/insert/0",
        "/vm/select/0/prometheus",
    ] {
        let importer = importer(&format!("{}{path}", server.url), "");
        let limits = importer.limits().await;
        assert_eq!(limits.retention, Retention::parse("1").ok(), "{path}");
        assert_eq!(importer.row_counters().await.unwrap().inserted, 7);
    }
    let importer = importer(&format!("{}/other/prometheus", server.url), "");
    let limits = importer.limits().await;
    assert_eq!(limits.retention, None);
    assert!(limits.notes[0].contains("vmauth"), "{:?}", limits.notes);
    assert_eq!(
        limits.dialect,
        Dialect::default(),
        "a gateway's version says nothing"
    );
    assert_eq!(importer.row_counters().await, None);
}

#[tokio::test]
async fn an_offered_retention_wins() {
    for (offered, text) in [("\"30d\"", "30d"), ("2", "2")] {
        let status = format!("{{\"status\":\"success\",\"data\":{{\"retentionTime\":{offered}}}}}");
        let server = Paths::start([
            ("GET /metrics".to_owned(), Reply::ok(INSERT)),
            (
                "GET /select/7/prometheus/api/v1/status/tsdb".to_owned(),
                Reply::new(404, "", ""),
            ),
            ("GET /api/v1/status/tsdb".to_owned(), Reply::ok(status)),
        ])
        .await;
        let limits = importer(&server.url, "7").limits().await;
        assert_eq!(limits.retention, Retention::parse(text).ok());
        assert_eq!((limits.max_labels, limits.notes.len()), (Some(30), 0));
    }
}

#[tokio::test]
async fn a_silent_target_has_no_limits_but_reasons() {
    let server = Paths::start([]).await;
    let limits = importer(&server.url, "").limits().await;
    assert_eq!(limits.retention, None);
    assert!(
        limits.notes[0].contains("/metrics` answered 404"),
        "{:?}",
        limits.notes
    );
    let nobody = importer("http://127.0.0.1:1", "");
    let limits = nobody.limits().await;
    assert!(
        limits.notes[0].contains("cannot connect"),
        "{:?}",
        limits.notes
    );
    assert_eq!(limits.dialect.native_layout(), None);
}

#[tokio::test]
async fn a_target_that_says_nothing_is_given_up() {
    let held = Reply::raw("").then_hold();
    let server = Paths::start([
        ("GET /vm/metrics".to_owned(), held.clone()),
        ("GET /metrics".to_owned(), held.clone()),
        ("GET /vm/api/v1/status/tsdb".to_owned(), held.clone()),
        ("GET /vm/api/v1/status/buildinfo".to_owned(), held),
    ])
    .await;
    let importer = importer(&format!("{}/vm", server.url), "");
    let limits = importer.limits().await;
    assert!(
        limits.notes[0].contains("sent nothing for 5 s"),
        "{:?}",
        limits.notes
    );
    assert_eq!(server.lines().len(), 4, "{:?}", server.lines());
}
