//! The client against real single nodes, a real vmauth and the demo's cluster.

// The lint allows it in test functions only, not in what they share.
#![allow(clippy::unwrap_used)]

use std::time::{SystemTime, UNIX_EPOCH};

use demo::{Demo, Options, Personality, Version};
use testkit::{VmAuth, VmServer, VmVersion};
use vmapi::{
    Client, Connection, Endpoint, Error, Selector, Timeouts, Validation, ValidationError,
    ValidationWarning, validate,
};

const MINUTE: i64 = 60_000;

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

fn client(typed: &str) -> Client {
    let connection = Connection::from_typed_url(typed).unwrap();
    Client::new(Endpoint::new(&connection).unwrap(), Timeouts::default()).unwrap()
}

async fn check(typed: &str) -> Result<Validation, ValidationError> {
    let connection = Connection::from_typed_url(typed).unwrap();
    validate(&connection, Timeouts::VALIDATE).await
}

/// A line with one sample per minute, the newest of them a minute old.
fn line(metric: &str, minutes: i64) -> Vec<u8> {
    let newest = now_ms() - MINUTE;
    let times = (0..minutes).rev().map(|minute| newest - minute * MINUTE);
    let times: Vec<_> = times.map(|time| time.to_string()).collect();
    let values: Vec<_> = (0..minutes).map(|value| format!("{value}.5")).collect();
    format!(
        "{{\"metric\":{metric},\"values\":[{}],\"timestamps\":[{}]}}\n",
        values.join(","),
        times.join(",")
    )
    .into_bytes()
}

#[tokio::test]
async fn a_single_node_says_who_it_is() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let empty = check(&server.url()).await.unwrap();
        assert!(empty.is_victoria_metrics, "{version:?}");
        assert_eq!(empty.warnings, [ValidationWarning::NoComponents]);
        let label = "victoria-metrics-20260101-120000-tags-v1.150.0-0-g01ab";
        let metric = format!(r#"{{"__name__":"vm_app_version","version":"{label}"}}"#);
        server.load(&line(&metric, 2));
        for typed in ["", "/vmui/", "/prometheus", "/api/v1/query?query=up"] {
            let found = check(&format!("{}{typed}", server.url())).await.unwrap();
            assert_eq!(found.version.as_deref(), Some(label), "{version:?} {typed}");
            assert_eq!((found.reporting, found.attempts.len()), (1, 1));
            assert!(found.warnings.is_empty(), "{:?}", found.warnings);
        }
        let error = check(&format!("{}/nowhere", server.url()))
            .await
            .unwrap_err();
        assert!(
            error.hint().unwrap().contains("not the path of the API"),
            "{error:?}"
        );
        assert_eq!(client(&server.url()).tenants().await.unwrap(), None);
    }
}

