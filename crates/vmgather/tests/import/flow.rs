//! A bundle from one server into another.

use jiff::Timestamp;
use testkit::{FaultProxy, VmServer, VmVersion, canonical, diff, seed};

use crate::harness::{Place, entry};
use crate::target::{START_MS, exported, last_event, line, plain_copy, stored};

fn export(place: &Place, url: &str, file: &str) {
    let (start, end) = (
        (START_MS - 1_000).to_string(),
        (START_MS + 86_400_000 * 30).to_string(),
    );
    place
        .run(&[
            "export", "--url", url, "--start", &start, "--end", &end, "--plain", "-o", file,
        ])
        .done();
}

#[test]
fn there_and_back_the_samples_are_those_of_a_plain_copy() {
    for version in VmVersion::all() {
        let source = VmServer::start(version, &[]);
        source.load(
            &[
                seed::cluster(300, 200, START_MS, 15_000),
                seed::odd_series(START_MS),
            ]
            .concat(),
        );
        let copy = plain_copy(version, &exported(&source));

        let place = Place::new();
        export(&place, &source.url(), "out.zip");
        let target = VmServer::start(version, &[]);
        let said = place
            .run(&["import", "out.zip", "--url", &target.url(), "--json"])
            .done();
        let done = last_event(&said);
        assert_eq!(done["verdict"], "verified", "{version:?} {done:#}");
        assert_eq!(diff(&copy, &stored(&target)), None, "{version:?}");

        export(&place, &target.url(), "again.zip");
        let again = entry(&place.path("again.zip"), "metrics.jsonl");
        assert_eq!(
            diff(&copy, &canonical(again.as_bytes())),
            None,
            "{version:?}"
        );
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
    }
}

#[test]
fn a_person_reads_what_will_happen_and_what_came_of_it() {
    let target = VmServer::start(VmVersion::V1_112, &["-retentionPeriod=100y"]);
    let place = Place::new();
    let lines = [
        line("a", START_MS, &["1", "2", "3"]),
        "nonsense\n".to_owned(),
        line("b", START_MS, &["4"]),
    ];
    place.file("lines.jsonl", lines.concat());
    let said = place
        .run(&["import", "lines.jsonl", "--url", &target.url()])
        .done();
    assert_eq!(said.stdout(), "");
    for wanted in [
        "importing lines.jsonl (JSON lines,",
        "/api/v1/import (single node",
        "sent         4 samples of 2 series",
        "skipped      1 line: not a JSON line of series data",
        "  line 2: ",
        "compared     verified: 2 of 2 compared series",
        "jobs         1 of 1 job counted as sent",
    ] {
        assert!(said.stderr.contains(wanted), "{wanted}\n{}", said.stderr);
    }
    let said = place.run(&["import", "lines.jsonl", "--url", &target.url(), "-q"]);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
}

#[test]
fn the_path_that_is_named_is_the_one_that_is_used() {
    let source = VmServer::start(VmVersion::V1_112, &[]);
    source.load(&seed::cluster(4, 20, START_MS, 15_000));
    let place = Place::new();
    let (start, end) = (START_MS.to_string(), (START_MS + 86_400_000).to_string());
    place
        .run(&[
            "export",
            "--url",
            &source.url(),
            "--start",
            &start,
            "--end",
            &end,
            "--plain",
            "-o",
            "out.zip",
            "--format",
            "native",
        ])
        .done();
    let proxy = FaultProxy::start(&source.url());
    let said = place
        .run(&["import", "out.zip", "--url", &proxy.url(), "--no-verify"])
        .done();
    assert!(
        said.stderr.contains("/api/v1/import/native (single node"),
        "{}",
        said.stderr
    );
    let native = proxy.requests("POST /api/v1/import/native").len();
    assert_eq!(native, 2, "a probe and the data");
}

