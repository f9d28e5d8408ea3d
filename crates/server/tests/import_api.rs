//! The importer's API: what it answers, and what arrives at real servers.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod importing;
mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use testkit::{Answer, EVERYTHING, Fault, FaultProxy, VmServer, VmVersion, canonical};

use self::importing::{
    analyze, at, ended, gzip, import, left_over, lines, now_ms, send, start, upload, zip,
};

const DAY_MS: i64 = 86_400_000;

fn config(url: &str) -> Value {
    json!({ "endpoint": url })
}

fn stored(vm: &VmServer) -> Vec<u8> {
    vm.flush();
    vm.export_json_lines(EVERYTHING, 0, 4_000_000_000_000)
}

#[test]
fn an_upload_arrives_and_is_verified() {
    for version in VmVersion::all() {
        let vm = VmServer::start(version, &[]);
        let server = start();
        let text = lines(5, 15, now_ms() - DAY_MS);
        let accepted = upload(&server, &config(&vm.url()), "b.jsonl", &text).ok();
        assert_eq!(accepted["job"]["state"], "queued");
        assert_eq!(accepted["job"]["percent"], 0.0);
        let id = accepted["job_id"].as_str().unwrap();
        assert!(accepted["events_url"].as_str().unwrap().ends_with(id));
        let job = ended(&server, id);
        assert_eq!(job["state"], "completed", "{job:#}");
        assert_eq!(job["stage"], "completed");
        assert_eq!(job["percent"], 100.0);
        assert_eq!(job["chunks_completed"], job["chunks_total"]);
        assert_eq!(job["import_url"], format!("{}/api/v1/import", vm.url()));
        assert_eq!(job["source_bytes"], text.len());
        assert_eq!(job["inflated_bytes"], text.len());
        let summary = &job["summary"];
        assert_eq!(summary["points"], 75);
        assert_eq!(summary["total_points"], 75);
        assert_eq!(summary["metric_name"], "up");
        assert_eq!(summary["labels"], json!({"job": "demo", "instance": "h:0"}));
        assert_eq!(summary["analyzed_lines"], 5);
        let verification = &job["verification"];
        assert_eq!(verification["verified"], true, "{job:#}");
        assert_eq!(verification["series_compared"], 5);
        assert_eq!(
            verification["jobs"],
            json!([{"job": "demo", "sent": 75, "found": 75}])
        );
        assert_eq!(canonical(&stored(&vm)), canonical(&text));
        assert!(left_over(&server).is_empty(), "{:?}", left_over(&server));
        assert_eq!(server.get("/api/imports").ok()["imports"][0]["id"], id);
    }
}

#[test]
fn values_that_are_no_numbers_pass_through() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    let t = now_ms() - DAY_MS;
    let text = format!(
        "{{\"metric\":{{\"__name__\":\"a\",\"job\":\"j\"}},\"values\":[1,null,\"Infinity\",\"-Infinity\"],\
         \"timestamps\":[{t},{},{},{}]}}\nno line\n{{\"metric\":{{}},\"values\":[1],\"timestamps\":[{t}]}}\n",
        t + 1000,
        t + 2000,
        t + 3000
    );
    let job = import(&server, &config(&vm.url()), text.as_bytes());
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["summary"]["skipped_lines"], 2);
    assert_eq!(job["summary"]["first_errors"][0]["line"], 2);
    assert_eq!(job["verification"]["verified"], true, "{job:#}");
    let found = String::from_utf8(stored(&vm)).unwrap();
    assert!(found.contains("Infinity"), "{found}");
}

#[test]
fn every_packing_is_told_by_its_content() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    let text = lines(3, 4, now_ms() - DAY_MS);
    for bundle in [
        zip(&[("data/series.jsonl", &text), ("notes.txt", b"hello")]),
        gzip(&text),
        text.clone(),
    ] {
        let accepted = upload(&server, &config(&vm.url()), "misleading.pdf", &bundle).ok();
        let job = ended(&server, accepted["job_id"].as_str().unwrap());
        assert_eq!(job["state"], "completed", "{job:#}");
        assert_eq!(job["summary"]["points"], 12);
        assert_eq!(job["inflated_bytes"], text.len());
        assert_eq!(job["summary"]["processed_bytes"], text.len());
    }
    assert_eq!(canonical(&stored(&vm)), canonical(&text));
}

