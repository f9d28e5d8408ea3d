//! The connections of a client.
//!
//! The system keeps its certificate authorities in hundreds of files. Reading them takes longer than
//! a small export from this machine, so it is done when the first encrypted connection is made.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use reqwest::{Certificate, ClientBuilder, Identity};
use url::Url;

use crate::connection::ConnectionError;
use crate::endpoint::Endpoint;
use crate::error::{Cause, Error};
use crate::masked_url::MaskedUrl;

/// Clients of the HTTP library; clones share their connections.
#[derive(Clone)]
pub(crate) struct Http {
    settings: Arc<Settings>,
    plain: Option<reqwest::Client>,
    encrypted: Arc<OnceLock<reqwest::Client>>,
}

struct Settings {
    connect_timeout: Duration,
    authorities: Vec<Certificate>,
    identity: Option<Identity>,
    skip_tls_verify: bool,
    is_loopback: bool,
}

impl Http {
    /// # Errors
    ///
    /// A file with certificates or keys cannot be used, or the system has no certificate authorities
    /// and the server needs one.
    pub(crate) fn new(
        endpoint: &Endpoint,
        connect_timeout: Duration,
    ) -> Result<Self, ConnectionError> {
        // The HTTP library takes the process-wide provider. If one is installed already, it will do.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = Settings {
            connect_timeout,
            authorities: endpoint.tls().authorities()?,
            identity: endpoint.tls().identity()?,
            skip_tls_verify: endpoint.skips_tls_verify(),
            is_loopback: endpoint.is_loopback(),
        };
        let encrypted = OnceLock::new();
        let is_plain = endpoint.base_url().expose_url().scheme() == "http";
        let plain = if is_plain && settings.is_loopback {
            Some(settings.without_authorities()?)
        } else {
            // Others may be behind a proxy that is encrypted itself.
            match settings.with_authorities() {
                Ok(client) => {
                    let _ = encrypted.set(client);
                    None
                }
                // A minimal container has no certificate authorities, and plain HTTP needs none.
                Err(_) if is_plain => Some(settings.without_authorities()?),
                Err(error) => return Err(error),
            }
        };
        Ok(Self {
            settings: Arc::new(settings),
            plain,
            encrypted: Arc::new(encrypted),
        })
    }

    /// What asks for `url`, to which the server may have redirected.
    ///
    /// # Errors
    ///
    /// [`Error::Certificate`] if it is encrypted and the system has no certificate authorities.
    pub(crate) fn for_url(&self, url: &Url) -> Result<&reqwest::Client, Error> {
        if let Some(plain) = self.plain.as_ref().filter(|_| url.scheme() == "http") {
            return Ok(plain);
        }
        if let Some(client) = self.encrypted.get() {
            return Ok(client);
        }
        let client = self.settings.with_authorities();
        let client = client.map_err(|error| Error::Certificate {
            target: MaskedUrl::from(url.clone()).authority(),
            cause: Cause(error.to_string()),
        })?;
        Ok(self.encrypted.get_or_init(|| client))
    }
}

impl Settings {
    fn with_authorities(&self) -> Result<reqwest::Client, ConnectionError> {
        built(self.builder().tls_certs_merge(self.authorities.clone()))
    }

    fn without_authorities(&self) -> Result<reqwest::Client, ConnectionError> {
        built(self.builder().tls_certs_only([]))
    }

    fn builder(&self) -> ClientBuilder {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect_timeout)
            .http1_only()
            .resolve_to_addrs(
                "localhost",
                &[
                    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
                    SocketAddr::new(IpAddr::V6(Ipv6Addr::LOCALHOST), 0),
                ],
            )
            .tls_danger_accept_invalid_certs(self.skip_tls_verify);
        let builder = match self.identity.clone() {
            Some(identity) => builder.identity(identity),
            None => builder,
        };
        if self.is_loopback {
            builder.no_proxy()
        } else {
            builder
        }
    }
}

fn built(builder: ClientBuilder) -> Result<reqwest::Client, ConnectionError> {
    builder.build().map_err(|error| {
        ConnectionError::new(
            "tls_ca",
            "is needed, because the system's certificate authorities cannot be used",
        )
        .caused_by(error)
    })
}
