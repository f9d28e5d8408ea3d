//! The comparison at the end: what is a difference, and what is the target's own doing.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod world;

use replay::{DifferenceReason, Fit, Verification};
use testkit::{FaultProxy, VmServer, VmVersion};
use vmformat::native::{Encoder, Layout, StreamHeader, write_frame, write_name};
use world::{START_MS, World, assert_complete, line};

/// The mantissa of a stale marker.
const STALE: i64 = i64::MAX - 1;

/// Native blocks of series with one label besides the name: times and mantissas.
fn native(label: &str, series: &[(&str, Vec<(i64, i64)>)]) -> Vec<u8> {
    let mut stream = Vec::new();
    StreamHeader {
        start_ms: START_MS,
        end_ms: START_MS + 86_400_000,
    }
    .write(&mut stream);
    for (metric, samples) in series {
        let (times, mantissas): (Vec<i64>, Vec<i64>) = samples.iter().copied().unzip();
        let (mut name, mut block) = (Vec::new(), Vec::new());
        let labels = [("__name__", *metric), (label, "v")];
        write_name(
            &mut name,
            labels.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())),
        );
        Encoder::new()
            .encode(Layout::B, &times, &mantissas, 0, &mut block)
            .unwrap();
        write_frame(&mut stream, &name, &block).unwrap();
    }
    stream
}

/// Samples each 15 s, the last of them a stale marker. The first two share a window of 30 s.
fn ended(count: i64) -> Vec<(i64, i64)> {
    let value = |i: i64| if i == count - 1 { STALE } else { i };
    (0..count)
        .map(|i| (START_MS + 25_000 + i * 15_000, value(i)))
        .collect()
}

fn imported(world: &World, text: &[u8]) -> (Verification, u64) {
    let outcome = world.import_lines(text, Fit::default());
    assert_complete(&outcome);
    let merged = outcome.report.merged_series;
    (outcome.report.verification.unwrap(), merged)
}

#[test]
fn what_a_block_cannot_hold_beside_larger_values_is_explained() {
    for version in VmVersion::all() {
        let server = VmServer::start(version, &[]);
        let world = World::new(&server.url());
        let series = |name: &str, values: &[&str]| {
            let times = (0..).map(|at| START_MS + at * 15_000);
            let samples: Vec<(i64, &str)> = times.zip(values.iter().copied()).collect();
            line(name, &samples)
        };
        let text = [
            series("tiny", &["1e-300", "5e-324"]),
            series("tiny_beside_one", &["1.5", "1e-300", "5e-324", "0"]),
            series("tenths_beside_large", &["9.1e18", "2.75", "-2.75"]),
            series("huge", &["1e300", "0.1", "-7"]),
            series("plain", &["1e15", "0.1", "-7"]),
        ];
        let (found, _) = imported(&world, &text.concat());
        assert!(found.verified, "{version:?} {found:#?}");
        assert!((5..=9).contains(&found.rounded), "{version:?} {found:#?}");
    }
}

#[test]
fn another_value_is_a_difference_and_is_not_waited_for_long() {
    let server = VmServer::start(VmVersion::all()[1], &["-dedup.minScrapeInterval=1ms"]);
    // Of two values at one time the larger one stays.
    server.load(&line("m", &[(START_MS, "9"), (START_MS + 15_000, "2")]));
    let proxy = FaultProxy::start(&server.url());
    let world = World::new(&proxy.url());
    let (found, _) = imported(
        &world,
        &line("m", &[(START_MS, "1"), (START_MS + 15_000, "2")]),
    );
    assert!(!found.verified, "{found:#?}");
    assert_eq!(found.differences[0].reason, DifferenceReason::Value);
    assert!(
        found.differences[0].detail.contains("9.0 found"),
        "{found:#?}"
    );
    // In a minute it would be asked some twenty times.
    let asked = proxy.requests("/api/v1/export").len();
    assert!((2..=9).contains(&asked), "{asked}");
}

