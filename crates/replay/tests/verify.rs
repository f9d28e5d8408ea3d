//! The comparison at the end: what is a difference, and what is the target's own doing.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod world;

use replay::{DifferenceReason, Fit, Verification};
use testkit::{FaultProxy, VmServer, VmVersion};
use world::{START_MS, World, assert_complete, line};

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
