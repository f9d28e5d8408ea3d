//! What somebody would try against a server on a person's machine, each tried for real.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};
use server::Limits;

use support::{Running, Setup, cluster, last};

const TOKEN: &str = "correct-horse-battery-staple";

/// Calls that do something or tell something.
const CALLS: [&str; 5] = [
    "GET /api/config",
    "GET /api/exports",
    "POST /api/validate",
    "POST /api/export/start",
    "POST /api/fs/check",
];

fn open_to_all() -> Running {
    Running::with(Setup {
        bind: "0.0.0.0:0",
        token: Some(TOKEN),
        ..Setup::default()
    })
}

fn impatient() -> Limits {
    let soon = Duration::from_millis(300);
    Limits {
        header: soon,
        body: soon,
        idle: soon,
        stall: soon,
        stop: soon,
        connections: 4,
    }
}

/// A real bundle's beginning.
const ZIP: &[u8] = b"PK\x03\x04 and more";

mod other_sites {
    use super::*;

    #[test]
    fn a_name_that_was_made_to_point_at_us_is_refused_everywhere() {
        let server = Running::start();
        let port = server.address.port();
        for host in [
            "evil.example".to_owned(),
            format!("evil.example:{port}"),
            format!("localhost.evil.example:{port}"),
            format!("127.0.0.1.evil.example:{port}"),
            format!("localhost:{port}@evil.example"),
            "192.0.2.1".to_owned(),
            "localhost:99999".to_owned(),
            "[::ffff:192.0.2.1]".to_owned(),
            String::new(),
        ] {
            for call in CALLS
                .into_iter()
                .chain(["GET /", "GET /static/gather/index.html"])
            {
                let answer = server.send(call, &[("Host", &host)], b"");
                assert_eq!(answer.refused(), 403, "{host}: {call}");
            }
        }
    }

    #[test]
    fn our_own_names_are_not() {
        let server = Running::start();
        let port = server.address.port();
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "[::1]"] {
            for host in [
                host.to_owned(),
                format!("{host}:{port}"),
                format!("{host}:1"),
            ] {
                server.send("GET /api/config", &[("Host", &host)], b"").ok();
            }
        }
        let told = Running::with(Setup {
            hosts: vec!["Tools.Example".to_owned()],
            ..Setup::default()
        });
        told.send("GET /api/config", &[("Host", "tools.example:80")], b"")
            .ok();
    }

    #[test]
    fn a_request_without_a_host_or_with_two_is_refused() {
        let server = Running::start();
        let own = server.authority();
        for request in [
            "GET /api/config HTTP/1.1\r\nConnection: close\r\n\r\n".to_owned(),
            "GET /api/config HTTP/1.0\r\n\r\n".to_owned(),
            format!(
                "GET /api/config HTTP/1.1\r\nHost: {own}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
            ),
            format!(
                "GET http://evil.example/api/config HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"
            ),
            format!(
                "GET http://{own}/api/config HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
            ),
        ] {
            let answer = String::from_utf8(server.raw(request.as_bytes())).unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 403 ")
                    || answer.starts_with("HTTP/1.0 403 ")
                    || answer.starts_with("HTTP/1.1 400 "),
                "{request}: {answer}"
            );
        }
    }

    #[test]
    fn their_pages_cannot_call() {
        let server = Running::start();
        let port = server.address.port();
        let foreign = [
            ("Origin", "http://evil.example".to_owned()),
            ("Origin", "null".to_owned()),
            (
                "Origin",
                format!("http://127.0.0.1:{}", port.wrapping_add(1)),
            ),
            ("Origin", format!("http://localhost:{port}")),
            ("Origin", format!("http://127.0.0.1:{port}.evil.example")),
            ("Origin", format!("ftp://127.0.0.1:{port}")),
            ("Sec-Fetch-Site", "cross-site".to_owned()),
            ("Sec-Fetch-Site", "same-site".to_owned()),
            ("Sec-Fetch-Site", String::new()),
        ];
        for (name, value) in &foreign {
            for call in CALLS {
                let answer = server.send(call, &[(name, value)], b"{}");
                assert_eq!(answer.refused(), 403, "{name}: {value}: {call}");
                assert_eq!(answer.json()["code"], "cross_site");
            }
        }
        // One good header does not excuse a bad one.
        let both = [
            ("Origin", &*format!("http://127.0.0.1:{port}")),
            ("Origin", "http://evil.example"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        assert_eq!(server.send("GET /api/config", &both, b"").refused(), 403);
        let own = [
            ("Origin", &*format!("http://127.0.0.1:{port}")),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        server.send("GET /api/config", &own, b"").ok();
        server
            .send("GET /api/config", &[("Sec-Fetch-Site", "none")], b"")
            .ok();
    }

    #[test]
    fn a_forged_form_starts_nothing() {
        let server = Running::start();
        let target = server.path("made-by-a-form");
        let body = json!({"path": target, "ensure": true}).to_string();
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ] {
            let headers = [
                ("Origin", "http://evil.example"),
                ("Sec-Fetch-Site", "cross-site"),
                ("Content-Type", kind),
            ];
            let answer = server.send("POST /api/fs/check", &headers, body.as_bytes());
            assert_eq!(answer.refused(), 403, "{kind}");
        }
        assert!(!target.exists());
    }

    #[test]
    fn nothing_is_shared_across_origins() {
        let server = Running::start();
        for call in [
            "OPTIONS /api/validate",
            "GET /api/config",
            "GET /",
            "GET /api/health",
        ] {
            let headers = [
                ("Origin", "http://evil.example"),
                ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Private-Network", "true"),
            ];
            let answer = server.send(call, &headers, b"");
            for (name, _) in &answer.headers {
                assert!(!name.starts_with("access-control-"), "{call}: {name}");
            }
        }
    }

    #[test]
    fn every_reply_forbids_what_it_does_not_need() {
        let server = Running::start();
        for call in [
            "GET /",
            "GET /api/config",
            "GET /api/none",
            "GET /none",
            "PUT /api/config",
        ] {
            let answer = server.send(call, &[], b"");
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
            ] {
                assert_eq!(answer.header(name), Some(value), "{call}");
            }
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            if call.contains("/api/") {
                assert_eq!(answer.header("cache-control"), Some("no-store"), "{call}");
            }
        }
    }
}