#[test]
fn native_blocks_are_told_and_arrive_as_lines_do() {
    let origin = VmServer::start(VmVersion::V1_112, &[]);
    let text = lines(3, 4, now_ms() - DAY_MS);
    origin.load(&text);
    let blocks = origin.export_native(EVERYTHING, 0, 4_000_000_000_000);
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    let bundle = zip(&[("metrics.native", &blocks)]);
    let told = |file: &[u8]| {
        let analysis = analyze(&server, &config(&vm.url()), file, true).ok();
        assert_eq!(analysis["summary"]["points"], 12, "{analysis:#}");
        json!([analysis["source_kind"], analysis["source_format"]])
    };
    assert_eq!(told(&text), json!(["plain", "jsonl"]));
    assert_eq!(told(&blocks), json!(["plain", "native"]));
    assert_eq!(told(&bundle), json!(["bundle", "native"]));
    let accepted = upload(&server, &config(&vm.url()), "b.zip", &bundle).ok();
    let job = ended(&server, accepted["job_id"].as_str().unwrap());
    assert_eq!(job["verification"]["verified"], true, "{job:#}");
    assert_eq!(canonical(&stored(&vm)), canonical(&text));
}

#[test]
fn the_config_may_come_behind_the_bundle() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    let text = lines(1, 2, now_ms());
    let config = config(&vm.url()).to_string();
    let parts: &[importing::Part<'_>] = &[
        ("note", None, b"whatever"),
        ("bundle", Some("b.jsonl"), &text),
        ("config", None, config.as_bytes()),
    ];
    let accepted = send(&server, "/api/upload", parts).ok();
    let job = ended(&server, accepted["job_id"].as_str().unwrap());
    assert_eq!(job["state"], "completed", "{job:#}");
}

#[test]
fn old_data_are_cut_warned_of_and_can_be_shifted() {
    let vm = VmServer::start(VmVersion::V1_112, &["-retentionPeriod=30d"]);
    let server = start();
    let first = now_ms() - 100 * DAY_MS;
    let text = lines(2, 10, first);
    let analysis = analyze(&server, &config(&vm.url()), &text, false).ok();
    let cutoff = analysis["retention_cutoff"].as_i64().unwrap();
    assert!((cutoff - (now_ms() - 30 * DAY_MS)).abs() < 600_000);
    let shift = analysis["suggested_shift_ms"].as_i64().unwrap();
    assert_eq!(shift, cutoff - first + 3_600_000);
    assert_eq!(analysis["summary"]["dropped_old"], 20);
    assert_eq!(analysis["first_timestamp_ms"], first);
    let warnings = analysis["warnings"].to_string();
    assert!(warnings.contains("100.0 %"), "{warnings}");

    // All of it is old: nothing would arrive, and the job says so.
    let job = import(&server, &config(&vm.url()), &text);
    assert_eq!(job["state"], "failed", "{job:#}");
    assert!(
        job["error"].as_str().unwrap().contains("20 samples"),
        "{job:#}"
    );
    assert_eq!(job["resume_ready"], false);
    assert!(left_over(&server).is_empty());

    let mut shifted = config(&vm.url());
    shifted["time_shift_ms"] = json!(shift);
    let job = import(&server, &shifted, &text);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["summary"]["points"], 20);
    assert_eq!(job["verification"]["verified"], true, "{job:#}");

    let mut kept = config(&vm.url());
    kept["drop_old"] = json!(false);
    let analysis = analyze(&server, &kept, &text, false).ok();
    assert_eq!(analysis["retention_cutoff"], 0);
    assert_eq!(analysis["summary"]["points"], 20);
}

