//! The packaged servers run, take data, and give them back.

use testkit::{EVERYTHING, VmAuth, VmServer, VmVersion, canonical, diff, seed};

const START_MS: i64 = 1_760_000_000_000;
const DAY_MS: i64 = 86_400_000;

#[test]
fn what_is_loaded_is_exported() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let lines = seed::cluster(400, 50, START_MS, 15_000);
        server.load(&lines);
        let exported = server.export_json_lines(EVERYTHING, START_MS, START_MS + DAY_MS);
        assert_eq!(
            diff(&canonical(&lines), &canonical(&exported)),
            None,
            "{version}"
        );
    }
}

#[test]
fn every_odd_series_is_stored() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let lines = seed::odd_series(START_MS);
        server.load(&lines);
        server.load_prometheus_text(&seed::infinities(START_MS));
        let exported =
            server.export_json_lines(EVERYTHING, START_MS - DAY_MS, START_MS + 9 * DAY_MS);
        let (sent, stored) = (canonical(&lines), canonical(&exported));
        let missing: Vec<_> = sent
            .keys()
            .filter(|labels| !stored.contains_key(*labels))
            .collect();
        assert!(missing.is_empty(), "{version}: {missing:?}");
        let between = &stored[&vec![("__name__".to_owned(), "odd_infinities_between".to_owned())]];
        let values: Vec<&str> = between.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(
            values,
            ["1", "Infinity", "2", "-Infinity", "3"],
            "{version}"
        );
    }
}

#[test]
fn native_streams_go_from_server_to_server() {
    for version in VmVersion::all() {
        let (from, to) = (VmServer::start(version, &[]), VmServer::start(version, &[]));
        let lines = seed::cluster(50, 20, START_MS, 15_000);
        from.load(&lines);
        let end_ms = START_MS + DAY_MS;
        let all =
            |server: &VmServer| canonical(&server.export_json_lines(EVERYTHING, START_MS, end_ms));
        to.import_native(&from.export_native(EVERYTHING, START_MS, end_ms));
        to.wait_for_samples(EVERYTHING, all(&from).values().map(Vec::len).sum());
        assert_eq!(diff(&all(&from), &all(&to)), None, "{version}");
    }
}

#[test]
fn tells_what_the_process_used() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let before = server.cpu_seconds();
    server.load(&seed::cluster(1000, 200, START_MS, 15_000));
    assert!(server.cpu_seconds() > before);
    assert!(server.peak_rss() > 1 << 20);
}

#[test]
fn a_server_outlives_the_thread_that_started_it() {
    let started = std::thread::spawn(|| VmServer::start(VmVersion::V1_112, &[]));
    let server = started.join().unwrap();
    server.load(&seed::cluster(8, 2, START_MS, 15_000));
}

#[test]
fn vmauth_forwards_to_the_server_behind_it() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let config = format!(
            "users:\n- username: reader\n  password: secret\n  url_map:\n  - src_paths: [\"/api/v1/query\"]\n    url_prefix: \"{}\"\n",
            server.url()
        );
        let auth = VmAuth::start(version, &config);
        let status = |credentials: &str| {
            let url = format!("{}/api/v1/query?query=1", auth.url());
            let request = ureq::get(url).config().http_status_as_error(false).build();
            request
                .header("Authorization", credentials)
                .call()
                .unwrap()
                .status()
                .as_u16()
        };
        assert_eq!(status("Basic cmVhZGVyOnNlY3JldA=="), 200, "{version}");
        assert!(
            [400, 401].contains(&status("Basic cmVhZGVyOndyb25n")),
            "{version}"
        );
    }
}

#[test]
#[should_panic(expected = "nonsense")]
fn a_server_that_does_not_start_shows_its_log() {
    VmServer::start(VmVersion::V1_112, &["-nonsense"]);
}
