//! Where a redirect may lead.
//!
//! HTTP libraries turn a redirected POST into an empty GET and carry headers of the user's own to
//! other hosts, so redirects are followed by hand: method and body stay, credentials stay at home.

use url::Url;

use crate::error::RedirectRefusal;

/// Most redirects followed for one request.
pub(crate) const MOST: usize = 5;

/// Whether a status points elsewhere without changing the method.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The next URL, or the refused target (empty if there is none) and why.
pub(crate) fn follow(
    from: &Url,
    location: Option<&str>,
    has_secrets: bool,
) -> Result<Url, (Option<Url>, RedirectRefusal)> {
    let target = location.and_then(|location| from.join(location).ok());
    let Some(mut target) = target else {
        return Err((None, RedirectRefusal::Unreadable));
    };
    target.set_fragment(None);
    // A server must not make this client send user info of its choice.
    let _ = target.set_username("");
    let _ = target.set_password(None);
    let insecure = match target.scheme() {
        "https" => false,
        "http" => from.scheme() == "https",
        _ => true,
    };
    if insecure {
        return Err((Some(target), RedirectRefusal::Insecure));
    }
    if has_secrets && target.origin() != from.origin() {
        return Err((Some(target), RedirectRefusal::Credentials));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &str, has_secrets: bool) -> Result<String, RedirectRefusal> {
        let from = Url::parse(from).unwrap();
        follow(&from, Some(location), has_secrets)
            .map(String::from)
            .map_err(|(_, refusal)| refusal)
    }

    #[test]
    fn credentials_stay_at_scheme_host_and_port() {
        let from = "https://vm/api";
        assert_eq!(
            to(from, "/prometheus/api?x=1#f", true).as_deref(),
            Ok("https://vm/prometheus/api?x=1")
        );
        assert_eq!(
            to(from, "https://vm:443/a", true).as_deref(),
            Ok("https://vm/a")
        );
        for location in ["https://other/a", "https://vm:444/a", "//other/a"] {
            assert_eq!(
                to(from, location, true),
                Err(RedirectRefusal::Credentials),
                "{location}"
            );
        }
        assert_eq!(
            to("http://vm/", "https://vm/", true),
            Err(RedirectRefusal::Credentials)
        );
        assert!(to("http://vm/", "https://other/", false).is_ok());
    }

    #[test]
    fn encryption_is_never_given_up() {
        for location in ["http://vm/", "ftp://vm/", "javascript:x"] {
            let refused = to("https://vm/", location, false);
            assert_eq!(refused, Err(RedirectRefusal::Insecure), "{location}");
        }
    }

    #[test]
    fn a_target_is_needed() {
        let from = Url::parse("http://vm/").unwrap();
        assert_eq!(
            follow(&from, None, false),
            Err((None, RedirectRefusal::Unreadable))
        );
        let odd = to("http://vm/", "http://:x/", false);
        assert_eq!(odd, Err(RedirectRefusal::Unreadable));
    }
}