#[test]
fn labels_are_counted_dropped_added_and_limited() {
    let vm = VmServer::start(VmVersion::V1_112, &["-maxLabelsPerTimeseries=4"]);
    let server = start();
    let t = now_ms();
    let text = format!(
        "{{\"metric\":{{\"__name__\":\"a\",\"job\":\"j\",\"x\":\"1\",\"y\":\"2\",\"z\":\"3\"}},\"values\":[1],\"timestamps\":[{t}]}}\n\
         {{\"metric\":{{\"__name__\":\"b\",\"job\":\"j\",\"x\":\"1\"}},\"values\":[1,2],\"timestamps\":[{t},{}]}}\n",
        t + 1
    );
    let analysis = analyze(&server, &config(&vm.url()), text.as_bytes(), true).ok();
    assert_eq!(analysis["analysis_mode"], "full");
    assert_eq!(analysis["detected_max_labels_limit"], 4);
    assert_eq!(analysis["max_labels_source"], "metrics");
    let summary = &analysis["summary"];
    assert_eq!(summary["over_label_limit"], 1);
    assert_eq!(summary["over_limit_points"], 1);
    assert_eq!(
        summary["label_universe"],
        json!(["__name__", "job", "x", "y", "z"])
    );
    assert_eq!(summary["series_label_bitsets"], json!(["Hw", "Bw"]));
    assert_eq!(summary["series_label_counts"], json!([5, 3]));
    assert_eq!(summary["label_stats"][2], json!({"name": "x", "count": 2}));

    let mut dropping = config(&vm.url());
    dropping["drop_labels"] = json!(["x", "y", "job"]);
    dropping["add_labels"] = json!({"mark": "m1"});
    let job = import(&server, &dropping, text.as_bytes());
    assert_eq!(job["state"], "completed", "{job:#}");
    let found = String::from_utf8(stored(&vm)).unwrap();
    assert!(
        found.contains(r#""job":"j""#) && found.contains(r#""mark":"m1""#),
        "{found}"
    );
    assert!(!found.contains(r#""x""#), "{found}");

    let mut manual = config(&vm.url());
    manual["max_labels_override"] = json!(9);
    let analysis = analyze(&server, &manual, text.as_bytes(), false).ok();
    assert_eq!(analysis["max_labels_limit"], 9);
    assert_eq!(analysis["max_labels_source"], "manual");
    assert!(analysis["warnings"].to_string().contains("takes 4 labels"));
}

#[test]
fn a_sample_of_lines_is_said_to_be_one() {
    let server = start();
    let text = lines(2_500, 1, now_ms());
    // Nobody listens there: that is a warning, not an error.
    let analysis = analyze(&server, &config("http://127.0.0.1:9"), &text, false).ok();
    assert_eq!(analysis["analysis_mode"], "sample");
    assert_eq!(analysis["summary"]["scanned_lines"], 2_000);
    assert_eq!(analysis["summary"]["sample_limit"], 2_000);
    assert_eq!(analysis["summary"]["sample_cut"], true);
    assert_eq!(analysis["max_labels_source"], "unknown");
    let warnings = analysis["warnings"].to_string();
    assert!(
        warnings.contains("limits of the target are unknown"),
        "{warnings}"
    );
    let analysis = analyze(&server, &config("http://127.0.0.1:9"), &text, true).ok();
    assert_eq!(analysis["summary"]["scanned_lines"], 2_500);
    assert!(left_over(&server).is_empty());
}

#[test]
fn seconds_are_converted_if_asked_for() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    let t = now_ms() / 1000;
    let text =
        format!("{{\"metric\":{{\"__name__\":\"a\"}},\"values\":[1],\"timestamps\":[{t}]}}\n");
    let analysis = analyze(&server, &config(&vm.url()), text.as_bytes(), false).ok();
    assert!(analysis["warnings"].to_string().contains("look like `s`"));
    let mut auto = config(&vm.url());
    auto["timestamp_unit"] = json!("auto");
    let job = import(&server, &auto, text.as_bytes());
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["summary"]["normalized_ts"], true);
    let found = String::from_utf8(stored(&vm)).unwrap();
    assert!(found.contains(&format!("{t}000")), "{found}");
}

#[test]
fn a_target_that_fails_fails_the_job_with_its_words_and_a_resume_goes_on() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = FaultProxy::start(&vm.url());
    let server = start();
    let text = lines(250, 2_000, now_ms() - 2 * DAY_MS);
    proxy.order(
        "POST /api/v1/import",
        [Fault::Pass],
        Fault::Answer(Answer::new(502, "no upstream today")),
    );
    let begun = std::time::Instant::now();
    let job = import(&server, &config(&proxy.url()), &text);
    assert!(begun.elapsed().as_secs() < 30);
    assert_eq!(job["state"], "failed", "{job:#}");
    let error = job["error"].as_str().unwrap();
    assert!(
        error.contains("502") && error.contains("no upstream today"),
        "{error}"
    );
    assert_eq!(job["resume_ready"], true);
    assert!(job["percent"].as_f64().unwrap() < 90.0);
    let sent = job["summary"]["points"].as_u64().unwrap();

    proxy.order("POST /api/v1/import", [], Fault::Pass);
    let id = job["id"].as_str().unwrap();
    let resuming = server
        .post(&format!("/api/import/resume?id={id}"), &json!({}))
        .ok();
    assert_eq!(resuming["status"], "resuming");
    let job = ended(&server, id);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert!(job["summary"]["points"].as_u64().unwrap() >= sent);
    assert_eq!(job["summary"]["points"], 500_000);
    assert_eq!(job["verification"]["verified"], true, "{job:#}");
    assert_eq!(canonical(&stored(&vm)), canonical(&text));
    assert!(left_over(&server).is_empty());
    let again = server.post(&format!("/api/import/resume?id={id}"), &json!({}));
    assert_eq!(again.refused(), 409);
}

