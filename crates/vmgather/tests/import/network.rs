//! Targets that are busy, broken, gone or say no.

use std::time::Duration;

use testkit::{VmServer, VmVersion, diff, seed};

use crate::harness::Place;
use crate::recorder::{Order, Recorder};
use crate::target::{START_MS, last_event, line, plain_copy, stored};

const AT_ONCE: Order = Order::Pass(Duration::ZERO);

#[test]
fn busy_targets_and_lost_connections_are_asked_again() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let recorder = Recorder::start(&server.url());
        let place = Place::new();
        let lines = line("m", START_MS, &["1", "2", "3"]);
        place.file("lines.jsonl", &lines);
        let orders = [
            Order::Answer(503, "restarting"),
            Order::Answer(429, "too many concurrent requests"),
            Order::Refuse,
        ];
        recorder.order(orders, AT_ONCE);
        let args = ["import", "lines.jsonl", "--url", &recorder.url(), "--json"];
        let said = place.run(&args).done();
        let events = said.events();
        let retries: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "retrying")
            .collect();
        assert_eq!(retries.len(), 3, "{events:#?}");
        assert_eq!(events.last().unwrap()["verdict"], "verified");
        let imports = recorder.imports();
        assert_eq!(imports.len(), 4);
        assert!(imports.iter().all(|import| import.body == imports[0].body));
        assert_eq!(
            diff(&plain_copy(version, lines.as_bytes()), &stored(&server)),
            None
        );
    }
}

#[test]
fn a_refusal_stops_with_the_words_of_the_server_and_the_lines() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1"]).repeat(3));
    let url = recorder.url();
    let args = ["import", "lines.jsonl", "--url", &url];
    recorder.order([], Order::Answer(400, "cannot parse your lines, sorry"));
    let said = place.run(&args);
    assert_eq!(said.code, 1);
    for wanted in [
        "lines 1 to 3",
        "400",
        "cannot parse your lines, sorry",
        "nothing was sent",
    ] {
        assert!(said.stderr.contains(wanted), "{wanted}\n{}", said.stderr);
    }
    assert_eq!(recorder.imports().len(), 1);
    // Nothing arrived, so there is nothing to go on with.
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
    recorder.order([], AT_ONCE);
    place.run(&[&args[..], &["--no-verify"]].concat()).done();
}

#[test]
fn a_refusal_midway_names_the_way_on_and_a_second_start_is_refused() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let place = Place::new();
    let lines = seed::cluster(900, 300, START_MS, 15_000);
    place.file("lines.jsonl", &lines);
    let url = recorder.url();
    recorder.order([AT_ONCE], Order::Answer(400, "no more"));
    let args = ["import", "lines.jsonl", "--url", &url, "--no-verify"];
    let said = place.run(&args);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(
        said.stderr
            .contains("continue with `vmgather import --resume import-"),
        "{}",
        said.stderr
    );
    recorder.order([], AT_ONCE);
    let said = place.run(&args);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(
        said.stderr.contains("was interrupted after"),
        "{}",
        said.stderr
    );
    let sent = recorder.imports().len();
    assert_eq!(sent, 2);

    let said = place.run(&["import", "--resume", "--url", "http://127.0.0.1:1"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains(&url), "{}", said.stderr);
    place.run(&["import", "--resume", "--url", &url]).done();
    assert_eq!(
        diff(&plain_copy(VmVersion::V1_112, &lines), &{
            let samples = plain_samples(&lines);
            server.wait_for_samples(testkit::EVERYTHING, samples);
            stored(&server)
        }),
        None
    );
}

fn plain_samples(lines: &[u8]) -> usize {
    testkit::canonical(lines).values().map(Vec::len).sum()
}

#[test]
fn a_target_that_is_down_or_wants_credentials_is_told_at_once() {
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1"]));
    let said = place.run(&["import", "lines.jsonl", "--url", "http://127.0.0.1:1"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("127.0.0.1:1"), "{}", said.stderr);
    assert!(said.stderr.contains("nothing was sent"), "{}", said.stderr);
    let guarded = testkit::VmAuth::start(
        VmVersion::V1_112,
        "users:\n- username: u\n  password: p\n  url_prefix: http://127.0.0.1:1/\n",
    );
    let said = place.run(&["import", "lines.jsonl", "--url", &guarded.url()]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("401"), "{}", said.stderr);
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
}

#[test]
fn an_answer_that_is_lost_makes_one_chunk_arrive_twice_and_alike() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let place = Place::new();
    let lines = line("m", START_MS, &["1", "2"]);
    place.file("lines.jsonl", &lines);
    recorder.order([Order::LoseAnswer], AT_ONCE);
    let args = ["import", "lines.jsonl", "--url", &recorder.url(), "--json"];
    let done = last_event(&place.run(&args).done());
    assert_eq!(done["samples_sent"], 2);
    assert_eq!(done["verdict"], "verified", "{done:#}");
    let imports = recorder.imports();
    assert_eq!(imports.len(), 2);
    assert_eq!(imports[0].body, imports[1].body);
}

#[test]
fn a_target_that_cannot_be_read_is_a_warning() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = testkit::FaultProxy::start(&server.url());
    for needle in ["/api/v1/export", "/api/v1/query"] {
        let no = testkit::Answer::new(403, "reading is not for you");
        proxy.order(needle, [], testkit::Fault::Answer(no));
    }
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1"]));
    let said = place.run(&["import", "lines.jsonl", "--url", &proxy.url()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("warning: "), "{}", said.stderr);
    assert!(said.stderr.contains("cannot be read"), "{}", said.stderr);
}
