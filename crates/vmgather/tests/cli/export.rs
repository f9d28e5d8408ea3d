//! Exports: results, events, options.

use std::fs;

use demo::{Credentials, Demo, Options, Personality, Version};

use crate::harness::{NOW_MS, Place, SHOP, entry, export_args, single_node, sorted_lines, with};

#[test]
fn the_demo_makes_a_bundle_that_verifies() {
    let place = Place::new();
    let said = place.run(&["export", "--demo"]).done();
    assert_eq!(said.stdout(), "");
    let bundle = place.only("exports", ".zip");
    assert!(said.stderr.contains("\nbundle       "), "{}", said.stderr);
    assert!(said.stderr.contains("(keep it, do not attach it)"));
    assert!(said.stderr.contains("every series of the tenant"));
    let report = bundle::verify(&bundle, |_| ()).unwrap();
    assert!(report.is_ok(), "{report:?}");
    assert_eq!(place.names("exports/staging"), Vec::<String>::new());
    let checksum = fs::read_to_string(place.only("exports", ".sha256")).unwrap();
    assert!(checksum.starts_with(&report.sha256));
}

#[test]
fn flags_obfuscate_unless_plain_is_given() {
    let demo = single_node();
    let place = Place::new();
    let args = export_args(&demo, 2);
    place.run(&with(args.clone(), &["-o", "a.zip"])).done();
    place.run(&with(args, &["-o", "b.zip", "--plain"])).done();
    let obfuscated = entry(&place.path("a.zip"), "metrics.jsonl");
    let plain = entry(&place.path("b.zip"), "metrics.jsonl");
    assert!(obfuscated.contains("777.777.") && !obfuscated.contains(SHOP));
    assert!(!plain.contains("777.777.") && plain.contains(SHOP));
    assert_eq!(obfuscated.lines().count(), plain.lines().count());
    assert_eq!(place.names(".vmgather/maps").len(), 1);
}

#[test]
fn jobs_components_and_selectors_narrow_the_export() {
    let demo = single_node();
    let place = Place::new();
    let mut number = 0;
    let mut names = |more: &[&str]| {
        number += 1;
        let file = format!("{number}.zip");
        let more = [&["--plain", "-o", &file], more].concat();
        place.run(&with(export_args(&demo, 2), &more)).done();
        let text = entry(&place.path(&file), "metrics.jsonl");
        let label = |line: &str, name: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["metric"][name].as_str().unwrap_or_default().to_owned()
        };
        let mut jobs: Vec<String> = text.lines().map(|line| label(line, "job")).collect();
        jobs.sort();
        jobs.dedup();
        let mut metrics: Vec<String> = text.lines().map(|line| label(line, "__name__")).collect();
        metrics.sort();
        metrics.dedup();
        (jobs, metrics)
    };
    let (everything, _) = names(&[]);
    assert!(everything.len() > 2, "{everything:?}");
    let (one, two) = (everything[0].as_str(), everything[1].as_str());
    assert_eq!(names(&["--job", one]).0, [one]);
    assert_eq!(names(&["--job", one, "--job", two]).0, [one, two]);
    let (of_component, _) = names(&["--component", "vmagent"]);
    assert!(
        of_component.contains(&"vmagent-eu".to_owned()),
        "{of_component:?}"
    );
    assert!(!of_component.contains(&"shop-checkout".to_owned()));
    let (both, _) = names(&["--component", "vmagent", "--job", "shop-checkout"]);
    assert_eq!(both.len(), of_component.len() + 1, "{both:?}");
    let (jobs, metrics) = names(&["--selector", "up", "--job", two]);
    assert_eq!(
        (jobs, metrics),
        (vec![two.to_owned()], vec!["up".to_owned()])
    );
}

#[test]
fn a_bundle_goes_to_stdout_and_nothing_else_does() {
    let demo = single_node();
    let place = Place::new();
    let said = place.run(&with(export_args(&demo, 2), &["-o", "-"])).done();
    let bundle = place.file("got.zip", &said.stdout);
    assert!(bundle::verify(&bundle, |_| ()).unwrap().is_ok());
    assert!(said.stderr.contains("to stdout"));
    assert_eq!(place.names(".vmgather/staging"), Vec::<String>::new());
    assert_eq!(place.names("exports"), Vec::<String>::new());
}

#[test]
fn stdout_gets_the_lines_that_the_bundle_would_hold() {
    let demo = single_node();
    let place = Place::new();
    let args = export_args(&demo, 2);
    let said = place
        .run(&with(args.clone(), &["--stdout", "--quiet"]))
        .done();
    assert_eq!(said.stderr, "");
    place.run(&with(args, &["-o", "a.zip"])).done();
    let text = entry(&place.path("a.zip"), "metrics.jsonl");
    assert_eq!(sorted_lines(said.stdout()), sorted_lines(&text));
}

