//! Signals, going on, and giving up.

use std::process::{Child, Command};
use std::time::Duration;

use testkit::{VmServer, VmVersion, canonical, diff, seed};

use crate::harness::{Place, Said};
use crate::recorder::{Order, Recorder};
use crate::target::{START_MS, last_event, line, stored};

const AT_ONCE: Order = Order::Pass(Duration::ZERO);

fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
    assert!(status.success());
}

struct World {
    server: VmServer,
    recorder: Recorder,
    place: Place,
    lines: Vec<u8>,
}

impl World {
    fn new(version: VmVersion) -> Self {
        let server = VmServer::start(version, &[]);
        let recorder = Recorder::start(&server.url());
        let place = Place::new();
        let lines = seed::cluster(900, 300, START_MS, 15_000);
        place.file("lines.jsonl", &lines);
        Self {
            server,
            recorder,
            place,
            lines,
        }
    }

    /// Begins an import and interrupts it while its second chunk is under way.
    fn interrupted(&self, args: &[&str], stdin: Option<&[u8]>) -> Said {
        // Whatever comes after the second chunk has to wait, however late the signal is.
        self.recorder.order([AT_ONCE, Order::Hold], Order::Refuse);
        let mut command = self.place.command(args);
        if stdin.is_some() {
            command.stdin(std::process::Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let Some(bytes) = stdin {
            use std::io::Write as _;
            child.stdin.take().unwrap().write_all(bytes).unwrap();
        }
        self.recorder.wait_for_held(1);
        interrupt(&child);
        // The request under way is waited for, so that its chunk is known to have arrived.
        self.recorder.release();
        let said = Said::of(child.wait_with_output().unwrap());
        self.recorder.order([], AT_ONCE);
        said
    }

    #[track_caller]
    fn assert_whole(&self) {
        let expected = canonical(&self.lines);
        let samples = expected.values().map(Vec::len).sum();
        self.server.wait_for_samples(testkit::EVERYTHING, samples);
        assert_eq!(diff(&expected, &stored(&self.server)), None);
        assert_eq!(self.place.names(".vmgather/imports"), [] as [&str; 0]);
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        let imports = self.recorder.imports();
        for import in imports.into_iter().filter(|import| import.taken) {
            assert!(!bodies.contains(&import.body), "a chunk was sent twice");
            bodies.push(import.body);
        }
    }
}

#[test]
fn an_interrupted_import_says_how_to_go_on_and_sends_nothing_twice() {
    for version in VmVersion::all() {
        let world = World::new(version);
        let url = world.recorder.url();
        let said = world.interrupted(&["import", "lines.jsonl", "--url", &url], None);
        assert_eq!(said.code, 130, "{}", said.stderr);
        let command = said
            .stderr
            .split("continue with `vmgather ")
            .nth(1)
            .unwrap();
        let command = command.split('`').next().unwrap().to_owned();
        let args: Vec<&str> = command.split(' ').collect();
        assert_eq!(args[..2], ["import", "--resume"]);
        let again = [&args[..], &["--json"]].concat();
        let said = world.place.run(&again).done();
        let started = said.events();
        let started = started.iter().find(|event| event["type"] == "started");
        assert!(started.unwrap()["samples"].as_u64().unwrap() > 0);
        let done = last_event(&said);
        assert_eq!(done["verdict"], "verified", "{done:#}");
        let all: usize = canonical(&world.lines).values().map(Vec::len).sum();
        assert_eq!(done["samples_sent"], all as u64);
        world.assert_whole();
    }
}

#[test]
fn what_came_through_stdin_is_kept_until_it_is_sent() {
    let world = World::new(VmVersion::V1_112);
    let url = world.recorder.url();
    let args = ["import", "-", "--url", &url, "--json"];
    let said = world.interrupted(&args, Some(&world.lines));
    assert_eq!(said.code, 130, "{}", said.stderr);
    let cancelled = last_event(&said);
    assert_eq!(cancelled["type"], "cancelled");
    let id = cancelled["import_id"].as_str().unwrap();
    assert_eq!(world.place.names(".vmgather/imports"), [id]);
    let args = ["import", "--resume", id, "--url", &url, "--quiet"];
    let said = world.place.run(&args).done();
    assert_eq!(said.stderr, "");
    world.assert_whole();
}

#[test]
fn an_import_is_given_up_by_its_id() {
    let world = World::new(VmVersion::V1_112);
    let url = world.recorder.url();
    world.interrupted(&["import", "lines.jsonl", "--url", &url], None);
    let place = &world.place;
    let said = place.run(&["import", "--discard"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("--yes"), "{}", said.stderr);
    let said = place.run(&["import", "--discard", "import-0", "--yes"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    let said = place.run(&["import", "--resume", "--shift", "now", "--url", &url]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("--shift"), "{}", said.stderr);
    place.run(&["import", "--discard", "--yes"]).done();
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
    let said = place.run(&["import", "--resume", "--url", &url]);
    assert_eq!(said.code, 2, "{}", said.stderr);
}

#[test]
fn what_a_crash_left_of_a_copy_goes_at_the_next_start() {
    let world = World::new(VmVersion::V1_112);
    let url = world.recorder.url();
    let mut child = world
        .place
        .command(&["import", "-", "--url", &url])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while world.place.names(".vmgather/imports").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(world.place.names(".vmgather/imports").len(), 1);
    world
        .place
        .run(&["import", "lines.jsonl", "--url", &url, "--no-verify"])
        .done();
    world.assert_whole();
}

#[test]
fn an_import_that_waits_for_stdin_can_be_interrupted() {
    let world = World::new(VmVersion::V1_112);
    let child = world
        .place
        .command(&["import", "-", "--url", &world.recorder.url()])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while world.place.names(".vmgather/imports").is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    interrupt(&child);
    let mut child = child;
    let _open = child.stdin.take();
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}", said.stderr);
    assert!(
        said.stderr.contains("nothing had been sent"),
        "{}",
        said.stderr
    );
    assert_eq!(world.place.names(".vmgather/imports"), [] as [&str; 0]);
}

#[test]
fn a_comparison_can_be_interrupted_and_leaves_nothing_to_resume() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = testkit::FaultProxy::start(&server.url());
    proxy.order("/api/v1/export", [], testkit::Fault::StallAfter(0));
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1", "2"]));
    let child = place
        .command(&["import", "lines.jsonl", "--url", &proxy.url()])
        .spawn()
        .unwrap();
    proxy.wait_for_stalls(1);
    interrupt(&child);
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 130, "{}", said.stderr);
    for wanted in ["sent         2 samples", "compared     interrupted before"] {
        assert!(said.stderr.contains(wanted), "{wanted}\n{}", said.stderr);
    }
    assert!(!said.stderr.contains("--resume"), "{}", said.stderr);
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
    server.wait_for_samples(testkit::EVERYTHING, 2);
}

#[test]
fn a_second_import_of_a_file_waits_for_nobody_and_sends_nothing() {
    let world = World::new(VmVersion::V1_112);
    let (place, url) = (&world.place, world.recorder.url());
    std::os::unix::fs::symlink(place.path("lines.jsonl"), place.path("link.jsonl")).unwrap();
    world.recorder.order([AT_ONCE, Order::Hold], AT_ONCE);
    let args = ["import", "lines.jsonl", "--url", &url, "--no-verify"];
    let mut first = place.command(&args).spawn().unwrap();
    world.recorder.wait_for_held(1);
    let sent = world.recorder.imports().len();
    let path = place.path("link.jsonl");
    for same in ["link.jsonl", "./lines.jsonl", path.to_str().unwrap()] {
        let said = place.run(&["import", same, "--url", &url, "--no-verify"]);
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(
            said.stderr.contains("another process is importing"),
            "{}",
            said.stderr
        );
    }
    let said = place.run(&["import", "--resume", "import-", "--url", &url]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert_eq!(world.recorder.imports().len(), sent);
    // One that was killed holds nobody up.
    first.kill().unwrap();
    first.wait().unwrap();
    world.recorder.release();
    world.recorder.order([], AT_ONCE);
    place.run(&["import", "--resume", "--url", &url]).done();
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
}
