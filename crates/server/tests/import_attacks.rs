//! The importer against hostile bundles, clients and pages.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod importing;
mod support;

use std::io::{Read as _, Write as _};
use std::time::Duration;

use serde_json::{Value, json};
use server::Limits;
use testkit::{VmServer, VmVersion};

use self::importing::{
    analyze, body, content_type, import, left_over, lines, now_ms, send, setup, start, upload,
    wait_until_empty, zip,
};
use self::support::{Page, Running, Setup};

/// Every call with its method.
const CALLS: [&str; 12] = [
    "POST /api/check-endpoint",
    "POST /api/upload",
    "POST /api/analyze",
    "GET /api/import/status?id=x",
    "GET /api/import/events?id=x",
    "POST /api/import/resume?id=x",
    "POST /api/import/cancel?id=x",
    "POST /api/import/discard?id=x",
    "GET /api/imports",
    "GET /api/profiles/recent",
    "DELETE /api/profiles/recent/x",
    "GET /api/openapi.json",
];

fn nowhere() -> Value {
    json!({"endpoint": "http://127.0.0.1:9"})
}

#[test]
fn pages_of_others_and_rebound_names_are_refused_everywhere() {
    let server = start();
    let text = lines(1, 1, now_ms());
    let config = nowhere().to_string();
    let form = body(&[
        ("config", None, config.as_bytes()),
        ("bundle", Some("b"), &text),
    ]);
    let kind = content_type();
    for call in CALLS {
        for (name, value) in [
            ("Host", "evil.example"),
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            let headers = [("Content-Type", kind.as_str()), (name, value)];
            let answer = server.send(call, &headers, &form);
            assert_eq!(answer.refused(), 403, "{call} {name}: {value}");
        }
    }
    assert!(left_over(&server).is_empty());
    assert!(!server.path("cache").exists());
    assert_eq!(
        server
            .send("GET /api/health", &[("Host", "evil.example")], b"")
            .status,
        200
    );
}

#[test]
fn others_need_the_token_for_everything() {
    let server = Running::with(Setup {
        bind: "0.0.0.0:0",
        token: Some("sesame-sesame-sesame"),
        ..setup()
    });
    let text = lines(1, 1, now_ms());
    let config = nowhere().to_string();
    let form = body(&[
        ("config", None, config.as_bytes()),
        ("bundle", Some("b"), &text),
    ]);
    let kind = content_type();
    for call in CALLS {
        for token in ["", "Bearer sesame", "Basic sesame-sesame-sesame"] {
            let headers = [("Content-Type", kind.as_str()), ("Authorization", token)];
            assert_eq!(server.send(call, &headers, &form).refused(), 401, "{call}");
        }
    }
    assert!(left_over(&server).is_empty());
    let headers = [
        ("Content-Type", kind.as_str()),
        ("Authorization", "Bearer sesame-sesame-sesame"),
    ];
    let accepted = server.send("POST /api/upload", &headers, &form).ok();
    // Paths of this machine are nobody else's business.
    assert_eq!(accepted["job"]["bundle_path"], Value::Null);
}

#[test]
fn hostile_archives_are_refused_and_leave_nothing() {
    let server = start();
    let text = lines(2, 3, now_ms());
    let good = zip(&[("metrics.jsonl", &text)]);
    let mut wrong_crc = good.clone();
    let at = wrong_crc
        .windows(4)
        .position(|four| four == b"PK\x01\x02")
        .unwrap();
    wrong_crc[at + 16] ^= 0xff;
    let mut encrypted = good.clone();
    encrypted[at + 8] |= 1;
    let cases = [
        ("truncated", good[..good.len() - 30].to_vec()),
        ("wrong CRC", wrong_crc),
        ("encrypted", encrypted),
        ("unsafe name", zip(&[("../metrics.jsonl", &text)])),
        ("nested", zip(&[("metrics.jsonl", &good)])),
        ("no series", zip(&[("readme.txt", b"hello")])),
        ("empty archive", zip(&[])),
        ("web page", b"<!doctype html><p>login".to_vec()),
        ("only a head", b"PK\x03\x04".to_vec()),
    ];
    for (case, bundle) in &cases {
        let answer = analyze(&server, &nowhere(), bundle, true);
        assert!(
            matches!(answer.refused(), 400 | 422),
            "{case}: {}",
            answer.text()
        );
        assert!(left_over(&server).is_empty(), "{case}");
        // An upload is refused at once, or its job sends nothing.
        let answer = upload(&server, &nowhere(), "b.zip", bundle);
        if answer.status == 200 {
            let id = answer.json()["job_id"].as_str().unwrap().to_owned();
            let job = importing::ended(&server, &id);
            assert_eq!(job["state"], "failed", "{case}: {job:#}");
            assert_eq!(job["summary"]["points"], 0, "{case}");
        } else {
            assert!(
                matches!(answer.refused(), 400 | 422),
                "{case}: {}",
                answer.text()
            );
        }
        assert!(
            left_over(&server).is_empty(),
            "{case}: {:?}",
            left_over(&server)
        );
    }
}

