//! Redirects keep method, body and secrets where they belong.

use vmapi::{Connection, Error, RedirectRefusal};

use crate::server::{Reply, Server, bearer, client, client_of, connection, params, read};

fn refusal(error: &Error) -> Option<RedirectRefusal> {
    match error {
        Error::Redirect { refusal, .. } => Some(*refusal),
        _ => None,
    }
}

#[tokio::test]
async fn method_and_form_survive_every_kind() {
    for status in [301, 302, 307, 308] {
        let moved = Reply::redirect(status, "/new/api/v1/export/native");
        let server = Server::start([moved, Reply::ok("x")]).await;
        let body = client(&server.url).export_native(&params()).await.unwrap();
        assert_eq!(read(body).await.0, b"x");
        let requests = server.requests();
        assert_eq!(
            requests[1].line, "POST /new/api/v1/export/native",
            "{status}"
        );
        assert_eq!(requests[0].body, requests[1].body);
        assert!(!requests[1].body.is_empty());
    }
}

#[tokio::test]
async fn a_see_other_is_not_followed() {
    let server = Server::start([Reply::redirect(303, "/login?back=secret")]).await;
    let error = client(&server.url)
        .export_native(&params())
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(RedirectRefusal::OtherMethod));
    let shown = error.to_string();
    assert!(shown.contains("/login?***`"), "{shown}");
}

#[tokio::test]
async fn credentials_follow_within_one_server() {
    let server = Server::start([Reply::redirect(307, "/new"), Reply::ok("x")]).await;
    let client = client_of(&Connection {
        auth: bearer("token-of-ann"),
        ..connection(&server.url)
    });
    client.export_native(&params()).await.unwrap();
    let auth = server.requests()[1]
        .header("authorization")
        .map(str::to_owned);
    assert_eq!(auth.as_deref(), Some("Bearer token-of-ann"));
}

#[tokio::test]
async fn secrets_of_any_kind_go_to_no_other_server() {
    let other = Server::start([Reply::ok("x")]).await;
    let target = format!("{}/new?x=1", other.url);
    let with_auth = |url: &str| Connection {
        auth: bearer("token-of-ann"),
        ..connection(url)
    };
    let with_header = |url: &str| Connection {
        auth: vmapi::Auth::Header {
            name: "X-Api-Key".to_owned(),
            value: Some("key-of-ann".into()),
        },
        ..connection(url)
    };
    let with_query = |url: &str| connection(&format!("{url}/?key=key-of-ann"));
    let with_user = |url: &str| connection(&url.replace("://", "://ann:password@"));
    let kinds: [&dyn Fn(&str) -> Connection; 4] =
        [&with_auth, &with_header, &with_query, &with_user];
    for kind in kinds {
        let server = Server::start([Reply::redirect(307, &target)]).await;
        let client = client_of(&kind(&server.url));
        let error = client.export_native(&params()).await.unwrap_err();
        assert_eq!(refusal(&error), Some(RedirectRefusal::Credentials));
        let shown = format!("{}/new?***", other.url);
        assert!(error.to_string().contains(&shown), "{error}");
        assert!(error.hint().unwrap().contains(&shown));
        assert!(!error.is_retryable());
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn without_secrets_another_server_is_fine() {
    let other = Server::start([Reply::ok("x")]).await;
    let server = Server::start([Reply::redirect(308, &format!("{}/new", other.url))]).await;
    let body = client(&server.url).export_native(&params()).await.unwrap();
    assert_eq!(read(body).await.0, b"x");
}

#[tokio::test]
async fn the_sixth_redirect_is_one_too_many() {
    let moved = Reply::redirect(307, "/again");
    let mut replies = vec![moved.clone(); 5];
    replies.push(Reply::ok("x"));
    let server = Server::start(replies).await;
    assert!(client(&server.url).export_native(&params()).await.is_ok());
    let server = Server::start(vec![moved; 6]).await;
    let error = client(&server.url)
        .export_native(&params())
        .await
        .unwrap_err();
    assert_eq!(refusal(&error), Some(RedirectRefusal::TooMany));
    assert_eq!(server.requests().len(), 6);
}
