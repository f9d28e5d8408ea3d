//! Places that cannot be written, or go away meanwhile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use testkit::{VmVersion, diff};

use crate::harness::{Place, Said};
use crate::source::{Source, assert_finished, assert_whole, samples, say, text};

/// An export that waits for its server after its first slices.
fn waiting(source: &Source, place: &Place, more: &[&str]) -> Child {
    let args = source.export("native", &[&["--plain", "--window", "30m"], more].concat());
    source.stall(3, 10);
    let child = place.command(&args).spawn().unwrap();
    source.wait_for_stall();
    child
}

fn go_on(source: &Source, child: Child) -> Said {
    source.calm();
    source.proxy.release();
    Said::of(child.wait_with_output().unwrap())
}

#[track_caller]
fn assert_right(source: &Source, place: &Place, output: &Path) {
    let bundle = assert_finished(place, output);
    assert_eq!(diff(&source.truth, &samples(&bundle)), None);
}

#[test]
fn an_impossible_folder_is_refused_before_the_server_is_asked() {
    let source = Source::new(VmVersion::V1_112, 20, 10);
    let place = Place::new();
    let file = place.file("file", "");
    for output in [file.join("below"), PathBuf::from("/proc/none/out")] {
        let said = place.run(&source.export("native", &["--output", text(&output)]));
        assert_eq!(said.code, 2, "{}", said.stderr);
        assert!(said.stderr.contains(text(&output)), "{}", said.stderr);
    }
    assert_eq!(source.proxy.requests("/").len(), 0);
}

#[test]
fn a_read_only_folder_is_refused_before_the_server_is_asked() {
    let mounting = Command::new("unshare").args(["-m", "true"]).status();
    if !mounting.is_ok_and(|status| status.success()) {
        say("SKIPPED a_read_only_folder_is_refused: no file system can be mounted here");
        return;
    }
    let source = Source::new(VmVersion::V1_112, 20, 10);
    let place = Place::new();
    let output = place.folder("out");
    let args = source.export("native", &["--output", text(&output)]);
    let program = place.command(&args);
    let script = "mount -t tmpfs -o ro tmpfs out || exit 9; exec \"$@\"";
    let said = Command::new("unshare")
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(program.get_program())
        .args(program.get_args())
        .env("HOME", place.path(""))
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let said = Said::of(said);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains(text(&output)), "{}", said.stderr);
    assert_eq!(source.proxy.requests("/").len(), 0);
}

#[test]
fn a_folder_that_goes_away_and_comes_back_loses_nothing() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let place = Place::new();
    let (output, elsewhere) = (place.path("out"), place.path("elsewhere"));
    let child = waiting(&source, &place, &["--output", text(&output)]);
    fs::rename(&output, &elsewhere).unwrap();
    let said = go_on(&source, child);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains(text(&output)), "{}", said.stderr);
    assert!(!output.exists());
    fs::rename(&elsewhere, &output).unwrap();
    place
        .run(&["resume", "--yes", "--output", text(&output)])
        .done();
    assert_right(&source, &place, &output);
}

#[test]
fn a_deleted_staging_folder_ends_the_export_with_its_name() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let place = Place::new();
    let output = place.path("out");
    let child = waiting(&source, &place, &["--output", text(&output)]);
    let staging = output.join("staging");
    // A slice that is on its way to the disk may put a file into it meanwhile.
    while staging.exists() {
        let _ = fs::remove_dir_all(&staging);
    }
    let said = go_on(&source, child);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(said.stderr.contains(text(&staging)), "{}", said.stderr);
    assert_eq!(place.names("out"), [] as [&str; 0]);
}

#[test]
fn a_file_that_appears_in_the_place_of_the_bundle_is_left_alone() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let place = Place::new();
    let output = place.folder("out");
    let file = output.join("case.zip");
    let child = waiting(&source, &place, &["-o", text(&file)]);
    fs::write(&file, "somebody else's").unwrap();
    let said = go_on(&source, child);
    assert_ne!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains(text(&file)), "{}", said.stderr);
    let resume = ["resume", "--yes", "--output", text(&output)];
    let said = place.run(&resume);
    assert_ne!(said.code, 0, "{}", said.stderr);
    assert_eq!(fs::read_to_string(&file).unwrap(), "somebody else's");
    fs::remove_file(&file).unwrap();
    place.run(&resume).done();
    assert_whole(&place, &output);
    assert_right(&source, &place, &output);
}

#[test]
fn a_server_that_speaks_no_tls_is_told_apart_at_once() {
    for version in VmVersion::all() {
        let source = Source::new(version, 20, 10);
        let place = Place::new();
        let output = place.path("out");
        let mut args = source.export("native", &["--output", text(&output)]);
        let url = args
            .iter_mut()
            .find(|arg| arg.starts_with("http://"))
            .unwrap();
        *url = source.url().replace("http://", "https://");
        let said = place.run(&args);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stderr.contains("TLS"), "{}", said.stderr);
        assert_eq!(place.names("out/staging"), [] as [&str; 0]);
    }
}
