//! The server of the import page, as `vmimporter` and as a command.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use crate::harness::{Place, Said};
use crate::serve::Served;

fn vmimporter(place: &Place, args: &[&str]) -> Command {
    // Environment and folders are those of the other program.
    let like = place.command(&[] as &[&str]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmimporter"));
    command
        .args(args)
        .env_clear()
        .env("HOME", place.path(""))
        .current_dir(like.get_current_dir().unwrap())
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    command
}

fn run(place: &Place, args: &[&str]) -> Said {
    Said::of(vmimporter(place, args).output().unwrap())
}

#[test]
fn both_ways_serve_the_page_until_they_are_stopped() {
    let place = Place::new();
    let older = vmimporter(&place, &["-no-browser", "-addr", "127.0.0.1:0"]);
    let newer = place.command(&["import-ui", "--no-browser", "--addr", "127.0.0.1:0"]);
    for command in [older, newer] {
        let served = Served::start(command);
        assert!(
            served
                .said
                .starts_with("vmimporter is at http://127.0.0.1:"),
            "{}",
            served.said
        );
        let health = served.get("/api/health");
        assert!(health.contains("\"status\""), "{health}");
        assert_eq!(served.stop(), 0);
    }
    assert_eq!(place.names("exports"), [] as [&str; 0]);
}

#[test]
fn uploads_that_a_crash_left_go_at_the_start() {
    let place = Place::new();
    let left = place.folder(".vmgather/imports/import-1-0123456789abcdef");
    fs::write(left.join("source"), "half an upload").unwrap();
    // Nobody holds it any more.
    fs::write(left.join("lock"), "").unwrap();
    let served = Served::start(vmimporter(&place, &["-no-browser", "-addr=127.0.0.1:0"]));
    assert!(!left.exists());
    assert_eq!(served.stop(), 0);
}

#[test]
fn another_port_is_taken_unless_that_is_forbidden() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let place = Place::new();
    let served = Served::start(vmimporter(&place, &["-no-browser", "-addr", &address]));
    assert!(served.said.contains("is in use"), "{}", served.said);
    assert_eq!(served.stop(), 0);
    let said = run(&place, &["-no-browser", "-strict-port", "-addr", &address]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    let said = run(&place, &["-no-browser", "-addr", "nonsense:port"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
}

#[test]
fn its_flags_are_few_and_explained() {
    let place = Place::new();
    let help = run(&place, &["-h"]).done();
    assert!(
        help.stdout().contains("localhost:8081"),
        "{}",
        help.stdout()
    );
    assert_eq!(run(&place, &["--help"]).stdout, help.stdout);
    let version = run(&place, &["-version"]).done();
    assert!(version.stdout().starts_with("vmimporter "));
    for args in [&["-output", "x"][..], &["-addr"], &["-no-browser=maybe"]] {
        let said = run(&place, args);
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(said.stderr.contains("Usage: vmimporter"), "{}", said.stderr);
        assert!(said.stderr.contains("\nerror: "), "{}", said.stderr);
    }
}