#[test]
fn a_dry_run_tells_everything_and_sends_nothing() {
    for version in VmVersion::all() {
        let target = VmServer::start(
            version,
            &["-retentionPeriod=1", "-maxLabelsPerTimeseries=4"],
        );
        let place = Place::new();
        let now = Timestamp::now().as_millisecond();
        let lines = [
            line("new", now - 60_000, &["1", "2"]),
            line("old", START_MS, &["1", "2", "3"]),
            line("wide", now, &["1"]).replace("\"env\"", "\"x\":\"1\",\"env\""),
            "{}\n".to_owned(),
        ];
        let lines = lines.concat();
        let url = target.url();
        let plan = place.run_with_stdin(
            &["import", "-", "--url", &url, "--dry-run", "--json"],
            lines.as_bytes(),
        );
        let plan = last_event(&plan.done());
        assert_eq!(plan["type"], "plan");
        assert_eq!(plan["samples_to_send"], 2, "{plan:#}");
        assert_eq!(plan["samples_left_out"]["before_retention"], 3, "{plan:#}");
        assert_eq!(plan["samples_left_out"]["over_label_limit"], 1);
        assert_eq!(plan["series_over_label_limit"], 1);
        assert_eq!(plan["first_skipped"][0]["line"], 4);
        assert_eq!(plan["target"]["retention"], "1");
        assert!(plan["suggested_shift_ms"].as_i64().unwrap() > 0);

        place.file("lines.jsonl", &lines);
        let said = place
            .run(&["import", "lines.jsonl", "--url", &url, "--dry-run"])
            .done();
        for wanted in ["31d (the target says `1`)", "--shift now", "line 4: "] {
            assert!(said.stdout().contains(wanted), "{}", said.stdout());
        }
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
        target.flush();
        assert_eq!(stored(&target).len(), 0);
    }
}

#[test]
fn what_is_too_old_is_left_out_unless_it_is_moved() {
    for version in VmVersion::all() {
        let target = VmServer::start(version, &["-retentionPeriod=1"]);
        let url = target.url();
        let place = Place::new();
        place.file("old.jsonl", line("old", START_MS, &["1", "2", "3"]));
        let said = place.run(&["import", "old.jsonl", "--url", &url]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(
            said.stderr.contains("3 samples older than the retention"),
            "{}",
            said.stderr
        );
        assert!(said.stderr.contains("--shift now"), "{}", said.stderr);
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);

        let said = place
            .run(&[
                "import",
                "old.jsonl",
                "--url",
                &url,
                "--shift",
                "now",
                "--json",
            ])
            .done();
        let done = last_event(&said);
        assert_eq!(done["samples_sent"], 3);
        assert_eq!(done["verdict"], "verified", "{version:?} {done:#}");
        let stored = stored(&target);
        let samples = stored.values().next().unwrap();
        let values: Vec<&str> = samples.iter().map(|sample| sample.1.as_str()).collect();
        assert_eq!(values, ["1", "2", "3"]);
        let shift_ms = done["shift_ms"].as_i64().unwrap();
        assert_eq!(samples[0].0, START_MS + shift_ms);
    }
}

#[test]
fn moving_may_be_exact_and_a_part_may_be_cut() {
    let target = VmServer::start(VmVersion::V1_112, &["-retentionPeriod=10d"]);
    let url = target.url();
    let place = Place::new();
    let now = Timestamp::now();
    let noon = now.as_second() / 86_400 * 86_400 - 43_200;
    let noon = Timestamp::from_second(noon).unwrap();
    let lines = line("m", START_MS, &["1", "2"]);
    place.file("lines.jsonl", &lines);
    let align = format!("align={noon}");
    place
        .run(&[
            "import",
            "lines.jsonl",
            "--url",
            &url,
            "--shift",
            &align,
            "--no-verify",
        ])
        .done();
    target.wait_for_samples(testkit::EVERYTHING, 2);
    let moved = stored(&target);
    assert_eq!(moved.values().next().unwrap()[0].0, noon.as_millisecond());

    let now = now.as_millisecond();
    let half = [
        line("half", now - 11 * 86_400_000, &["1", "2"]),
        line("half", now - 60_000, &["3"]),
    ];
    place.file("half.jsonl", half.concat());
    let said = place
        .run(&["import", "half.jsonl", "--url", &url, "--json"])
        .done();
    let done = last_event(&said);
    assert_eq!(done["samples_left_out"]["before_retention"], 2, "{done:#}");
    assert_eq!(done["samples_sent"], 1);
    assert_eq!(done["verdict"], "verified");
}

#[test]
fn labels_are_dropped_and_added() {
    for version in VmVersion::all() {
        let target = VmServer::start(version, &[]);
        let place = Place::new();
        let lines = [
            line("m", START_MS, &["1", "2"]),
            line("m", START_MS + 60_000, &["3"]).replace("\"e\"", "\"other\""),
        ];
        place.file("lines.jsonl", lines.concat());
        let args = [
            "import",
            "lines.jsonl",
            "--url",
            &target.url(),
            "--drop-label",
            "env",
            "--add-label",
            "vmgather_bundle=case 1=\"x\"",
            "--add-label",
            "instance=same",
            "--json",
        ];
        let done = last_event(&place.run(&args).done());
        assert_eq!(done["series"], 2);
        assert_eq!(done["series_merged"], 2, "{done:#}");
        assert_eq!(done["verdict"], "verified", "{done:#}");
        let stored = stored(&target);
        let (labels, samples) = stored.first_key_value().unwrap();
        let names: Vec<(&str, &str)> = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("__name__", "m"),
                ("instance", "same"),
                ("job", "j"),
                ("vmgather_bundle", "case 1=\"x\""),
            ]
        );
        assert_eq!((stored.len(), samples.len()), (1, 3));
    }
}

