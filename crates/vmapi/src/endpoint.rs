//! A checked connection: where requests go and who asks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::base_path;
use crate::connection::{Auth, Connection, ConnectionError};
use crate::masked_url::{MaskedUrl, masked_text};
use crate::secret_text::SecretTexts;
use crate::tenant::{PathTenant, Tenant};

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

/// Where requests go, with whose credentials, and whom to trust; made from a [`Connection`].
///
/// `Display` shows the base URL without secrets.
#[derive(Clone, Debug)]
pub struct Endpoint {
    base: MaskedUrl,
    path: String,
    query: Option<SecretString>,
    credentials: Option<(HeaderName, HeaderValue)>,
    tenant: Option<Tenant>,
    skip_tls_verify: bool,
    tls_ca: Option<PathBuf>,
    secrets: Arc<SecretTexts>,
}

impl Endpoint {
    /// Checks and normalises what the user gave.
    ///
    /// The scheme defaults to `http`; trailing slashes, the fragment and a pasted `/api/v1/...` go;
    /// user info becomes basic auth unless `auth` says otherwise; a query string is kept and sent
    /// with every request.
    ///
    /// # Errors
    ///
    /// Names the field that is missing, cannot be read or contradicts another one: no URL, a scheme
    /// other than `http` and `https`, `full_api_url` with another host or port than `url`, a tenant
    /// that is not the one in the path, a `/select/` path without its tenant, an `auth` without its
    /// secret, or a parameter in the query string that requests set themselves.
    pub fn new(connection: &Connection) -> Result<Self, ConnectionError> {
        let (field, address) = Address::of(connection)?;
        let tenant = tenant_of(connection, field, &address.path)?;
        let mut secrets = SecretTexts::default();
        if let Some(query) = &address.query {
            secrets.add_query(query.expose_secret());
        }
        let from_url = match (&connection.auth, &address.user) {
            (Auth::None, Some((username, password))) => Some(Auth::Basic {
                username: username.clone(),
                password: Some(password.clone()),
            }),
            _ => None,
        };
        let auth = from_url.as_ref().unwrap_or(&connection.auth);
        let credentials = credentials(auth, &mut secrets)?;
        let mut base = address.url;
        base.set_path(&address.path);
        Ok(Self {
            // What `Url` made of the path: it encodes what must be encoded.
            path: base.path().trim_end_matches('/').to_owned(),
            base: base.into(),
            query: address.query,
            credentials,
            tenant,
            skip_tls_verify: connection.skip_tls_verify,
            tls_ca: connection.tls_ca.clone(),
            secrets: Arc::new(secrets),
        })
    }

    /// The base URL without user info and query string, such as `http://vm:8428/prometheus`.
    #[must_use]
    pub fn base_url(&self) -> &MaskedUrl {
        &self.base
    }

    /// The path before `/api/v1/...`, percent-encoded; empty, or with a slash in front only.
    #[must_use]
    pub fn base_path(&self) -> &str {
        &self.path
    }

    /// The tenant that the path or the user names.
    #[must_use]
    pub fn tenant(&self) -> Option<Tenant> {
        self.tenant
    }

    /// Whether any certificate is accepted.
    #[must_use]
    pub fn skips_tls_verify(&self) -> bool {
        self.skip_tls_verify
    }

    /// The same connection with another base path, such as `/select/0/prometheus`.
    ///
    /// # Errors
    ///
    /// As for [`Endpoint::new`], about the path.
    pub fn with_base_path(&self, path: &str) -> Result<Self, ConnectionError> {
        let named = path_tenant("api_base_path", path)?;
        let mut base = self.base.expose_url().clone();
        base.set_path(path);
        Ok(Self {
            path: base.path().trim_end_matches('/').to_owned(),
            base: base.into(),
            tenant: named.or(self.tenant),
            ..self.clone()
        })
    }

    /// The URL of a call below a base path, with the query string of the user.
    pub(crate) fn url(&self, base_path: &str, call: &str) -> Url {
        let mut url = self.base.expose_url().clone();
        url.set_path(&base_path::join(base_path, call));
        url.set_query(self.query.as_ref().map(|query| query.expose_secret()));
        url
    }

