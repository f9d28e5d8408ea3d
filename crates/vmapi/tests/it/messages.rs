//! What people read: one line of fact, one of advice.

use std::error::Error as _;
use std::time::Duration;

use tokio::net::TcpListener;
use vmapi::{Client, Connection, Endpoint, Error, Timeouts};

use crate::server::{Reply, Server, bearer, client, client_of, connection};

const HTML: &str = "Content-Type: text/html\r\n";
const LOGIN: &str = "<!doctype html><html><head><title>Sign in</title></head></html>";
const GRAFANA: &str = "<!doctype html><html><head><title>Grafana</title></head></html>";

/// The error of a query that gets this reply, with `{host}` for host and port.
async fn lines(reply: Reply) -> (String, String) {
    let server = Server::start([reply]).await;
    let given = Connection {
        auth: bearer("secret-of-ann"),
        ..connection(&server.url)
    };
    let error = client_of(&given).query("up", 0).await.unwrap_err();
    shown(&error, &server.url)
}

fn shown(error: &Error, url: &str) -> (String, String) {
    let host = url.split_once("://").unwrap().1;
    let hide = |text: String| text.replace(host, "{host}");
    (
        hide(error.to_string()),
        hide(error.hint().unwrap_or_default()),
    )
}

#[tokio::test]
async fn replies_that_refuse() {
    let asked = "`http://{host}/api/v1/query`";
    for (reply, fact, advice) in [
        (
            Reply::new(400, "", "unsupported URL format for path \"/api/v1/query\""),
            "answered 400: unsupported URL format for path \"/api/v1/query\"",
            "a vmselect wants the tenant in the URL, as in `http://vmselect:8481/select/0/prometheus`",
        ),
        (
            Reply::new(400, "", "unsupported path requested: \"/x/api/v1/query\""),
            "answered 400: unsupported path requested: \"/x/api/v1/query\"",
            "this is not the path of the API: a single node has it at the root or below \
             `/prometheus`, a vmselect below `/select/<tenant>/prometheus`",
        ),
        (
            Reply::new(400, "", "user u missing route for \"/api/v1/query\""),
            "answered 400: user u missing route for \"/api/v1/query\"",
            "vmauth has no route for this path and user: add one, or use another path or user",
        ),
        (
            Reply::new(404, "", "404 page not found"),
            "answered 404: 404 page not found",
            "this is probably not the path of the API: try adding `/prometheus`",
        ),
        (
            Reply::new(401, "", ""),
            "answered 401: no explanation",
            "check user, password or token, and whether the server expects this kind of auth",
        ),
        (
            Reply::new(403, HTML, LOGIN),
            "answered 403: an HTML page titled `Sign in`",
            "the user may not read this path",
        ),
        (
            Reply::new(407, "", "Proxy Authentication Required"),
            "answered 407: Proxy Authentication Required",
            "the proxy wants a user: put it into `HTTP_PROXY` or `HTTPS_PROXY`, as in \
             `http://user:password@proxy:3128`",
        ),
        (
            Reply::new(400, "", "Client sent an HTTP request to an HTTPS server."),
            "answered 400: Client sent an HTTP request to an HTTPS server.",
            "this port speaks TLS: write `https://` in the URL",
        ),
        (
            Reply::new(
                502,
                "",
                "all the 1 backends for the user \"u\" are unavailable",
            ),
            "answered 502: all the 1 backends for the user \"u\" are unavailable",
            "the server, or one behind the gateway, is not available: try later",
        ),
        (
            Reply::new(200, HTML, LOGIN),
            "sent an HTML page titled `Sign in` in place of data",
            "a login or start page answered, not the API: check the path and the credentials, or \
             try adding `/prometheus`",
        ),
        (
            Reply::ok(GRAFANA),
            "sent an HTML page titled `Grafana` in place of data",
            "this is Grafana: open the data source there (Connections, Data sources) and give the \
             URL that it shows",
        ),
        (
            Reply::ok("{\"hello\":\"world\"}"),
            "sent what cannot be understood: JSON of another shape at line 1 column 17",
            "check that the URL is that of VictoriaMetrics' query API",
        ),
        (
            Reply::redirect(302, "https://login.example.com/?back=1"),
            "redirects to `https://login.example.com?***`, where the credentials of this \
             connection must not go",
            "if `https://login.example.com?***` is the server you mean, give its URL instead",
        ),
        (
            Reply::redirect(303, "/login"),
            "redirects to `http://{host}/login`, which would not get the parameters of the request",
            "give the URL of the API itself, not one that redirects",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"),
            "broke off after 1 bytes",
            "the reason is in the log of the server or of a proxy on the way",
        ),
    ] {
        let (error, hint) = lines(reply).await;
        let expected = match fact {
            "broke off after 1 bytes" => format!("the reply of {asked} {fact}"),
            fact => format!("{asked} {fact}"),
        };
        assert_eq!(error, expected);
        assert_eq!(hint, advice, "{error}");
    }
}

#[tokio::test]
async fn servers_that_are_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = client(&url).query("up", 0).await.unwrap_err();
    let (fact, advice) = shown(&error, &url);
    assert_eq!(fact, "cannot connect to `{host}`");
    assert_eq!(
        advice,
        "nothing listens on `{host}`; inside a container `localhost` is the container itself"
    );
    assert!(error.source().unwrap().to_string().contains("refused"));

    let url = "http://no-such-host.invalid:8428";
    let (fact, advice) = shown(&client(url).query("up", 0).await.unwrap_err(), url);
    assert_eq!(fact, "cannot connect to `{host}`");
    assert_eq!(
        advice,
        "`no-such-host.invalid` is not known here: names of containers and services resolve only \
         inside their own network"
    );
}

#[tokio::test]
async fn servers_that_say_nothing() {
    let server = Server::start([Reply::raw("").then_hold()]).await;
    let timeouts = Timeouts {
        reply: Duration::from_millis(50),
        ..Timeouts::default()
    };
    let endpoint = Endpoint::new(&connection(&server.url)).unwrap();
    let client = Client::new(endpoint, timeouts).unwrap();
    let error = client.query("up", 0).await.unwrap_err();
    assert_eq!(
        shown(&error, &server.url),
        (
            "`http://{host}/api/v1/query` sent nothing for 0.05 s".to_owned(),
            "the server or a proxy on the way may be overloaded; try a smaller range".to_owned()
        )
    );
}

#[tokio::test]
async fn certificates_that_are_not_trusted() {
    let url = crate::tls::start().await;
    let error = client(&url).query("up", 0).await.unwrap_err();
    let (fact, advice) = shown(&error, &url);
    assert_eq!(fact, "the certificate of `{host}` is not accepted");
    assert_eq!(
        advice,
        "check that `{host}` is the right server; give its certificate authority as a CA file, or \
         skip the verification if you know why it fails"
    );
    assert_eq!(
        error.source().unwrap().to_string(),
        "invalid peer certificate: UnknownIssuer"
    );
}
