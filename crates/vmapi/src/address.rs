//! The fields of a connection that say where the server is, added up.

use secrecy::SecretString;
use url::{Host, Url};

use crate::base_path::{self, Pasted};
use crate::connection::{Connection, ConnectionError};
use crate::masked_url::{MaskedUrl, masked_text};

/// Parameters that requests set themselves and that a URL must not bring along.
const OWN_PARAMETERS: [&str; 16] = [
    "match",
    "match[]",
    "start",
    "end",
    "time",
    "step",
    "timeout",
    "query",
    "format",
    "max_rows_per_line",
    "reduce_mem_usage",
    "limit",
    "nocache",
    "deny_partial_response",
    "latency_offset",
    "max_lookback",
];

pub(crate) const EXAMPLE: &str = "give the URL of the query API, such as `http://vmsingle:8428` or \
                                  `http://vmselect:8481/select/0/prometheus`";

const EXAMPLE_TARGET: &str = "give the URL of the target, such as `http://vmsingle:8428` or \
                              `http://vminsert:8480/insert/0/prometheus`";

/// A URL taken apart: what may be shown, and what may not.
pub(crate) struct Address {
    /// Scheme, host and port only.
    pub(crate) url: Url,
    /// Without a pasted call behind it.
    pub(crate) path: String,
    /// What was taken off the path.
    pub(crate) pasted: Pasted,
    pub(crate) user: Option<(String, SecretString)>,
    pub(crate) query: Option<SecretString>,
}

impl Address {
    /// The base that the fields of a connection add up to, and the field that decided.
    pub(crate) fn of(connection: &Connection) -> Result<(&'static str, Self), ConnectionError> {
        let url = connection.url.trim();
        let full = connection.full_api_url.trim();
        if full.is_empty() {
            if url.is_empty() {
                return Err(ConnectionError::new("url", "is missing").advise(EXAMPLE));
            }
            let mut address = Self::parse("url", url, "http")?;
            let below = connection.api_base_path.trim();
            if below.contains(['?', '#', '\\']) || below.contains(char::is_whitespace) {
                return Err(ConnectionError::new("api_base_path", "is not a plain path")
                    .advise("give the path only, such as `/select/0/prometheus`"));
            }
            if below.contains("://") {
                return Err(ConnectionError::new("api_base_path", "is not a path")
                    .advise("a complete URL belongs into `full_api_url`"));
            }
            let (below, _) = base_path::without_call(below);
            address.path = base_path::join(&address.path, below);
            return Ok(("api_base_path", address));
        }
        let mut address = Self::parse("full_api_url", full, "http")?;
        if !url.is_empty() {
            let other = Self::parse("url", url, address.url.scheme())?;
            let place = |url: &Url| {
                (
                    url.host_str().map(str::to_owned),
                    url.port_or_known_default(),
                )
            };
            if place(&address.url) != place(&other.url) {
                let problem = format!(
                    "points to `{}`, but `url` to `{}`",
                    MaskedUrl::from(address.url).authority(),
                    MaskedUrl::from(other.url).authority(),
                );
                return Err(ConnectionError::new("full_api_url", problem)
                    .advise("correct one of the two or leave one out"));
            }
            address.user = address.user.or(other.user);
            address.query = address.query.or(other.query);
        }
        Ok(("full_api_url", address))
    }

    /// The address of a target, which may be that of any call or page on it.
    pub(crate) fn of_target(connection: &Connection) -> Result<Self, ConnectionError> {
        match connection.url.trim() {
            "" => Err(ConnectionError::new("url", "is missing").advise(EXAMPLE_TARGET)),
            url => Self::parse_typed("url", url),
        }
    }

    /// Reads a base URL; only a pasted call is taken off.
    fn parse(
        field: &'static str,
        text: &str,
        default_scheme: &str,
    ) -> Result<Self, ConnectionError> {
        Self::parse_with(field, text, default_scheme, base_path::without_call)
    }

    /// Reads the address of anything on the server, such as a page.
    pub(crate) fn parse_typed(field: &'static str, text: &str) -> Result<Self, ConnectionError> {
        Self::parse_with(field, text, "http", base_path::without_page)
    }