#[test]
fn a_canceled_import_outlives_the_server_and_asks_for_its_secret() {
    let vm = VmServer::start(
        VmVersion::V1_112,
        &["-httpAuth.username=ann", "-httpAuth.password=hunter2"],
    );
    let proxy = FaultProxy::start(&vm.url());
    let mut server = start();
    let place = Arc::clone(&server.place);
    let text = lines(250, 2_000, now_ms() - 2 * DAY_MS);
    proxy.order("POST /api/v1/import", [Fault::Pass], Fault::StallAfter(0));
    let config = json!({"endpoint": proxy.url(), "username": "ann", "password": "hunter2"});
    let accepted = upload(&server, &config, "b.jsonl", &text).ok();
    let id = accepted["job_id"].as_str().unwrap().to_owned();
    proxy.wait_for_stalls(1);
    let query = format!("id={id}");
    assert_eq!(
        server
            .post(&format!("/api/import/discard?{query}"), &json!({}))
            .refused(),
        409
    );
    let canceled = server
        .post(&format!("/api/import/cancel?{query}"), &json!({}))
        .ok();
    assert_eq!(canceled["canceled"], true);
    proxy.release();
    let job = ended(&server, &id);
    assert_eq!(job["state"], "canceled", "{job:#}");
    assert_eq!(job["resume_ready"], true);
    assert_eq!(job["resume_needs"], "password");
    server.stop();

    let server = at(&place);
    let listed = server.get("/api/imports").ok();
    assert_eq!(listed["imports"][0]["id"], *id, "{listed:#}");
    let job = server.get(&format!("/api/import/status?{query}")).ok();
    assert_eq!(job["state"], "failed");
    assert_eq!(job["resume_ready"], true);
    assert!(job["chunks_completed"].as_u64().unwrap() >= 1);
    // How far it was is known after the restart too.
    let done = job["summary"]["processed_bytes"].as_u64().unwrap();
    assert!(0 < done && done <= text.len() as u64, "{job:#}");
    assert_eq!(job["inflated_bytes"], text.len());
    let percent = 5.0 + 80.0 * done as f64 / text.len() as f64;
    assert!(
        (job["percent"].as_f64().unwrap() - percent).abs() < 0.1,
        "{job:#}"
    );
    // Another process is at work on it.
    let folder = place.path().join("imports");
    let folder = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    let busy = bundle::staging::StagingFolder::open(&folder.path()).unwrap();
    let refused = server.post(&format!("/api/import/resume?{query}"), &json!({}));
    assert_eq!(refused.refused(), 409, "{}", refused.text());
    assert_eq!(refused.json()["code"], "in_use");
    drop(busy);
    let resume = format!("/api/import/resume?{query}");
    let refused = server.post(&resume, &json!({}));
    assert_eq!(refused.refused(), 400);
    assert!(refused.text().contains("`password`"), "{}", refused.text());
    assert_eq!(refused.json()["code"], "auth_required");

    proxy.order("POST /api/v1/import", [], Fault::Pass);
    server
        .post(
            &resume,
            &json!({"auth_type": "basic", "username": "ann", "password": "hunter2"}),
        )
        .ok();
    let job = ended(&server, &id);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(job["summary"]["points"], 500_000);
    assert!(left_over(&server).is_empty());
}

