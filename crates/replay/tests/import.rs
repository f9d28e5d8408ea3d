//! Imports into real servers, from opened file to compared samples.

mod world;

use replay::{Ending, Fit, Shift, SkipReason, TrimReason, UnitChoice};
use testkit::{VmServer, VmVersion, canonical, diff, seed};
use world::{START_MS, World, line};

/// What a server makes of the same lines when they come without us.
fn plain_copy(version: VmVersion, lines: &[u8]) -> VmServer {
    let server = VmServer::start(version, &[]);
    server.load(lines);
    server
}

fn exported(server: &VmServer) -> Vec<u8> {
    server.export_json_lines(testkit::EVERYTHING, 0, 4_000_000_000_000)
}

#[test]
fn what_is_imported_is_what_a_plain_copy_would_be() {
    for version in VmVersion::all() {
        let lines = [
            seed::cluster(300, 200, START_MS, 15_000),
            seed::odd_series(START_MS),
        ]
        .concat();
        let copy = plain_copy(version, &lines);
        // The lines as this version itself exports them, with its own spelling of odd values.
        let lines = exported(&copy);
        let target = VmServer::start(version, &[]);
        let world = World::new(&target.url());
        let outcome = world.import_lines(&lines, Fit::default());
        assert!(matches!(outcome.ending, Ending::Complete), "{outcome:?}");
        let report = outcome.report;
        let verification = report.verification.unwrap();
        assert!(verification.verified, "{verification:#?}");
        assert_eq!(report.tally.skipped_lines(), 0);
        assert_eq!(
            report.tally.samples_read,
            report.sent.samples + report.tally.trimmed_samples()
        );
        let again = plain_copy(version, &lines);
        assert_eq!(
            diff(
                &canonical(&exported(&again)),
                &canonical(&exported(&target))
            ),
            None
        );
        assert!(world.is_empty(), "nothing stays in the spool");
    }
}

#[test]
fn values_reach_the_target_as_they_are_written() {
    let values = "9007199254740993,-0.1,1e300,5e-324,123456789012345678,0.30000000000000004";
    let times: Vec<String> = (0..6).map(|i| (START_MS + i * 1_000).to_string()).collect();
    let text = format!(
        "{{\"metric\":{{\"__name__\":\"m\",\"job\":\"j\"}},\"values\":[{values}],\"timestamps\":[{}]}}\n",
        times.join(",")
    );
    for version in VmVersion::all() {
        let copy = plain_copy(version, text.as_bytes());
        for fit in [
            Fit::default(),
            // Written anew, line by line.
            Fit {
                add_labels: vec![("job".to_owned(), "j".to_owned())],
                ..Fit::default()
            },
        ] {
            let target = VmServer::start(version, &[]);
            let outcome = World::new(&target.url()).import_lines(text.as_bytes(), fit);
            assert!(matches!(outcome.ending, Ending::Complete), "{outcome:?}");
            assert_eq!(
                diff(&canonical(&exported(&copy)), &canonical(&exported(&target))),
                None
            );
        }
    }
}

#[test]
fn a_null_costs_its_neighbours_nothing_on_any_version() {
    let text = concat!(
        r#"{"metric":{"__name__":"m","job":"j"},"values":[1,null,"Infinity","-Infinity",5],"timestamps":[1700000000001,1700000000002,1700000000003,1700000000004,1700000000005]}"#,
        "\n"
    );
    for version in VmVersion::all() {
        let target = VmServer::start(version, &[]);
        let outcome = World::new(&target.url()).import_lines(text.as_bytes(), Fit::default());
        let verification = outcome.report.verification.unwrap();
        assert!(verification.verified, "{version:?} {verification:#?}");
        assert_eq!(verification.samples_compared, 4);
        let nulls = outcome.report.tally.nulls
            + outcome
                .report
                .tally
                .trimmed
                .get(&TrimReason::NoValue)
                .unwrap_or(&0);
        assert_eq!(nulls, 1);
    }
}

