//! What a user says about how to reach VictoriaMetrics.

use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::masked_url::masked_text;

/// How to reach VictoriaMetrics, as the user typed it; [`Endpoint`](crate::Endpoint) checks it.
///
/// An empty text means that the field was not given.
#[derive(Clone, Default)]
pub struct Connection {
    /// Scheme, host, port and optionally a path; `http` if there is no scheme.
    pub url: String,
    /// Path between host and `/api/v1/...`, such as `/select/0/prometheus`.
    pub api_base_path: String,
    /// `accountID[:projectID]` or `multitenant`; must not contradict the path.
    pub tenant_id: String,
    /// The address reads all tenants at once.
    pub is_multitenant: bool,
    /// Complete base URL; wins over `url` and `api_base_path`.
    pub full_api_url: String,
    /// Who is asking.
    pub auth: Auth,
    /// Accept any certificate.
    pub skip_tls_verify: bool,
    /// PEM file with certificate authorities to trust besides those of the system.
    pub tls_ca: Option<PathBuf>,
    /// PEM file with a client certificate, and its chain if there is one.
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key, not encrypted; without it the key is in the file of the
    /// certificate.
    pub tls_key: Option<PathBuf>,
    /// Log the requests to [`REQUEST_LOG`] at level `INFO` instead of `DEBUG`; secrets are masked.
    pub log_requests: bool,
}

/// The target (of `tracing`) that requests are logged to, one line each.
pub const REQUEST_LOG: &str = "vmapi::request";

/// The credentials sent with every request.
///
/// A secret that is `None` was not given at all, which is refused with the name of the field.
#[derive(Clone, Debug, Default)]
pub enum Auth {
    /// No credentials, other than user info in the URL.
    #[default]
    None,
    /// `Authorization: Basic`.
    Basic {
        /// The user; must not be empty.
        username: String,
        /// The password; may be empty.
        password: Option<SecretString>,
    },
    /// `Authorization: Bearer`.
    Bearer {
        /// The token; must not be empty.
        token: Option<SecretString>,
    },
    /// A header of the user's own, such as an API key.
    Header {
        /// Name of the header.
        name: String,
        /// Value of the header; must not be empty.
        value: Option<SecretString>,
    },
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("url", &masked_text(&self.url))
            .field("api_base_path", &masked_text(&self.api_base_path))
            .field("tenant_id", &self.tenant_id)
            .field("is_multitenant", &self.is_multitenant)
            .field("full_api_url", &masked_text(&self.full_api_url))
            .field("auth", &self.auth)
            .field("skip_tls_verify", &self.skip_tls_verify)
            .field("tls_ca", &self.tls_ca)
            .field("tls_cert", &self.tls_cert)
            .field("tls_key", &self.tls_key)
            .field("log_requests", &self.log_requests)
            .finish()
    }
}

/// A setting of a connection that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("`{field}` {problem}")]
pub struct ConnectionError {
    field: &'static str,
    problem: String,
    advice: Option<&'static str>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ConnectionError {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>) -> Self {
        Self {
            field,
            problem: problem.into(),
            advice: None,
            source: None,
        }
    }

    /// Adds a next step.
    pub(crate) fn advise(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    pub(crate) fn caused_by(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.source = Some(source.into());
        self
    }

    /// The same, for a person who knows the field by another name.
    #[must_use]
    pub fn with_field(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }

    /// The field to correct, such as `url` or `auth.token`.
    #[must_use]
    pub fn field(&self) -> &'static str {
        self.field
    }

    /// One line of advice for a person.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        self.advice
    }
}
