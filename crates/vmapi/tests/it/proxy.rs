//! Proxies of the environment.
//!
//! The environment belongs to the whole process, so each request is made by a child of the test: the
//! same program, running the one test that is ignored otherwise.

use std::process::Command;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use vmapi::Connection;

use crate::server::{Reply, Server, bearer, client_of, connection};

const ONE: &str = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}"#;
const TARGET: &str = "VMAPI_TEST_TARGET";
const PROXY_SECRET: &str = "hunter2hunter2";

/// What the child does: one query, and everything there is to say about it.
#[tokio::test]
#[ignore = "runs as a child of the other tests here"]
async fn child() {
    let client = client_of(&Connection {
        auth: bearer("token-of-ann"),
        skip_tls_verify: true,
        ..connection(&std::env::var(TARGET).unwrap())
    });
    let outcome = client.query("1", 0).await;
    let error = outcome.as_ref().err();
    let hint = error.and_then(vmapi::Error::hint).unwrap_or_default();
    let fact = error.map(ToString::to_string).unwrap_or_default();
    assert_eq!(error.is_some(), !fact.is_empty());
    let report = format!(
        "ok={}\nfact={fact}\nhint={hint}\n{client:?} {outcome:?}\n",
        error.is_none()
    );
    std::fs::write(std::env::var("VMAPI_TEST_REPORT").unwrap(), report).unwrap();
}

/// Runs the child with these variables and returns its report.
async fn ask(target: &str, variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let report = folder.path().join("report");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "proxy::child", "--ignored"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command
        .env(TARGET, target)
        .env("VMAPI_TEST_REPORT", &report);
    command.envs(variables.iter().copied());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
    let report = std::fs::read_to_string(report).unwrap();
    assert!(!report.contains(PROXY_SECRET), "{report}");
    report
}

fn with_user(url: &str) -> String {
    url.replace("://", &format!("://ann:{PROXY_SECRET}@"))
}

#[tokio::test]
async fn plain_requests_go_through_it_whole() {
    let proxy = Server::start([Reply::ok(ONE)]).await;
    let report = ask(
        "http://vm.invalid:8428/prometheus",
        &[("HTTP_PROXY", &with_user(&proxy.url))],
    )
    .await;
    assert!(report.starts_with("ok=true"), "{report}");
    let request = &proxy.requests()[0];
    assert_eq!(
        request.line,
        "POST http://vm.invalid:8428/prometheus/api/v1/query"
    );
    assert_eq!(request.header("authorization"), Some("Bearer token-of-ann"));
    assert_eq!(
        request.header("proxy-authorization"),
        Some("Basic YW5uOmh1bnRlcjJodW50ZXIy")
    );
}

#[tokio::test]
async fn servers_that_it_is_not_for_are_asked_directly() {
    let server = Server::start([Reply::ok(ONE)]).await;
    let report = ask(&server.url, &[("HTTP_PROXY", "http://127.0.0.1:1")]).await;
    assert!(report.starts_with("ok=true"), "{report}");
    let report = ask(
        "http://vm.invalid:8428",
        &[("HTTP_PROXY", &server.url), ("NO_PROXY", ".invalid")],
    )
    .await;
    assert!(
        report.contains("fact=cannot connect to `vm.invalid:8428`"),
        "{report}"
    );
}

#[tokio::test]
async fn tls_goes_through_a_tunnel_with_the_credentials_inside() {
    let server = crate::tls::start().await;
    let target = server.trim_start_matches("https://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = format!("http://{}", listener.local_addr().unwrap());
    let head = Arc::new(Mutex::new(String::new()));
    let seen = head.clone();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            bytes.push(stream.read_u8().await.unwrap());
        }
        *seen.lock().unwrap() = String::from_utf8(bytes).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut target = TcpStream::connect(target).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut target).await;
    });
    let report = ask(
        "https://vm.invalid:8428",
        &[("HTTPS_PROXY", &with_user(&proxy))],
    )
    .await;
    // The server behind the tunnel answers with an `x`.
    assert!(
        report.contains("sent what cannot be understood"),
        "{report}"
    );
    let head = head.lock().unwrap().clone();
    assert!(
        head.starts_with("CONNECT vm.invalid:8428 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(!head.contains("token-of-ann"), "{head}");
}

#[tokio::test]
async fn refusals_of_the_proxy_are_told_from_those_of_the_server() {
    let refusal = Reply::new(407, "Proxy-Authenticate: Basic\r\n", "");
    let proxy = Server::start([refusal]).await;
    let report = ask("https://vm.invalid:8428", &[("HTTPS_PROXY", &proxy.url)]).await;
    assert!(
        report.contains("fact=the proxy in front of `vm.invalid:8428` refuses"),
        "{report}"
    );
    assert!(report.contains("hint=the proxy wants a user"), "{report}");

    let proxy = Server::start([Reply::new(502, "", "")]).await;
    let report = ask(
        "https://vm.invalid:8428",
        &[("HTTPS_PROXY", &with_user(&proxy.url))],
    )
    .await;
    assert!(
        report.contains("fact=the proxy in front of `vm.invalid:8428` refuses"),
        "{report}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let report = ask(
        "http://vm.invalid:8428",
        &[("HTTP_PROXY", &with_user(&closed))],
    )
    .await;
    assert!(
        report.contains("fact=cannot connect to `vm.invalid:8428`"),
        "{report}"
    );
    assert!(
        report.contains("the proxy that the environment names"),
        "{report}"
    );
}
