//! Advice for a person, apart from the statement of what failed.

use crate::error::{ConnectFailure, Error, Limit, RedirectRefusal};
use crate::masked_url::MaskedUrl;
use crate::server_text::ServerText;

const PROXY_USER: &str = "the proxy wants a user: put it into `HTTP_PROXY` or `HTTPS_PROXY`, as in \
                          `http://user:password@proxy:3128`";

/// One line that says what to try next, without repeating the error.
pub(crate) fn of(error: &Error) -> Option<String> {
    if let Some(limit) = error.limit() {
        return Some(smaller(limit, error.server_flag()));
    }
    match error {
        Error::Connect {
            target, failure, ..
        } => Some(connect(target, *failure)),
        Error::Proxy {
            wants_user: true, ..
        } => Some(PROXY_USER.to_owned()),
        Error::Proxy { target, .. } => Some(format!(
            "check that the proxy may and can reach `{target}`, or name the host in `NO_PROXY`"
        )),
        Error::Certificate { target, .. } => Some(format!(
            "check that `{target}` is the right server; give its certificate authority as a CA \
             file, or skip the verification if you know why it fails"
        )),
        Error::Tls { .. } => {
            Some("the server may speak plain HTTP: try `http://` in the URL".to_owned())
        }
        Error::ClientCertificate { .. } => Some(
            "give the client certificate and its key; if you did, check that they have not expired \
             and that an authority the server trusts signed them"
                .to_owned(),
        ),
        Error::Status { .. } | Error::Reported { .. } => status(error),
        Error::Html { text, .. } if text.has("grafana") => Some(
            "this is Grafana: open the data source there (Connections, Data sources) and give the \
             URL that it shows"
                .to_owned(),
        ),
        Error::Html { .. } => Some(
            "a login or start page answered, not the API: check the path and the credentials, or \
             try adding `/prometheus`"
                .to_owned(),
        ),
        Error::Redirect {
            target, refusal, ..
        } => Some(match refusal {
            RedirectRefusal::Credentials => {
                format!("if `{target}` is the server you mean, give its URL instead")
            }
            _ => "give the URL of the API itself, not one that redirects".to_owned(),
        }),
        Error::Stalled { url, .. } if url.is_for_imports() => {
            Some("the server or a proxy on the way may be overloaded: try later".to_owned())
        }
        Error::Stalled { .. } => {
            Some("the server or a proxy on the way may be overloaded; try a smaller range".into())
        }
        Error::Partial { .. } => {
            Some("wait until all vmstorage nodes are up, and check them if they are not".to_owned())
        }
        Error::Aborted { .. } | Error::BrokeOff(_) => {
            Some("the reason is in the log of the server or of a proxy on the way".to_owned())
        }
        Error::TooLarge { .. } => Some("ask for less at a time".to_owned()),
        Error::Unexpected { .. } => {
            Some("check that the URL is that of VictoriaMetrics' query API".to_owned())
        }
        Error::TimeRange { .. } => None,
    }
}

fn status(error: &Error) -> Option<String> {
    let text = error.server_text()?;
    if let Error::Status { url, status, .. } = error
        && url.is_for_imports()
        && let Some(advice) = refused_import(url, *status, text)
    {
        return Some(advice.to_owned());
    }
    if text.wants_tenant() {
        return Some(
            "a vmselect wants the tenant in the URL, as in \
             `http://vmselect:8481/select/0/prometheus`"
                .to_owned(),
        );
    }
    if text.has("missing route") {
        return Some(
            "vmauth has no route for this path and user: add one, or use another path or user"
                .to_owned(),
        );
    }
    let wants_tls = [
        "http request to an https server",
        "http request was sent to https port",
    ];
    if wants_tls.iter().any(|words| text.has(words)) {
        return Some("this port speaks TLS: write `https://` in the URL".to_owned());
    }
    let advice = match error.status()? {
        403 => "the user may not read this path",
        _ if error.is_unauthorized() => {
            "check user, password or token, and whether the server expects this kind of auth"
        }
        407 => PROXY_USER,
        404 => "this is probably not the path of the API: try adding `/prometheus`",
        400 if text.has("unsupported path") => {
            "this is not the path of the API: a single node has it at the root or below \
             `/prometheus`, a vmselect below `/select/<tenant>/prometheus`"
        }
        429 => "the server is busy: try later, or with fewer requests at a time",
        503 if text.has("concurrent") => {
            "the server is busy: try later, or with fewer requests at a time"
        }
        502..=504 => "the server, or one behind the gateway, is not available: try later",
        _ if text.is_html() => "this is probably not the path of the API: try adding `/prometheus`",
        _ => return None,
    };
    Some(advice.to_owned())
}

/// What differs when data are written.
fn refused_import(url: &MaskedUrl, status: u16, text: &ServerText) -> Option<&'static str> {
    let has = |words| text.has(words);
    if has("read-only mode") {
        return Some(
            "the disk of the target is nearly full: free space there, or lower its \
             `-storage.minFreeDiskSpaceBytes`",
        );
    }
    if text.wants_tenant() {
        return Some(
            "a vminsert wants the tenant in the URL, as in \
             `http://vminsert:8480/insert/0/prometheus`",
        );
    }
    if has("too long line") {
        return Some("raise `-import.maxLineLen` at the target");
    }
    match status {
        403 => Some("the user may not write to this path"),
        400 if has("unsupported path") && url.expose_url().path().contains("/insert/") => Some(
            "a single node has no tenants: leave the tenant out, and `/insert/...` of the URL; a \
             cluster takes imports at its vminsert, not at its vmselect",
        ),
        _ => None,
    }
}