#[test]
fn broken_lines_are_counted_with_their_numbers_and_cost_no_neighbour() {
    let good = |name: &str| line(name, &[(START_MS, "1")]);
    let text = [
        good("a"),
        b"not json\n".to_vec(),
        b"{\"metric\":{\"__name__\":\"m\"},\"values\":[1,2],\"timestamps\":[1]}\n".to_vec(),
        b"\n".to_vec(),
        b"{\"metric\":{},\"values\":[1],\"timestamps\":[1]}\n".to_vec(),
        b"{\"metric\":{\"__name__\":\"m\"},\"values\":[true],\"timestamps\":[1]}\n".to_vec(),
        b"{\"values\":[1],\"timestamps\":[1]}\r\n".to_vec(),
        good("b"),
    ]
    .concat();
    let target = VmServer::start(VmVersion::all()[1], &[]);
    let outcome = World::new(&target.url()).import_lines(&text, Fit::default());
    let tally = &outcome.report.tally;
    assert_eq!((tally.lines, tally.good_lines), (7, 2));
    assert_eq!(tally.skipped[&SkipReason::NotALine], 3);
    assert_eq!(tally.skipped[&SkipReason::CountsDiffer], 1);
    assert_eq!(tally.skipped[&SkipReason::NoLabels], 1);
    let numbers: Vec<u64> = tally.first_skipped.iter().map(|line| line.line).collect();
    assert_eq!(numbers, [2, 3, 5, 6, 7]);
    target.wait_for_samples(testkit::EVERYTHING, 2);
}

#[test]
fn what_servers_read_is_read_however_it_is_spelled() {
    let text = [
        r#"{"timestamps":[1700000000000,1700000001000],"values":["1.5","NaN"],"metric":{"__name__":"m","job":"j"},"unit":{"x":[1]}}"#,
        r#"{"metric":{"__name__":"m","job":"j","n":5,"empty":null},"values":[2],"timestamps":["1700000002000"]}"#,
    ]
    .join("\n");
    for version in VmVersion::all() {
        let target = VmServer::start(version, &[]);
        let outcome = World::new(&target.url()).import_lines(text.as_bytes(), Fit::default());
        assert_eq!(outcome.report.tally.skipped_lines(), 0, "{outcome:#?}");
        let expected = line("m", &[(START_MS, "1.5"), (START_MS + 2_000, "2")]);
        assert_eq!(
            diff(&canonical(&expected), &canonical(&exported(&target))),
            None
        );
    }
}

#[test]
fn data_are_shifted_before_they_are_cut() {
    let target = VmServer::start(VmVersion::all()[1], &["-retentionPeriod=10d"]);
    let world = World::new(&target.url());
    let text = [
        line("old", &[(START_MS, "1"), (START_MS + 15_000, "2")]),
        line("new", &[(START_MS + 30_000, "3")]),
    ]
    .concat();
    let refused = world.import_lines(&text, Fit::default());
    let Ending::Failed(error) = refused.ending else {
        panic!("{refused:?}");
    };
    assert!(error.to_string().contains("3 samples"), "{error}");
    assert!(refused.resumable.is_none());

    let shifted = world.import_lines(
        &text,
        Fit {
            shift: Shift::ToNow,
            ..Fit::default()
        },
    );
    let verification = shifted.report.verification.unwrap();
    assert!(verification.verified, "{verification:#?}");
    assert_eq!(shifted.report.sent.samples, 3);
    assert_eq!(shifted.report.tally.trimmed_samples(), 0);
}

#[test]
fn seconds_that_are_read_as_milliseconds_are_told() {
    let target = VmServer::start(VmVersion::all()[1], &["-retentionPeriod=10y"]);
    let world = World::new(&target.url());
    let text = line(
        "m",
        &[(START_MS / 1_000, "1"), (START_MS / 1_000 + 15, "2")],
    );
    let wrong = world.import_lines(&text, Fit::default());
    let Ending::Failed(error) = wrong.ending else {
        panic!("{wrong:?}");
    };
    assert!(error.to_string().contains("look like `s`"), "{error}");
    let unit = UnitChoice::Auto;
    let right = world.import_lines(
        &text,
        Fit {
            unit,
            ..Fit::default()
        },
    );
    let expected = line("m", &[(START_MS, "1"), (START_MS + 15_000, "2")]);
    assert!(right.report.verification.unwrap().verified);
    assert_eq!(
        diff(&canonical(&expected), &canonical(&exported(&target))),
        None
    );
}

