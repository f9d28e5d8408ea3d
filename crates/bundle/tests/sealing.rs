//! Sealing: what lies in the folder while a bundle is written, after it, and after a crash.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::Write;
use std::path::Path;

use bundle::{Archive, Bundle, Digest, Error, HashingWriter, Leftover, PendingFile, Sealed};

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn pending(path: &Path, leftover: Leftover) -> PendingFile {
    let mut pending = PendingFile::create(path, leftover).unwrap();
    pending.write_all(b"some bytes").unwrap();
    pending
}

#[test]
fn a_committed_bundle_has_its_name_its_checksum_and_no_leftovers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vmexport_1.zip");
    let sealed = pending(&path, Leftover::Refuse).commit().unwrap();

    assert_eq!(
        names(folder.path()),
        ["vmexport_1.zip", "vmexport_1.zip.sha256"]
    );
    assert_eq!(fs::read(&path).unwrap(), b"some bytes");
    assert_eq!(sealed.path, path);
    assert_eq!(sealed.size_bytes, 10);
    assert_eq!(
        sealed.sha256,
        Digest::of(&b"some bytes"[..]).unwrap().sha256
    );
    assert_eq!(
        fs::read_to_string(bundle::checksum_path(&path)).unwrap(),
        format!("{}  vmexport_1.zip\n", sealed.sha256)
    );
}

#[test]
fn nothing_has_the_final_name_before_commit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let pending = pending(&path, Leftover::Refuse);
    assert_eq!(names(folder.path()), ["a.zip.partial"]);
    drop(pending);
    assert_eq!(names(folder.path()), [""; 0]);
}

#[test]
fn a_sealing_that_was_killed_can_be_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    // A killed process runs no destructor.
    std::mem::forget(pending(&path, Leftover::Refuse));
    assert_eq!(names(folder.path()), ["a.zip.partial"]);

    assert!(matches!(
        PendingFile::create(&path, Leftover::Refuse),
        Err(Error::Exists { path }) if path.ends_with("a.zip.partial")
    ));
    let sealed = pending(&path, Leftover::Replace).commit().unwrap();
    assert_eq!(sealed.size_bytes, 10);
    assert_eq!(names(folder.path()), ["a.zip", "a.zip.sha256"]);
}

#[test]
fn an_existing_bundle_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let late = pending(&path, Leftover::Refuse);
    fs::write(&path, "precious").unwrap();
    fs::write(bundle::checksum_path(&path), "its checksum").unwrap();

    assert!(matches!(late.commit(), Err(Error::Exists { path: p }) if p == path));
    for leftover in [Leftover::Refuse, Leftover::Replace] {
        assert!(matches!(
            PendingFile::create(&path, leftover),
            Err(Error::Exists { path: p }) if p == path
        ));
    }
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    assert_eq!(
        fs::read(bundle::checksum_path(&path)).unwrap(),
        b"its checksum"
    );
    assert_eq!(names(folder.path()), ["a.zip", "a.zip.sha256"]);
}

#[cfg(unix)]
#[test]
fn bundles_and_checksums_are_private() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let pending = pending(&path, Leftover::Refuse);
    assert_eq!(mode(&bundle::partial_path(&path)), 0o600);
    pending.commit().unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&bundle::checksum_path(&path)), 0o600);
}

#[cfg(unix)]
#[test]
fn a_link_under_the_partial_name_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "not ours").unwrap();
    std::os::unix::fs::symlink(&elsewhere, bundle::partial_path(&path)).unwrap();

    assert!(PendingFile::create(&path, Leftover::Refuse).is_err());
    pending(&path, Leftover::Replace).commit().unwrap();
    assert_eq!(fs::read(&elsewhere).unwrap(), b"not ours");
    assert_eq!(fs::read(&path).unwrap(), b"some bytes");
}

#[test]
fn a_bundle_sealed_just_before_a_crash_is_taken_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let sealed = pending(&path, Leftover::Refuse).commit().unwrap();
    fs::remove_file(bundle::checksum_path(&path)).unwrap();

    assert_eq!(Sealed::take_up(&path).unwrap(), sealed);
    assert_eq!(names(folder.path()), ["a.zip", "a.zip.sha256"]);
}

#[test]
fn a_missing_folder_is_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("a.zip");
    let error = PendingFile::create(&path, Leftover::Refuse).unwrap_err();
    assert!(error.to_string().contains("a.zip.partial"), "{error}");
    assert!(!error.is_disk_full());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_recognised() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut archive = Archive::new(full, jiff::Timestamp::UNIX_EPOCH);
    let error = archive.entry("a", b"text").unwrap_err();
    assert!(error.is_disk_full(), "{error:?}");
}

#[test]
fn the_bytes_for_a_pipe_are_those_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.zip");
    let date = "2026-01-23T13:00:00Z".parse().unwrap();

    let mut to_file = Archive::new(PendingFile::create(&path, Leftover::Refuse).unwrap(), date);
    to_file.entry("metrics.jsonl", b"{}\n").unwrap();
    let sealed = to_file.finish().unwrap().commit().unwrap();

    let mut to_pipe = Archive::new(HashingWriter::new(Vec::new()), date);
    to_pipe.entry("metrics.jsonl", b"{}\n").unwrap();
    let (bytes, digest) = to_pipe.finish().unwrap().finish().unwrap();

    assert_eq!(bytes, fs::read(&path).unwrap());
    assert_eq!(
        (digest.sha256, digest.size_bytes),
        (sealed.sha256, sealed.size_bytes)
    );
    assert_eq!(Bundle::open(&path).unwrap().entries().len(), 1);
}