mod without_the_token {
    use super::*;

    #[test]
    fn nothing_is_told_and_nothing_done() {
        let server = open_to_all();
        let long = TOKEN.repeat(1000);
        let wrong = [
            None,
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer wrong"),
            Some("Bearer correct-horse-battery-stapl"),
            Some("Bearer correct-horse-battery-staplee"),
            Some("Bearer CORRECT-HORSE-BATTERY-STAPLE"),
            Some("Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBsZTo="),
            Some(&*long),
            Some(TOKEN),
        ];
        for value in wrong {
            let headers: Vec<_> = value
                .map(|value| ("Authorization", value))
                .into_iter()
                .collect();
            for call in CALLS {
                let answer = server.send(call, &headers, b"");
                assert_eq!(answer.refused(), 401, "{value:?}: {call}");
                assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
            }
        }
        let in_the_url = format!("GET /api/config?token={TOKEN}&access_token={TOKEN}");
        assert_eq!(server.send(&in_the_url, &[], b"").refused(), 401);
        let port = server.address.port();
        for cookie in [
            format!("vmgather_{port}={TOKEN}"),
            format!("vmgather_{port}="),
            format!("vmgather_{port}"),
        ] {
            let answer = server.send("GET /api/config", &[("Cookie", &cookie)], b"");
            assert_eq!(answer.refused(), 401, "{cookie}");
        }
    }

    #[test]
    fn the_page_asks_for_it_and_health_does_not() {
        let server = open_to_all();
        let page = server.get("/");
        assert_eq!(page.status, 401);
        assert!(page.text().contains("Access token"), "{}", page.text());
        assert_eq!(page.header("cache-control"), Some("no-store"));
        server.get("/api/health").ok();
    }

    #[test]
    fn with_it_everything_is_open() {
        let server = open_to_all();
        let bearer = format!("Bearer {TOKEN}");
        let answer = server
            .send("GET /api/config", &[("Authorization", &bearer)], b"")
            .ok();
        assert_eq!(answer["supports_dir_picker"], false);
        let form = format!("token={TOKEN}");
        let login = server.send("POST /login", &[], form.as_bytes());
        let cookie = login.header("set-cookie").unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        assert!(
            !cookie.contains(TOKEN),
            "other ports of this host see the cookie"
        );
        let pair = cookie.split(';').next().unwrap();
        server
            .send("GET /api/config", &[("Cookie", pair)], b"")
            .ok();
    }

