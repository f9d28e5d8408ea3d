//! A checked connection: where requests go and who asks.

use std::sync::Arc;

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::address::Address;
use crate::base_path;
use crate::connection::{Auth, Connection, ConnectionError};
use crate::credentials::credentials;
use crate::masked_url::MaskedUrl;
use crate::secret_text::SecretTexts;
use crate::tenant::{PathTenant, Tenant};
use crate::tls::Tls;

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
    tenant_headers: Vec<(HeaderName, HeaderValue)>,
    tls: Tls,
    secrets: Arc<SecretTexts>,
    log_requests: bool,
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
        Self::at_address(connection, address, tenant)
    }

    /// The endpoint at an address that was taken apart and checked.
    pub(crate) fn at_address(
        connection: &Connection,
        address: Address,
        tenant: Option<Tenant>,
    ) -> Result<Self, ConnectionError> {
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
            tenant_headers: Vec::new(),
            tls: Tls::of(connection)?,
            secrets: Arc::new(secrets),
            log_requests: connection.log_requests,
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

    /// Whether it is the path that names the tenant.
    pub(crate) fn names_tenant(&self) -> bool {
        matches!(PathTenant::of(&self.path), Ok(PathTenant::Named(_)))
    }

    /// Whether any certificate is accepted.
    #[must_use]
    pub fn skips_tls_verify(&self) -> bool {
        self.tls.skips_verify()
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

    /// The same server and user with another base path, which is taken as it is, and another query
    /// string.
    pub(crate) fn elsewhere(&self, path: &str, query: Option<SecretString>) -> Self {
        let mut base = self.base.expose_url().clone();
        base.set_path(path);
        Self {
            path: base.path().trim_end_matches('/').to_owned(),
            base: base.into(),
            query,
            ..self.clone()
        }
    }

    /// Sends these headers with every request, unless the credentials have the same name.
    pub(crate) fn with_tenant_headers(
        mut self,
        mut headers: Vec<(HeaderName, HeaderValue)>,
    ) -> Self {
        headers.retain(|(name, _)| self.credentials.as_ref().is_none_or(|(own, _)| own != name));
        self.tenant_headers = headers;
        self
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

    /// The path before `/select/` or the query API, where a cluster lists its tenants; `None` for
    /// paths of gateways, behind which there is no such thing.
    pub(crate) fn cluster_path(&self) -> Option<String> {
        if let Some(at) = self.path.find("/select/") {
            return Some(self.path[..at].to_owned());
        }
        matches!(self.path.as_str(), "" | "/prometheus").then(String::new)
    }

    /// The headers of every request.
    pub(crate) fn headers(&self) -> impl Iterator<Item = &(HeaderName, HeaderValue)> {
        self.tenant_headers.iter().chain(&self.credentials)
    }

    /// Whether the user wants to see the requests.
    pub(crate) fn log_requests(&self) -> bool {
        self.log_requests
    }

    pub(crate) fn query(&self) -> Option<&SecretString> {
        self.query.as_ref()
    }

    /// Whether a request carries anything that another host must not see.
    pub(crate) fn has_secrets(&self) -> bool {
        self.credentials.is_some() || self.query.is_some() || self.tls.has_identity()
    }

    pub(crate) fn secrets(&self) -> &SecretTexts {
        &self.secrets
    }

    pub(crate) fn shared_secrets(&self) -> Arc<SecretTexts> {
        self.secrets.clone()
    }

    pub(crate) fn tls(&self) -> &Tls {
        &self.tls
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

fn path_tenant(field: &'static str, path: &str) -> Result<Option<Tenant>, ConnectionError> {
    let bad = |problem: String| ConnectionError::new(field, problem);
    match PathTenant::of(path) {
        Ok(PathTenant::Named(tenant)) => Ok(Some(tenant)),
        Ok(PathTenant::Unknown) => Ok(None),
        Ok(PathTenant::Missing) => {
            Err(bad(format!("has the path `{path}`, which names no tenant"))
                .advise("write it into the path: `/select/<tenant>/prometheus`"))
        }
        Err(error) => {
            Err(bad(format!("has the path `{path}`, which names no tenant")).caused_by(error))
        }
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
                ConnectionError::new("tenant_id", format!("is `{text}`, not a tenant"))
                    .caused_by(error)
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
