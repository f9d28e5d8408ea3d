//! Imports that are interrupted and resumed.

mod world;

use std::path::PathBuf;

use replay::{Ending, Error, Event, Fit, Shift, Spool, unfinished};
use testkit::{Answer, Fault, FaultProxy, VmServer, VmVersion, canonical, diff, seed};
use world::{Gate, START_MS, World, assert_complete};

const IMPORT: &str = "/api/v1/import";

fn answer(status: u16, text: &str) -> Fault {
    Fault::Answer(Answer::new(status, text))
}

/// Enough for some ten chunks.
fn many_lines() -> Vec<u8> {
    seed::cluster(2_000, 800, START_MS, 15_000)
}

fn exported(server: &VmServer) -> Vec<u8> {
    server.export_json_lines(testkit::EVERYTHING, 0, 4_000_000_000_000)
}

/// A target, the way to it, and an import of [`many_lines`] whose second request was refused.
fn interrupted() -> (VmServer, FaultProxy, World, PathBuf) {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    proxy.order(IMPORT, [Fault::Pass, answer(400, "no")], Fault::Pass);
    let outcome = world.import_lines(&many_lines(), Fit::default());
    let folder = outcome.resumable.expect("what was refused can be resumed");
    (server, proxy, world, folder)
}

#[test]
fn a_resumed_import_sends_only_what_was_not_acknowledged() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    let good = || Fault::Pass;
    proxy.order(
        IMPORT,
        [
            good(),
            good(),
            good(),
            answer(400, "too long line: more than 7 bytes"),
        ],
        Fault::Pass,
    );
    let failed = world.import_lines(&lines, Fit::default());
    let Ending::Failed(error @ Error::Send { .. }) = &failed.ending else {
        panic!("{failed:?}");
    };
    let source = std::error::Error::source(error).unwrap();
    assert!(source.to_string().contains("400"), "{source}");
    assert_eq!(failed.report.sent.chunks, 3);
    let left = unfinished(world.spool().root()).unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].chunks, 3);
    assert!(!left[0].running);

    let before = proxy.requests(IMPORT).len();
    let done = world.resume(&left[0].folder).unwrap();
    assert_complete(&done);
    let sent_again = proxy.requests(IMPORT).len() - before;
    assert_eq!(sent_again as u64, done.report.sent.chunks - 3);
    assert!(done.report.verification.unwrap().verified);
    let copy = VmServer::start(VmVersion::all()[1], &[]);
    copy.load(&lines);
    assert_eq!(
        diff(&canonical(&exported(&copy)), &canonical(&exported(&server))),
        None
    );
    assert!(world.is_empty());
}

#[test]
fn the_summary_of_a_resumed_import_covers_all_runs() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let whole = World::new(&server.url()).import_lines(&lines, Fit::default());
    let other = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&other.url());
    let world = World::new(&proxy.url());
    proxy.order(IMPORT, [Fault::Pass, answer(403, "no")], Fault::Pass);
    let failed = world.import_lines(&lines, Fit::default());
    let resumed = world.resume(&failed.resumable.unwrap()).unwrap();
    assert_eq!(resumed.report.tally, whole.report.tally);
    assert_eq!(resumed.report.series, whole.report.series);
    let (resumed, whole) = (resumed.report.sent, whole.report.sent);
    assert_eq!(
        (resumed.chunks, resumed.samples),
        (whole.chunks, whole.samples)
    );
}

#[test]
fn busy_and_broken_targets_are_asked_again() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    proxy.order(
        IMPORT,
        [
            answer(429, "later"),
            Fault::Pass,
            answer(503, "storage is read-only"),
            Fault::Refuse,
            Fault::Pass,
        ],
        Fault::Pass,
    );
    let outcome = World::new(&proxy.url()).import_lines(&lines, Fit::default());
    assert_complete(&outcome);
    assert!(outcome.report.verification.unwrap().verified);
}

#[test]
fn a_target_that_stays_down_fails_the_import_and_leaves_it_resumable() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    proxy.order(IMPORT, [], answer(502, "bad gateway"));
    let outcome = World::new(&proxy.url()).import_lines(&many_lines(), Fit::default());
    let Ending::Failed(error) = &outcome.ending else {
        panic!("{outcome:?}");
    };
    assert!(
        matches!(error, Error::Send { first_line: 1, .. }),
        "{error:?}"
    );
    assert!(outcome.resumable.is_some());
}

