//! Whom the program believes: certificates and redirects.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use testkit::{Answer, Fault, FaultProxy, VmServer, VmVersion};

use crate::harness::Place;
use crate::target::{START_MS, line};

const SECRET: &str = "s3cret-Value";

#[test]
fn a_certificate_that_nobody_vouches_for_ends_the_import_before_anything_is_sent() {
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1"]));
    place.file("token", "a-token-of-enough-length");
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../vmapi/tests/it/certificates"
    );
    let (cert, key) = (
        format!("{folder}/server.pem"),
        format!("{folder}/server.key"),
    );
    // Any server with a certificate will do.
    let mut server = place
        .command(&[
            "import-ui",
            "--addr",
            "127.0.0.1:0",
            "--no-browser",
            "--token-file",
            "token",
            "--tls-cert",
            &cert,
            "--tls-key",
            &key,
        ])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(server.stderr.take().unwrap());
    let url = stderr
        .lines()
        .find_map(|line| {
            let line = line.unwrap();
            let start = line.find("https://")?;
            let rest = &line[start..];
            let end = rest[8..]
                .find(['/', ' ', '#', '?'])
                .map_or(rest.len(), |at| at + 8);
            Some(rest[..end].to_owned())
        })
        .unwrap();
    let said = place.run(&["import", "lines.jsonl", "--url", &url]);
    server.kill().unwrap();
    server.wait().unwrap();
    assert_eq!(said.code, 1, "{}", said.stderr);
    for wanted in ["certificate", "nothing was sent", "CA file"] {
        assert!(said.stderr.contains(wanted), "{wanted}\n{}", said.stderr);
    }
    assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
}

#[test]
fn credentials_and_data_do_not_follow_a_redirect_to_another_host() {
    let target = VmServer::start(VmVersion::V1_112, &[]);
    let elsewhere = FaultProxy::start(&target.url());
    let place = Place::new();
    place.file("lines.jsonl", line("m", START_MS, &["1"]));
    place.file("secret", SECRET);
    let redirect = |path: &str| {
        let location = format!("{}{path}", elsewhere.url());
        Fault::Answer(Answer::new(307, "").header("Location", &location))
    };
    // At once, and only for the data.
    for needle in ["/api/v1/import", "POST /api/v1/import"] {
        let proxy = FaultProxy::start(&target.url());
        proxy.order(needle, [], redirect("/api/v1/import"));
        let said = place.run(&[
            "import",
            "lines.jsonl",
            "--url",
            &proxy.url(),
            "--bearer-token-file",
            "secret",
        ]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stderr.contains("redirects to"), "{}", said.stderr);
        assert!(!said.stderr.contains(SECRET), "{}", said.stderr);
        assert!(
            elsewhere.requests("").is_empty(),
            "{:?}",
            elsewhere.requests("")
        );
        assert_eq!(place.names(".vmgather/imports"), [] as [&str; 0]);
    }
}