#[test]
fn an_obfuscated_bundle_comes_with_advice_to_mark_it() {
    let source = VmServer::start(VmVersion::V1_112, &[]);
    source.load(&seed::cluster(100, 20, START_MS, 15_000));
    let place = Place::new();
    let (start, end) = (START_MS.to_string(), (START_MS + 600_000).to_string());
    place
        .run(&[
            "export",
            "--url",
            &source.url(),
            "--start",
            &start,
            "--end",
            &end,
            "-o",
            "out.zip",
        ])
        .done();
    let target = VmServer::start(VmVersion::V1_112, &[]);
    let url = target.url();
    let args = ["import", "out.zip", "--url", &url, "--dry-run"];
    let said = place.run(&args).done();
    assert!(
        said.stdout()
            .contains("--add-label vmgather_bundle=export-"),
        "{}",
        said.stdout()
    );
    let said = place
        .run(&[&args[..], &["--add-label", "x=y"]].concat())
        .done();
    assert!(
        !said.stdout().contains("vmgather_bundle"),
        "{}",
        said.stdout()
    );
}

#[test]
fn the_unit_of_timestamps_may_be_named_or_found_out() {
    let target = VmServer::start(VmVersion::V1_112, &[]);
    let url = target.url();
    let place = Place::new();
    let seconds = "{\"metric\":{\"__name__\":\"s\"},\"values\":[1],\"timestamps\":[1700000000]}\n";
    place.file("s.jsonl", seconds);
    let said = place.run(&["import", "s.jsonl", "--url", &url, "--dry-run"]);
    assert!(said.done().stdout().contains("`--timestamp-unit s`"));
    let args = [
        "import",
        "s.jsonl",
        "--url",
        &url,
        "--no-verify",
        "--timestamp-unit",
    ];
    for unit in ["s", "auto"] {
        place.run(&[&args[..], &[unit]].concat()).done();
    }
    target.wait_for_samples(testkit::EVERYTHING, 1);
    let stored = stored(&target);
    assert_eq!(stored.values().next().unwrap()[0].0, START_MS);
    place.file(
        "mixed.jsonl",
        seconds
            .replace("[1]", "[1,2]")
            .replace("[1700000000]", "[1700000000,1700000000000]"),
    );
    let args = [
        "import",
        "mixed.jsonl",
        "--url",
        &url,
        "--timestamp-unit",
        "auto",
    ];
    let said = place.run(&args);
    assert_eq!(said.code, 2, "{}", said.stderr);
    assert!(said.stderr.contains("1700000000000"), "{}", said.stderr);
}

#[test]
fn a_second_import_of_the_same_file_is_no_fault_and_is_said() {
    let target = VmServer::start(VmVersion::V1_112, &[]);
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1", "2"]));
    let url = target.url();
    let args = ["import", "lines.jsonl", "--url", &url];
    place.run(&args).done();
    let said = place.run(&args).done();
    assert!(
        said.stderr.contains("compared     verified: "),
        "{}",
        said.stderr
    );
}

#[test]
fn missing_samples_are_a_failure() {
    let target = VmServer::start(VmVersion::V1_112, &[]);
    let proxy = testkit::FaultProxy::start(&target.url());
    // The target says yes and stores nothing.
    let yes = testkit::Fault::Answer(testkit::Answer::new(204, ""));
    proxy.order("POST /api/v1/import", [], yes);
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1", "2"]));
    let said = place.run(&["import", "lines.jsonl", "--url", &proxy.url()]);
    assert_eq!(said.code, 1, "{}", said.stderr);
    for wanted in [
        "not verified",
        "2 samples sent, 0 found",
        "j: 2 sent, 0 found",
    ] {
        assert!(said.stderr.contains(wanted), "{wanted}\n{}", said.stderr);
    }
}

#[test]
fn deduplication_at_the_target_is_no_fault() {
    let target = VmServer::start(VmVersion::V1_112, &["-dedup.minScrapeInterval=60s"]);
    let place = Place::new();
    let values: Vec<String> = (0..40).map(|n| n.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    place.file("lines.jsonl", line("m", START_MS, &values));
    let said = place.run(&["import", "lines.jsonl", "--url", &target.url()]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.contains("deduplication"), "{}", said.stderr);
}
