//! Staged files that are not what was written, and two processes on one export.

use std::fs::{self, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::Child;

use testkit::{VmVersion, diff};

use crate::harness::{Place, Said};
use crate::source::{
    Source, TRANSPORTS, assert_finished, assert_whole, bundles, interrupted, samples, say, text,
};

/// Slices that are fetched before the plug is pulled.
const FETCHED: usize = 3;

/// An export that was killed when some slices were fetched.
struct Killed<'a> {
    source: &'a Source,
    place: Place,
    output: PathBuf,
    args: Vec<String>,
}

impl<'a> Killed<'a> {
    fn new(source: &'a Source, transport: &str) -> Self {
        let mut killed = Self::running(source, transport);
        killed.1.kill().unwrap();
        killed.1.wait().unwrap();
        source.calm();
        source.proxy.release();
        source.proxy.wait_until_idle();
        assert_eq!(interrupted(&killed.0.output)[0].slices_done, FETCHED);
        killed.0
    }

    /// The same, but the program lives on and waits for its server.
    fn running(source: &'a Source, transport: &str) -> (Self, Child) {
        let place = Place::new();
        let output = place.path("out");
        let more = ["--plain", "--window", "30m", "--output", text(&output)];
        let args = source.export(transport, &more);
        source.stall(1 + FETCHED, 10);
        let child = place.command(&args).spawn().unwrap();
        source.wait_for_stall();
        let killed = Self {
            source,
            place,
            output,
            args,
        };
        // The last slice may still be on its way to the disk.
        while interrupted(&killed.output)[0].slices_done < FETCHED {
            std::thread::yield_now();
        }
        (killed, child)
    }

    fn file(&self, name: &str) -> PathBuf {
        interrupted(&self.output)[0].staging.join(name)
    }

    fn parts(&self) -> Vec<PathBuf> {
        (1..=FETCHED)
            .map(|number| self.file(&format!("part-{number:06}")))
            .collect()
    }

    fn resume(&self, more: &[&str]) -> Said {
        let said = self
            .place
            .run(&[&["resume", "--output", text(&self.output), "--yes"], more].concat());
        assert_whole(&self.place, &self.output);
        said
    }

    #[track_caller]
    fn assert_right(&self) {
        let bundle = assert_finished(&self.place, &self.output);
        assert_eq!(diff(&self.source.truth, &samples(&bundle)), None);
    }
}

fn flip(path: &Path, at: u64) {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .unwrap();
    file.write_all(bytes).unwrap();
}

fn len(path: &Path) -> u64 {
    fs::metadata(path).unwrap().len()
}

type Harm = fn(&[PathBuf]);

#[test]
fn a_damaged_part_is_fetched_again() {
    let harm: [(&str, Harm); 5] = [
        ("a bit in the data", |parts| {
            flip(&parts[0], len(&parts[0]) / 3)
        }),
        ("a bit in the footer", |parts| {
            flip(&parts[1], len(&parts[1]) - 3)
        }),
        ("cut", |parts| {
            let file = OpenOptions::new().write(true).open(&parts[2]).unwrap();
            file.set_len(len(&parts[2]) / 2).unwrap();
        }),
        ("gone", |parts| fs::remove_file(&parts[0]).unwrap()),
        ("longer", |parts| append(&parts[1], b"more")),
    ];
    for version in VmVersion::all() {
        let source = Source::new(version, 200, 400);
        for transport in TRANSPORTS {
            for (name, harm) in harm {
                let killed = Killed::new(&source, transport);
                let export = &interrupted(&killed.output)[0];
                let open = export.slices_total - export.slices_done;
                harm(&killed.parts());
                let requests = source.requests();
                killed.resume(&[]).done();
                assert_eq!(
                    source.requests() - requests,
                    open + 2,
                    "{transport}: {name}"
                );
                killed.assert_right();
            }
        }
    }
}

#[test]
fn what_cannot_be_repaired_is_named_and_given_up() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    for name in ["journal", "tokens", "map.json"] {
        let killed = Killed::new(&source, "native");
        let path = killed.file(name);
        flip(&path, len(&path) / 2);
        let said = killed.resume(&[]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stderr.contains(text(&path)), "{}", said.stderr);
        assert!(said.stderr.contains("--discard"), "{}", said.stderr);
        assert_eq!(bundles(&killed.output), [] as [PathBuf; 0]);
        killed.resume(&["--discard"]).done();
        killed.place.run(&killed.args).done();
        killed.assert_right();
    }
}