#[test]
fn only_the_part_within_the_retention_is_sent() {
    let target = VmServer::start(VmVersion::all()[1], &["-retentionPeriod=1y"]);
    let now = jiff::Timestamp::now().as_millisecond();
    let day = 86_400_000;
    let samples = [
        (now - 800 * day, "1"),
        (now - 100 * day, "2"),
        (now - day, "3"),
        (now + 5 * day, "4"),
        (-1, "5"),
    ];
    let outcome = World::new(&target.url()).import_lines(&line("m", &samples), Fit::default());
    let tally = &outcome.report.tally;
    assert_eq!(tally.trimmed[&TrimReason::BeforeRetention], 1);
    assert_eq!(tally.trimmed[&TrimReason::InTheFuture], 1);
    assert_eq!(tally.trimmed[&TrimReason::Before1970], 1);
    assert_eq!(outcome.report.sent.samples, 2);
    assert!(outcome.report.verification.unwrap().verified);
}

#[test]
fn labels_are_dropped_and_added_and_merging_is_reported() {
    let target = VmServer::start(VmVersion::all()[1], &[]);
    let text = concat!(
        r#"{"metric":{"__name__":"m","job":"j","pod":"a","zone":"x"},"values":[1],"timestamps":[1700000000000]}"#,
        "\n",
        r#"{"metric":{"__name__":"m","job":"j","pod":"b","zone":"x"},"values":[2],"timestamps":[1700000001000]}"#,
        "\n",
        r#"{"metric":{"__name__":"n","job":"j","pod":"b","zone":"y"},"values":[3],"timestamps":[1700000001000]}"#,
        "\n"
    );
    let fit = Fit {
        drop_labels: vec!["pod".to_owned()],
        add_labels: vec![("zone".to_owned(), "it's \"z\"".to_owned())],
        ..Fit::default()
    };
    let outcome = World::new(&target.url()).import_lines(text.as_bytes(), fit);
    let report = outcome.report;
    assert_eq!((report.series, report.merged_series), (3, 2));
    assert!(report.verification.unwrap().verified);
    let stored = canonical(&exported(&target));
    let expected = concat!(
        r#"{"metric":{"__name__":"m","job":"j","zone":"it's \"z\""},"values":[1,2],"timestamps":[1700000000000,1700000001000]}"#,
        "\n",
        r#"{"metric":{"__name__":"n","job":"j","zone":"it's \"z\""},"values":[3],"timestamps":[1700000001000]}"#,
        "\n"
    );
    assert_eq!(diff(&canonical(expected.as_bytes()), &stored), None);
}

#[test]
fn series_over_the_label_limit_are_counted_and_not_sent() {
    let target = VmServer::start(VmVersion::all()[1], &["-maxLabelsPerTimeseries=5"]);
    let text = concat!(
        r#"{"metric":{"__name__":"m","a":"1","b":"1","c":"1","d":"1"},"values":[1],"timestamps":[1700000000000]}"#,
        "\n",
        r#"{"metric":{"__name__":"m","a":"1","b":"1","c":"1","d":"1","e":"1"},"values":[1,2],"timestamps":[1700000000000,1700000001000]}"#,
        "\n"
    );
    let outcome = World::new(&target.url()).import_lines(text.as_bytes(), Fit::default());
    let report = outcome.report;
    assert_eq!(report.over_limit_series, 1);
    assert_eq!(report.tally.trimmed[&TrimReason::OverLabelLimit], 2);
    assert_eq!(report.tally.max_labels, 6);
    assert!(report.verification.unwrap().verified);
}

#[test]
fn a_line_of_any_length_reaches_a_target_with_a_short_limit() {
    let target = VmServer::start(VmVersion::all()[1], &["-import.maxLineLen=50000"]);
    let samples: Vec<(i64, String)> = (0..200_000)
        .map(|i| (START_MS + i * 1_000, format!("{}.5", i * 7)))
        .collect();
    let samples: Vec<(i64, &str)> = samples.iter().map(|(t, v)| (*t, v.as_str())).collect();
    let text = [
        line("long", &samples),
        line("short", &samples[..10]),
        line("middle", &samples[..9_000]),
    ]
    .concat();
    assert!(text.len() > 4 << 20);
    let world = World::new(&target.url());
    let outcome = world.import_lines(&text, Fit::default());
    let report = outcome.report;
    assert_eq!(report.tally.samples_fitted, 209_010);
    assert_eq!(report.tally.good_lines, 3);
    assert_eq!(report.tally.divided_lines, 1);
    let verification = report.verification.unwrap();
    assert!(verification.verified, "{verification:#?}");
    let copy = plain_copy(VmVersion::all()[1], &text);
    assert_eq!(
        diff(&canonical(&exported(&copy)), &canonical(&exported(&target))),
        None
    );
}