#[test]
fn both_transports_and_any_window_make_the_same_lines() {
    let demo = single_node();
    let place = Place::new();
    let samples = |more: &[&str]| {
        let more = [&["--stdout", "--quiet", "--plain"], more].concat();
        let said = place.run(&with(export_args(&demo, 5), &more)).done();
        let mut samples: Vec<(String, i64, String)> = Vec::new();
        for line in said.stdout().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let values = line["values"].as_array().unwrap();
            let timestamps = line["timestamps"].as_array().unwrap();
            for (value, timestamp) in values.iter().zip(timestamps) {
                let timestamp = timestamp.as_i64().unwrap();
                samples.push((line["metric"].to_string(), timestamp, value.to_string()));
            }
        }
        samples.sort();
        samples
    };
    let native = samples(&["--transport", "native"]);
    assert!(native.len() > 1000);
    assert!(native == samples(&["--transport", "json"]));
    assert!(
        native
            == samples(&[
                "--transport",
                "json",
                "--window",
                "1m",
                "--concurrency",
                "4"
            ])
    );
}

#[test]
fn events_tell_the_whole_story() {
    let demo = single_node();
    let place = Place::new();
    let said = place
        .run(&with(export_args(&demo, 2), &["--json", "--case", "4711"]))
        .done();
    assert_eq!(said.stderr, "");
    let events = said.events();
    assert_eq!(events[0]["type"], "planned");
    assert_eq!(events[0]["transport"], "native");
    let types: Vec<&str> = events.iter().filter_map(|e| e["type"].as_str()).collect();
    for wanted in ["planned", "warning", "fetched", "sealing", "done"] {
        assert!(types.contains(&wanted), "{wanted} in {types:?}");
    }
    let done = events.last().unwrap();
    assert_eq!(done["type"], "done");
    let bundle = place.only("exports", ".zip");
    assert_eq!(done["bundle"], bundle.to_str().unwrap());
    let report = bundle::verify(&bundle, |_| ()).unwrap();
    assert_eq!(done["sha256"], report.sha256);
    assert_eq!(done["size_bytes"], report.size_bytes);
    assert_eq!(done["warnings"], serde_json::json!(["everything_selected"]));
    let metadata = bundle::Bundle::open(&bundle)
        .unwrap()
        .metadata()
        .unwrap()
        .unwrap();
    assert_eq!(metadata.case.as_deref(), Some("4711"));
    assert_eq!(done["lines"], metadata.metrics_count);
}

#[test]
fn quiet_prints_nothing() {
    let demo = single_node();
    let said = Place::new()
        .run(&with(
            export_args(&demo, 1),
            &["--quiet", "--tls-skip-verify"],
        ))
        .done();
    assert_eq!((said.stdout(), said.stderr.as_str()), ("", ""));
}

#[test]
fn skipping_the_verification_of_certificates_is_warned_about() {
    let demo = single_node();
    let said = Place::new()
        .run(&with(export_args(&demo, 1), &["--tls-skip-verify"]))
        .done();
    assert!(
        said.stderr
            .starts_with("warning: certificates are not verified")
    );
}

#[test]
fn bundles_go_to_the_downloads_where_there_are_any() {
    let demo = single_node();
    let place = Place::new();
    place.folder("Downloads");
    place.run(&export_args(&demo, 1)).done();
    place.only("Downloads/vmgather", ".zip");
    assert_eq!(place.names("exports"), Vec::<String>::new());
}

#[test]
fn a_folder_can_be_chosen_for_the_bundle() {
    let demo = single_node();
    let place = Place::new();
    place
        .run(&with(export_args(&demo, 1), &["--output", "a/b"]))
        .done();
    place.only("a/b", ".zip");
}

#[test]
fn an_earlier_map_gives_the_same_pseudonyms() {
    let demo = single_node();
    let place = Place::new();
    let args = export_args(&demo, 1);
    let lines = |more: &[&str]| {
        let more = [&["--stdout", "--quiet"], more].concat();
        let said = place.run(&with(args.clone(), &more)).done();
        sorted_lines(said.stdout()).join("\n")
    };
    let first = lines(&[]);
    let map = place.only(".vmgather/maps", ".json");
    let map = map.to_str().unwrap();
    // The key of the installation alone gives the same numbers to the same selection.
    assert_eq!(lines(&["--no-map"]), first);
    // With the map they hold even for another selection and another key.
    fs::remove_file(place.path(".vmgather/key")).unwrap();
    let narrow = lines(&["--map", map, "--job", "shop-checkout"]);
    assert!(!narrow.is_empty());
    for line in narrow.lines() {
        assert!(first.contains(line), "{line}");
    }
    assert_eq!(place.names(".vmgather/maps").len(), 1);
}

