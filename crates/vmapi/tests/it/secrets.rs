//! No secret in anything that can be shown.

use std::error::Error as _;
use std::fmt::Debug;

use vmapi::{Auth, Client, Connection, Endpoint, Error, Timeouts};

use crate::server::{Reply, Server, bearer, client_of, connection, params};

pub(crate) const SECRET: &str = "hunter2hunter2";
/// `ann:hunter2hunter2`.
const BASE64: &str = "YW5uOmh1bnRlcjJodW50ZXIy";

pub(crate) fn assert_hidden(text: &str) {
    assert!(!text.contains("hunter2"), "{text}");
    assert!(!text.contains(BASE64), "{text}");
}

fn assert_debug_hides(value: &impl Debug) {
    assert_hidden(&format!("{value:?}"));
    assert_hidden(&format!("{value:#?}"));
}

fn assert_error_hides(error: &Error) {
    assert_debug_hides(error);
    assert_hidden(&error.hint().unwrap_or_default());
    assert_hidden(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        assert_hidden(&error.to_string());
        assert_debug_hides(&error);
        cause = error.source();
    }
}

/// Every place where a secret can be given.
pub(crate) fn connections(url: &str) -> Vec<Connection> {
    let with = |auth| Connection {
        auth,
        ..connection(url)
    };
    let below = format!("{url}/prometheus");
    vec![
        with(bearer(SECRET)),
        with(Auth::Basic {
            username: "ann".to_owned(),
            password: Some(SECRET.into()),
        }),
        with(Auth::Header {
            name: "X-Key".to_owned(),
            value: Some(SECRET.into()),
        }),
        connection(&format!("{below}?token={SECRET}")),
        connection(&below.replace("://", &format!("://ann:{SECRET}@"))),
        Connection {
            full_api_url: format!("{below}?a=b&token={SECRET}#{SECRET}"),
            ..Connection::default()
        },
    ]
}

#[test]
fn settings_hide_them() {
    for connection in connections("http://vm:8428") {
        assert_debug_hides(&connection);
        let endpoint = Endpoint::new(&connection).unwrap();
        assert_debug_hides(&endpoint);
        assert_hidden(&endpoint.to_string());
        assert_debug_hides(endpoint.base_url());
        assert_debug_hides(&Client::new(endpoint, Timeouts::default()).unwrap());
    }
}

#[test]
fn refused_settings_hide_them() {
    for url in [
        format!("http://ann:{SECRET}@vm:99999/"),
        format!("ftp://ann:{SECRET}@vm/?{SECRET}"),
        format!("http://vm/?start={SECRET}&token={SECRET}"),
        format!("http://ann:{SECRET}@v m/"),
        format!("ann:{SECRET}@[vm"),
    ] {
        let connection = connection(&url);
        assert_debug_hides(&connection);
        let error = Endpoint::new(&connection).unwrap_err();
        assert_hidden(&error.to_string());
        assert_debug_hides(&error);
    }
    let error = Endpoint::new(&Connection {
        auth: bearer(&format!("{SECRET}\n")),
        api_base_path: format!("/x?token={SECRET}"),
        ..connection("http://vm")
    })
    .unwrap_err();
    assert_hidden(&error.to_string());
}

#[tokio::test]
async fn they_reach_the_server_and_nobody_else() {
    let server = Server::start(vec![Reply::ok(""); 6]).await;
    for connection in connections(&server.url) {
        client_of(&connection)
            .export_native(&params())
            .await
            .unwrap();
    }
    let requests = server.requests();
    let auth = |at: usize| requests[at].header("authorization");
    assert_eq!(auth(0), Some("Bearer hunter2hunter2"));
    assert_eq!(auth(1), Some(format!("Basic {BASE64}").as_str()));
    assert_eq!(auth(2), None);
    assert_eq!(requests[2].header("x-key"), Some(SECRET));
    assert_eq!(
        requests[3].line,
        "POST /prometheus/api/v1/export/native?token=hunter2hunter2"
    );
    assert_eq!(auth(4), Some(format!("Basic {BASE64}").as_str()));
    assert!(!requests[4].line.contains(SECRET));
    assert_eq!(
        requests[5].line,
        "POST /prometheus/api/v1/export/native?a=b&token=hunter2hunter2"
    );
}

#[tokio::test]
async fn auth_wins_over_user_info() {
    let server = Server::start([Reply::ok("")]).await;
    let client = client_of(&Connection {
        auth: bearer(SECRET),
        ..connection(&server.url.replace("://", "://ann:other@"))
    });
    client.export_native(&params()).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(
        request.header("authorization"),
        Some("Bearer hunter2hunter2")
    );
}

/// Replies of servers and gateways that repeat the request.
pub(crate) fn echoes() -> Vec<Reply> {
    let echo = format!(
        "missing route for \"/api/v1/export?token={SECRET}\", Authorization: Bearer {SECRET}, Basic {BASE64}, X-Key: {SECRET}"
    );
    let page = format!("<html><title>{SECRET} {BASE64}</title>");
    let json = format!("{{\"status\":\"error\",\"error\":\"{SECRET} {BASE64}\"}}");
    vec![
        Reply::new(400, "", &echo),
        Reply::new(403, "Content-Type: text/html\r\n", &page),
        Reply::new(200, "Content-Type: text/html\r\n", &page),
        Reply::new(200, "", &json),
        Reply::new(200, "", &page),
        Reply::redirect(307, &format!("http://other/?token={SECRET}")),
        Reply::redirect(307, &format!("http://ann:{SECRET}@other/")),
        Reply::raw(format!("{SECRET}\r\n")),
        Reply::raw(format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {SECRET}\r\n\r\n"
        )),
        Reply::new(200, &format!("Content-Encoding: {SECRET}\r\n"), ""),
    ]
}

#[tokio::test]
async fn servers_that_repeat_them_are_not_quoted() {
    for reply in echoes() {
        let basic_and_bearer = [0, 1];
        for which in basic_and_bearer {
            let server = Server::start([reply.clone()]).await;
            let connection = &connections(&server.url)[which];
            let error = client_of(connection).query("up", 0).await.unwrap_err();
            // The other kind's form is not known to this connection.
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(SECRET), "{shown}");
            if which == 1 {
                assert_error_hides(&error);
            }
        }
    }
}

#[tokio::test]
async fn failed_connections_hide_them() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    for connection in connections(&url) {
        let error = client_of(&connection).query("up", 0).await.unwrap_err();
        assert!(matches!(error, Error::Connect { .. }), "{error:?}");
        assert_error_hides(&error);
    }
}

#[tokio::test]
async fn an_error_text_behind_a_result_is_not_quoted_with_them() {
    let result = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
    let reply = Reply::ok(format!("{result}\nno route for {SECRET}"));
    let server = Server::start([reply]).await;
    let client = client_of(&connections(&server.url)[0]);
    let mut range = client.query_range("up", 1_000, 2_000, 1).await.unwrap();
    let error = range.next_series().await.unwrap_err();
    assert_eq!(error.to_string(), "the server broke off: no route for ***");
    assert_error_hides(&error);
}
