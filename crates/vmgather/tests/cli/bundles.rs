//! inspect, verify, reveal.

use std::collections::BTreeSet;
use std::fs;

use demo::{Demo, Options, Personality, Version};

use crate::harness::{NOW_MS, Place, Said, entry, export_args, single_node, sorted_lines, with};

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

/// The series of a text of JSON lines.
fn series(lines: &str) -> BTreeSet<String> {
    let metric = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["metric"].to_string()
    };
    lines.lines().map(metric).collect()
}

#[test]
fn every_series_of_a_cluster_comes_back_but_for_dropped_labels() {
    let place = Place::new();
    let demo = Demo::start(Options::new(Personality::Cluster, Version::V1_150, NOW_MS)).unwrap();
    let common = ["--drop-label", "pod"];
    let plain = [&common[..], &["--plain", "-o", "plain.zip"]].concat();
    place.run(&with(export_args(&demo, 2), &plain)).done();
    let plain = series(&entry(&place.path("plain.zip"), "metrics.jsonl"));
    for (level, options) in [("standard", &[][..]), ("strict", &["--strict"])] {
        let (bundle, out) = (format!("{level}.zip"), format!("{level}.jsonl"));
        let more = [&common[..], options, &["-o", &bundle]].concat();
        place.run(&with(export_args(&demo, 2), &more)).done();
        let obfuscated = series(&entry(&place.path(&bundle), "metrics.jsonl"));
        assert_eq!(obfuscated.len(), plain.len());
        assert!(obfuscated != plain);
        place.run(&["reveal", &bundle, "-o", &out]).done();
        let revealed = series(&fs::read_to_string(place.path(&out)).unwrap());
        let lost: Vec<_> = plain.difference(&revealed).take(5).collect();
        assert!(
            lost.is_empty() && revealed.len() == plain.len(),
            "{level}: {lost:#?}"
        );
    }
}

#[test]
fn a_whole_answer_is_read_from_stdin() {
    let place = Place::new();
    bundles(&place);
    let original = entry(&place.path("b.zip"), "metrics.jsonl");
    let obfuscated = entry(&place.path("a.zip"), "metrics.jsonl");
    let answer = fs::File::open(place.file("answer.txt", obfuscated)).unwrap();
    // The only map needs no name.
    let output = place.command(&["reveal", "-"]).stdin(answer).output();
    let said = Said::of(output.unwrap()).done();
    assert!(sorted_lines(said.stdout()) == sorted_lines(&original));
    let said = place.run(&["reveal", "pod-1"]).done();
    assert_ne!(said.stdout(), "pod-1\n");
}

#[test]
fn the_map_of_a_bundle_is_found_and_its_loss_is_told() {
    let place = Place::new();
    bundles(&place);
    place.run(&["reveal", "a.zip", "-o", "c.jsonl"]).done();

    let map = place.only(".vmgather/maps", ".json");
    let elsewhere = place.path("kept.json");
    fs::rename(map, &elsewhere).unwrap();
    let said = place.run(&["reveal", "a.zip", "-o", "d.jsonl"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.starts_with("error: the map `"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .contains("hint: if it is lost, the pseudonyms cannot be turned back by anybody"),
        "{}",
        said.stderr
    );
    assert!(!place.path("d.jsonl").exists());
    place
        .run(&["reveal", "--map", "kept.json", "a.zip", "-o", "d.jsonl"])
        .done();
    let said = place.run(&["reveal", "pod-1"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .starts_with("error: no map is given, and there is none in `"),
        "{}",
        said.stderr
    );

    let said = place.run(&["reveal", "b.zip", "-o", "e.jsonl"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .starts_with("error: the bundle is not obfuscated\n")
    );

    let demo = single_node();
    let more = ["-o", "f.zip", "--no-map"];
    place.run(&with(export_args(&demo, 2), &more)).done();
    let said = place.run(&["reveal", "f.zip", "-o", "g.jsonl"]);
    assert_eq!(said.code, 1);
    assert!(
        said.stderr
            .starts_with("error: no map of this bundle was ever kept\n")
    );

    for name in ["h.zip", "i.zip"] {
        place
            .run(&with(export_args(&demo, 2), &["-o", name]))
            .done();
    }
    let said = place.run(&["reveal", "pod-1"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("and there are 2 in `"),
        "{}",
        said.stderr
    );
    place.run(&["reveal", "i.zip", "-o", "i.jsonl"]).done();
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
