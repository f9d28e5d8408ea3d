//! Writes that fail for want of space, in every file that is written.
//!
//! Most of it by a limit on the size of files, which works for everybody: a write beyond it fails as
//! one on a full disk does. A real full disk where the system lets us mount one.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use testkit::{VmVersion, canonical, diff};

use crate::harness::{Place, Said};
use crate::source::{
    Source, TRANSPORTS, assert_finished, assert_whole, interrupted, samples, say, text,
};

/// The program, not able to write files longer than `blocks` of 512 bytes.
fn limited(place: &Place, blocks: u32, args: &[String]) -> Command {
    let script = "trap '' XFSZ; ulimit -f $0; exec \"$@\"";
    within(place, &["-c", script, &blocks.to_string()], args)
}

/// `sh` with the program and its arguments at the end.
fn within(place: &Place, shell: &[&str], args: &[String]) -> Command {
    let program = place.command(args);
    let mut command = Command::new("sh");
    command
        .args(shell)
        .arg(program.get_program())
        .args(program.get_args())
        .env("HOME", place.path(""))
        .current_dir(place.path(""));
    command
}

/// The file that a failure is about: the last one that is named before the hints.
fn file_of(said: &Said) -> String {
    let facts = said.stderr.split("\nhint: ").next().unwrap_or_default();
    let path = facts.split('`').rfind(|quoted| quoted.starts_with('/'));
    let path = path.unwrap_or_else(|| panic!("no path: {}", said.stderr));
    let name = Path::new(path).file_name().unwrap().to_str().unwrap();
    let kinds = [
        "part-",
        "journal",
        "tokens",
        "plan",
        "map",
        "sha256.partial",
        "zip.partial",
    ];
    let kind = kinds.into_iter().find(|kind| name.contains(kind));
    kind.unwrap_or(path).to_owned()
}

#[track_caller]
fn assert_tells_what_to_do(said: &Said) {
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("hint: free some space"),
        "{}",
        said.stderr
    );
}

/// Tries limits from tiny to sufficient; which file met them, and how often.
fn tighten(source: &Source, transport: &str, more: &[&str]) -> BTreeMap<String, usize> {
    let place = Place::new();
    let output = place.path("reference");
    let reference = source.export(transport, &[more, &["--output", text(&output)]].concat());
    place.run(&reference).done();
    let reference = samples(&assert_finished(&place, &output));
    let mut met = BTreeMap::new();
    for step in 0.. {
        // About the square root of two from one to the next.
        let blocks = [2, 3][step % 2] << (step / 2);
        let output = place.path(&format!("out-{blocks}"));
        let args = source.export(transport, &[more, &["--output", text(&output)]].concat());
        let said = Said::of(limited(&place, blocks, &args).output().unwrap());
        assert_whole(&place, &output);
        if said.code == 0 {
            assert_eq!(
                diff(&reference, &samples(&assert_finished(&place, &output))),
                None
            );
            break;
        }
        assert_tells_what_to_do(&said);
        *met.entry(file_of(&said)).or_insert(0) += 1;

        let open = interrupted(&output);
        let requests = source.requests();
        if open.is_empty() {
            place.run(&args).done();
        } else {
            let resumed = place
                .run(&["resume", "--yes", "--output", text(&output)])
                .done();
            let left = open[0].slices_total - open[0].slices_done;
            let asked = if left > 0 { left + 1 } else { 0 };
            assert_eq!(source.requests() - requests, asked, "{}", resumed.stderr);
        }
        assert_eq!(
            diff(&reference, &samples(&assert_finished(&place, &output))),
            None
        );
    }
    met
}

#[test]
fn no_space_in_any_file_is_told_and_resumed() {
    let mut met = BTreeMap::new();
    for version in VmVersion::all() {
        let source = Source::new(version, 300, 400);
        let labels = source.truth.keys().next().unwrap();
        let name = labels.iter().find(|(name, _)| name == "__name__").unwrap();
        // Few samples in many slices: a journal that is longer than the parts.
        let narrow = ["--selector", &name.1, "--window", "2m"];
        for transport in TRANSPORTS {
            for more in [&["--window", "30m"][..], &narrow] {
                for (file, times) in tighten(&source, transport, more) {
                    *met.entry(file).or_insert(0) += times;
                }
            }
        }
    }
    say(&format!("no space for {met:?}"));
    for file in ["part-", "journal", "zip.partial"] {
        assert!(met.contains_key(file), "{file} was never too long: {met:?}");
    }
}

