//! Credentials are in requests and nowhere else.

use std::fs;
use std::path::Path;
use std::time::Duration;

use testkit::{VmServer, VmVersion, seed};

use crate::harness::Place;
use crate::recorder::{Order, Recorder};
use crate::target::START_MS;

const SECRET: &str = "s3cret-Value";

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn no_secret_is_kept_or_shown() {
    let server = VmServer::start(VmVersion::V1_112, &[]);
    let recorder = Recorder::start(&server.url());
    let bare = recorder.url();
    let with_user = bare.replace("http://", &format!("http://ann:{SECRET}@"));
    let with_key = format!("{bare}/?key={SECRET}");
    let header = format!("X-Key: {SECRET}");
    // "ann:s3cret-Value" as basic authentication has it.
    let basic = "YW5uOnMzY3JldC1WYWx1ZQ==";
    for (url, options, sent) in [
        (&with_user, &[][..], basic),
        (&with_key, &[], SECRET),
        (&bare, &["--header", &header], SECRET),
        (&bare, &["--bearer-token-file", "secret"], SECRET),
        (
            &bare,
            &["--user", "ann", "--password-file", "secret"],
            basic,
        ),
    ] {
        let place = Place::new();
        place.file("secret", SECRET);
        place.file("lines.jsonl", seed::cluster(900, 300, START_MS, 15_000));
        let first = recorder.imports().len();
        recorder.order([Order::Pass(Duration::ZERO)], Order::Answer(400, "not now"));
        let args = ["import", "lines.jsonl", "--url", url, "--debug"];
        let said = place.run(&[&args[..], options].concat());
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(recorder.imports()[first].head.contains(sent), "{url}");

        fs::remove_file(place.path("secret")).unwrap();
        let mut kept = vec![
            ("stderr".to_owned(), said.stderr.clone().into_bytes()),
            ("stdout".to_owned(), said.stdout.clone()),
        ];
        files(&place.path(".vmgather"), &mut kept);
        assert!(kept.len() > 3, "{kept:?}");
        for (name, content) in kept {
            let text = String::from_utf8_lossy(&content);
            assert!(!text.contains(SECRET) && !text.contains(basic), "{name}");
        }

        place.file("secret", SECRET);
        recorder.order([], Order::Pass(Duration::ZERO));
        let args = ["import", "--resume", "--url", url];
        let args = [&args[..], &["--debug"], options].concat();
        let said = place.run(&args).done();
        // The log tells of requests, but not with what they were allowed.
        assert!(said.stderr.contains("/api/v1/import"), "{}", said.stderr);
        assert!(!said.stderr.contains(SECRET) && !said.stderr.contains(basic));
    }
}