#[test]
fn a_bomb_leaves_nothing() {
    let server = start();
    // One line that never ends, 64 MB in 64 KB.
    let blank = vec![b' '; 64 << 20];
    let bomb = zip(&[("metrics.jsonl", &blank)]);
    drop(blank);
    assert!(bomb.len() < 1 << 20);
    let answer = analyze(&server, &nowhere(), &bomb, true);
    assert!(matches!(answer.refused(), 400 | 422), "{}", answer.text());
    assert!(left_over(&server).is_empty());
}

#[test]
fn half_an_upload_leaves_nothing() {
    let server = start();
    let text = lines(2_000, 50, now_ms());
    let config = nowhere().to_string();
    for path in ["/api/upload", "/api/analyze"] {
        let form = body(&[
            ("config", None, config.as_bytes()),
            ("bundle", Some("b"), &text),
        ]);
        let mut stream = server.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            server.authority(),
            content_type(),
            form.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&form[..form.len() / 2]).unwrap();
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        while left_over(&server).is_empty() {
            assert!(std::time::Instant::now() < deadline, "nothing was written");
            std::thread::yield_now();
        }
        drop(stream);
        wait_until_empty(&server);
    }
    assert_eq!(server.get("/api/imports").ok()["imports"], json!([]));
}

#[test]
fn an_upload_that_stalls_is_given_up() {
    let server = Running::with(Setup {
        limits: Limits {
            stall: Duration::from_millis(200),
            ..Limits::default()
        },
        ..setup()
    });
    let mut stream = server.connect();
    let head = format!(
        "POST /api/upload HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: 1000\r\n\r\n--",
        server.authority(),
        content_type()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 408");
    wait_until_empty(&server);
}

#[test]
fn parts_and_headers_are_bounded() {
    let server = start();
    let huge = format!("{{\"endpoint\":\"{}\"}}", "a".repeat(1 << 20));
    let text = lines(1, 1, now_ms());
    let answer = send(
        &server,
        "/api/upload",
        &[
            ("config", None, huge.as_bytes()),
            ("bundle", Some("b"), &text),
        ],
    );
    assert_eq!(answer.refused(), 413);
    let many: Vec<importing::Part<'_>> = (0..50).map(|_| ("x", None, &b"y"[..])).collect();
    assert_eq!(send(&server, "/api/upload", &many).refused(), 400);
    let name = "n".repeat(4 << 20);
    let answer = send(&server, "/api/upload", &[(&name, None, b"x")]);
    assert_eq!(answer.refused(), 400);
    let kind = content_type();
    let junk = vec![b'j'; 4 << 20];
    let answer = server.send("POST /api/upload", &[("Content-Type", &kind)], &junk);
    assert_eq!(answer.refused(), 400);
    assert!(left_over(&server).is_empty());

    let small = Running::with(Setup {
        page: Page::Import {
            max_upload_bytes: Some(100_000),
        },
        ..setup()
    });
    let large = vec![b'x'; 200_000];
    let config = nowhere().to_string();
    for parts in [
        [
            ("config", None, config.as_bytes()),
            ("bundle", Some("b"), &large[..]),
        ],
        [
            ("bundle", Some("b"), &large[..]),
            ("config", None, config.as_bytes()),
        ],
    ] {
        assert_eq!(send(&small, "/api/upload", &parts).refused(), 413);
        assert!(left_over(&small).is_empty());
    }
    let announced = b"POST /api/upload HTTP/1.1\r\nConnection: close\r\n";
    let announced = format!(
        "{}Host: {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        String::from_utf8_lossy(announced),
        small.authority(),
        1_u64 << 60
    );
    let answer = support::Answer::read(&small.raw(announced.as_bytes())).unwrap();
    assert_eq!(answer.refused(), 413);
}

#[test]
fn a_bad_config_is_refused_before_the_bundle_comes() {
    let server = start();
    let mut stream = server.connect();
    let form = body(&[
        ("config", None, b"{}"),
        ("bundle", Some("b"), b"never sent"),
    ]);
    let bundle = br#"name="bundle""#;
    let sent = form.windows(bundle.len()).position(|part| part == bundle);
    let sent = sent.unwrap();
    let head = format!(
        "POST /api/upload HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        server.authority(),
        content_type(),
        1 << 20
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&form[..sent]).unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 400");
    assert!(left_over(&server).is_empty());
}

#[test]
fn more_jobs_than_allowed_are_refused_before_anything_is_done() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = testkit::FaultProxy::start(&vm.url());
    proxy.order("POST /api/v1/import", [], testkit::Fault::StallAfter(0));
    let server = start();
    let config = json!({"endpoint": proxy.url()});
    let text = lines(1, 1, now_ms());
    let mut jobs = Vec::new();
    for _ in 0..2 {
        let accepted = upload(&server, &config, "b", &text).ok();
        jobs.push(accepted["job_id"].as_str().unwrap().to_owned());
    }
    let before = left_over(&server).len();
    let refused = upload(&server, &config, "b", &text);
    assert_eq!(refused.refused(), 429);
    assert_eq!(refused.json()["code"], "too_many_jobs");
    assert!(left_over(&server).len() <= before.max(12));
    for id in jobs {
        server
            .post(&format!("/api/import/cancel?id={id}"), &json!({}))
            .ok();
        proxy.release();
        importing::ended(&server, &id);
    }
}