fn smaller(limit: Limit, flag: Option<&str>) -> String {
    let smaller = match limit {
        Limit::Series => "select fewer series",
        Limit::Samples | Limit::Time => "ask for a shorter time range",
    };
    match flag {
        Some(flag) => format!("{smaller}, or raise `{flag}` at the server"),
        None => smaller.to_owned(),
    }
}

fn connect(target: &str, failure: ConnectFailure) -> String {
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    let is_local = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    match failure {
        ConnectFailure::Refused if is_local => format!(
            "nothing listens on `{target}`; inside a container `localhost` is the container itself"
        ),
        ConnectFailure::Refused => format!(
            "nothing listens on `{target}`, or on the proxy that the environment names: check the \
             port"
        ),
        ConnectFailure::NoSuchHost => format!(
            "`{host}` is not known here: names of containers and services resolve only inside \
             their own network"
        ),
        ConnectFailure::TimedOut => {
            format!("no answer from `{target}`: check address, firewall and proxy")
        }
        ConnectFailure::Other => {
            format!(
                "check that `{target}` can be reached from this machine, and the proxy settings"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Cause;
    use crate::secret_text::SecretTexts;
    use crate::server_text::ServerText;

    fn status(status: u16, text: &str) -> String {
        status_at("/api/v1/query", status, text)
    }

    fn status_at(path: &str, status: u16, text: &str) -> String {
        let error = Error::Status {
            url: url::Url::parse(&format!("http://vm:8428{path}"))
                .unwrap()
                .into(),
            status,
            text: ServerText::from_body(text.as_bytes(), &SecretTexts::default()),
            retry_after: None,
        };
        error.hint().unwrap_or_default()
    }

    fn no_connection(target: &str, failure: ConnectFailure) -> String {
        let error = Error::Connect {
            target: target.to_owned(),
            failure,
            cause: Cause("x".to_owned()),
        };
        error.hint().unwrap_or_default()
    }

    #[test]
    fn a_path_without_tenant_gets_an_example() {
        for text in [
            "unsupported URL format for path \"/api/v1/export\". Make sure you're using cluster URL",
            "auth error: cannot parse authToken \"prometheus\": cannot parse accountID from \"prometheus\"",
        ] {
            assert!(status(400, text).contains("/select/0/prometheus"), "{text}");
        }
    }

    #[test]
    fn each_refusal_has_its_own_advice() {
        assert!(status(401, "Unauthorized").contains("password"));
        assert!(status(403, "").contains("may not read"));
        assert!(status(404, "").contains("`/prometheus`"));
        assert!(status(400, "user u missing route for \"/x\"").contains("vmauth"));
        assert!(status(400, "unsupported path requested: \"/x\"").contains("single node"));
        assert!(status(429, "").contains("busy"));
        assert_eq!(status(400, "cannot parse matches[]={"), "");
    }

    #[test]
    fn refused_imports_have_their_own_advice() {
        let at_tenant = "/insert/0/prometheus/api/v1/import";
        for (path, code, text, advice) in [
            (
                at_tenant,
                400,
                "unsupported path requested: \"/x\"",
                "a single node has no tenants",
            ),
            (
                "/api/v1/import",
                400,
                "unsupported path requested: \"/x\"",
                "not the path of the API",
            ),
            (
                "/api/v1/import",
                400,
                "unsupported URL format for path",
                "/insert/0/prometheus",
            ),
            (
                "/api/v1/import",
                503,
                "the storage is in read-only mode; check",
                "disk",
            ),
            (
                "/api/v1/import",
                400,
                "too long line: more than 5 bytes",
                "-import.maxLineLen",
            ),
            ("/api/v1/import/native", 403, "", "may not write"),
            ("/api/v1/import", 401, "", "password"),
        ] {
            let hint = status_at(path, code, text);
            assert!(hint.contains(advice), "{code} {text}: {hint}");
        }
    }

    #[test]
    fn limits_name_the_flag_of_the_server() {
        let text = "the number of matching timeseries exceeds 5; (the most likely limit is -search.maxUniqueTimeseries)";
        assert_eq!(
            status(400, text),
            "select fewer series, or raise `-search.maxUniqueTimeseries` at the server"
        );
        assert_eq!(
            status(400, "timeout exceeded"),
            "ask for a shorter time range"
        );
    }

    #[test]
    fn failed_connections_name_what_was_tried() {
        let local = no_connection("localhost:8428", ConnectFailure::Refused);
        assert!(local.contains("`localhost:8428`") && local.contains("container"));
        let remote = no_connection("vm:8428", ConnectFailure::Refused);
        assert!(remote.contains("`vm:8428`") && !remote.contains("container"));
        assert!(no_connection("vm:8428", ConnectFailure::NoSuchHost).contains("`vm`"));
        assert!(no_connection("vm:8428", ConnectFailure::TimedOut).contains("firewall"));
    }
}
