//! The flags of releases before there were commands.

use demo::{Demo, Fault, Order, Refusal};

use crate::harness::{NOW_MS, Place, Said, entry, rfc3339, single_node};

/// The config of the documentation, with this server and range.
fn config(demo: &Demo, more: &str) -> String {
    format!(
        r#"{{
          "connection": {{"url": "{}", "auth": {{"type": "none"}}}},
          "time_range": {{"start": "{}", "end": "{}"}},
          "mode": "custom", "query_type": "selector", "query": "{{job=~\"shop.*\"}}",
          "jobs": ["shop-checkout"],
          "obfuscation": {{"enabled": false, "drop_labels": ["env"]}},
          "batching": {{"enabled": false}}{more}
        }}"#,
        demo.url(),
        rfc3339(NOW_MS - 300_000),
        rfc3339(NOW_MS)
    )
}

fn oneshot(place: &Place, more: &[&str]) -> Said {
    place.run(&[&["-oneshot", "-oneshot-config", "config.json"], more].concat())
}

#[test]
fn one_export_leaves_a_bundle_and_nothing_on_stdout() {
    let demo = single_node();
    let place = Place::new();
    place.file("config.json", config(&demo, ""));
    let said = oneshot(&place, &["-output", "out"]).done();
    assert_eq!(said.stdout(), "");
    let lines = entry(&place.only("out", ".zip"), "metrics.jsonl");
    assert!(lines.lines().count() > 0);
    for line in lines.lines() {
        assert!(line.contains(r#""job":"shop-checkout""#), "{line}");
        assert!(!line.contains(r#""env":"#), "{line}");
    }
    assert_eq!(place.names("out/staging"), Vec::<String>::new());
    assert!(place.path("out/staging").is_dir());
}

#[test]
fn both_dashes_and_both_ways_to_give_a_value_work() {
    let demo = single_node();
    let place = Place::new();
    place.file("config.json", config(&demo, ""));
    let ways = [
        ["--oneshot", "--oneshot-config=config.json", "--output=one"],
        [
            "-oneshot=true",
            "-oneshot-config=config.json",
            "-output=two",
        ],
    ];
    for way in ways {
        place.run(&way).done();
    }
    place.only("one", ".zip");
    place.only("two", ".zip");
}

#[test]
fn lines_on_stdout_are_all_there_is_and_the_config_may_come_from_stdin() {
    let demo = single_node();
    let place = Place::new();
    let args = ["-oneshot", "-oneshot-config", "-", "-export-stdout"];
    let said = place
        .run_with_stdin(&args, config(&demo, "").as_bytes())
        .done();
    assert!(said.stdout().ends_with('\n'));
    for line in said.stdout().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["metric"]["job"], "shop-checkout");
    }
    assert!(!said.stderr.is_empty());
    assert_eq!(place.names("exports"), ["staging"]);
    assert_eq!(place.names("exports/staging"), Vec::<String>::new());
}

#[test]
fn slips_in_a_config_are_warned_about_and_do_not_stop_it() {
    let demo = single_node();
    let place = Place::new();
    let config = config(&demo, r#","xyzzy":1,"staging_file":"/etc/passwd""#);
    place.file(
        "config.json",
        config.replace("\"url\"", "\"Url\"") + " trailing",
    );
    let said = oneshot(&place, &[]).done();
    for warning in [
        "warning: config: unknown field `xyzzy` is ignored\n",
        "warning: config: `staging_file` is ignored",
    ] {
        assert!(said.stderr.contains(warning), "{}", said.stderr);
    }
}

#[test]
fn the_config_names_the_staging_folder_even_beside_an_output_folder() {
    let demo = single_node();
    let place = Place::new();
    place.file(
        "config.json",
        config(&demo, r#","staging_dir":"unfinished""#),
    );
    oneshot(&place, &["-output", "out"]).done();
    assert!(place.path("unfinished").is_dir());
    assert!(!place.path("out/staging").exists());
}

#[test]
fn an_export_without_series_is_a_success_with_a_warning() {
    let demo = single_node();
    let place = Place::new();
    let config = config(&demo, "").replace("shop-checkout", "nothing");
    place.file("config.json", config);
    let said = oneshot(&place, &[]).done();
    assert!(
        said.stderr
            .contains("warning: No series has a sample in the time range."),
        "{}",
        said.stderr
    );
}

#[test]
fn every_failure_ends_with_one() {
    let demo = single_node();
    let place = Place::new();
    let refused = |args: &[&str], expected: &str| {
        let said = place.run(args);
        let wanted = format!("error: {expected}");
        assert!(
            said.stderr.lines().any(|line| line == wanted),
            "{args:?}: {}",
            said.stderr
        );
        assert_eq!((said.code, said.stdout()), (1, ""), "{args:?}");
    };
    refused(&["-oneshot"], "`-oneshot` needs `-oneshot-config FILE`");
    let flags = ["-oneshot", "-oneshot-config", "config.json"];
    refused(&flags, "cannot read `config.json`");
    place.file("config.json", "{");
    refused(&flags, "the config is not JSON");
    place.file("config.json", "{}");
    refused(&flags, "`connection.url` is missing in the config");
    place.file("config.json", config(&demo, "").replace("custom", "Custom"));
    refused(
        &flags,
        "`mode` cannot be `Custom`; it is one of `cluster`, `custom`",
    );
    place.file("file", "");
    place.file("config.json", config(&demo, ""));
    let with_output = [&flags[..], &["-output", "file"]].concat();
    refused(
        &with_output,
        "`--output` must be a folder, but `file` is a file",
    );
    let refusal = Refusal::Plain {
        status: 403,
        text: "no".to_owned(),
    };
    demo.orders()
        .add(Order::new(Fault::Refuse(refusal)).on("/api/v1").always());
    refused(&flags, "cannot plan the export");
}

#[test]
fn an_unknown_flag_or_a_bad_value_shows_the_help_and_ends_with_two() {
    let place = Place::new();
    let refused = |args: &[&str], expected: &str| {
        let said = place.run(args);
        assert_eq!((said.code, said.stdout()), (2, ""), "{args:?}");
        assert!(said.stderr.contains("\nCommands:\n"), "{args:?}");
        assert!(said.stderr.ends_with(expected), "{args:?}: {}", said.stderr);
    };
    refused(&["-port", "1"], "error: unknown argument `-port`\n");
    refused(&["--exprt"], "error: unknown argument `--exprt`\n");
    refused(
        &["-oneshot=maybe"],
        "error: `-oneshot` cannot be `maybe`; it is one of true, false\n",
    );
    refused(
        &["-oneshot", "-oneshot-config"],
        "error: `-oneshot-config` needs a value\n",
    );
    refused(
        &["--url", "http://vm"],
        "error: unknown argument `--url`\nhint: write `vmgather export --url`\n",
    );
}

#[test]
fn debug_may_stand_before_a_command_and_behind_it_with_one_dash_or_two() {
    let demo = single_node();
    let place = Place::new();
    let start = (NOW_MS - 60_000).to_string();
    let (end, url) = (NOW_MS.to_string(), demo.url());
    let export = [
        "export", "--url", &url, "--start", &start, "--end", &end, "--stdout",
    ];
    for args in [
        [&["-debug"][..], &export].concat(),
        [&["--debug"][..], &export].concat(),
        [&export[..], &["-debug"]].concat(),
        [&export[..], &["--debug"]].concat(),
    ] {
        let said = place.run(&args).done();
        assert!(said.stderr.contains("/api/v1/export"), "{args:?}");
    }
    let said = place.run(&export).done();
    assert!(!said.stderr.contains("/api/v1/export"), "{}", said.stderr);
}

#[test]
fn a_config_may_ask_for_the_log() {
    let demo = single_node();
    let place = Place::new();
    let config = config(&demo, "").replace(r#""auth""#, r#""debug": true, "auth""#);
    place.file("config.json", config);
    let said = oneshot(&place, &[]).done();
    assert!(said.stderr.contains("/api/v1/export"), "{}", said.stderr);
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_an_export_that_can_be_resumed() {
    use crate::interrupted::interrupt_in;
    let demo = single_node();
    let place = Place::new();
    let config = config(&demo, "").replace(r#""mode": "custom""#, r#""mode": "cluster""#);
    let config = config.replace(r#""query": "{job=~\"shop.*\"}","#, "");
    let config = config.replace(r#"["shop-checkout"]"#, r#"["shop-checkout","vmagent-eu"]"#);
    place.file("config.json", config);
    let args = ["-oneshot", "-oneshot-config", "config.json"].map(str::to_owned);
    let said = interrupt_in(&place, &demo, &args);
    assert_eq!(said.stdout(), "");
    assert!(
        said.stderr
            .contains("continue with `vmgather resume export-")
    );
    place.run(&["resume"]).done();
    place.only("exports", ".zip");
}

#[cfg(unix)]
#[test]
fn a_pipe_that_breaks_ends_it_quietly() {
    let demo = single_node();
    let place = Place::new();
    place.file("config.json", config(&demo, ""));
    let args = [
        "-oneshot",
        "-oneshot-config",
        "config.json",
        "-export-stdout",
    ];
    let mut child = place.command(&args).spawn().unwrap();
    drop(child.stdout.take());
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, 1);
    assert!(!said.stderr.contains("error: "), "{}", said.stderr);
}