#[tokio::test]
async fn series_keep_bytes_that_are_not_utf8() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let metric = r#"{"__name__":"m","job":"a?b"}"#;
        let spoilt = line(metric, 5)
            .into_iter()
            .map(|byte| if byte == b'?' { 0xff } else { byte })
            .collect::<Vec<_>>();
        server.load(&spoilt);
        server.load(&line(r#"{"__name__":"m","job":"other"}"#, 5));
        let client = client(&server.url());
        let (start, end) = (now_ms() - 30 * MINUTE, now_ms());
        let jobs = client.label_values("job", &[], start, end).await.unwrap();
        assert_eq!(jobs[0].as_bytes(), b"a\xffb", "{version:?}");
        let job = Selector::job(&jobs[0]);
        let found = client
            .series(std::slice::from_ref(&job), start, end, 10)
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].get("job").unwrap(), &jobs[0]);
        assert_eq!(client.count_series(&job, start, end).await.unwrap(), 1);
        let all = Selector::everything();
        assert_eq!(client.count_series(&all, start, end).await.unwrap(), 2);
        let mut result = client
            .query_range(job.as_str(), start, end, 60)
            .await
            .unwrap();
        let series = result.next_series().await.unwrap().unwrap();
        assert_eq!(series.labels.get("job").unwrap(), &jobs[0]);
        assert!(result.next_series().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn range_queries_stay_on_the_grid_that_was_asked_for() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        server.load(&line(r#"{"__name__":"m"}"#, 20));
        let start = (now_ms() - 15 * MINUTE) / MINUTE * MINUTE + 7;
        let end = start + 10 * MINUTE;
        let client = client(&server.url());
        for expression in ["m", "m / 0", "-m / 0", "m / 1e30"] {
            let mut result = client
                .query_range(expression, start, end, 30)
                .await
                .unwrap();
            let series = result.next_series().await.unwrap().unwrap();
            let times: Vec<_> = series.samples.iter().map(|sample| sample.time_ms).collect();
            let grid: Vec<_> = (0..=20).map(|step| start + step * MINUTE / 2).collect();
            assert_eq!(times, grid, "{version:?} {expression}");
            let value = &series.samples[20].value;
            match expression {
                "m / 0" => assert_eq!(value, "+Inf"),
                "-m / 0" => assert_eq!(value, "-Inf"),
                "m" => assert!(value.ends_with(".5"), "{value}"),
                _ => assert!(value.parse::<f64>().unwrap() < 1e-20, "{value}"),
            }
            assert!(result.next_series().await.unwrap().is_none());
        }
        let error = client
            .query_range("nonsense(", start, end, 30)
            .await
            .unwrap_err();
        assert!(matches!(error.status(), Some(400 | 422)), "{error:?}");
    }
}

#[tokio::test]
async fn a_vmauth_is_asked_on_the_path_it_routes() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let config = format!(
            "users:\n- username: ann\n  password: hunter2\n  url_map:\n  \
             - src_paths: [\"/prometheus/api/v1/.*\"]\n    url_prefix: \"{}\"\n",
            server.url()
        );
        let auth = VmAuth::start(version, &config);
        let with_user = auth.url().replace("://", "://ann:hunter2@");
        let found = check(&with_user).await.unwrap_err();
        let ValidationError::Failed { error, attempts } = found else {
            panic!("{found:?}");
        };
        assert_eq!(attempts.len(), 2);
        assert!(error.to_string().contains("missing route"), "{error}");
        assert!(error.hint().unwrap().contains("vmauth has no route"));
        let found = check(&format!("{with_user}/prometheus/")).await.unwrap();
        assert!(found.is_victoria_metrics, "{version:?}");
        assert_eq!(found.connection.api_base_path, "/prometheus");
        assert_eq!(client(&with_user).tenants().await.unwrap(), None);
        let wrong = auth.url().replace("://", "://ann:wrong@");
        let error = check(&wrong).await.unwrap_err();
        let ValidationError::Failed { error, attempts } = error else {
            panic!("{error:?}");
        };
        assert!(error.is_unauthorized(), "{version:?}: {error:?}");
        assert_eq!(attempts.len(), 1);
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_cluster_is_found_from_its_bare_address() {
    let options = Options::new(Personality::Cluster, Version::V1_150, now_ms());
    let demo = Demo::start(options).unwrap();
    let found = check(&demo.url()).await.unwrap();
    assert_eq!(found.connection.api_base_path, "/select/0/prometheus");
    assert_eq!(found.warnings[0], ValidationWarning::TenantAssumed);
    assert!(found.version.unwrap().starts_with("vmselect-"));
    assert!(found.components.len() > 3, "{:?}", found.components);
    let tenants = client(&demo.url()).tenants().await.unwrap().unwrap();
    assert!(!tenants.is_empty());
    let typed = format!("{}/select/multitenant", demo.url());
    let found = check(&typed).await.unwrap();
    assert!(found.warnings.contains(&ValidationWarning::AllTenants));
    let client = client(&typed);
    assert_eq!(client.tenants().await.unwrap().unwrap(), tenants);
    let error = client.query("nonsense(", now_ms()).await.unwrap_err();
    assert!(matches!(error, Error::Status { .. }), "{error:?}");
}