#[test]
fn secrets_are_in_no_reply_and_in_no_file() {
    let vm = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = testkit::FaultProxy::start(&vm.url());
    let server = start();
    let text = lines(1, 3, now_ms());
    let secrets = ["hunter2", "hunter3", "hunter4", "hunter5"];
    let host = proxy.url().replace("http://", "");
    let configs = [
        json!({"endpoint": format!("http://ann:hunter2@{host}/?key=hunter3")}),
        json!({"endpoint": proxy.url(), "auth_type": "bearer", "password": "hunter4"}),
        json!({"endpoint": proxy.url(), "auth_type": "header", "custom_header_name": "X-Key",
               "custom_header_value": "hunter5"}),
    ];
    for fails in [false, true] {
        for config in &configs {
            let own = config.to_string();
            let own: Vec<_> = secrets
                .iter()
                .filter(|secret| own.contains(**secret))
                .collect();
            let fault = if fails {
                // A target that repeats what it was sent.
                testkit::Fault::Answer(testkit::Answer::new(401, format!("you sent {own:?}")))
            } else {
                testkit::Fault::Pass
            };
            proxy.order("/api/v1/import", [], fault);
            let mut told = server.post("/api/check-endpoint", config).text();
            told += &analyze(&server, config, &text, false).text();
            told += &import(&server, config, &text).to_string();
            told += &server.get("/api/imports").text();
            told += &server.get("/api/profiles/recent").text();
            for secret in own {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
    for file in left_over(&server) {
        let Ok(content) = std::fs::read(&file) else {
            continue;
        };
        let content = String::from_utf8_lossy(&content);
        assert!(!content.contains("hunter"), "{file}");
    }
    let profiles = std::fs::read_to_string(server.path("cache/recent_profiles.json")).unwrap();
    assert!(!profiles.contains("hunter"), "{profiles}");
}

#[test]
fn what_a_crash_left_is_gone_after_a_start() {
    let server = start();
    let place = server.place.clone();
    let remain = server.path("imports/import-1-0123456789abcdef");
    drop(server);
    std::fs::create_dir_all(&remain).unwrap();
    std::fs::write(remain.join("lock"), "").unwrap();
    std::fs::write(remain.join("source"), "half").unwrap();
    let server = importing::at(&place);
    assert!(left_over(&server).is_empty());
}
