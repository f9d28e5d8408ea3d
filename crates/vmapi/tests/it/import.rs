//! Imports: what is sent, what counts as acknowledged, and what a failure says.

use std::time::Duration;

use tokio::net::TcpListener;
use vmapi::{Connection, Error, ImportFormat, Importer, RedirectRefusal, Target, Timeouts};

use crate::secrets::{SECRET, assert_hidden};
use crate::server::{Reply, Request, Server, answer, bearer, connection, params};

const LINE: &str = "{\"metric\":{\"__name__\":\"m\"},\"values\":[1],\"timestamps\":[1]}\n";

pub(crate) fn importer_of(connection: &Connection) -> Importer {
    let target = Target::new(connection).unwrap();
    Importer::new(target, Timeouts::default()).unwrap()
}

fn importer(url: &str) -> Importer {
    importer_of(&connection(url))
}

async fn import(importer: &Importer) -> Result<(), Error> {
    importer
        .import(ImportFormat::JsonLines, LINE.into(), false)
        .await
}

fn tenant(url: &str, tenant: &str) -> Connection {
    Connection {
        tenant_id: tenant.to_owned(),
        ..connection(url)
    }
}

#[tokio::test]
async fn the_body_goes_out_whole_and_typed() {
    let done = || Reply::new(204, "", "");
    let server = Server::start([done(), done(), done()]).await;
    let importer = importer(&format!("{}/?extra_label=a=b", server.url));
    import(&importer).await.unwrap();
    let formats = [
        (ImportFormat::JsonLines, true),
        (ImportFormat::Native, false),
    ];
    for (format, is_gzip) in formats {
        importer
            .import(format, "abc".into(), is_gzip)
            .await
            .unwrap();
    }
    let [plain, gzip, native]: [Request; 3] = server.requests().try_into().unwrap();
    assert_eq!(plain.line, "POST /api/v1/import?extra_label=a=b");
    assert_eq!(plain.body, LINE);
    assert_eq!(
        plain.header("content-length"),
        Some(&*LINE.len().to_string())
    );
    assert_eq!(plain.header("content-type"), Some("application/jsonl"));
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(gzip.header("content-encoding"), Some("gzip"));
    assert_eq!(gzip.header("content-length"), Some("3"));
    assert_eq!(native.line, "POST /api/v1/import/native?extra_label=a=b");
    assert_eq!(
        native.header("content-type"),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn tenant_and_credentials_go_with_every_request() {
    for (text, account, project) in [("7", "7", "0"), ("7:2", "7", "2")] {
        let server = Server::start(vec![Reply::ok(""); 2]).await;
        let importer = importer_of(&Connection {
            auth: bearer("token-of-ann"),
            ..tenant(&server.url, text)
        });
        import(&importer).await.unwrap();
        importer.reader().export_native(&params()).await.unwrap();
        for (request, side) in server.requests().iter().zip(["insert", "select"]) {
            let path = format!("POST /{side}/{text}/prometheus/api/v1/");
            assert!(request.line.starts_with(&path), "{}", request.line);
            assert_eq!(request.header("authorization"), Some("Bearer token-of-ann"));
            assert_eq!(request.header("x-vm-accountid"), Some(text));
            assert_eq!(request.header("x-vm-tenantid"), Some(text));
            assert_eq!(request.header("accountid"), Some(account));
            assert_eq!(request.header("projectid"), Some(project));
        }
    }
    let server = Server::start([Reply::ok("")]).await;
    import(&importer_of(&tenant(&server.url, "multitenant")))
        .await
        .unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.header("x-vm-tenantid"), Some("multitenant"));
    assert_eq!(request.header("accountid"), None);
}

#[tokio::test]
async fn reads_have_the_query_string_without_its_labels() {
    let server = Server::start([Reply::ok("")]).await;
    let importer = importer(&format!("{}/p?extra_label=a=b&key=x", server.url));
    importer.reader().export_native(&params()).await.unwrap();
    assert_eq!(
        server.requests()[0].line,
        "POST /p/api/v1/export/native?key=x"
    );
}

#[tokio::test]
async fn any_2xx_without_a_page_acknowledges() {
    for (status, body) in [
        (200, ""),
        (200, "{\"status\":\"success\"}"),
        (202, "ok"),
        (204, ""),
    ] {
        let server = Server::start([Reply::new(status, "", body)]).await;
        import(&importer(&server.url)).await.unwrap();
    }
    for headers in ["Content-Type: text/html; charset=utf-8\r\n", ""] {
        let page = "<!DOCTYPE html><title>Login</title>";
        let server = Server::start([Reply::new(200, headers, page)]).await;
        let error = import(&importer(&server.url)).await.unwrap_err();
        assert!(matches!(error, Error::Html { .. }), "{error:?}");
        assert!(error.to_string().contains("Login"));
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn one_connection_serves_many_imports() {
    for reply in [
        "HTTP/1.1 204 X\r\n\r\n",
        "HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\nok",
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let reply = Reply::raw(reply).then_hold();
            let mut served = 0;
            while served < 3 && answer(&mut stream, &reply).await.is_some() {
                served += 1;
            }
            served
        });
        let importer = importer(&url);
        for _ in 0..3 {
            import(&importer.clone()).await.unwrap();
        }
        assert_eq!(server.await.unwrap(), 3, "{reply}");
    }
}

#[tokio::test]
async fn redirects_carry_the_data_along() {
    for status in [301, 302, 307, 308] {
        let moved = Reply::redirect(status, "/new?extra_label=a=b");
        let server = Server::start([moved, Reply::new(204, "", "")]).await;
        let importer = importer_of(&Connection {
            auth: bearer("token-of-ann"),
            ..tenant(&server.url, "7")
        });
        import(&importer).await.unwrap();
        let request = &server.requests()[1];
        assert_eq!(request.line, "POST /new?extra_label=a=b", "{status}");
        assert_eq!(request.body, LINE);
        assert_eq!(request.header("content-type"), Some("application/jsonl"));
        assert_eq!(request.header("authorization"), Some("Bearer token-of-ann"));
        assert_eq!(request.header("accountid"), Some("7"));
    }
}

#[tokio::test]
async fn redirects_that_lose_something_are_refused() {
    let refusal = |error: Error| match error {
        Error::Redirect { refusal, .. } => refusal,
        error => panic!("{error:?}"),
    };
    let server = Server::start([Reply::redirect(303, "/new")]).await;
    let error = import(&importer(&server.url)).await.unwrap_err();
    assert_eq!(refusal(error), RedirectRefusal::OtherMethod);
    let other = Server::start([Reply::new(204, "", "")]).await;
    let server = Server::start([Reply::redirect(307, &other.url)]).await;
    let with_auth = Connection {
        auth: bearer("token-of-ann"),
        ..connection(&server.url)
    };
    let error = import(&importer_of(&with_auth)).await.unwrap_err();
    assert_eq!(refusal(error), RedirectRefusal::Credentials);
    assert!(other.requests().is_empty());
    let server = Server::start(vec![Reply::redirect(308, "/again"); 6]).await;
    let error = import(&importer(&server.url)).await.unwrap_err();
    assert_eq!(refusal(error), RedirectRefusal::TooMany);
}

#[tokio::test]
async fn a_refusal_has_the_words_of_the_server_without_secrets() {
    let text = format!("cannot parse; token {SECRET} is wrong");
    let server = Server::start([Reply::new(400, "", text)]).await;
    let importer = importer_of(&Connection {
        auth: bearer(SECRET),
        ..connection(&format!("{}/?key={SECRET}", server.url))
    });
    assert_hidden(&format!(
        "{importer:?} {} {:?}",
        importer.target(),
        importer.target()
    ));
    let error = import(&importer).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    assert!(
        error
            .to_string()
            .contains("cannot parse; token *** is wrong"),
        "{error}"
    );
    assert_hidden(&format!("{error:?}"));
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn busy_and_lost_servers_may_be_asked_again() {
    for reply in [
        Reply::new(429, "Retry-After: 3\r\n", "busy"),
        Reply::new(502, "", ""),
        Reply::new(503, "", "the storage is in read-only mode"),
        Reply::raw(""),
    ] {
        let server = Server::start([reply]).await;
        let error = import(&importer(&server.url)).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        if error.status() == Some(429) {
            assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
        }
    }
}
