//! URLs, error texts and authentication of single node and cluster, by version.

#![allow(
    clippy::unwrap_used,
    reason = "a helper that fails is a test that fails"
)]

mod client;

use client::{get, get_with, post};
use demo::{Credentials, Demo, Options, Personality, Version};

const NOW_MS: i64 = 1_795_000_000_000;

fn options(personality: Personality, version: Version) -> Options {
    Options::new(personality, version, NOW_MS)
}

fn single(version: Version) -> Demo {
    Demo::start(options(Personality::Single, version)).unwrap()
}

fn cluster(version: Version) -> Demo {
    Demo::start(options(Personality::Cluster, version)).unwrap()
}

#[test]
fn buildinfo_and_tenants_tell_single_node_from_cluster() {
    let single = single(Version::V1_150);
    let cluster = cluster(Version::V1_150);
    let buildinfo = "/api/v1/status/buildinfo";
    assert_eq!(
        get(&single, buildinfo).text(),
        r#"{"status":"success","data":{"version":"2.24.0"}}"#
    );
    assert_eq!(
        get(&single, "/admin/tenants").text(),
        "unsupported path requested: \"/admin/tenants\"\n"
    );
    assert_eq!(
        get(&cluster, "/admin/tenants").text(),
        r#"{"status":"success","data":["0:0","1011:0"]}"#
    );
    let refused = get(&cluster, buildinfo);
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .starts_with("unsupported URL format for path \"/api/v1/status/buildinfo\". Make sure")
    );
    let inside = format!("/select/0/prometheus{buildinfo}");
    assert_eq!(get(&cluster, &inside).status, 200);
    assert_eq!(
        get(&single, &inside).text(),
        format!("unsupported path requested: \"{inside}\"\n")
    );
}

#[test]
fn a_path_may_have_double_slashes_and_the_prometheus_prefix() {
    let single = single(Version::V1_150);
    for path in [
        "/prometheus/api/v1/query?query=1",
        "//api//v1/query?query=1",
    ] {
        assert_eq!(get(&single, path).status, 200, "{path}");
    }
}

#[test]
fn tenants_are_checked_as_the_servers_do() {
    let cluster = cluster(Version::V1_112);
    let error = |path: &str| {
        let reply = get(&cluster, path);
        assert_eq!(reply.status, 400);
        let text = reply.text().to_owned();
        text.split_once("auth error: ").unwrap().1.to_owned()
    };
    assert_eq!(
        error("/select/1:2:3/prometheus/api/v1/query"),
        "cannot parse authToken \"1:2:3\": unexpected number of items in authToken \"1:2:3\"; \
         got 3; want 1 or 2\n"
    );
    assert_eq!(
        error("/select/5:x/prometheus/api/v1/query"),
        "cannot parse authToken \"5:x\": cannot parse projectID from \"x\": strconv.ParseUint: \
         parsing \"x\": invalid syntax\n"
    );
    assert!(error("/select/prometheus/api/v1/query").starts_with("cannot parse authToken"));
}

#[test]
fn only_the_newest_version_assumes_a_missing_tenant() {
    let cluster = cluster(Version::V1_150);
    let count = |segment: &str| {
        let path = format!("/select/{segment}prometheus/api/v1/query?query=count(up)");
        get(&cluster, &path).text().to_owned()
    };
    assert_eq!(count(""), count("0/"));
    assert!(count("0:0/").contains("\"11\""));
    assert!(count("1011/").contains("\"1\""));
    assert!(count("99/").contains("\"result\":[]"));
    assert!(count("multitenant/").contains("\"12\""));
}

#[test]
fn multitenant_answers_show_the_tenant_as_last_labels() {
    let cluster = cluster(Version::V1_150);
    let reply = post(
        &cluster,
        "/select/multitenant/prometheus/api/v1/export",
        &[("match[]", "up{vm_account_id=\"1011\"}")],
    );
    assert_eq!(reply.text().lines().count(), 1);
    assert!(
        reply
            .text()
            .contains(",\"vm_account_id\":\"1011\",\"vm_project_id\":\"0\"},\"values\"")
    );
}

#[test]
fn old_versions_put_client_and_uri_before_their_errors() {
    let path = "/api/v1/export?match[]={}";
    let old = get(&single(Version::V1_79), path);
    assert_eq!(old.status, 400);
    assert!(old.text().starts_with("remoteAddr: \"127.0.0.1:"));
    assert!(old.text().ends_with(
        "; requestURI: /api/v1/export?match%5B%5D=%7B%7D; cannot parse matches[]={}: \
         labelFilters cannot be empty\n"
    ));
    let new = get(&single(Version::V1_150), path);
    assert_eq!(
        new.text(),
        "cannot parse matches[]={}: labelFilterss cannot be empty\n"
    );
}