#[test]
fn a_plan_that_cannot_be_read_is_not_resumed() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let killed = Killed::new(&source, "native");
    let path = killed.file("plan.json");
    let good = fs::read(&path).unwrap();
    let at = good
        .windows(10)
        .position(|window| window == b"1700000000")
        .unwrap();
    flip(&path, at as u64 + 5);
    let said = killed.resume(&[]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    fs::write(&path, good).unwrap();
    killed.resume(&[]).done();
    killed.assert_right();
}

#[test]
fn what_a_power_failure_leaves_behind_is_not_trusted() {
    let source = Source::new(VmVersion::V1_79, 200, 400);
    for transport in TRANSPORTS {
        for zeros in [true, false] {
            let killed = Killed::new(&source, transport);
            // Space that was reserved but never written reads as zeros.
            let rest = if zeros {
                vec![0; 5000]
            } else {
                vec![b'{'; 5000]
            };
            append(&killed.file("journal"), &rest);
            append(&killed.file("tokens"), &rest);
            for name in [
                "part-000004",
                "part-000004.values",
                "part-000099",
                "plan.json.new",
            ] {
                append(&killed.file(name), &rest);
            }
            let plan = fs::read_to_string(killed.file("plan.json")).unwrap();
            let target = plan.split('"').find(|word| word.ends_with(".zip")).unwrap();
            append(&PathBuf::from(format!("{target}.partial")), &rest);
            append(&PathBuf::from(format!("{target}.sha256.partial")), &rest);
            killed.resume(&[]).done();
            killed.assert_right();
        }
    }
}

#[test]
fn a_sealed_bundle_that_was_damaged_is_not_taken_up() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let killed = Killed::new(&source, "native");
    let kept = killed.place.path("kept");
    let folder = killed.file("");
    copy_folder(&folder, &kept);
    killed.resume(&[]).done();
    // As if the run had been killed before it cleared its staging folder.
    copy_folder(&kept, &folder);
    let bundle = bundles(&killed.output).pop().unwrap();
    flip(&bundle, len(&bundle) / 2);
    let said = killed
        .place
        .run(&["resume", "--output", text(&killed.output), "--yes"]);
    assert_ne!(said.code, 0);
    assert!(said.stderr.contains(text(&bundle)), "{}", said.stderr);
    assert!(!interrupted(&killed.output).is_empty(), "the data are kept");
    fs::remove_file(&bundle).unwrap();
    killed.resume(&[]).done();
    killed.assert_right();

    // Undamaged it is taken up, with its checksum file.
    copy_folder(&kept, &folder);
    fs::remove_file(format!("{}.sha256", bundle.display())).unwrap();
    killed.resume(&[]).done();
    killed.assert_right();
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_running_export_is_left_alone() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let (killed, child) = Killed::running(&source, "native");
    let id = &interrupted(&killed.output)[0].export_id;
    let said = killed.resume(&[id]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(
        said.stderr.contains("is running in another process"),
        "{}",
        said.stderr
    );
    let said = killed.resume(&[id, "--discard"]);
    assert_eq!(said.code, 2, "{}", said.stderr);
    source.calm();
    source.proxy.release();
    Said::of(child.wait_with_output().unwrap()).done();
    killed.assert_right();
}

#[test]
fn of_two_resumes_at_once_one_does_the_work() {
    let source = Source::new(VmVersion::V1_112, 200, 400);
    let mut refused = 0;
    for _ in 0..10 {
        let killed = Killed::new(&source, "native");
        let resume = ["resume", "--output", text(&killed.output), "--yes"];
        let start = || killed.place.command(&resume).spawn().unwrap();
        let said = [start(), start()].map(|child| Said::of(child.wait_with_output().unwrap()));
        refused += said.iter().filter(|said| said.code != 0).count();
        if said.iter().all(|said| said.code != 0) {
            // Each saw the other one look.
            killed.resume(&[]).done();
        }
        killed.assert_right();
    }
    say(&format!("of 20 resumes in pairs {refused} were refused"));
}
