//! How a browser gets its cookie: with the code of the first start, or with the token.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, post};

use super::Access;
use crate::json_body::StrangersBody;
use crate::reply::with_type;

/// Takes the code, once.
pub(super) const START: &str = "/start";
/// Takes the token of the form.
pub(super) const LOGIN: &str = "/login";

/// Paths that hold nothing to protect, or are the way in.
pub(super) fn is_free(path: &str) -> bool {
    path == START || path == LOGIN || path.starts_with("/static/")
}

pub(super) fn routes(access: Arc<Access>) -> Router {
    Router::new()
        .route(START, get(start))
        .route(LOGIN, post(login))
        .with_state(access)
}

async fn start(State(access): State<Arc<Access>>, uri: Uri) -> Response {
    let query = uri.query().unwrap_or_default();
    let code = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "code");
    if code.is_some_and(|(_, code)| access.spend_code(&code)) {
        return welcome(&access);
    }
    // A reload, or somebody's second visit: the page decides who they are.
    onward(StatusCode::OK)
}

async fn login(State(access): State<Arc<Access>>, body: StrangersBody) -> Response {
    let token = form_urlencoded::parse(&body.0).find(|(name, _)| name == "token");
    if token.is_some_and(|(_, token)| access.is_token(token.trim())) {
        return welcome(&access);
    }
    login_page(true)
}

fn welcome(access: &Access) -> Response {
    let mut response = onward(StatusCode::OK);
    if let Ok(cookie) = HeaderValue::from_str(&access.set_cookie()) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}

/// A page of ours leads on, and not a redirect: after a link of another site a browser would leave
/// the strict cookie out.
fn onward(status: StatusCode) -> Response {
    page(status, include_str!("../../pages/onward.html"))
}

/// Asks for the token.
pub(super) fn login_page(wrong: bool) -> Response {
    page(
        StatusCode::UNAUTHORIZED,
        if wrong {
            include_str!("../../pages/wrong_token.html")
        } else {
            include_str!("../../pages/token.html")
        },
    )
}

fn page(status: StatusCode, html: &'static str) -> Response {
    let mut response = with_type(status, "text/html; charset=utf-8", html);
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}
