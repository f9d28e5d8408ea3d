//! Imports of native blocks.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod world;

use bundle::{Archive, NATIVE_ENTRY, PieceCompressor};
use jiff::Timestamp;
use replay::{Fit, Format, Shift, Source};
use testkit::{Answer, Fault, FaultProxy, VmServer, VmVersion, canonical, diff, seed};
use world::{START_MS, World, assert_complete};

const END_MS: i64 = START_MS + 400 * 15_000;

fn exported(server: &VmServer) -> Vec<u8> {
    server.export_json_lines(testkit::EVERYTHING, 0, 4_000_000_000_000)
}

/// A server with series of all kinds, stale markers and NaN-free odd values among them.
fn origin(version: VmVersion) -> VmServer {
    let server = VmServer::start(version, &[]);
    server.load(
        &[
            seed::cluster(400, 400, START_MS, 15_000),
            seed::odd_series(START_MS),
        ]
        .concat(),
    );
    server
}

fn bundle_of(stream: &[u8]) -> Vec<u8> {
    let mut archive = Archive::new(std::io::Cursor::new(Vec::new()), Timestamp::UNIX_EPOCH);
    let mut entry = archive.begin(NATIVE_ENTRY).unwrap();
    let piece = PieceCompressor::new(1).compress(stream, Default::default());
    entry.push(&piece).unwrap();
    entry.end().unwrap();
    archive
        .entry("metadata.json", br#"{"format":"native"}"#)
        .unwrap();
    archive.finish().unwrap().into_inner()
}

#[test]
fn blocks_arrive_as_they_would_by_a_plain_copy() {
    let newer = VmVersion::all()[1];
    let origin = origin(newer);
    let stream = origin.export_native(testkit::EVERYTHING, START_MS, END_MS);
    let copy = VmServer::start(newer, &[]);
    copy.import_native(&stream);
    copy.flush();
    for bytes in [stream.clone(), bundle_of(&stream)] {
        let target = VmServer::start(newer, &[]);
        let proxy = FaultProxy::start(&target.url());
        let world = World::new(&proxy.url());
        let path = world.file("data", &bytes);
        assert_eq!(
            Source::open(&path, "data").unwrap().format(),
            Format::Native
        );
        let outcome = world.import(&path, Fit::default()).unwrap();
        assert_complete(&outcome);
        let verification = outcome.report.verification.unwrap();
        assert!(verification.verified, "{verification:#?}");
        assert_eq!(
            diff(&canonical(&exported(&copy)), &canonical(&exported(&target))),
            None
        );
        let native = proxy.requests("/api/v1/import/native").len();
        assert_eq!(native as u64, outcome.report.sent.chunks + 1, "and a probe");
    }
}

#[test]
fn blocks_of_one_generation_reach_a_server_of_the_other() {
    let [older, newer] = VmVersion::all();
    for (from, to) in [(older, newer), (newer, older)] {
        let origin = origin(from);
        let stream = origin.export_native(testkit::EVERYTHING, START_MS, END_MS);
        let target = VmServer::start(to, &[]);
        let world = World::new(&target.url());
        let outcome = world
            .import(&world.file("data", &stream), Fit::default())
            .unwrap();
        assert_complete(&outcome);
        let verification = outcome.report.verification.unwrap();
        assert!(verification.verified, "{verification:#?}");
        assert_eq!(outcome.report.tally.skipped_lines(), 0);
    }
}

#[test]
fn shifted_and_trimmed_blocks_keep_their_values() {
    let newer = VmVersion::all()[1];
    let origin = origin(newer);
    let stream = origin.export_native(testkit::EVERYTHING, START_MS, END_MS);
    let lines = origin.export_json_lines(testkit::EVERYTHING, START_MS, END_MS);
    let fit = Fit {
        shift: Shift::By(86_400_000),
        add_labels: vec![("mark".to_owned(), "x".to_owned())],
        drop_labels: vec!["path".to_owned()],
        ..Fit::default()
    };
    let by_lines = VmServer::start(newer, &[]);
    assert_complete(&World::new(&by_lines.url()).import_lines(&lines, fit.clone()));
    let by_blocks = VmServer::start(newer, &[]);
    let world = World::new(&by_blocks.url());
    let outcome = world.import(&world.file("data", &stream), fit).unwrap();
    assert_complete(&outcome);
    let verification = outcome.report.verification.unwrap();
    assert!(verification.verified, "{verification:#?}");
    assert_eq!(
        diff(
            &canonical(&exported(&by_lines)),
            &canonical(&exported(&by_blocks))
        ),
        None
    );
}

#[test]
fn a_target_without_a_route_for_blocks_gets_lines() {
    let newer = VmVersion::all()[1];
    let origin = origin(newer);
    let stream = origin.export_native(testkit::EVERYTHING, START_MS, END_MS);
    let target = VmServer::start(newer, &[]);
    let proxy = FaultProxy::start(&target.url());
    let missing = "missing route for \"/api/v1/import/native\"";
    proxy.order(
        "/api/v1/import/native",
        [],
        Fault::Answer(Answer::new(400, missing)),
    );
    let world = World::new(&proxy.url());
    let outcome = world
        .import(&world.file("data", &stream), Fit::default())
        .unwrap();
    assert_complete(&outcome);
    assert!(outcome.report.verification.unwrap().verified);
    let copy = VmServer::start(newer, &[]);
    copy.load(&origin.export_json_lines(testkit::EVERYTHING, START_MS, END_MS));
    assert_eq!(
        diff(&canonical(&exported(&copy)), &canonical(&exported(&target))),
        None
    );
}

#[test]
fn a_broken_block_is_counted_and_costs_no_neighbour() {
    let newer = VmVersion::all()[1];
    let origin = VmServer::start(newer, &[]);
    origin.load(&seed::cluster(10, 100, START_MS, 15_000));
    let mut stream = origin.export_native(testkit::EVERYTHING, START_MS, END_MS);
    // A frame whose block is one byte, and a type that no server knows.
    stream.extend_from_slice(&[0, 0, 0, 2, b'm', 1, 0, 0, 0, 1, 7]);
    let target = VmServer::start(newer, &[]);
    let world = World::new(&target.url());
    let outcome = world
        .import(&world.file("data", &stream), Fit::default())
        .unwrap();
    assert_complete(&outcome);
    assert_eq!(
        outcome.report.tally.skipped[&replay::SkipReason::BrokenBlock],
        1
    );
    assert!(outcome.report.verification.unwrap().verified);
}