    fn parse_with(
        field: &'static str,
        text: &str,
        default_scheme: &str,
        cut: fn(&str) -> (&str, Pasted),
    ) -> Result<Self, ConnectionError> {
        let bad = |problem: &str| {
            ConnectionError::new(field, format!("`{}` {problem}", masked_text(text)))
        };
        if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return Err(bad("has a blank or a backslash in it")
                .advise("give one address without blanks and line ends"));
        }
        let parsed = if has_scheme(text) {
            Url::parse(text)
        } else {
            Url::parse(&format!("{default_scheme}://{text}"))
        };
        // The parser's error quotes nothing of the input.
        let mut url = parsed.map_err(|error| {
            if has_interface(text) {
                bad("has a network interface in it")
                    .advise("use the name of the host, or an address that is complete without `%`")
            } else {
                bad("is not a URL").caused_by(error).advise(EXAMPLE)
            }
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("has a scheme other than `http` and `https`").advise(EXAMPLE));
        }
        // Parsers take a lone number for an IPv4 address in one piece.
        if let Some(Host::Ipv4(ip)) = url.host()
            && !text.contains(&ip.to_string())
        {
            return Err(bad("has a number in place of a host").advise(EXAMPLE));
        }
        let user = user_info(&url).map_err(bad)?;
        let (path, pasted) = cut(url.path());
        let path = path.to_owned();
        let query = url.query().filter(|query| !query.is_empty());
        let query = match query {
            Some(query) => foreign_parameters(query, pasted).map_err(|parameter| {
                bad(&format!(
                    "sets the parameter `{parameter}`, which requests set themselves"
                ))
                .advise("leave it out; what to export is chosen apart from the URL")
            })?,
            None => None,
        };
        url.set_path("");
        url.set_query(None);
        url.set_fragment(None);
        // Fails only for URLs without a host, which `http` does not know.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok(Self {
            url,
            path,
            pasted,
            user,
            query,
        })
    }
}

/// User name and password of a URL, percent-decoded.
fn user_info(url: &Url) -> Result<Option<(String, SecretString)>, &'static str> {
    let decode = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map(|text| text.into_owned())
            .map_err(|_| "has user info that is not UTF-8")
    };
    let password = url.password().unwrap_or_default();
    if url.username().is_empty() && password.is_empty() {
        return Ok(None);
    }
    Ok(Some((decode(url.username())?, decode(password)?.into())))
}

/// What is left of a query string without the parameters that requests set themselves.
///
/// Behind a pasted call or page those go silently; elsewhere the user may count on them, so the first one is
/// the error.
fn foreign_parameters(query: &str, pasted: Pasted) -> Result<Option<SecretString>, String> {
    let mut kept = Vec::new();
    for pair in query.split('&') {
        let name = url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default();
        let is_own = OWN_PARAMETERS.contains(&name.as_str());
        if !is_own && (pasted == Pasted::Base || !is_of_page(&name)) {
            kept.push(pair);
        } else if pasted == Pasted::Base {
            return Err(name);
        }
    }
    let kept = kept.join("&");
    Ok((!kept.is_empty()).then(|| kept.into()))
}

/// Whether a text begins with a scheme; `http:/vm` with one slash is an old slip of the pen.
fn has_scheme(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| !scheme.is_empty() && scheme.chars().all(word))
        || lower.starts_with("http:/")
        || lower.starts_with("https:/")
}

/// Whether a parameter belongs to a page, such as `g0.expr` of a graph.
fn is_of_page(name: &str) -> bool {
    if matches!(name, "topN" | "date" | "focusLabel") {
        return true;
    }
    let graph = name.strip_prefix('g').and_then(|name| name.split_once('.'));
    graph.is_some_and(|(number, _)| number.parse::<u16>().is_ok())
}

/// Whether an IPv6 address comes with a zone, as in `[fe80::1%eth0]`.
fn has_interface(text: &str) -> bool {
    let inner = text
        .split_once('[')
        .and_then(|(_, rest)| rest.split_once(']'));
    inner.is_some_and(|(address, _)| address.contains('%'))
}
