//! The pages: files inside the program, or of the checkout while the page is being worked on.

#[cfg(any(test, debug_assertions))]
mod style_sheet;

use std::borrow::Cow;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest as _, Sha256};

use crate::reply::{Problem, with_type};

/// Every file by its path below `web/`, sorted.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Routes of a page whose files lie in `web/<folder>/`, with those of `web/shared/`.
pub(crate) fn routes(folder: &'static str) -> Router {
    let index =
        move |headers: HeaderMap| async move { answer(&format!("{folder}/index.html"), &headers) };
    let part = move |uri: Uri, headers: HeaderMap| async move {
        let path = uri.path().strip_prefix("/static/").unwrap_or_default();
        let is_ours = |own: &str| {
            path.strip_prefix(own)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        if is_ours(folder) || is_ours("shared") {
            answer(path, &headers)
        } else {
            missing()
        }
    };
    Router::new()
        .route("/", get(index))
        .route("/index.html", get(index))
        .route("/static/{*path}", get(part))
}

fn missing() -> Response {
    Problem::new(StatusCode::NOT_FOUND, "there is no such file").into_response()
}

fn answer(path: &str, headers: &HeaderMap) -> Response {
    let Some(content) = file(path) else {
        return missing();
    };
    let tag = format!("\"{:x}\"", Tag(&Sha256::digest(&content)));
    let tag = HeaderValue::from_str(&tag).ok();
    if tag.is_some() && headers.get(IF_NONE_MATCH) == tag.as_ref() {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let body = match content {
        Cow::Borrowed(content) => Body::from(content),
        Cow::Owned(content) => Body::from(content),
    };
    let mut response = with_type(StatusCode::OK, kind(path), body);
    let sent = response.headers_mut();
    // Another version of the program may serve another page on the same port.
    sent.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(tag) = tag {
        sent.insert(ETAG, tag);
    }
    response
}

/// The first half of a digest as hex digits.
struct Tag<'a>(&'a [u8]);

impl std::fmt::LowerHex for Tag<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0[..16]
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(not(debug_assertions))]
fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    embedded(path).map(Cow::Borrowed)
}

/// From the checkout, so that an edit shows without a build. Only names that could be embedded are
/// looked for: no name leads out of the folder.
#[cfg(debug_assertions)]
fn file(path: &str) -> Option<Cow<'static, [u8]>> {
    let plain = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(fits)
    };
    let web = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../web"));
    if !web.is_dir() {
        return embedded(path).map(Cow::Borrowed);
    }
    let read = |path: &str| {
        let allowed = path.split('/').all(plain);
        allowed
            .then(|| std::fs::read(web.join(path)).ok())
            .flatten()
    };
    let content = read(path)?;
    if !path.ends_with(".css") {
        return Some(Cow::Owned(content));
    }
    let sheet = String::from_utf8(content).ok()?;
    let whole = style_sheet::whole(&sheet, |imported| String::from_utf8(read(imported)?).ok());
    whole.ok().map(|whole| Cow::Owned(whole.into_bytes()))
}

fn embedded(path: &str) -> Option<&'static [u8]> {
    let at = FILES.binary_search_by(|(name, _)| (*name).cmp(path)).ok()?;
    Some(FILES[at].1)
}

fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_can_be_found_by_name() {
        assert!(FILES.is_sorted_by_key(|(name, _)| *name));
        for (name, content) in FILES {
            assert_eq!(embedded(name), Some(*content), "{name}");
        }
        assert_eq!(embedded("gather/no-such-file"), None);
    }

    #[test]
    fn a_page_has_one_style_sheet_with_nothing_left_to_import() {
        let sheet = String::from_utf8_lossy(embedded("gather/page.css").unwrap());
        assert!(!sheet.contains("@import"));
        for imported in ["shared/tokens.css", "gather/frame.css"] {
            let part = String::from_utf8_lossy(embedded(imported).unwrap());
            assert!(sheet.contains(&*part), "{imported}");
        }
        let page = String::from_utf8_lossy(embedded("gather/index.html").unwrap());
        assert_eq!(page.matches("rel=\"stylesheet\"").count(), 1);
    }

    #[test]
    fn a_sheet_that_is_missing_is_named() {
        let sheet = "@import \"/static/a.css\";\nb {}\n";
        let whole = |sheet| {
            style_sheet::whole(sheet, |path| (path == "a.css").then(|| "a {}\n".to_owned()))
        };
        assert_eq!(whole(sheet), Ok("a {}\nb {}\n".to_owned()));
        assert_eq!(
            whole("@import \"/static/c.css\";\n"),
            Err("c.css".to_owned())
        );
    }

    #[test]
    fn no_name_leads_out_of_the_folder() {
        for path in [
            "gather/../../Cargo.toml",
            "gather/..",
            "gather//etc/passwd",
            "gather/.hidden",
            "gather/%2e%2e/x",
            "gather\\..\\x",
            "gather/",
        ] {
            assert!(file(path).is_none(), "{path}");
        }
    }
}