#[test]
fn without_a_home_the_map_must_be_declined() {
    let demo = single_node();
    let place = Place::new();
    let run = |more: &[&str]| {
        let args = with(export_args(&demo, 1), more);
        let mut command = place.command(&args);
        crate::harness::Said::of(command.env_remove("HOME").output().unwrap())
    };
    let said = run(&["-o", "a.zip"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .starts_with("error: there is no home folder for the map\n")
    );
    let said = run(&["-o", "a.zip", "--no-map"]).done();
    assert!(said.stderr.starts_with(
        "warning: pseudonyms will differ from those of other exports: there is no home folder\n"
    ));
    let said = run(&["-o", "-", "--no-map"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .starts_with("error: there is no home folder for unfinished data\n")
    );
}

#[test]
fn credentials_come_from_files_and_the_environment() {
    let demand = |credentials| {
        let mut options = Options::new(Personality::Single, Version::V1_150, NOW_MS);
        options.credentials = Some(credentials);
        Demo::start(options).unwrap()
    };
    let place = Place::new();
    place.file("secret", "s3cret\n");
    let export = |demo: &Demo, more: &[&str], variables: &[(&str, &str)]| {
        let args = with(
            export_args(demo, 1),
            &[&["--quiet", "--no-map"], more].concat(),
        );
        let mut command = place.command(&args);
        let said = command.envs(variables.iter().copied()).output().unwrap();
        let said = crate::harness::Said::of(said);
        assert!(!said.stderr.contains("s3cret"), "{}", said.stderr);
        said.code
    };
    let basic = demand(Credentials::Basic {
        username: "ops".to_owned(),
        password: "s3cret".to_owned(),
    });
    let file = ["--user", "ops", "--password-file", "secret"];
    assert_eq!(export(&basic, &file, &[]), 0);
    let variable = ("VMGATHER_SOURCE_PASSWORD", "s3cret");
    assert_eq!(export(&basic, &["--user", "ops"], &[variable]), 0);
    assert_eq!(export(&basic, &[], &[variable]), 1);

    let bearer = demand(Credentials::Bearer("s3cret".to_owned()));
    assert_eq!(export(&bearer, &["--bearer-token-file", "secret"], &[]), 0);
    assert_eq!(
        export(&bearer, &[], &[("VMGATHER_SOURCE_TOKEN", "s3cret")]),
        0
    );
    assert_eq!(export(&bearer, &[], &[]), 1);

    let header = demand(Credentials::Header {
        name: "X-Api-Key".to_owned(),
        value: "s3cret".to_owned(),
    });
    assert_eq!(export(&header, &["--header", "x-api-key: s3cret"], &[]), 0);
}

#[test]
fn a_refused_connection_is_a_failure_with_advice() {
    let place = Place::new();
    let said = place.run(&["export", "--url", "http://127.0.0.1:1", "--last", "1h"]);
    assert_eq!(said.code, 1);
    let lines: Vec<&str> = said.stderr.lines().collect();
    let warned = lines
        .iter()
        .position(|line| line.starts_with("error: "))
        .unwrap();
    assert_eq!(
        lines[warned..warned + 2],
        [
            "error: cannot plan the export",
            "  caused by: cannot connect to `127.0.0.1:1`",
        ]
    );
    assert!(
        lines
            .last()
            .unwrap()
            .starts_with("hint: nothing listens on `127.0.0.1:1`")
    );
}

#[test]
fn the_log_shows_requests_and_no_secrets() {
    let demo = single_node();
    let place = Place::new();
    let args = with(
        export_args(&demo, 1),
        &["--debug", "--header", "x-api-key: s3cret"],
    );
    let said = place.run(&args).done();
    assert!(said.stderr.contains("DEBUG"), "{}", said.stderr);
    assert!(!said.stderr.contains("s3cret"));
}

#[test]
fn key_and_map_are_private() {
    let demo = single_node();
    let place = Place::new();
    place.run(&export_args(&demo, 1)).done();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(place.path(".vmgather")), 0o700);
        assert_eq!(mode(place.path(".vmgather/maps")), 0o700);
        assert_eq!(mode(place.path(".vmgather/key")), 0o600);
        assert_eq!(mode(place.only(".vmgather/maps", ".json")), 0o600);
        assert_eq!(mode(place.only("exports", ".zip")), 0o600);
    }
}