#[test]
fn an_interrupted_import_can_be_given_up() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = FaultProxy::start(&vm.url());
    let server = start();
    proxy.order(
        "POST /api/v1/import",
        [],
        Fault::Answer(Answer::new(400, "no")),
    );
    let job = import(&server, &config(&proxy.url()), &lines(1, 1, now_ms()));
    assert_eq!(job["state"], "failed", "{job:#}");
    assert!(!left_over(&server).is_empty());
    let id = job["id"].as_str().unwrap();
    server
        .post(&format!("/api/import/discard?id={id}"), &json!({}))
        .ok();
    assert!(left_over(&server).is_empty());
    assert_eq!(
        server.get(&format!("/api/import/status?id={id}")).refused(),
        404
    );
}

#[test]
fn a_target_is_checked_and_then_remembered() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let server = start();
    assert_eq!(
        server.get("/api/profiles/recent").ok(),
        json!({"profiles": []})
    );
    let unreachable = server.post("/api/check-endpoint", &config("http://127.0.0.1:9"));
    assert_eq!(unreachable.refused(), 502);
    assert_eq!(unreachable.json()["code"], "unreachable");
    for bad in [
        json!({}),
        json!({"endpoint": "ftp://vm"}),
        json!({"endpoint": "vm", "tenant_id": "a/b"}),
        json!({"endpoint": "vm", "auth_type": "Digest"}),
    ] {
        assert_eq!(
            server.post("/api/check-endpoint", &bad).refused(),
            400,
            "{bad}"
        );
    }
    assert_eq!(
        server.get("/api/profiles/recent").ok(),
        json!({"profiles": []})
    );

    let works = server
        .post(
            "/api/check-endpoint",
            &config(&format!("{}/?key=k1", vm.url())),
        )
        .ok();
    assert_eq!(works["ok"], true);
    assert_eq!(works["server"], "single");
    assert!(!works.to_string().contains("k1"), "{works}");
    let profiles = server.get("/api/profiles/recent").ok();
    let profile = &profiles["profiles"][0];
    assert_eq!(profile["drop_old"], true);
    assert!(profile["endpoint"].as_str().unwrap().starts_with(&vm.url()));
    assert!(!profiles.to_string().contains("k1"), "{profiles}");
    let id = profile["id"].as_str().unwrap();
    let forget = format!("DELETE /api/profiles/recent/{id}");
    server.send(&forget, &[], b"").ok();
    assert_eq!(server.send(&forget, &[], b"").refused(), 404);
}

#[cfg(unix)]
#[test]
fn a_certificate_error_is_told_and_nothing_is_sent_without_verification() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../vmapi/tests/it/certificates"
    );
    let file = |name: &str| std::path::Path::new(folder).join(name);
    let target = support::Running::with(support::Setup {
        tls: Some((file("server.pem"), file("server.key"))),
        ..support::Setup::default()
    });
    let server = start();
    let url = format!("https://{}", target.authority());
    let strict = json!({"endpoint": url, "username": "ann", "password": "hunter2"});
    let refused = server.post("/api/check-endpoint", &strict);
    assert_eq!(refused.refused(), 502);
    assert_eq!(refused.json()["code"], "certificate", "{}", refused.text());
    let job = import(&server, &strict, &lines(1, 2, now_ms()));
    assert_eq!(job["state"], "failed", "{job:#}");
    assert_eq!(job["code"], "certificate", "{job:#}");
    assert_eq!(job["summary"]["chunks"], 0);
    // Only who asks for it gets an answer from behind the certificate.
    let mut lax = strict;
    lax["skip_tls_verify"] = true.into();
    let answer = server.post("/api/check-endpoint", &lax);
    assert_ne!(answer.json()["code"], "certificate", "{}", answer.text());
}