#[test]
fn no_space_for_the_map_is_told_and_resumed() {
    let source = Source::new(VmVersion::V1_112, 300, 400);
    let place = Place::new();
    let output = place.path("out");
    let args = source.export("native", &["--output", text(&output)]);
    source.stall(3, 10);
    let mut child = place.command(&args).spawn().unwrap();
    source.wait_for_stall();
    child.kill().unwrap();
    child.wait().unwrap();
    source.calm();
    source.proxy.release();
    let resume = ["resume", "--output", text(&output), "--yes"].map(str::to_owned);

    let maps = place.path(".vmgather/maps");
    fs::remove_dir_all(&maps).unwrap();
    fs::write(&maps, "a file where the folder was").unwrap();
    let said = place.run(&resume);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert!(
        said.stderr.contains("cannot write the map"),
        "{}",
        said.stderr
    );
    assert_eq!(assert_whole(&place, &output), [] as [std::path::PathBuf; 0]);

    fs::remove_file(&maps).unwrap();
    place.run(&resume).done();
    assert_finished(&place, &output);
    place.only(".vmgather/maps", ".json");
}

#[test]
fn a_full_stdout_is_told_and_resumed_into_a_file() {
    let source = Source::new(VmVersion::V1_112, 300, 400);
    for options in [&["--stdout", "--plain"][..], &["-o", "-", "--plain"]] {
        let place = Place::new();
        let args = source.export("native", options);
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = Said::of(place.command(&args).stdout(full).output().unwrap());
        assert_tells_what_to_do(&said);
        place.run(&["resume", "--yes"]).done();
        let bundle = assert_finished(&place, &place.path("exports"));
        assert_eq!(diff(&source.truth, &samples(&bundle)), None);
    }
}

#[test]
fn a_full_disk_is_told_and_resumed() {
    let mounting = Command::new("unshare").args(["-m", "true"]).status();
    if !mounting.is_ok_and(|status| status.success()) {
        say("SKIPPED a_full_disk_is_told_and_resumed: no file system can be mounted here");
        return;
    }
    let source = Source::new(VmVersion::V1_112, 300, 400);
    let mut met = BTreeMap::new();
    for step in 0.. {
        let kib = [64, 96][step % 2] << (step / 2);
        let place = Place::new();
        let disk = place.folder("disk");
        let output = disk.join("out");
        let args = source.export(
            "native",
            &["--plain", "--window", "30m", "--output", text(&output)],
        );
        // Everything in one shell: what is mounted there is gone with it.
        let script = r#"
            mount -t tmpfs -o size="$0"k tmpfs disk || exit 9
            "$@" 2> first; echo $? > code
            ls disk/out > names
            [ "$(cat code)" = 0 ] && exit
            mount -o remount,size=64m disk
            "$1" resume --output "$HOME/disk/out" --yes --quiet || "$@"
            cp disk/out/*.zip sealed.zip && "$1" verify disk/out/*.zip
        "#;
        let mut command = Command::new("unshare");
        let shell = within(&place, &["-c", script, &kib.to_string()], &args);
        command
            .args(["-m", "sh"])
            .args(shell.get_args())
            .env("HOME", place.path(""))
            .current_dir(place.path(""));
        let shell = Said::of(command.output().unwrap());
        let stderr = fs::read_to_string(place.path("first")).unwrap();
        let code = fs::read_to_string(place.path("code")).unwrap();
        if code.trim() == "0" {
            break;
        }
        let said = Said {
            code: code.trim().parse().unwrap(),
            stdout: Vec::new(),
            stderr,
        };
        assert_tells_what_to_do(&said);
        let names = fs::read_to_string(place.path("names")).unwrap();
        assert_eq!(names.trim(), "staging", "{kib} KiB");
        *met.entry(file_of(&said)).or_insert(0) += 1;
        let shell = shell.done();
        assert!(
            shell.stdout().contains("no check failed"),
            "{}",
            shell.stderr
        );
        let lines = crate::harness::entry(&place.path("sealed.zip"), bundle::METRICS_ENTRY);
        assert_eq!(diff(&source.truth, &canonical(lines.as_bytes())), None);
    }
    say(&format!("full disk met {met:?}"));
    for file in ["part-", "zip.partial"] {
        assert!(met.contains_key(file), "{file} always fitted: {met:?}");
    }
}
