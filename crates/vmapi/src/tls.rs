//! Whom to trust, and with which certificate to introduce oneself.

use std::path::{Path, PathBuf};

use reqwest::{Certificate, Identity};

use crate::connection::{Connection, ConnectionError};

/// Files with certificates and keys; they are read when a client is made.
#[derive(Clone, Debug)]
pub(crate) struct Tls {
    skip_verify: bool,
    ca: Option<PathBuf>,
    /// The client certificate and, if it has a file of its own, the key.
    identity: Option<(PathBuf, Option<PathBuf>)>,
}

impl Tls {
    /// # Errors
    ///
    /// A key without its certificate.
    pub(crate) fn of(connection: &Connection) -> Result<Self, ConnectionError> {
        if connection.tls_key.is_some() && connection.tls_cert.is_none() {
            return Err(ConnectionError::new("tls_cert", "is missing")
                .advise("a client key is of use only with the certificate that belongs to it"));
        }
        Ok(Self {
            skip_verify: connection.skip_tls_verify,
            ca: connection.tls_ca.clone(),
            identity: connection
                .tls_cert
                .clone()
                .map(|certificate| (certificate, connection.tls_key.clone())),
        })
    }

    pub(crate) fn skips_verify(&self) -> bool {
        self.skip_verify
    }

    /// Whether servers are shown a certificate, which tells them who asks.
    pub(crate) fn has_identity(&self) -> bool {
        self.identity.is_some()
    }

    /// The authorities of the CA file, none without one.
    ///
    /// # Errors
    ///
    /// The file cannot be read or holds no certificate.
    pub(crate) fn authorities(&self) -> Result<Vec<Certificate>, ConnectionError> {
        let Some(path) = &self.ca else {
            return Ok(Vec::new());
        };
        let pem = read("tls_ca", path)?;
        let found = Certificate::from_pem_bundle(&pem)
            .map_err(|error| bad("tls_ca", path, "is not a PEM file").caused_by(error))?;
        if found.is_empty() {
            return Err(bad("tls_ca", path, "holds no certificate"));
        }
        Ok(found)
    }

    /// The client certificate with its key.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or one of the two is not there or encrypted.
    pub(crate) fn identity(&self) -> Result<Option<Identity>, ConnectionError> {
        let Some((certificate, key)) = &self.identity else {
            return Ok(None);
        };
        let mut pem = read("tls_cert", certificate)?;
        if !has_line(&pem, "-----BEGIN CERTIFICATE-----") {
            return Err(bad("tls_cert", certificate, "holds no certificate"));
        }
        let (field, key_path) = match key {
            Some(path) => ("tls_key", path),
            None => ("tls_cert", certificate),
        };
        if let Some(path) = key {
            // A line end of its own, should the first file lack it.
            pem.push(b'\n');
            pem.extend(read("tls_key", path)?);
        }
        let encrypted = [
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "Proc-Type: 4,ENCRYPTED",
        ];
        if encrypted.iter().any(|line| has_line(&pem, line)) {
            return Err(bad(field, key_path, "holds an encrypted key").advise(
                "decrypt it into a file that only you can read: `openssl pkey -in KEY -out FILE`",
            ));
        }
        let keys = ["", "RSA ", "EC "].map(|kind| format!("-----BEGIN {kind}PRIVATE KEY-----"));
        if !keys.iter().any(|line| has_line(&pem, line)) {
            return Err(bad(field, key_path, "holds no private key")
                .advise("give the PEM file of the key besides that of the certificate"));
        }
        Identity::from_pem(&pem)
            .map(Some)
            .map_err(|error| bad(field, key_path, "is not a PEM file").caused_by(error))
    }
}

fn read(field: &'static str, path: &Path) -> Result<Vec<u8>, ConnectionError> {
    std::fs::read(path).map_err(|error| bad(field, path, "cannot be read").caused_by(error))
}

fn has_line(pem: &[u8], line: &str) -> bool {
    pem.split(|byte| *byte == b'\n')
        .any(|found| found.trim_ascii() == line.as_bytes())
}

fn bad(field: &'static str, path: &Path, problem: &str) -> ConnectionError {
    ConnectionError::new(field, format!("`{}` {problem}", path.display()))
}