#[test]
fn deduplication_at_the_target_is_named_and_is_no_fault() {
    let target = VmServer::start(VmVersion::all()[1], &["-dedup.minScrapeInterval=1m"]);
    let samples: Vec<(i64, String)> = (0..40)
        .map(|i| (START_MS + i * 15_000, i.to_string()))
        .collect();
    let samples: Vec<(i64, &str)> = samples.iter().map(|(t, v)| (*t, v.as_str())).collect();
    let outcome = World::new(&target.url()).import_lines(&line("m", &samples), Fit::default());
    let verification = outcome.report.verification.unwrap();
    assert!(verification.verified);
    assert_eq!(
        verification.differences[0].reason,
        replay::DifferenceReason::Deduplicated
    );
    assert!(
        verification.message.contains("deduplication"),
        "{}",
        verification.message
    );
}

#[test]
fn samples_that_vanish_at_the_target_are_found_missing() {
    // A name of over 256 bytes is dropped with its series, and the answer is 204.
    let target = VmServer::start(VmVersion::all()[1], &[]);
    let name = "x".repeat(300);
    let text = format!(
        "{{\"metric\":{{\"__name__\":\"m\",\"{name}\":\"v\"}},\"values\":[1],\"timestamps\":[{START_MS}]}}\n"
    );
    let mut world = World::new(&target.url());
    world.patience(std::time::Duration::from_secs(3));
    let outcome = world.import_lines(text.as_bytes(), Fit::default());
    let verification = outcome.report.verification.unwrap();
    assert!(!verification.verified, "{verification:#?}");
    assert!(verification.reached);
    assert_eq!(
        verification.differences[0].reason,
        replay::DifferenceReason::Missing
    );
}

#[test]
fn the_furthest_shifts_are_counted_and_nothing_overflows() {
    let target = VmServer::start(VmVersion::all()[1], &["-retentionPeriod=100y"]);
    let world = World::new(&target.url());
    let text = line("m", &[(START_MS, "1"), (START_MS + 15_000, "2")]);
    for (shift, wanted) in [
        // The most that 64 bits of milliseconds hold, either way, and what just misses it.
        (Shift::By(i64::MAX), "out of range"),
        (Shift::By(i64::MIN), "before 1970"),
        (Shift::By(i64::MAX - START_MS - 15_000), "in the future"),
        (Shift::By(-START_MS - 15_001), "before 1970"),
        (Shift::AlignStart(-1_000_000), "before 1970"),
        ("+106751991167d".parse().unwrap(), "out of range"),
    ] {
        let fit = Fit {
            shift,
            ..Fit::default()
        };
        let outcome = world.import_lines(&text, fit);
        let Ending::Failed(error) = &outcome.ending else {
            panic!("{shift:?} {outcome:?}");
        };
        let mut told = error.to_string();
        for skipped in &outcome.report.tally.first_skipped {
            told.push_str(&skipped.reason);
        }
        assert!(told.contains(wanted), "{shift:?} {told}");
        assert_eq!(outcome.report.sent.samples, 0);
        assert!(world.is_empty());
    }
    // The last sample that is not before 1970 is sent.
    let fit = Fit {
        shift: Shift::By(-START_MS - 15_000),
        keep_old: true,
        ..Fit::default()
    };
    let mut world = world;
    world.verify = false;
    let outcome = world.import_lines(&text, fit);
    assert!(matches!(outcome.ending, Ending::Complete), "{outcome:?}");
    assert_eq!(outcome.report.tally.trimmed[&TrimReason::Before1970], 1);
    assert_eq!(outcome.report.sent.samples, 1);
}
