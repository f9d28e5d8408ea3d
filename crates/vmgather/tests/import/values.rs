//! Numbers arrive as they are written.

use testkit::{VmServer, VmVersion, diff};

use crate::harness::Place;
use crate::target::{START_MS, last_event, line, plain_copy, stored};

/// Series of their own: a block has one scale for all its values.
const NUMBERS: [&[&str]; 8] = [
    &["1e300", "1.7976931348623157e308"],
    &["5e-324"],
    &["1e-300", "2.5e-300"],
    &["-0", "0", "1e-3"],
    &["9007199254740991", "9007199254740993", "123456789012345678"],
    &["18446744073709551615", "-9223372036854775808", "1e21"],
    &["0.30000000000000004", "0.1", "123.456000", "1E2"],
    &["3.141592653589793", "-2.718281828459045"],
];

fn numbers() -> String {
    let series = NUMBERS.iter().enumerate();
    series
        .map(|(at, values)| line(&format!("n{at}"), START_MS, values))
        .collect()
}

/// Without and with a change that makes every line anew.
const CHANGES: [&[&str]; 2] = [&[], &["--add-label", "env=e"]];

#[test]
fn numbers_are_stored_as_if_posted_directly() {
    for version in VmVersion::all() {
        let copy = plain_copy(version, numbers().as_bytes());
        for change in CHANGES {
            let target = VmServer::start(version, &[]);
            let place = Place::new();
            place.file("n.jsonl", numbers());
            let url = target.url();
            let args = ["import", "n.jsonl", "--url", &url, "--json"];
            let said = place.run(&[&args[..], change].concat()).done();
            assert_eq!(last_event(&said)["verdict"], "verified");
            assert_eq!(
                diff(&copy, &stored(&target)),
                None,
                "{version:?} {change:?}"
            );
        }
    }
}

#[test]
fn special_values_are_stored_as_if_posted_directly_to_a_server_that_reads_them() {
    let lines = line(
        "s",
        START_MS,
        &["1", "null", "\"Infinity\"", "\"-Infinity\"", "\"NaN\"", "6"],
    );
    let copy = plain_copy(VmVersion::V1_112, lines.as_bytes());
    for version in VmVersion::all() {
        for change in CHANGES {
            let target = VmServer::start(version, &[]);
            let place = Place::new();
            place.file("s.jsonl", &lines);
            let url = target.url();
            let args = ["import", "s.jsonl", "--url", &url, "--json"];
            let said = place.run(&[&args[..], change].concat()).done();
            let done = last_event(&said);
            assert_eq!(done["samples_read"], 6, "{done:#}");
            assert_eq!(done["verdict"], "verified", "{version:?} {done:#}");
            // The old version skips such a line when it is posted as it is; here it loses nothing.
            assert_eq!(
                diff(&copy, &stored(&target)),
                None,
                "{version:?} {change:?}"
            );
        }
    }
}

#[test]
fn what_storage_makes_of_numbers_that_share_no_scale_is_what_it_makes_of_them_anyway() {
    let lines = line("s", START_MS, &["5e-324", "1e-300", "0", "1e300"]);
    for version in VmVersion::all() {
        let copy = plain_copy(version, lines.as_bytes());
        let target = VmServer::start(version, &[]);
        let place = Place::new();
        place.file("s.jsonl", &lines);
        let url = target.url();
        let args = ["import", "s.jsonl", "--url", &url, "--no-verify"];
        place.run(&args).done();
        target.wait_for_samples(testkit::EVERYTHING, 4);
        assert_eq!(diff(&copy, &stored(&target)), None, "{version:?}");
    }
}