#[test]
fn settings_without_effect_change_nothing() {
    let server = start();
    let text = lines(2, 3, now_ms() - DAY_MS);
    let plain = VmServer::start(VmVersion::V1_112, &[]);
    let with_settings = VmServer::start(VmVersion::V1_112, &[]);
    import(&server, &config(&plain.url()), &text);
    let mut config = config(&with_settings.url());
    config["metric_step_seconds"] = 3_600.into();
    config["batch_window_seconds"] = 3_600.into();
    let job = import(&server, &config, &text);
    assert_eq!(job["state"], "completed", "{job:#}");
    assert_eq!(
        canonical(&stored(&plain)),
        canonical(&stored(&with_settings))
    );
    let profiles = server.get("/api/profiles/recent").ok();
    assert_eq!(profiles["profiles"][0]["metric_step_seconds"], 3_600);
}

#[test]
fn what_is_no_upload_is_refused() {
    let server = start();
    let text = lines(1, 1, now_ms());
    let good = config("http://127.0.0.1:9").to_string();
    let good = good.as_bytes();
    let json_body = server.send(
        "POST /api/upload",
        &[("Content-Type", "application/json")],
        b"{}",
    );
    assert_eq!(json_body.refused(), 400);
    let cases: &[&[importing::Part<'_>]] = &[
        &[("bundle", Some("b"), &text)],
        &[("config", None, good)],
        &[("config", None, b"{ half"), ("bundle", Some("b"), &text)],
        &[("config", None, good), ("bundle", Some("b"), b"")],
        &[("config", None, good), ("config", None, good)],
        &[
            ("config", None, good),
            ("bundle", Some("b"), b"<!doctype html><p>login"),
        ],
    ];
    for path in ["/api/upload", "/api/analyze"] {
        for parts in cases {
            assert_eq!(send(&server, path, parts).refused(), 400, "{parts:?}");
            assert!(left_over(&server).is_empty(), "{:?}", left_over(&server));
        }
    }
    for parts in [
        [("config", None, &b"{}"[..]), ("bundle", Some("b"), &text)],
        [("bundle", Some("b"), &text), ("config", None, b"{}")],
    ] {
        assert_eq!(send(&server, "/api/upload", &parts).refused(), 400);
        assert!(left_over(&server).is_empty(), "{:?}", left_over(&server));
        // Looking at a bundle takes no target.
        let analysis = send(&server, "/api/analyze", &parts).ok();
        assert_eq!(analysis["max_labels_source"], "unknown");
    }
    let garbage = analyze(
        &server,
        &config("http://127.0.0.1:9"),
        b"{\"metric\":{}}\n",
        false,
    );
    assert_eq!(garbage.refused(), 422);
    for (request, status) in [
        ("GET /api/import/status", 400),
        ("GET /api/import/status?id=job-1-2", 404),
        ("GET /api/import/events?id=x", 404),
        ("POST /api/import/resume", 400),
        ("POST /api/import/resume?id=x", 404),
        ("POST /api/import/cancel?id=x", 404),
        ("GET /api/upload", 405),
        ("GET /api/uplaod", 404),
    ] {
        assert_eq!(
            server.send(request, &[], b"").refused(),
            status,
            "{request}"
        );
    }
    assert_eq!(server.get("/api/health").ok()["status"], "ok");
    assert_eq!(server.get("/index.html").status, 200);
    assert_eq!(server.get("/anything").status, 404);
    let api = server.get("/api/openapi.json").ok();
    assert!(api["paths"]["/api/upload"]["post"].is_object());
}