#[test]
fn series_that_the_target_merges_are_compared_as_one() {
    let text = concat!(
        r#"{"metric":{"__name__":"m","job":"j","env":"a"},"values":[1,2],"timestamps":[1700000000000,1700000015000]}"#,
        "\n",
        r#"{"metric":{"__name__":"m","job":"j","env":"b"},"values":[3,4],"timestamps":[1700000000000,1700000015000]}"#,
        "\n",
        r#"{"metric":{"__name__":"n","job":"j"},"values":[3,4],"timestamps":[1700000000000,1700000015000]}"#,
        "\n"
    );
    for version in VmVersion::all() {
        let keeps_all = VmServer::start(version, &[]);
        let world = World::new(&format!("{}/?extra_label=env=x", keeps_all.url()));
        let (found, merged) = imported(&world, text.as_bytes());
        assert!(found.verified, "{version:?} {found:#?}");
        assert_eq!((merged, found.series_compared), (2, 2), "{found:#?}");
        assert!(found.differences.is_empty(), "{found:#?}");
        assert_eq!(found.samples_compared, 6);

        let keeps_one = VmServer::start(version, &["-dedup.minScrapeInterval=1ms"]);
        let world = World::new(&format!("{}/?extra_label=env=x", keeps_one.url()));
        let (found, _) = imported(&world, text.as_bytes());
        assert!(found.verified, "{version:?} {found:#?}");
        assert_eq!(found.differences.len(), 1, "{found:#?}");
        assert_eq!(found.differences[0].reason, DifferenceReason::Deduplicated);
    }
}

#[test]
fn a_stale_marker_takes_the_place_of_a_sample_as_any_later_one_does() {
    let series = [
        ("even", ended(20)),
        ("odd", ended(21)),
        ("one", ended(2)),
        ("unmarked", ended(7)[..6].to_vec()),
    ];
    let text = native("job", &series);
    for version in VmVersion::all() {
        for interval in ["30s", "1m"] {
            let flag = format!("-dedup.minScrapeInterval={interval}");
            let target = VmServer::start(version, &["-retentionPeriod=100y", &flag]);
            let world = World::new(&target.url());
            let path = world.file("data", &text);
            let outcome = world.import(&path, Fit::default()).unwrap();
            assert_complete(&outcome);
            let tally = &outcome.report.tally;
            assert_eq!((tally.stale_markers, tally.nulls), (3, 0));
            let found = outcome.report.verification.unwrap();
            assert!(found.verified, "{version:?} {interval} {found:#?}");
            assert_eq!(found.differences.len(), 4, "{found:#?}");
            for difference in &found.differences {
                assert_eq!(difference.reason, DifferenceReason::Deduplicated);
            }
        }
    }
}

#[test]
fn stale_markers_that_were_sent_excuse_no_sample_that_is_lost() {
    // A name of over 256 bytes is dropped with its series, and the answer is 204.
    let text = native(&"x".repeat(300), &[("one", ended(2))]);
    let target = VmServer::start(
        VmVersion::all()[1],
        &["-retentionPeriod=100y", "-dedup.minScrapeInterval=1m"],
    );
    let mut world = World::new(&target.url());
    world.patience(std::time::Duration::from_secs(2));
    let path = world.file("data", &text);
    let outcome = world.import(&path, Fit::default()).unwrap();
    assert_complete(&outcome);
    let found = outcome.report.verification.unwrap();
    assert!(!found.verified, "{found:#?}");
    assert_eq!(found.differences[0].reason, DifferenceReason::Missing);
}

#[test]
fn a_job_that_the_target_names_is_counted_under_its_name() {
    let server = VmServer::start(VmVersion::all()[1], &[]);
    let world = World::new(&format!("{}/?extra_label=job=all", server.url()));
    let text = [
        line("a", &[(START_MS, "1")]),
        line("b", &[(START_MS, "2"), (START_MS + 1_000, "3")]),
    ];
    let (found, _) = imported(&world, &text.concat());
    assert!(found.verified, "{found:#?}");
    assert_eq!(found.jobs.len(), 1);
    assert_eq!(
        (found.jobs[0].job.as_str(), found.jobs[0].found),
        ("all", Some(3))
    );
}