    /// The base path of exports where it differs from that of queries.
    pub(crate) fn export_path(&self) -> Option<String> {
        base_path::without_rw(&self.path)
    }

    pub(crate) fn credentials(&self) -> Option<&(HeaderName, HeaderValue)> {
        self.credentials.as_ref()
    }

    /// Whether a request carries anything that another host must not see.
    pub(crate) fn has_secrets(&self) -> bool {
        self.credentials.is_some() || self.query.is_some()
    }

    pub(crate) fn secrets(&self) -> &SecretTexts {
        &self.secrets
    }

    pub(crate) fn shared_secrets(&self) -> Arc<SecretTexts> {
        self.secrets.clone()
    }

    pub(crate) fn tls_ca(&self) -> Option<&Path> {
        self.tls_ca.as_deref()
    }

    /// Whether the server is on this machine, so that neither a proxy nor compression helps.
    pub(crate) fn is_loopback(&self) -> bool {
        match self.base.expose_url().host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        }
    }
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.base.fmt(f)
    }
}

/// A URL taken apart: what may be shown, and what may not.
struct Address {
    /// Scheme, host and port only.
    url: Url,
    path: String,
    user: Option<(String, SecretString)>,
    query: Option<SecretString>,
}

impl Address {
    /// The base that the fields of a connection add up to, and the field that decided.
    fn of(connection: &Connection) -> Result<(&'static str, Self), ConnectionError> {
        let url = connection.url.trim();
        let full = connection.full_api_url.trim();
        if full.is_empty() {
            if url.is_empty() {
                return Err(ConnectionError::new("url", "is missing"));
            }
            let mut address = Self::parse("url", url, "http")?;
            let below = connection.api_base_path.trim();
            if below.contains(['?', '#', '\\']) || below.contains(char::is_whitespace) {
                return Err(ConnectionError::new(
                    "api_base_path",
                    "must be a plain path",
                ));
            }
            if below.contains("://") {
                let problem = "must be a path; a complete URL belongs into `full_api_url`";
                return Err(ConnectionError::new("api_base_path", problem));
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
                    "points to `{}`, but `url` to `{}`; correct one or leave one out",
                    MaskedUrl::from(address.url).authority(),
                    MaskedUrl::from(other.url).authority(),
                );
                return Err(ConnectionError::new("full_api_url", problem));
            }
            address.user = address.user.or(other.user);
            address.query = address.query.or(other.query);
        }
        Ok(("full_api_url", address))
    }

    fn parse(
        field: &'static str,
        text: &str,
        default_scheme: &str,
    ) -> Result<Self, ConnectionError> {
        let bad = |problem: &str| {
            ConnectionError::new(field, format!("`{}` {problem}", masked_text(text)))
        };
        if text.contains(|c: char| c == '\\' || c.is_whitespace() || c.is_control()) {
            return Err(bad("has a blank or a backslash in it"));
        }
        let parsed = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("{default_scheme}://{text}"))
        };
        // The parser's error quotes nothing of the input.
        let mut url = parsed.map_err(|error| bad("is not a URL").caused_by(error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("has a scheme other than `http` and `https`"));
        }
        let user = user_info(&url).map_err(bad)?;
        let (path, is_call) = base_path::without_call(url.path());
        let path = path.to_owned();
        let query = url.query().filter(|query| !query.is_empty());
        let query = match query {
            Some(query) => foreign_parameters(query, is_call).map_err(|parameter| {
                bad(&format!(
                    "sets the parameter `{parameter}`, which requests set themselves"
                ))
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
/// Behind a pasted call those go silently; elsewhere the user may count on them, so the first one is
/// the error.
fn foreign_parameters(query: &str, is_call: bool) -> Result<Option<SecretString>, String> {
    let mut kept = Vec::new();
    for pair in query.split('&') {
        let name = url::form_urlencoded::parse(pair.as_bytes())
            .next()
            .map(|(name, _)| name.into_owned())
            .unwrap_or_default();
        if !OWN_PARAMETERS.contains(&name.as_str()) {
            kept.push(pair);
        } else if !is_call {
            return Err(name);
        }
    }
    let kept = kept.join("&");
    Ok((!kept.is_empty()).then(|| kept.into()))
}

fn path_tenant(field: &'static str, path: &str) -> Result<Option<Tenant>, ConnectionError> {
    let bad = |problem: String| Err(ConnectionError::new(field, problem));
    match PathTenant::of(path) {
        Ok(PathTenant::Named(tenant)) => Ok(Some(tenant)),
        Ok(PathTenant::Unknown) => Ok(None),
        Ok(PathTenant::Missing) => bad(format!(
            "has the path `{path}`, which names no tenant; write `/select/<tenant>/prometheus`"
        )),
        Err(error) => bad(format!("has the path `{path}`: {error}")),
    }
}

fn tenant_of(
    connection: &Connection,
    field: &'static str,
    path: &str,
) -> Result<Option<Tenant>, ConnectionError> {
    let in_path = path_tenant(field, path)?;
    let asked = match connection.tenant_id.trim() {
        "" if connection.is_multitenant => Some(Tenant::All),
        "" => None,
        text => {
            let tenant: Tenant = text.parse().map_err(|error| {
                ConnectionError::new("tenant_id", format!("is `{text}`: {error}"))
            })?;
            if connection.is_multitenant && tenant != Tenant::All {
                let problem = format!("is `{tenant}`, but `is_multitenant` is set");
                return Err(ConnectionError::new("tenant_id", problem));
            }
            Some(tenant)
        }
    };
    match (asked, in_path) {
        (Some(asked), Some(named)) if asked != named => Err(ConnectionError::new(
            "tenant_id",
            format!("is `{asked}`, but the path `{path}` names the tenant `{named}`"),
        )),
        (asked, named) => Ok(named.or(asked)),
    }
}

/// The header that says who asks, marked so that HTTP libraries do not show it.
fn credentials(
    auth: &Auth,
    secrets: &mut SecretTexts,
) -> Result<Option<(HeaderName, HeaderValue)>, ConnectionError> {
    let (field, name, value) = match auth {
        Auth::None => return Ok(None),
        Auth::Basic { username, password } => {
            if username.is_empty() {
                return Err(ConnectionError::new("auth.username", "is missing"));
            }
            let password = present("auth.password", password)?;
            secrets.add(password);
            let pair = BASE64.encode(format!("{username}:{password}"));
            secrets.add(&pair);
            ("auth.password", AUTHORIZATION, format!("Basic {pair}"))
        }
        Auth::Bearer { token } => {
            let token = filled("auth.token", token)?;
            secrets.add(token);
            ("auth.token", AUTHORIZATION, format!("Bearer {token}"))
        }
        Auth::Header { name, value } => {
            let value = filled("auth.header_value", value)?;
            secrets.add(value);
            ("auth.header_value", header_name(name)?, value.to_owned())
        }
    };
    let mut value = HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| ConnectionError::new(field, "holds characters that a header cannot carry"))?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn header_name(name: &str) -> Result<HeaderName, ConnectionError> {
    let bad =
        |problem: &str| ConnectionError::new("auth.header_name", format!("is `{name}`, {problem}"));
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| bad("which is not the name of a header"))?;
    let framing = [
        "connection",
        "content-length",
        "content-type",
        "content-encoding",
        "accept-encoding",
        "host",
        "transfer-encoding",
    ];
    if framing.contains(&parsed.as_str()) {
        return Err(bad("which requests set themselves"));
    }
    Ok(parsed)
}

fn present<'a>(
    field: &'static str,
    secret: &'a Option<SecretString>,
) -> Result<&'a str, ConnectionError> {
    secret
        .as_ref()
        .map(|secret| secret.expose_secret())
        .ok_or_else(|| ConnectionError::new(field, "is missing"))
}

fn filled<'a>(
    field: &'static str,
    secret: &'a Option<SecretString>,
) -> Result<&'a str, ConnectionError> {
    match present(field, secret)?.trim() {
        "" => Err(ConnectionError::new(field, "is empty")),
        text => Ok(text),
    }
}