    #[test]
    fn a_login_of_another_site_is_refused() {
        let server = open_to_all();
        let form = format!("token={TOKEN}");
        let headers = [("Origin", "http://evil.example")];
        let answer = server.send("POST /login", &headers, form.as_bytes());
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("set-cookie"), None);
    }

    #[test]
    fn the_form_of_a_browser_logs_in() {
        let server = open_to_all();
        let form = format!("token={TOKEN}");
        // What Chromium sends from a page without a referrer; over plain HTTP without the second.
        let own = [("Origin", "null"), ("Sec-Fetch-Site", "same-origin")];
        for headers in [&own[..], &own[..1]] {
            let answer = server.send("POST /login", headers, form.as_bytes());
            assert_eq!(answer.status, 200);
            assert!(answer.header("set-cookie").is_some());
        }
        let foreign = [("Origin", "null"), ("Sec-Fetch-Site", "cross-site")];
        let answer = server.send("POST /login", &foreign, form.as_bytes());
        assert_eq!(answer.refused(), 403);
    }

    #[test]
    fn the_code_of_the_start_works_once() {
        let server = open_to_all();
        let start = server.access.start_path().unwrap();
        assert_eq!(server.access.start_path(), None);
        for wrong in [
            "/start",
            "/start?code=",
            "/start?code=0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(server.get(wrong).header("set-cookie"), None, "{wrong}");
        }
        let first = server.get(&start);
        assert!(first.header("set-cookie").is_some());
        assert_eq!(server.get(&start).header("set-cookie"), None);
    }

    /// Needs root to become somebody else; elsewhere the unit tests of the peer have to do.
    #[cfg(target_os = "linux")]
    #[test]
    fn another_user_of_this_machine_gets_nothing() {
        use std::os::unix::fs::MetadataExt;
        use std::process::Command;
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        if !is_root || Command::new("setpriv").arg("--version").output().is_err() {
            return;
        }
        let server = Running::start();
        let port = server.address.port();
        let script = format!(
            "exec 3<>/dev/tcp/127.0.0.1/{port}; \
             printf 'GET /api/config HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3; \
             cat <&3"
        );
        let as_user = |user: &str| {
            let output = Command::new("setpriv")
                .args(["--reuid", user, "--clear-groups", "bash", "-c", &script])
                .output()
                .unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let nobody = as_user("65534");
        assert!(nobody.starts_with("HTTP/1.1 401 "), "{nobody}");
        assert!(!nobody.contains("output_dir"), "{nobody}");
        let root = as_user("0");
        assert!(root.starts_with("HTTP/1.1 200 "), "{root}");
    }
}

mod files {
    use super::*;

    #[test]
    fn the_pages_folder_is_not_left() {
        let server = Running::start();
        for path in [
            "/static/gather/../../Cargo.toml",
            "/static/../Cargo.toml",
            "/static/gather/%2e%2e/%2e%2e/Cargo.toml",
            "/static/gather/..%2f..%2fCargo.toml",
            "/static/gather/%252e%252e/Cargo.toml",
            "/static/gather/..\\..\\Cargo.toml",
            "/static/gather/..%5c..%5cCargo.toml",
            "/static//etc/passwd",
            "/static/%2fetc%2fpasswd",
            "/static/gather/index.html%00.js",
            "/static/gather/",
            "/static/gather",
            "/static/",
            "/static/import/index.html",
            "/../Cargo.toml",
            "/.git/config",
            "//etc/passwd",
            "/static/gather/./index.html/..",
        ] {
            let answer = server.get(path);
            assert_eq!(answer.status, 404, "{path}: {}", answer.text());
            assert!(!answer.text().contains("[workspace]"), "{path}");
        }
    }