#[test]
fn another_source_or_target_is_not_resumed() {
    let (server, _proxy, world, folder) = interrupted();
    let lines = many_lines();
    let elsewhere = World::new(&server.url());
    assert!(matches!(
        elsewhere.resume(&folder),
        Err(Error::OtherTarget { .. })
    ));
    let described = std::fs::metadata(world.dir.path().join("lines.jsonl")).unwrap();
    let modified = described.modified().unwrap();
    // One digit differs, in the first chunk.
    let mut changed = lines.clone();
    let at = changed.windows(2).position(|pair| pair == b"1,").unwrap();
    changed[at] = b'2';
    let path = world.file("lines.jsonl", &changed);
    let touched = world.resume(&folder).unwrap_err();
    assert!(touched.to_string().contains("time"), "{touched}");
    // Even where the file's time tells nothing.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let outcome = world.resume(&folder).unwrap();
    let Ending::Failed(error @ Error::SourceChanged { .. }) = &outcome.ending else {
        panic!("{outcome:?}");
    };
    assert!(error.to_string().contains("chunk 1 has"), "{error}");
    world.file("lines.jsonl", &lines);
    file.set_modified(modified).unwrap();
    assert_complete(&world.resume(&folder).unwrap());
}

#[test]
fn an_archive_that_was_damaged_meanwhile_is_not_resumed() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("metrics.jsonl", stored).unwrap();
    std::io::Write::write_all(&mut zip, &many_lines()).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    let path = world.file("bundle.zip", &bytes);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    proxy.order(IMPORT, [Fault::Pass, answer(400, "no")], Fault::Pass);
    let folder = world
        .import(&path, Fit::default())
        .unwrap()
        .resumable
        .unwrap();
    let sent = proxy.requests(IMPORT).len();

    let at = bytes.len() * 7 / 10;
    let digit = at + bytes[at..].iter().position(u8::is_ascii_digit).unwrap();
    bytes[digit] ^= 1;
    world.file("bundle.zip", &bytes);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    let error = world.resume(&folder).unwrap_err();
    assert!(error.is_unusable_source(), "{error:?}");
    assert_eq!(proxy.requests(IMPORT).len(), sent, "nothing more was sent");
}

#[test]
fn a_cancelled_import_goes_on_where_it_was() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    proxy.order(IMPORT, [Fault::Pass, Fault::StallAfter(0)], Fault::Pass);
    let cancel = world.cancel.clone();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            proxy.wait_for_stalls(1);
            cancel.cancel();
            proxy.release();
        });
        world.import_lines(&lines, Fit::default())
    });
    assert!(matches!(outcome.ending, Ending::Cancelled), "{outcome:?}");
    let done = world.resume(&outcome.resumable.unwrap()).unwrap();
    assert_complete(&done);
    assert!(done.report.verification.unwrap().verified);
}

#[test]
fn a_stop_at_the_first_broken_line_can_be_had() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let mut world = World::new(&server.url());
    world.fail_on_skip = true;
    let outcome = world.import_lines(b"{\"metric\":{}}\n", Fit::default());
    assert!(
        matches!(
            outcome.ending,
            Ending::Failed(Error::Skipped { line: 1, .. })
        ),
        "{outcome:?}"
    );
}

#[test]
fn a_given_up_import_is_gone() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    proxy.order(IMPORT, [], answer(400, "no"));
    let world = World::new(&proxy.url());
    let folder = world
        .import_lines(&many_lines(), Fit::default())
        .resumable
        .unwrap();
    replay::discard(&folder).unwrap();
    assert!(world.is_empty());
    assert!(unfinished(Spool::new(folder).root()).unwrap().is_empty());
}

#[test]
fn two_imports_of_one_file_into_one_target_do_not_run_side_by_side() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    // Before there is a plan, and when everything is sent but not compared.
    let moments: [fn(&Event) -> bool; 2] = [
        |event| matches!(event, Event::Checking { .. }),
        |event| matches!(event, Event::Verifying { .. }),
    ];
    for moment in moments {
        let mut world = World::new(&proxy.url());
        let gate = Gate::at(moment);
        world.events = gate.clone();
        let path = world.file("lines.jsonl", &lines);
        let link = world.dir.path().join("link.jsonl");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let same = [&path, &link, &world.dir.path().join("./lines.jsonl")];
        let same = || same.into_iter().filter(|path| path.exists());
        let fit = || Fit {
            shift: Shift::AlignStart(START_MS),
            ..Fit::default()
        };
        let outcome = std::thread::scope(|scope| {
            let first = scope.spawn(|| world.import(&path, fit()));
            gate.wait();
            let sent = proxy.requests(IMPORT).len();
            for same in same() {
                let second = world.import(same, fit());
                assert!(matches!(second, Err(Error::Running { .. })), "{second:?}");
            }
            assert_eq!(proxy.requests(IMPORT).len(), sent);
            gate.open();
            first.join().unwrap().unwrap()
        });
        assert_complete(&outcome);
        assert!(world.is_empty());
    }
}

