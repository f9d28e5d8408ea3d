//! inspect, verify, reveal.

use std::fs;

use crate::harness::{Place, entry, export_args, single_node, sorted_lines, with};

/// An obfuscated bundle `a.zip` and a plain one `b.zip` of the same data.
fn bundles(place: &Place) {
    let demo = single_node();
    place
        .run(&with(
            export_args(&demo, 2),
            &["-o", "a.zip", "--obfuscate-label", "pod"],
        ))
        .done();
    place
        .run(&with(export_args(&demo, 2), &["-o", "b.zip", "--plain"]))
        .done();
}

#[test]
fn a_whole_bundle_becomes_what_it_was() {
    let place = Place::new();
    bundles(&place);
    let map = place.only(".vmgather/maps", ".json");
    let map = map.to_str().unwrap();
    let original = entry(&place.path("b.zip"), "metrics.jsonl");

    let said = place
        .run(&["reveal", "--map", map, "a.zip", "-o", "c.jsonl"])
        .done();
    assert!(
        said.stderr.starts_with("wrote c.jsonl with "),
        "{}",
        said.stderr
    );
    let lines = fs::read_to_string(place.path("c.jsonl")).unwrap();
    assert!(sorted_lines(&lines) == sorted_lines(&original));

    place
        .run(&["reveal", "--map", map, "a.zip", "-o", "c.zip"])
        .done();
    assert!(entry(&place.path("c.zip"), "metrics.jsonl") == lines);
    let report = bundle::verify(&place.path("c.zip"), |_| ()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    let metadata = entry(&place.path("c.zip"), "metadata.json");
    assert!(metadata.contains("shop-checkout") && !metadata.contains("map_id"));
}

#[test]
fn the_map_of_another_bundle_is_refused() {
    let place = Place::new();
    bundles(&place);
    let other = Place::new();
    bundles(&other);
    let map = other.only(".vmgather/maps", ".json");
    let said = place.run(&[
        "reveal",
        "--map",
        map.to_str().unwrap(),
        "a.zip",
        "-o",
        "c.zip",
    ]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .starts_with("error: the bundle was made with another map, `")
    );
    assert!(!place.path("c.zip").exists() && !place.path("c.zip.partial").exists());
}

#[test]
fn names_are_revealed_one_a_line_and_unknown_ones_are_named() {
    let place = Place::new();
    bundles(&place);
    let map = place.only(".vmgather/maps", ".json");
    let map = map.to_str().unwrap();
    let said = place
        .run(&["reveal", "--map", map, "777.777.1.1:8428", "pod-1"])
        .done();
    let lines: Vec<&str> = said.stdout().lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with(":8428") && !lines[0].contains("777"));

    let said = place.run(&["reveal", "--map", map, "777.777.1.1", "nonsense"]);
    assert_eq!(said.code, 1);
    assert_eq!(said.stdout().lines().count(), 1);
    assert!(
        said.stderr
            .starts_with("error: not in this map: `nonsense`\n")
    );

    let text = b"see 777.777.1.1 and \xff\nplain\n";
    let said = place
        .run_with_stdin(&["reveal", "--map", map, "-"], text)
        .done();
    assert!(said.stdout.ends_with(b"\nplain\n"));
    let text = "see 777.777.1.1, please";
    let said = place
        .run_with_stdin(&["reveal", "--map", map, "-"], text.as_bytes())
        .done();
    let revealed = said.stdout();
    assert!(revealed.starts_with("see ") && revealed.ends_with(", please"));
    assert!(!revealed.contains("777"));
}

#[test]
fn verify_names_each_check_and_fails_if_one_does() {
    let place = Place::new();
    bundles(&place);
    let said = place.run(&["verify", "a.zip"]).done();
    assert!(
        said.stdout()
            .contains("\nok       the archive is well formed\n")
    );
    assert!(said.stdout().ends_with("\nno check failed\n"));
    let said = place.run(&["verify", "a.zip", "--json"]).done();
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["ok"], true);

    let mut bytes = fs::read(place.path("a.zip")).unwrap();
    bytes[1000] ^= 1;
    place.file("a.zip", bytes);
    let said = place.run(&["verify", "a.zip"]);
    assert_eq!(said.code, 1);
    assert!(said.stdout().contains("\nFAILED   "), "{}", said.stdout());
    assert_eq!(said.stderr, "");
    let said = place.run(&["verify", "a.zip", "--json"]);
    assert_eq!(said.code, 1);
    let report: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["ok"], false);
}

#[test]
fn inspect_counts_what_is_there() {
    let place = Place::new();
    bundles(&place);
    let said = place.run(&["inspect", "a.zip"]).done();
    for wanted in [
        "\nobfuscated    yes\n",
        "\nentries\n",
        "  metrics.jsonl ",
        "  instance ",
    ] {
        assert!(
            said.stdout().contains(wanted),
            "{wanted} in {}",
            said.stdout()
        );
    }
    let said = place.run(&["inspect", "a.zip", "--json"]).done();
    let inspection: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    let lines = entry(&place.path("a.zip"), "metrics.jsonl").lines().count();
    assert_eq!(inspection["lines"], lines);
    assert_eq!(inspection["metadata"]["obfuscated"], true);
}

#[test]
fn what_is_no_bundle_is_a_failure() {
    let place = Place::new();
    place.file("a.zip", "not a zip");
    let said = place.run(&["inspect", "a.zip"]);
    assert_eq!((said.code, said.stdout()), (1, ""));
    let said = place.run(&["inspect", "none.zip"]);
    assert_eq!(said.code, 1);
    assert!(said.stderr.contains("`none.zip`"), "{}", said.stderr);
    assert_eq!(place.run(&["verify", "a.zip"]).code, 1);
    assert_eq!(place.run(&["verify", "none.zip"]).code, 1);
}