#[test]
fn bad_parameters_of_queries_are_400_only_in_the_newest_version() {
    let path = "/api/v1/query?query=sum(";
    for (version, status) in [(Version::V1_112, 422), (Version::V1_150, 400)] {
        let reply = get(&single(version), path);
        assert_eq!(reply.status, status);
        assert!(reply.text().starts_with(&format!(
            "{{\"status\":\"error\",\"errorType\":\"{status}\""
        )));
    }
    let unknown = get(&single(Version::V1_150), "/api/v1/query?query=zzz(up)");
    assert_eq!(unknown.status, 422);
    assert!(unknown.text().contains(r#"unknown func \"zzz\""#));
}

#[test]
fn exports_need_a_selector_and_readable_times() {
    let demo = single(Version::V1_150);
    let error = |query: &str| {
        get(&demo, &format!("/api/v1/export{query}"))
            .text()
            .to_owned()
    };
    assert_eq!(error(""), "missing `match[]` arg\n");
    assert_eq!(
        error("?match[]=up&start=abc"),
        "cannot parse start=abc: cannot parse duration \"abc\"\n"
    );
    assert_eq!(
        error("?match[]=up&extra_label=x"),
        "`extra_label` query arg must have the format `name=value`; got \"x\"\n"
    );
}

#[test]
fn credentials_are_demanded_and_health_stays_open() {
    let with = |credentials| {
        let mut options = options(Personality::Single, Version::V1_150);
        options.credentials = Some(credentials);
        Demo::start(options).unwrap()
    };
    let basic = with(Credentials::Basic {
        username: "user".into(),
        password: "pass".into(),
    });
    let path = "/api/v1/query?query=1";
    let refused = get(&basic, path);
    assert_eq!((refused.status, refused.text()), (401, "\n"));
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Basic realm=\"VictoriaMetrics\"")
    );
    let header = "Authorization: Basic dXNlcjpwYXNz\r\n";
    assert_eq!(get_with(&basic, path, header).status, 200);
    assert_eq!(get(&basic, "/health").text(), "OK");
    assert_eq!(get(&basic, "/metrics").status, 401);
    let bearer = with(Credentials::Bearer("abc".into()));
    assert_eq!(
        get_with(&bearer, path, "Authorization: Bearer abc\r\n").status,
        200
    );
    assert_eq!(
        get_with(&bearer, path, "Authorization: Bearer abd\r\n").status,
        401
    );
    let header = with(Credentials::Header {
        name: "X-Key".into(),
        value: "k".into(),
    });
    assert_eq!(get_with(&header, path, "x-key: k\r\n").status, 200);
}

#[test]
fn behind_prefixes_every_other_path_is_a_missing_route() {
    let mut options = options(Personality::Single, Version::V1_150);
    options.prefixes = vec!["/1011/prometheus".into(), "/1011/rw/prometheus".into()];
    let demo = Demo::start(options).unwrap();
    assert!(demo.url().ends_with("/1011/prometheus"));
    for prefix in ["/1011/prometheus", "/1011/rw/prometheus"] {
        let path = format!("{prefix}/api/v1/query?query=1");
        assert_eq!(get(&demo, &path).status, 200);
    }
    assert_eq!(
        get(&demo, "/api/v1/export?match[]=up").text(),
        "user demo missing route for \"/api/v1/export?match[]=up\"\n"
    );
}

#[test]
fn the_metrics_page_is_of_the_process_that_answers() {
    let page = get(&cluster(Version::V1_112), "/metrics");
    let version = page
        .text()
        .lines()
        .find(|l| l.starts_with("vm_app_version"))
        .unwrap();
    assert!(version.starts_with("vm_app_version{version=\"vmselect-"));
    assert!(version.ends_with("short_version=\"v1.112.0-cluster\"} 1"));
    assert!(!page.text().contains("scrape_duration_seconds"));
}

#[test]
fn requests_are_recorded_with_their_parameters() {
    let demo = single(Version::V1_150);
    post(
        &demo,
        "/api/v1/series?limit=1",
        &[("match[]", "a"), ("match[]", "b{c=\"d\"}")],
    );
    let requests = demo.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].method, "POST");
    assert_eq!(requests[0].path, "/api/v1/series");
    assert_eq!(requests[0].param("limit"), Some("1"));
    assert_eq!(
        requests[0].all("match[]").collect::<Vec<_>>(),
        ["a", "b{c=\"d\"}"]
    );
}