#[test]
fn what_was_begun_is_not_begun_anew() {
    let (_server, proxy, world, folder) = interrupted();
    let sent = proxy.requests(IMPORT).len();
    let path = world.dir.path().join("lines.jsonl");
    let again = world.import(&path, Fit::default());
    assert!(matches!(again, Err(Error::Halfway { .. })), "{again:?}");
    assert_eq!(proxy.requests(IMPORT).len(), sent);
    // What a killed process left before it had a plan holds nobody up.
    std::fs::remove_file(folder.join("plan.json")).unwrap();
    assert_complete(&world.import(&path, Fit::default()).unwrap());
}

#[test]
fn an_import_of_another_tenant_or_label_is_another_import() {
    let (_server, proxy, world, folder) = interrupted();
    let sent = proxy.requests(IMPORT).len();
    let mut with_label = World::new(&format!("{}/?extra_label=site=b", proxy.url()));
    let error = with_label.resume(&folder).unwrap_err();
    assert!(matches!(error, Error::OtherTarget { .. }), "{error:?}");
    assert!(error.to_string().contains("site=b"), "{error}");
    let with_tenant = World::of_tenant(&format!("{}/insert/7/prometheus", proxy.url()), "7");
    let error = with_tenant.resume(&folder).unwrap_err();
    assert!(matches!(error, Error::OtherTarget { .. }), "{error:?}");
    assert_eq!(proxy.requests(IMPORT).len(), sent);
    // Beside the interrupted one, an import with another label may begin.
    with_label.dir = world.dir;
    let path = with_label.dir.path().join("lines.jsonl");
    assert_complete(&with_label.import(&path, Fit::default()).unwrap());
}

#[test]
fn a_target_that_dies_midway_and_comes_back_gets_everything_once() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    proxy.order(
        IMPORT,
        [Fault::Pass, Fault::Pass, Fault::Refuse],
        Fault::Pass,
    );
    let mut world = World::new(&proxy.url());
    world.retry.patience = std::time::Duration::from_secs(60);
    let gate = Gate::at(|event| matches!(event, Event::Retrying { .. }));
    world.events = gate.clone();
    let outcome = std::thread::scope(|scope| {
        let importing = scope.spawn(|| world.import_lines(&lines, Fit::default()));
        gate.wait();
        proxy.go_dark();
        gate.open();
        // Two more attempts find nobody there.
        gate.again(2);
        proxy.accept_again();
        importing.join().unwrap()
    });
    assert_complete(&outcome);
    assert!(outcome.report.verification.unwrap().verified);
    let copy = VmServer::start(VmVersion::all()[1], &[]);
    copy.load(&lines);
    assert_eq!(
        diff(&canonical(&exported(&copy)), &canonical(&exported(&server))),
        None
    );
}

#[test]
fn a_full_disk_at_the_target_stops_with_its_words_and_leaves_the_way_on() {
    let lines = many_lines();
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    for (status, text) in [
        (507, "insufficient storage"),
        (
            503,
            "the storage is in read-only mode; check -storage.minFreeDiskSpaceBytes",
        ),
    ] {
        proxy.order(IMPORT, [Fault::Pass], answer(status, text));
        let failed = world.import_lines(&lines, Fit::default());
        let Ending::Failed(error @ Error::Send { .. }) = &failed.ending else {
            panic!("{failed:?}");
        };
        let source = std::error::Error::source(error).unwrap().to_string();
        assert!(
            source.contains(&status.to_string()) && source.contains(text),
            "{source}"
        );
        assert_eq!(failed.report.sent.chunks, 1);
        proxy.order(IMPORT, [], Fault::Pass);
        assert_complete(&world.resume(&failed.resumable.unwrap()).unwrap());
    }
}

#[test]
fn secrets_of_the_query_string_are_in_no_file() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let proxy = FaultProxy::start(&server.url());
    proxy.order(IMPORT, [Fault::Pass], answer(400, "no"));
    let url = format!("{}/?authKey=s3cret&extra_label=site=b", proxy.url());
    let world = World::new(&url);
    let folder = world
        .import_lines(&many_lines(), Fit::default())
        .resumable
        .unwrap();
    assert!(proxy.requests(IMPORT)[0].contains("s3cret"));
    for name in ["plan.json", "claim.json", "journal"] {
        let text = std::fs::read(folder.join(name)).unwrap();
        assert!(!String::from_utf8_lossy(&text).contains("s3cret"), "{name}");
    }
    // Another key leads to the same place.
    let mut other = World::new(&url.replace("s3cret", "newer"));
    other.dir = world.dir;
    proxy.order(IMPORT, [], Fault::Pass);
    assert_complete(&other.resume(&folder).unwrap());
}