    #[test]
    fn only_bundles_are_downloaded() {
        let server = Running::start();
        let secret = server.path("secret.zip");
        fs::write(&secret, ZIP).unwrap();
        fs::write(server.path("out/good.zip"), ZIP).unwrap();
        fs::write(server.path("out/map.json"), "{}").unwrap();
        fs::write(server.path("out/fake.zip"), "root:x:0:0").unwrap();
        fs::write(server.path("out/half.zip.partial"), ZIP).unwrap();
        fs::create_dir_all(server.path("out/staging/job-1/export-1-a")).unwrap();
        fs::write(server.path("out/staging/job-1/export-1-a/tokens"), "x").unwrap();
        fs::write(server.path("out/staging/part.zip"), ZIP).unwrap();
        let absolute = secret.display().to_string();
        let encoded = absolute.replace('/', "%2F");
        let refused = [
            "../secret.zip",
            "..%2Fsecret.zip",
            "%2e%2e%2fsecret.zip",
            "staging/../../secret.zip",
            "./../secret.zip",
            &absolute,
            &encoded,
            "/etc/passwd",
            "%2Fetc%2Fpasswd",
            "/proc/self/environ",
            "/dev/zero",
            "/none/at/all",
            "/etc",
            "../none.zip",
            "map.json",
            "fake.zip",
            "half.zip.partial",
            "staging/part.zip",
            "staging/job-1/export-1-a/tokens",
        ];
        for path in refused {
            let answer = server.get(&format!("/api/download?path={path}"));
            assert_eq!(answer.refused(), 403, "{path}");
        }
        for path in ["none.zip", "..\\secret.zip", "%252e%252e%252fsecret.zip"] {
            let answer = server.get(&format!("/api/download?path={path}"));
            assert_eq!(answer.refused(), 404, "{path}");
        }
        for path in ["", ".", "staging", "good.zip%00", "%00"] {
            let answer = server.get(&format!("/api/download?path={path}"));
            assert_eq!(answer.refused(), 400, "{path}");
        }
        for id in ["../secret", "..%2Fsecret", "good", "*", "%00"] {
            let answer = server.get(&format!("/api/download?id={id}"));
            assert_eq!(answer.refused(), 404, "{id}");
        }
        let good = server.get("/api/download?path=good.zip");
        assert_eq!((good.status, &*good.body), (200, ZIP));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_leads_nowhere_even_if_it_is_swapped() {
        use std::os::unix::fs::symlink;
        let server = Running::start();
        let secret = [ZIP, b" secret"].concat();
        fs::write(server.path("secret.zip"), &secret).unwrap();
        symlink(server.path("secret.zip"), server.path("out/link.zip")).unwrap();
        let path = "/api/download?path=link.zip";
        assert_eq!(server.get(path).refused(), 403);
        // A link to a folder in the middle of the path.
        fs::create_dir(server.path("elsewhere")).unwrap();
        fs::write(server.path("elsewhere/a.zip"), &secret).unwrap();
        symlink(server.path("elsewhere"), server.path("out/inner")).unwrap();
        assert_eq!(server.get("/api/download?path=inner/a.zip").refused(), 403);
        // The same name, now good, now bad, as fast as it goes.
        let (good, name) = (server.path("good.zip"), server.path("out/race.zip"));
        fs::write(&good, ZIP).unwrap();
        let done = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let _ = fs::hard_link(&good, &name);
                    let _ = fs::remove_file(&name);
                    let _ = symlink(server.path("secret.zip"), &name);
                    let _ = fs::remove_file(&name);
                }
            });
            for _ in 0..300 {
                let answer = server.get("/api/download?path=race.zip");
                assert!(!answer.text().contains("secret\u{0}") && answer.body != secret);
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
    }

    #[cfg(unix)]
    #[test]
    fn a_file_name_cannot_add_headers() {
        let server = Running::start();
        let name = "a\"; x=\"\r\nSet-Cookie: evil=1\r\n\r\n<script>.zip";
        fs::write(server.path("out").join(name), ZIP).unwrap();
        let encoded: String = name.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let answer = server.get(&format!("/api/download?path={encoded}"));
        assert_eq!((answer.status, &*answer.body), (200, ZIP));
        assert_eq!(answer.header("set-cookie"), None);
        let disposition = answer.header("content-disposition").unwrap();
        assert_eq!(disposition.matches('"').count(), 2, "{disposition}");
    }

    #[test]
    fn the_client_does_not_choose_the_names_of_our_files() {
        let (_demo, url) = cluster();
        let server = Running::start();
        let victim = server.path("victim");
        fs::write(&victim, "precious").unwrap();
        let started = server
            .post(
                "/api/export/start",
                &json!({
                    "connection": {"url": url}, "time_range": last(5), "jobs": ["vmagent-eu"],
                    "staging_file": victim, "resume_from_batch": 3,
                    "output_settings": {"archive_name": "../../evil"},
                    "staging_dir": server.path("stage"),
                }),
            )
            .ok();
        let status = server.ended(started["job_id"].as_str().unwrap());
        assert_eq!(status["state"], "completed", "{status}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        let warnings = status["warnings"].to_string();
        assert!(warnings.contains("staging_file"), "{warnings}");
        assert!(
            status["result"]["archive_path"]
                .as_str()
                .unwrap()
                .starts_with(server.path("out").to_str().unwrap())
        );
    }

    #[cfg(unix)]
    #[test]
    fn planted_links_are_not_written_through() {
        use std::os::unix::fs::symlink;
        let server = Running::start();
        let (folder, victim) = (server.path("shared"), server.path("victim"));
        fs::create_dir(&folder).unwrap();
        fs::write(&victim, "precious").unwrap();
        for name in [".vmgather_write_test", ".write_test", "test.tmp", ".tmp"] {
            symlink(&victim, folder.join(name)).unwrap();
        }
        let check = server.post("/api/fs/check", &json!({"path": folder})).ok();
        assert_eq!(check["ok"], true);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
    }

    #[test]
    fn folders_are_listed_only_if_that_was_allowed() {
        let server = Running::start();
        assert_eq!(server.get("/api/fs/list").refused(), 403);
        assert_eq!(server.get("/api/fs/list?path=/").refused(), 403);
        let open = Running::with(Setup {
            bind: "0.0.0.0:0",
            token: Some(TOKEN),
            allow_browse: true,
            ..Setup::default()
        });
        let bearer = format!("Bearer {TOKEN}");
        let answer = open.send("GET /api/fs/list", &[("Authorization", &bearer)], b"");
        assert_eq!(answer.refused(), 403);
    }

    #[cfg(unix)]
    #[test]
    fn listed_folders_do_not_leave_their_roots() {
        use std::os::unix::fs::symlink;
        let server = Running::with(Setup {
            allow_browse: true,
            ..Setup::default()
        });
        let home = server.path("home");
        fs::create_dir_all(home.join("inside")).unwrap();
        symlink("/etc", home.join("etc")).unwrap();
        symlink(home.join("inside"), home.join("link")).unwrap();
        let listed = server.get("/api/fs/list").ok();
        let names: Vec<&str> = listed["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["name"].as_str().unwrap())
            .collect();
        assert_eq!(names, ["inside", "link"]);
        assert_eq!(listed["parent"], "");
        let home = home.display();
        for outside in [
            "/".to_owned(),
            "/etc".to_owned(),
            format!("{home}/etc"),
            format!("{home}/.."),
            format!("{home}/inside/../../.."),
            format!("{home}/none/../../.."),
            format!("{home}x"),
        ] {
            let answer = server.get(&format!("/api/fs/list?path={outside}"));
            assert_eq!(answer.refused(), 403, "{outside}");
        }
    }

    #[test]
    fn a_server_for_others_writes_only_into_its_own_folders() {
        let server = open_to_all();
        let bearer = format!("Bearer {TOKEN}");
        let headers = [("Authorization", &*bearer)];
        let outside = server.path("outside");
        for folder in [
            outside.display().to_string(),
            format!("{}/../outside", server.path("out").display()),
            format!("{}/none/../../../outside", server.path("out").display()),
            "/tmp".to_owned(),
        ] {
            let body = json!({"path": folder, "ensure": true}).to_string();
            let answer = server.send("POST /api/fs/check", &headers, body.as_bytes());
            assert_eq!(answer.refused(), 403, "{folder}");
            let body = json!({
                "connection": {"url": "http://127.0.0.1:9"}, "time_range": last(5),
                "staging_dir": folder,
            })
            .to_string();
            for path in ["/api/export/start", "/api/export"] {
                let answer = server.send(&format!("POST {path}"), &headers, body.as_bytes());
                assert_eq!(answer.refused(), 403, "{folder}");
            }
        }
        assert!(!outside.exists());
        let own = json!({"path": server.path("out/stage"), "ensure": true}).to_string();
        let answer = server
            .send("POST /api/fs/check", &headers, own.as_bytes())
            .ok();
        assert_eq!(answer["ok"], true);
    }
}

mod floods {
    use super::*;

    #[test]
    fn a_large_body_is_refused_before_it_is_sent() {
        let server = Running::start();
        let head = format!(
            "POST /api/validate HTTP/1.1\r\nHost: {}\r\nContent-Length: 1048577\r\nConnection: close\r\n\r\n",
            server.authority()
        );
        let mut stream = server.connect();
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(support::Answer::read(&answer).unwrap().refused(), 413);
    }

    #[test]
    fn an_endless_body_is_cut() {
        let server = Running::start();
        let mut stream = server.connect();
        let head = format!(
            "POST /api/validate HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            server.authority()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let chunk = [b"10000\r\n".as_slice(), &[b' '; 0x10000], b"\r\n"].concat();
        let mut sent = 0;
        while sent < 64 << 20 && stream.write_all(&chunk).is_ok() {
            sent += chunk.len();
        }
        assert!(sent < 64 << 20, "the server took {sent} bytes");
    }

    #[test]
    fn deep_json_is_no_more_than_bad_json() {
        let server = Running::start();
        let deep = "[".repeat(500_000);
        let objects = "{\"connection\":".repeat(60_000);
        for body in [
            deep,
            objects,
            "\"".repeat(999),
            "{\"connection\":{\"url\":\"\u{0}\"".to_owned(),
        ] {
            for path in [
                "/api/validate",
                "/api/sample",
                "/api/export/cancel",
                "/api/fs/check",
            ] {
                let answer = server.send(&format!("POST {path}"), &[], body.as_bytes());
                assert_eq!(answer.refused(), 400, "{path}");
            }
        }
        server.get("/api/health").ok();
    }

    #[test]
    fn a_large_header_is_refused() {
        let server = Running::start();
        let long = "x".repeat(200_000);
        let answer = server.raw(
            format!(
                "GET /api/config HTTP/1.1\r\nHost: {}\r\nX-Long: {long}\r\n\r\n",
                server.authority()
            )
            .as_bytes(),
        );
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
        server.get("/api/health").ok();
    }

    #[test]
    fn slow_clients_are_dropped_and_others_served() {
        let server = Running::with(Setup {
            limits: impatient(),
            ..Setup::default()
        });
        // More than may be connected at once: nothing at all, half a header, half a body.
        let half_header = format!(
            "GET /api/config HTTP/1.1\r\nHost: {}\r\n",
            server.authority()
        );
        let half_body = format!(
            "POST /api/validate HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n\r\n{{",
            server.authority()
        );
        let mut slow = Vec::new();
        for _ in 0..4 {
            for sent in ["", "G", &half_header, &half_body] {
                let mut stream = server.connect();
                stream.write_all(sent.as_bytes()).unwrap();
                slow.push(stream);
            }
        }
        server.get("/api/health").ok();
        for mut stream in slow {
            let mut answer = Vec::new();
            // Ends only because the server closes.
            let _ = stream.read_to_end(&mut answer);
            assert!(!answer.starts_with(b"HTTP/1.1 200"));
        }
    }

    #[test]
    fn a_stranger_cannot_keep_others_out_with_slow_logins() {
        let mut limits = impatient();
        // A body that is known to come from a friend may take as long as it likes.
        limits.body = Duration::from_secs(600);
        let server = Running::with(Setup {
            limits,
            ..Setup::default()
        });
        let half = format!(
            "POST /login HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n\r\nt",
            server.authority()
        );
        let slow: Vec<_> = (0..2 * limits.connections)
            .map(|_| {
                let mut stream = server.connect();
                stream.write_all(half.as_bytes()).unwrap();
                stream
            })
            .collect();
        server.get("/api/health").ok();
        drop(slow);
        let large = [b'x'; 8 << 10];
        assert_eq!(server.send("POST /login", &[], &large).refused(), 413);
    }

    #[test]
    fn a_header_that_drips_does_not_live_longer() {
        let server = Running::with(Setup {
            limits: impatient(),
            ..Setup::default()
        });
        let mut stream = server.connect();
        stream.write_all(b"GET / HTTP/1.1\r\n").unwrap();
        stream
            .set_read_timeout(Some(Duration::from_millis(20)))
            .unwrap();
        let begun = std::time::Instant::now();
        let mut byte = [0];
        loop {
            // Each drop comes well before the limit.
            let dropped = stream.write_all(b"X-A: b\r\n").is_err();
            let ended = matches!(stream.read(&mut byte), Ok(0))
                || matches!(stream.read(&mut byte), Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset);
            if dropped || ended {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it lives on");
        }
    }

    #[test]
    fn kept_connections_make_room_for_new_ones() {
        let server = Running::with(Setup {
            limits: Limits {
                connections: 4,
                ..Limits::default()
            },
            ..Setup::default()
        });
        let request = format!(
            "GET /api/health HTTP/1.1\r\nHost: {}\r\n\r\n",
            server.authority()
        );
        let mut kept = Vec::new();
        for _ in 0..4 {
            let mut stream = server.connect();
            stream.write_all(request.as_bytes()).unwrap();
            let mut begin = [0; 12];
            stream.read_exact(&mut begin).unwrap();
            assert_eq!(&begin, b"HTTP/1.1 200");
            kept.push(stream);
        }
        server.get("/api/health").ok();
    }

    #[test]
    fn a_reader_that_stops_reading_is_dropped() {
        let server = Running::with(Setup {
            limits: Limits {
                connections: 1,
                ..impatient()
            },
            ..Setup::default()
        });
        let file = fs::File::create(server.path("out/big.zip")).unwrap();
        (&file).write_all(ZIP).unwrap();
        // More than the system buffers for anyone.
        file.set_len(256 << 20).unwrap();
        let mut stalled = server.connect();
        let request = format!(
            "GET /api/download?path=big.zip HTTP/1.1\r\nHost: {}\r\n\r\n",
            server.authority()
        );
        stalled.write_all(request.as_bytes()).unwrap();
        let mut begin = [0; 12];
        stalled.read_exact(&mut begin).unwrap();
        assert_eq!(&begin, b"HTTP/1.1 200");
        // The only place is free again once the other one was dropped.
        server.get("/api/health").ok();
        drop(stalled);
    }

    #[test]
    fn too_many_exports_are_refused_before_anything_is_done() {
        let (demo, url) = cluster();
        let gate = demo::Gate::new();
        let fault = demo::Fault::Stall {
            after_bytes: 0,
            gate: gate.clone(),
        };
        demo.orders()
            .add(demo::Order::new(fault).on("/api/v1/query").always());
        let server = Running::with(Setup {
            max_jobs: 1,
            ..Setup::default()
        });
        let config = json!({
            "connection": {"url": url}, "time_range": last(5), "jobs": ["vmagent-eu"],
            "staging_dir": server.path("stage"),
        });
        let mut jobs = Vec::new();
        for _ in 0..11 {
            let started = server.post("/api/export/start", &config).ok();
            jobs.push(started["job_id"].as_str().unwrap().to_owned());
        }
        let folders = || fs::read_dir(server.path("stage")).unwrap().count();
        let before = folders();
        for path in ["/api/export/start", "/api/export"] {
            let refused = server.post(path, &config);
            assert_eq!(refused.refused(), 429);
            assert_eq!(refused.header("retry-after"), Some("5"));
        }
        assert_eq!(folders(), before);
        for job in &jobs {
            server
                .post("/api/export/cancel", &json!({"job_id": job}))
                .ok();
        }
        gate.open();
        for job in &jobs {
            assert_eq!(server.ended(job)["state"], "canceled");
        }
        assert_eq!(folders(), 0, "nothing was fetched, so nothing stays");
    }
}

mod protocol {
    use super::*;

    #[test]
    fn methods_are_what_they_are() {
        let server = Running::start();
        for (call, allowed) in [
            ("GET /api/validate", "POST"),
            ("PUT /api/export/start", "POST"),
            ("DELETE /api/export/discard", "POST"),
            ("POST /api/config", "GET,HEAD"),
            ("TRACE /api/config", "GET,HEAD"),
            ("PATCH /api/download", "GET,HEAD"),
            ("post /api/validate", "POST"),
            ("BREW /api/validate", "POST"),
        ] {
            let answer = server.send(call, &[("X-HTTP-Method-Override", "POST")], b"");
            assert_eq!(answer.refused(), 405, "{call}");
            assert_eq!(answer.header("allow"), Some(allowed), "{call}");
        }
        let head = server.send("HEAD /api/config", &[], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
    }

    #[test]
    fn paths_are_what_they_are() {
        let server = Running::start();
        for path in [
            "/api",
            "/api/",
            "/api/none",
            "/api/config/",
            "/api//config",
            "/api/../api/config",
            "/api/%63onfig",
            "/api/config%2f",
            "/api/config;x",
            "/api/Config",
        ] {
            assert_eq!(server.get(path).refused(), 404, "{path}");
        }
        for path in [
            "/API/config",
            "//api/config",
            "/%61pi/config",
            "/none",
            "/index.php",
        ] {
            assert_eq!(server.get(path).status, 404, "{path}");
        }
    }

    #[test]
    fn one_request_is_never_taken_for_two() {
        let server = Running::start();
        let own = server.authority();
        let hidden = format!("GET /api/config HTTP/1.1\r\nHost: {own}\r\n\r\n");
        let length = hidden.len();
        let post = format!("POST /api/validate HTTP/1.1\r\nHost: {own}\r\n");
        for request in [
            // Two statements about the length.
            format!(
                "{post}Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!(
                "{post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{hidden}"
            ),
            format!("{post}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"),
            format!("{post}Content-Length: 0, {length}\r\n\r\n{hidden}"),
            // Lengths that are none.
            format!("{post}Content-Length: +0\r\n\r\n{hidden}"),
            format!("{post}Content-Length: -1\r\n\r\n{hidden}"),
            format!("{post}Content-Length: 0x0\r\n\r\n{hidden}"),
            format!("{post}Content-Length: 99999999999999999999\r\n\r\n{hidden}"),
            // Encodings that one reads and another does not.
            format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
            format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
            format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
            // Header lines that are none.
            format!("{post}Content-Length : 0\r\n\r\n{hidden}"),
            format!("{post}X-Fold: a\r\n Content-Length: {length}\r\n\r\n{hidden}"),
            format!("{post}X\u{0}: a\r\n\r\n{hidden}"),
        ] {
            let answer = String::from_utf8_lossy(&server.raw(request.as_bytes())).into_owned();
            assert!(!answer.contains("output_dir"), "{request}: {answer}");
            assert!(
                answer.matches("HTTP/1.1 ").count() <= 1,
                "{request}: {answer}"
            );
        }
    }

    #[test]
    fn two_honest_requests_in_one_piece_are_both_answered() {
        let server = Running::start();
        let own = server.authority();
        let request = format!(
            "GET /api/health HTTP/1.1\r\nHost: {own}\r\n\r\n\
             GET /api/config HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"
        );
        let answer = String::from_utf8(server.raw(request.as_bytes())).unwrap();
        assert_eq!(answer.matches("HTTP/1.1 200").count(), 2, "{answer}");
    }

    #[test]
    fn what_is_no_http_is_closed() {
        let server = Running::start();
        for noise in [
            &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"\r\n\r\n\r\n\x00\x00\x00",
            b"GET\r\n\r\n",
            b"GET / HTTP/9.9\r\n\r\n",
        ] {
            assert!(!server.raw(noise).starts_with(b"HTTP/1.1 200"));
        }
        server.get("/api/health").ok();
    }
}

mod secrets {
    use super::*;

    #[test]
    fn they_are_in_no_reply() {
        const SECRET: &str = "hunter2-is-secret";
        let (_demo, url) = cluster();
        let server = Running::start();
        let with_user = url.replace("http://", &format!("http://ann:{SECRET}@"));
        let connections = [
            json!({"url": url, "auth": {"type": "basic", "username": "ann", "password": SECRET}}),
            json!({"url": url, "auth": {"type": "bearer", "token": SECRET}}),
            json!({"url": url, "auth": {"type": "header", "header_name": "X-Key", "header_value": SECRET}}),
            json!({"url": with_user}),
            json!({"url": url.replace("/select", &format!("?token={SECRET}&x=/select"))}),
            json!({"url": format!("http://127.0.0.1:9/?token={SECRET}")}),
            json!({"url": format!("http://ann:{SECRET}@no-such-host.invalid/")}),
            json!({"url": format!("ht tp://ann:{SECRET}@x"), "full_api_url": format!("http://y/?{SECRET}")}),
            json!({"url": url, "auth": {"type": "Basic", "password": SECRET}}),
            json!({"url": url, "auth": {"type": "bearer", "token": [SECRET]}}),
            json!({"url": url, "auth": SECRET}),
            json!({"url": url, "auth": {"type": "bearer", "token": format!("{SECRET}\r\nX: y")}}),
        ];
        for connection in &connections {
            let config = json!({
                "connection": connection, "time_range": last(5), "jobs": ["vmagent-eu"],
                "query": "up", "selector": "up", "limit": 1, "staging_dir": server.path("stage"),
            });
            let mut replies =
                vec![server.post("/api/sample", &json!({"config": config, "limit": 1}))];
            let mut exported = config.clone();
            exported.as_object_mut().unwrap().remove("query");
            for path in [
                "/api/validate",
                "/api/validate-query",
                "/api/discover",
                "/api/discover-selector",
                "/api/estimate",
                "/api/preview",
                "/api/export",
                "/api/export/start",
            ] {
                let body = if path == "/api/validate-query" {
                    &config
                } else {
                    &exported
                };
                replies.push(server.post(path, body));
            }
            let started: Value = serde_json::from_slice(&replies.last().unwrap().body).unwrap();
            if let Some(job) = started["job_id"].as_str() {
                let status = server.ended(job);
                assert!(
                    !status.to_string().contains(SECRET),
                    "{connection}: {status}"
                );
                for path in ["/api/export/cancel", "/api/export/resume"] {
                    let auth = json!({"job_id": job, "auth": {"type": "bearer", "token": SECRET}});
                    replies.push(server.post(path, &auth));
                }
            }
            replies.push(server.get("/api/exports"));
            for reply in &replies {
                assert!(
                    !reply.text().contains(SECRET),
                    "{connection}: {}",
                    reply.text()
                );
            }
        }
        for file in walk(server.place.path()) {
            let content = fs::read(&file).unwrap();
            let found = content
                .windows(SECRET.len())
                .any(|part| part == SECRET.as_bytes());
            assert!(!found, "{}", file.display());
        }
    }

    fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files.extend(walk(&path));
            } else {
                files.push(path);
            }
        }
        files
    }

    #[test]
    fn jobs_cannot_be_guessed() {
        let server = Running::start();
        for id in [
            "job-1",
            "job-",
            "",
            "*",
            "job-00000000000000000000000000000000",
            "../x",
            "%00",
        ] {
            let answer = server.get(&format!("/api/export/status?id={id}"));
            assert!(matches!(answer.refused(), 400 | 404), "{id}");
        }
    }
}
