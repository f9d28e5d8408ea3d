//! Signals while a real server keeps the program waiting, and readers that leave.

use std::io::Read;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use testkit::{Answer, Fault, VmVersion, diff};

use crate::harness::{Place, Said};
use crate::source::{Source, TRANSPORTS, assert_finished, assert_whole, samples, say, text};

/// Far below the minute after which a silent server is given up, far above what a busy machine needs.
const SOON: Duration = Duration::from_secs(20);

fn signal(child: &Child, name: &str) {
    let kill = format!("kill -{name} {}", child.id());
    assert!(
        Command::new("sh")
            .args(["-c", &kill])
            .status()
            .unwrap()
            .success()
    );
}

/// Signals and waits; the program must not wait for its server.
#[track_caller]
fn stopped(child: Child, name: &str) -> Duration {
    let began = Instant::now();
    signal(&child, name);
    let said = Said::of(child.wait_with_output().unwrap());
    let took = began.elapsed();
    assert_eq!(said.code, 130, "{}", said.stderr);
    assert!(said.stderr.contains("vmgather resume"), "{}", said.stderr);
    assert!(took < SOON, "{took:?}");
    took
}

#[test]
fn a_server_that_stalls_midway_does_not_hold_back_a_stop() {
    let mut longest = Duration::ZERO;
    for version in VmVersion::all() {
        let source = Source::new(version, 200, 400);
        for transport in TRANSPORTS {
            for name in ["INT", "TERM"] {
                let place = Place::new();
                let output = place.path("out");
                let args = source.export(transport, &["--plain", "--output", text(&output)]);
                source.stall(2, 500);
                let child = place.command(&args).spawn().unwrap();
                source.wait_for_stall();
                longest = longest.max(stopped(child, name));
                assert_eq!(assert_whole(&place, &output), [] as [std::path::PathBuf; 0]);
                source.calm();
                source.proxy.release();
                place
                    .run(&["resume", "--yes", "--output", text(&output)])
                    .done();
                let bundle = assert_finished(&place, &output);
                assert_eq!(diff(&source.truth, &samples(&bundle)), None);
            }
        }
    }
    say(&format!("stopped within {longest:?}"));
}

#[test]
fn a_stop_while_a_slice_is_being_divided_is_heeded() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let place = Place::new();
    let output = place.path("out");
    let args = source.export("native", &["--plain", "--output", text(&output)]);
    let faults = [Fault::Pass, Fault::StallAfter(10), Fault::too_many_series()];
    source.proxy.order("/api/v1/export", faults, Fault::Pass);
    let child = place.command(&args).spawn().unwrap();
    source.wait_for_stall();
    source
        .proxy
        .order("/api/v1/label/", [], Fault::StallAfter(0));
    source.proxy.release();
    source.wait_for_stall();
    stopped(child, "INT");
    source.proxy.order("/api/v1/label/", [], Fault::Pass);
    source.proxy.release();
    place
        .run(&["resume", "--yes", "--output", text(&output)])
        .done();
    let bundle = assert_finished(&place, &output);
    assert_eq!(diff(&source.truth, &samples(&bundle)), None);
}

#[test]
fn a_stop_while_a_repetition_is_awaited_is_heeded() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let place = Place::new();
    let output = place.path("out");
    let args = source.export("native", &["--plain", "--output", text(&output)]);
    let busy = Fault::Answer(Answer::new(503, "later").header("Retry-After", "300"));
    source
        .proxy
        .order("/api/v1/export", [Fault::Pass, Fault::Pass], busy);
    let child = place.command(&args).spawn().unwrap();
    source.proxy.wait_for_requests("/api/v1/export", 3);
    stopped(child, "TERM");
    source.calm();
    place
        .run(&["resume", "--yes", "--output", text(&output)])
        .done();
    let bundle = assert_finished(&place, &output);
    assert_eq!(diff(&source.truth, &samples(&bundle)), None);
}

#[test]
fn a_stop_while_sealing_leaves_no_half_bundle() {
    let source = Source::new(VmVersion::V1_112, 800, 960);
    let mut stopped = 0;
    for _ in 0..5 {
        let place = Place::new();
        let output = place.path("out");
        let args = source.export("native", &["--plain", "--output", text(&output)]);
        let child = place.command(&args).spawn().unwrap();
        while !place
            .names("out")
            .iter()
            .any(|name| name.ends_with(".zip.partial"))
        {
            std::thread::sleep(Duration::from_micros(200));
        }
        signal(&child, "INT");
        let said = Said::of(child.wait_with_output().unwrap());
        if said.code != 0 {
            assert_eq!(said.code, 130, "{}", said.stderr);
            assert_eq!(place.names("out"), ["staging"]);
            stopped += 1;
            place
                .run(&["resume", "--yes", "--output", text(&output)])
                .done();
        }
        let bundle = assert_finished(&place, &output);
        assert_eq!(diff(&source.truth, &samples(&bundle)), None);
    }
    say(&format!("{stopped} of 5 stopped while sealing"));
}

#[test]
fn a_reader_that_leaves_ends_the_export_quietly_and_leaves_nothing() {
    let source = Source::new(VmVersion::V1_112, 800, 960);
    for options in [&["--stdout", "--plain"][..], &["-o", "-", "--plain"]] {
        let place = Place::new();
        let mut child = place
            .command(&source.export("native", options))
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0; 100]).unwrap();
        drop(stdout);
        let said = Said::of(child.wait_with_output().unwrap());
        assert_eq!((said.code, said.stderr.as_str()), (1, ""));
        assert_eq!(place.names(".vmgather/staging"), [] as [&str; 0]);
    }
}
