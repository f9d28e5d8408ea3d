//! What a failure of the HTTP library means.

use std::error::Error as StdError;
use std::io;

use rustls::AlertDescription;

use crate::error::{Cause, ConnectFailure, Error};
use crate::masked_url::MaskedUrl;

/// Classifies a request that brought no reply.
pub(crate) fn of_request(url: &MaskedUrl, error: reqwest::Error) -> Error {
    let target = url.authority();
    let error = error.without_url();
    let cause = innermost(&error);
    if let Some(tls) = find::<rustls::Error>(&error) {
        return match tls {
            rustls::Error::InvalidCertificate(_) => Error::Certificate { target, cause },
            rustls::Error::AlertReceived(alert) if is_about_certificate(*alert) => {
                Error::ClientCertificate { target, cause }
            }
            _ => Error::Tls { target, cause },
        };
    }
    if let Some(refusal) = cause.0.strip_prefix("tunnel error: ")
        && matches!(refusal, "unsuccessful" | "proxy authorization required")
    {
        return Error::Proxy {
            target,
            wants_user: refusal != "unsuccessful",
            cause,
        };
    }
    if error.is_connect() {
        return Error::Connect {
            target,
            failure: connect_failure(&error),
            cause,
        };
    }
    Error::Aborted {
        url: url.clone(),
        received_bytes: 0,
        cause,
    }
}

/// Whether a server complains about the certificate of the client.
fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::CertificateRequired
            | AlertDescription::NoCertificate
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
    )
}

/// Classifies a body that did not end as it should.
pub(crate) fn of_body(url: &MaskedUrl, received_bytes: u64, error: reqwest::Error) -> Error {
    Error::Aborted {
        url: url.clone(),
        received_bytes,
        cause: innermost(&error.without_url()),
    }
}

fn connect_failure(error: &reqwest::Error) -> ConnectFailure {
    if error.is_timeout() {
        return ConnectFailure::TimedOut;
    }
    let is_dns = chain(error).any(|error| error.to_string() == "dns error");
    if is_dns {
        return ConnectFailure::NoSuchHost;
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => ConnectFailure::Refused,
        Some(io::ErrorKind::TimedOut) => ConnectFailure::TimedOut,
        _ => ConnectFailure::Other,
    }
}

/// The last reason in the chain, which is the only one that is not about the library's layers.
fn innermost(error: &(dyn StdError + 'static)) -> Cause {
    let text = chain(error).last().map(ToString::to_string);
    Cause(text.unwrap_or_default())
}

fn find<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// All reasons, from the outermost; an I/O error hides the one it wraps from `source`.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        }
    })
}
