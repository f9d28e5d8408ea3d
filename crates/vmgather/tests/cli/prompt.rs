//! The password that a person is asked for, on a terminal made by `script`.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use demo::{Credentials, Demo, Options, Personality, Version};

use crate::harness::{NOW_MS, Place};

/// Types `password` when the terminal has stopped showing what is typed; returns whether the export
/// succeeded, and everything that stood on the terminal.
fn export_with_typed(password: &str, demo: &Demo, place: &Place) -> (bool, String) {
    let export = format!(
        "tty > terminal; exec {} export --url {} --start {} --end {NOW_MS} --user ops --no-map",
        env!("CARGO_BIN_EXE_vmgather"),
        demo.url(),
        NOW_MS - 60_000
    );
    let mut child = Command::new("script")
        .args(["-q", "-e", "-c", &export, "/dev/null"])
        .env_remove("VMGATHER_SOURCE_PASSWORD")
        .env("HOME", place.path("."))
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(place.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    let mut screen = child.stdout.take().unwrap();
    let shown = std::thread::spawn(move || {
        let mut shown = Vec::new();
        screen.read_to_end(&mut shown).unwrap();
        String::from_utf8_lossy(&shown).into_owned()
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    while !hides_input(place) {
        assert!(Instant::now() < deadline, "never asked");
    }
    writeln!(keyboard, "{password}").unwrap();
    let done = child.wait().unwrap().success();
    (done, shown.join().unwrap())
}

/// Whether the terminal of the program does not show what is typed.
fn hides_input(place: &Place) -> bool {
    let name = fs::read_to_string(place.path("terminal")).unwrap_or_default();
    let settings = Command::new("stty")
        .args(["-a", "-F", name.trim()])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8_lossy(&settings.stdout).contains(" -echo ")
}

#[test]
fn a_password_that_nobody_gave_is_asked_for_and_not_shown() {
    let mut options = Options::new(Personality::Single, Version::V1_150, NOW_MS);
    options.credentials = Some(Credentials::Basic {
        username: "ops".to_owned(),
        password: "hunter2".to_owned(),
    });
    let demo = Demo::start(options).unwrap();

    let place = Place::new();
    let (done, shown) = export_with_typed("hunter2", &demo, &place);
    assert!(done, "{shown}");
    assert!(shown.starts_with("password for `ops`: "), "{shown}");
    assert!(!shown.contains("hunter2"), "{shown}");
    place.only("exports", ".zip");

    let (done, shown) = export_with_typed("wrong", &demo, &Place::new());
    assert!(!done);
    assert!(shown.contains("answered 401"), "{shown}");
    assert!(!shown.contains("wrong"), "{shown}");
}
