//! Mistakes that exporters like this one have made; `docs/defects.md` lists all of them.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::harness::{NOW_MS, Place, entry, export_args, single_node, with};

#[test]
fn no_original_stands_in_any_entry_or_name_of_an_obfuscated_bundle() {
    let demo = single_node();
    let place = Place::new();
    let more = ["--job", "shop-checkout", "--component", "vmagent"];
    place.run(&with(export_args(&demo, 2), &more)).done();
    place
        .run(&with(
            export_args(&demo, 2),
            &["-o", "plain.zip", "--plain"],
        ))
        .done();
    let plain = entry(&place.path("plain.zip"), "metrics.jsonl");
    let bundle = place.only("exports", ".zip");
    let mut texts = vec![bundle.file_name().unwrap().to_str().unwrap().to_owned()];
    for name in ["metrics.jsonl", "metadata.json", "README.txt"] {
        texts.push(entry(&bundle, name));
    }
    for job in ["shop-checkout", "vmagent-eu"] {
        assert!(plain.contains(job));
        for text in &texts {
            assert!(!text.contains(job), "{job} in {text}");
        }
    }
    assert!(texts[2].contains("vmagent-job-"), "{}", texts[2]);
}

#[cfg(unix)]
#[test]
fn counts_after_a_resume_are_those_of_the_whole_export() {
    let demo = single_node();
    let place = Place::new();
    place
        .run(&with(export_args(&demo, 5), &["-o", "whole.zip"]))
        .done();
    crate::interrupted::interrupt_in(&place, &demo, &export_args(&demo, 5));
    place.run(&["resume"]).done();
    let counts = |bundle| {
        let bundle = bundle::Bundle::open(bundle).unwrap();
        let metadata = bundle.metadata().unwrap().unwrap();
        (
            metadata.metrics_count,
            metadata.series_count,
            metadata.sample_count,
        )
    };
    let resumed = place.only("exports", ".zip");
    assert_eq!(counts(&resumed), counts(&place.path("whole.zip")));
    assert!(bundle::verify(&resumed, |_| ()).unwrap().is_ok());
}

#[test]
fn a_day_takes_a_request_per_job_and_not_one_per_minute() {
    let demo = single_node();
    let requests = |transport: &str| {
        let start = (NOW_MS - 24 * 3_600_000).to_string();
        let (end, url) = (NOW_MS.to_string(), demo.url());
        let said = Place::new()
            .run(&[
                "export",
                "--url",
                &url,
                "--start",
                &start,
                "--end",
                &end,
                "--transport",
                transport,
                "--job",
                "shop-checkout",
                "--dry-run",
                "--json",
            ])
            .done();
        said.events()[0]["requests"].as_array().unwrap().len()
    };
    assert_eq!(requests("native"), 1);
    assert!((1..=2).contains(&requests("json")));
}

/// Passes connections on to `authority` and counts them.
fn counting(authority: String) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::SeqCst);
            let server = TcpStream::connect(&authority).unwrap();
            let ways = [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server, client),
            ];
            for (mut from, mut to) in ways {
                // A connection that breaks is what the client has to deal with.
                thread::spawn(move || io::copy(&mut from, &mut to));
            }
        }
    });
    (address, count)
}

#[test]
fn many_requests_share_a_connection() {
    let demo = single_node();
    let authority = demo.url().trim_start_matches("http://").to_owned();
    let (address, connections) = counting(authority);
    let url = format!("http://{address}");
    let start = (NOW_MS - 30 * 60_000).to_string();
    let end = NOW_MS.to_string();
    Place::new()
        .run(&[
            "export",
            "--url",
            &url,
            "--start",
            &start,
            "--end",
            &end,
            "--job",
            "shop-checkout",
            "--transport",
            "json",
            "--window",
            "1m",
            "--no-map",
        ])
        .done();
    let requests = demo.requests().len();
    let connections = connections.load(Ordering::SeqCst);
    assert!(requests >= 30, "{requests}");
    assert!(connections <= 5, "{connections} for {requests} requests");
}

#[test]
fn series_that_merge_because_a_label_is_dropped_are_warned_about() {
    let demo = single_node();
    let place = Place::new();
    let said = place
        .run(&with(
            export_args(&demo, 1),
            &[
                "--selector",
                "up",
                "--drop-label",
                "instance",
                "--drop-label",
                "pod",
                "-o",
                "a.zip",
            ],
        ))
        .done();
    // Series are counted as they are in the bundle.
    place.run(&["verify", "a.zip"]).done();
    assert!(
        said.stderr.contains("warning: Series became equal"),
        "{}",
        said.stderr
    );
}
