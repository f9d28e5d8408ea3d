//! Bundles of native blocks: made, looked at, turned into lines and back.

use std::io::Read;

use testkit::{canonical, diff};

use crate::harness::{Place, Said, entry, export_args, single_node, with};

/// The same export as lines `a.zip` and as blocks `b.zip`.
fn bundles(place: &Place) {
    let demo = single_node();
    let args = export_args(&demo, 5);
    place.run(&with(args.clone(), &["-o", "a.zip"])).done();
    let said = place
        .run(&with(args, &["-o", "b.zip", "--format", "native"]))
        .done();
    assert!(said.stderr.contains("b.zip"), "{}", said.stderr);
}

#[test]
fn both_formats_hold_the_same() {
    let place = Place::new();
    bundles(&place);
    let lines = canonical(entry(&place.path("a.zip"), "metrics.jsonl").as_bytes());
    for bundle in ["a.zip", "b.zip"] {
        let said = place.run(&["cat", bundle]).done();
        assert_eq!(said.stderr, "");
        assert_eq!(diff(&lines, &canonical(&said.stdout)), None, "{bundle}");
        place.run(&["verify", "--audit", bundle]).done();
    }
    let said = place.run(&["inspect", "b.zip"]).done();
    assert!(
        said.stdout().contains("\nblocks        "),
        "{}",
        said.stdout()
    );
    let readme = entry(&place.path("b.zip"), "README.txt");
    assert!(
        readme.contains("curl -T - http://VM:8428/api/v1/import/native"),
        "{readme}"
    );

    place
        .run(&["convert", "b.zip", "-o", "c.zip", "--format", "jsonl"])
        .done();
    let said = place
        .run(&["convert", "c.zip", "-o", "d.zip", "--format", "native"])
        .done();
    assert!(said.stderr.starts_with("wrote d.zip ("), "{}", said.stderr);
    for bundle in ["c.zip", "d.zip"] {
        let said = place.run(&["cat", bundle]).done();
        assert_eq!(diff(&lines, &canonical(&said.stdout)), None, "{bundle}");
        let said = place.run(&["verify", bundle]).done();
        assert!(
            said.stdout().contains("ok       the checksum file"),
            "{}",
            said.stdout()
        );
        let said = place.run(&["inspect", bundle, "--json"]).done();
        let inspected: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        assert_eq!(inspected["metadata"]["obfuscated"], true);
    }
}

#[test]
fn a_native_bundle_is_revealed_as_such_or_as_lines() {
    let place = Place::new();
    bundles(&place);
    let demo = single_node();
    let plain = ["-o", "plain.zip", "--plain"];
    place.run(&with(export_args(&demo, 5), &plain)).done();
    let original = canonical(entry(&place.path("plain.zip"), "metrics.jsonl").as_bytes());
    place.run(&["reveal", "b.zip", "-o", "c.zip"]).done();
    let said = place.run(&["cat", "c.zip"]).done();
    assert_eq!(diff(&original, &canonical(&said.stdout)), None);
    place.run(&["verify", "c.zip"]).done();
    place.run(&["reveal", "b.zip", "-o", "c.jsonl"]).done();
    let lines = std::fs::read(place.path("c.jsonl")).unwrap();
    assert_eq!(diff(&original, &canonical(&lines)), None);
}

#[test]
fn whoever_has_read_enough_ends_cat_quietly() {
    let place = Place::new();
    bundles(&place);
    for bundle in ["a.zip", "b.zip"] {
        let mut child = place.command(&["cat", bundle]).spawn().unwrap();
        let mut some = [0; 100];
        child.stdout.take().unwrap().read_exact(&mut some).unwrap();
        let said = Said::of(child.wait_with_output().unwrap()).done();
        assert_eq!(said.stderr, "");
    }
}

#[test]
fn a_damaged_bundle_leaves_nothing() {
    let place = Place::new();
    bundles(&place);
    let mut bytes = std::fs::read(place.path("b.zip")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    place.file("broken.zip", bytes);
    let said = place.run(&["convert", "broken.zip", "-o", "c.zip", "--format", "jsonl"]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    assert_eq!(place.run(&["cat", "broken.zip"]).code, 1);
    assert_eq!(place.run(&["verify", "broken.zip"]).code, 1);
    let names = place.names("");
    assert!(
        !names.iter().any(|name| name.starts_with("c.zip")),
        "{names:?}"
    );
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let place = Place::new();
    bundles(&place);
    for (args, message) in [
        (
            &["export", "--demo", "--stdout", "--format", "native"][..],
            "error: `--stdout` prints JSON lines",
        ),
        (
            &["convert", "b.zip", "-o", "c.zip", "--format", "native"],
            "error: `b.zip` holds native blocks already",
        ),
        (
            &["convert", "b.zip", "-o", "c.jsonl", "--format", "jsonl"],
            "error: `-o c.jsonl` must end in .zip",
        ),
        (
            &["convert", "b.zip", "-o", "a.zip", "--format", "jsonl"],
            "error: `a.zip` exists already",
        ),
        (&["export", "--demo", "--format", "csv"], "error: "),
    ] {
        let said = place.run(args);
        assert_eq!(said.code, 2, "{args:?} {}", said.stderr);
        assert!(said.stderr.starts_with(message), "{}", said.stderr);
    }
}

#[test]
fn a_config_chooses_the_format_unless_lines_go_to_stdout() {
    let place = Place::new();
    place.file("config.json", r#"{"format":"native"}"#);
    let args = [
        "export",
        "--config",
        "config.json",
        "--demo",
        "--last",
        "1m",
    ];
    place.run(&[&args[..], &["-o", "a.zip"]].concat()).done();
    let bundle = bundle::Bundle::open(&place.path("a.zip")).unwrap();
    assert!(bundle.find("metrics.native").is_some());
    let said = place.run(&[&args[..], &["--stdout"]].concat()).done();
    assert!(
        said.stdout().starts_with("{\"metric\""),
        "{}",
        said.stdout()
    );
    let said = place
        .run(&[&args[..], &["-o", "b.zip", "--format", "jsonl"]].concat())
        .done();
    assert!(
        !entry(&place.path("b.zip"), "metrics.jsonl").is_empty(),
        "{}",
        said.stderr
    );
}
